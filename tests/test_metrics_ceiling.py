"""The best that anybody can expect to score where people disagree."""

import json

import numpy as np
import pytest

from normsuite import metrics
from normsuite.errors import InputError
from normsuite.metrics import ceiling


def made_counts(alpha, items, people, seed=0):
    """Votes of ``people`` on items whose true shares are drawn from a Dirichlet distribution."""
    random = np.random.default_rng(seed)
    return np.stack([random.multinomial(people, shares) for shares in random.dirichlet(alpha, items)])


def test_the_published_ceiling_of_the_scruples_anecdotes(shared_data):
    counts = json.loads((shared_data / "scruples/dev.scruples-anecdotes_label-counts.json").read_text())
    found = metrics.best_ceiling(counts, seed=0, draws=200)
    assert found.accuracy == pytest.approx(0.8813, abs=0.002)
    assert found.macro_f1 == pytest.approx(0.6821, abs=0.005)
    assert found.cross_entropy == pytest.approx(0.7342, abs=0.001)
    assert found.alpha == pytest.approx([0.503, 1.547, 0.193, 0.317, 0.166], abs=0.001)
    assert found.accuracy_error == pytest.approx(0.0056 / np.sqrt(200), rel=0.2)
    assert found.macro_f1_error == pytest.approx(0.0207 / np.sqrt(200), rel=0.2)
    assert found.cross_entropy_error == pytest.approx(0.0036 / np.sqrt(200), rel=0.2)


def test_alpha_is_that_of_the_people():
    counts = made_counts([0.6, 2.0, 1.0], 3000, 7)
    assert ceiling.fit_dirichlet(counts.astype(float)) == pytest.approx([0.6, 2.0, 1.0], rel=0.08)


def test_the_oracle_scores_what_one_who_knew_the_true_shares_would_score():
    random = np.random.default_rng(3)
    shares = random.dirichlet([0.7, 1.5, 0.4], 3000)
    counts = np.stack([random.multinomial(4, own) for own in shares])
    gold, known = counts.argmax(axis=1), shares.argmax(axis=1)
    found = metrics.best_ceiling(counts, draws=100)
    assert found.accuracy == pytest.approx(metrics.accuracy(gold, known), abs=0.03)
    assert found.macro_f1 == pytest.approx(metrics.macro_f1(gold, known), abs=0.03)
    assert found.cross_entropy == pytest.approx(metrics.log_loss(counts / 4, shares), abs=0.03)


def test_people_of_one_mind_leave_nothing_to_lose():
    found = metrics.best_ceiling(np.eye(3)[np.arange(30) % 3] * 500, draws=20)
    assert found.accuracy == found.macro_f1 == 1
    assert found.cross_entropy < 0.01


def test_the_seed_decides_and_how_many_are_drawn_at_once_does_not(monkeypatch):
    counts = made_counts([1.0, 2.0], 40, 5)
    whole = metrics.best_ceiling(counts, seed=4, draws=30)
    monkeypatch.setattr(ceiling, "_DRAWN_AT_ONCE", 200)
    parts = metrics.best_ceiling(counts, seed=4, draws=30)
    assert (parts.accuracy, parts.macro_f1, parts.cross_entropy) == pytest.approx(
        (whole.accuracy, whole.macro_f1, whole.cross_entropy)
    )
    assert metrics.best_ceiling(counts, seed=5, draws=30).accuracy != whole.accuracy


def test_choices_and_logarithms_are_means_over_the_posterior():
    counts = made_counts([0.5, 1.0, 2.0], 50, 3).astype(float)
    alpha = ceiling.fit_dirichlet(counts)
    found = metrics.best_ceiling(counts, seed=1, draws=400)
    choices = ceiling.oracle_choices(counts, alpha, 1, 400)
    assert choices.sum(axis=1) == pytest.approx(1)
    assert choices[np.arange(50), counts.argmax(axis=1)].mean() == pytest.approx(found.accuracy)
    losses = -(counts / 3 * ceiling.oracle_logs(counts, alpha)).sum(axis=1)
    assert losses.mean() == pytest.approx(found.cross_entropy, abs=4 * found.cross_entropy_error)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([3, 1], "must be a matrix of whole numbers"),
        ([[3, -1]], "must be a matrix of whole numbers"),
        ([[0.5, 2]], "must be a matrix of whole numbers"),
        (np.empty((0, 3)), "must be a matrix of whole numbers"),
        ([[3, 1], [0, 0]], "row 2.*nobody voted"),
        ([[1, 0], [0, 1]], "no item has two votes"),
    ],
)
def test_counts_that_say_nothing_are_refused(counts, message):
    with pytest.raises(InputError, match=message):
        metrics.best_ceiling(counts)


def test_one_draw_is_refused():
    with pytest.raises(InputError, match="1 draws have no standard error"):
        metrics.best_ceiling([[3, 1]], draws=1)
