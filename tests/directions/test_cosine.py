"""The Moral Choice Machine's bias, by hand."""

import numpy as np
import pytest

from normsuite.directions import AnswerCosine, DirectionError

ANSWERS = np.array([[2.0, 0], [0, 5], [0.6, 0.8], [-1, 0]])
YES, TEMPLATES = [1, 0, 1, 0], ["ok", "ok", "should", "should"]


def test_bias_by_hand():
    fitted = AnswerCosine().fit(ANSWERS[:2], [1, 0])
    # cos(q, yes) - cos(q, no) with yes along the first axis and no along the second.
    assert fitted.decision_function([[3, 4], [7, 0], [0, 1], [1, 1]]) == pytest.approx([-0.2, 1, -1, 0])
    assert fitted.direction_ == pytest.approx(np.array([1, -1]) / np.sqrt(2))
    assert fitted.length_ == pytest.approx(np.sqrt(2))


def test_each_question_is_compared_with_the_answers_of_its_own_template():
    fitted = AnswerCosine().fit(ANSWERS, YES, templates=TEMPLATES)
    question = [[3, 4], [3, 4]]
    # should: cos with (0.6, 0.8) is 1, with (-1, 0) is -0.6.
    assert fitted.decision_function(question, templates=["should", "ok"]) == pytest.approx([1.6, -0.2])


def test_without_templates_the_bias_is_the_mean_over_all():
    fitted = AnswerCosine().fit(ANSWERS, YES, templates=TEMPLATES)
    assert fitted.decision_function([[3, 4]]) == pytest.approx([(1.6 - 0.2) / 2])


def test_one_embedding_per_template_gives_the_published_mean():
    rng = np.random.default_rng(0)
    yes, no, questions = rng.normal(size=(3, 10, 6))

    def cos(a, b):
        return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)

    stems = np.arange(10)
    fitted = AnswerCosine().fit(np.vstack([yes, no]), [1] * 10 + [0] * 10, templates=np.tile(stems, 2))
    published = np.mean(cos(questions, yes) - cos(questions, no))
    assert fitted.decision_function(questions, templates=stems).mean() == pytest.approx(published)


def test_moving_all_embeddings_moves_the_score():
    moved = AnswerCosine().fit(ANSWERS[:2] + 5, [1, 0])
    assert moved.decision_function([[8, 9]]) != pytest.approx([-0.2])


def test_an_unknown_template_is_refused():
    fitted = AnswerCosine().fit(ANSWERS, YES, templates=TEMPLATES)
    with pytest.raises(DirectionError, match="template may was not fitted"):
        fitted.decision_function([[3, 4]], templates=["may"])


def test_a_question_of_length_zero_is_refused():
    fitted = AnswerCosine().fit(ANSWERS, YES)
    with pytest.raises(DirectionError, match=r"row 1 .* length 0"):
        fitted.decision_function([[3, 4], [0, 0]])
