"""What is shown of a direction adds up."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_seeds import make_rows

from normsuite import folders
from normsuite.embeddings import Passage, Reader
from normsuite.engines import Pooling, find_checkpoint
from normsuite.engines.transformers import TransformersSpec
from normsuite.errors import InputError
from normsuite.scorers.direction.fitted import Fitted
from normsuite.scorers.direction.pipeline import Axis, build, fit
from normsuite.scorers.direction.showing import contributions, ends, near_words
from normsuite.tasks import Step

TEXT = "Is it ok to water a neighbour's plants?"
SPAN = (TEXT.index("water"), TEXT.index("?"))


@pytest.fixture(scope="module")
def tiny():
    yield from opened(folders.tiny())


@pytest.fixture(scope="module")
def encoder(minilm: Path):
    yield from opened(minilm)


def opened(folder: Path):
    spec = TransformersSpec(find_checkpoint(str(folder)), "float32", "cpu", chat=False)
    engine = spec.start()
    with Reader(spec) as reader:
        yield spec.checkpoint, engine, reader
    engine.close()


def an_axis(d: int, *, unit_rows: bool = False) -> Axis:
    return Axis(np.random.default_rng(1).normal(size=d), 0.7, 0.3, unit_rows)


@pytest.mark.parametrize("unit_rows", [False, True])
@pytest.mark.parametrize(
    "pooling", [Pooling("mean", 2), Pooling("span", -1), Pooling("last", 3), Pooling("mean", -1, True)]
)
def test_contributions_of_a_decoder_add_up_to_its_score(tiny, pooling: Pooling, unit_rows: bool) -> None:
    checkpoint, engine, reader = tiny
    passage = Passage(TEXT, SPAN)
    vectors = reader.read([passage], pooling)
    axis = an_axis(vectors.shape[1], unit_rows=unit_rows)
    told = contributions(axis, pooling, checkpoint, engine, passage)
    assert told.score == pytest.approx(axis(vectors)[0], abs=1e-4)
    assert len(told.tokens) == len(told.values)
    assert told.offset == pytest.approx(-0.7 / 0.3)
    if pooling.position == "last":
        assert told.whole == "the last token"
        assert not told.values[:-1].any()
    else:
        assert not told.whole
    if pooling.position == "span":
        assert not told.values[0]
        assert not told.values[-1]


def test_contributions_of_a_normalised_sentence_embedding_add_up_to_its_score(encoder) -> None:
    checkpoint, engine, reader = encoder
    vectors = reader.read([Passage(TEXT)], Pooling("model"))
    axis = an_axis(vectors.shape[1])
    told = contributions(axis, Pooling("model"), checkpoint, engine, Passage(TEXT))
    assert told.score == pytest.approx(axis(vectors)[0], abs=1e-4)
    assert (told.tokens[0], told.tokens[-1]) == ("[CLS]", "[SEP]")
    assert "water" in told.tokens


def test_a_text_beyond_the_context_is_refused(encoder) -> None:
    checkpoint, engine, _ = encoder
    with pytest.raises(InputError, match="at most 256"):
        contributions(an_axis(384), Pooling("model"), checkpoint, engine, Passage("plant " * 300))


def a_fit(texts: list[str], vectors: np.ndarray, y: np.ndarray) -> Fitted:
    rows = replace(make_rows(vectors, y), text=texts)
    pipeline, axis = fit(build(Step(name="difference-in-means"), ()), rows)
    return Fitted(axis, pipeline, Pooling("mean"), rows, {})


def test_the_ends_are_the_outermost_seeds_each_once() -> None:
    texts = ["worst", "bad", "good", "best", "best"]
    fitted = a_fit(
        texts, np.array([[-2.0, 0], [-1, 0.1], [1, 0.1], [2, 0], [2.0, 0.1]]), np.array([0, 0, 1, 1, 1])
    )
    found = ends(fitted, 3)
    assert [seed.text for seed in found.positive] == ["best", "good", "bad"]
    assert [seed.text for seed in found.negative] == ["worst", "bad", "good"]
    assert found.positive[0].score > 0 > found.negative[0].score


@pytest.mark.parametrize("unit_rows", [False, True])
def test_words_are_ranked_by_their_cosine_around_their_mean(unit_rows: bool) -> None:
    rng = np.random.default_rng(2)
    vectors = rng.normal(5, 1, size=(4, 6)).astype(np.float32)
    axis = an_axis(6, unit_rows=unit_rows)
    names = {"sing": "positive", "hit": "negative", "walk": "neutral", "far": "neutral"}
    vectors[3] = np.nan
    read = vectors[:3].astype(float)
    if unit_rows:
        read /= np.linalg.norm(read, axis=1, keepdims=True)
    read -= read.mean(axis=0)
    expected = read @ axis.vector / np.linalg.norm(read, axis=1) / np.linalg.norm(axis.vector)
    found = near_words(axis, vectors, names)
    assert [near.word for near in found] == [list(names)[at] for at in np.argsort(-expected)]
    assert [near.cosine for near in found] == pytest.approx(sorted(expected, reverse=True))
    assert all(names[near.word] == near.pole for near in found)
