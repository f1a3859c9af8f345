"""The reader: one vector per passage, in order, from the cache where it can be."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from counted import Counted, Unwanted

from normsuite import folders
from normsuite.embeddings import Passage, Reader
from normsuite.engines import Pooling, find_checkpoint
from normsuite.errors import InputError

TEXTS = ["Is it fine to whistle in a library?", "No.", "A guest brings flowers to the host.", "No."]
PASSAGES = [Passage(text) for text in TEXTS]
TOO_LONG = Passage("on and " * 600)
MEAN = Pooling("mean")


@pytest.fixture(scope="module")
def tiny() -> Counted:
    """normsuite-tiny: a decoder of four layers with room for 512 tokens."""
    return Counted(find_checkpoint(str(folders.tiny())), "float32", "cpu", 4)


@pytest.fixture(scope="module")
def encoder(minilm: Path) -> Counted:
    """MiniLM: a sentence encoder of six layers with room for 256 tokens."""
    return Counted(find_checkpoint(str(minilm)), "float32", "cpu", 4)


@pytest.fixture(params=["tiny", "encoder"])
def spec(request: pytest.FixtureRequest) -> Counted:
    """Each model, with a tally of its own."""
    return replace(request.getfixturevalue(request.param), asked=[])


def unwanted(spec: Counted, **changed: object) -> Unwanted:
    """The spec of the same vectors, which must all be in the cache."""
    return Unwanted(**{"checkpoint": spec.checkpoint, "dtype": spec.dtype, "device": spec.device} | changed)


def test_vectors_are_the_engines_in_the_order_of_the_passages(spec: Counted, tmp_path: Path) -> None:
    with Reader(spec, cache=tmp_path) as reader:
        vectors = reader.read(PASSAGES, MEAN)
        turned = reader.read(PASSAGES[::-1], MEAN)
    engine = spec.start()
    tokens = [ids for ids, _ in engine.encode_passages(TEXTS, [None] * 4)]
    np.testing.assert_allclose(vectors, engine.embed(tokens, MEAN), atol=1e-5)
    np.testing.assert_array_equal(turned, vectors[::-1])
    np.testing.assert_array_equal(vectors[1], vectors[3])
    assert vectors.dtype == np.float32


def test_duplicates_are_embedded_once_and_progress_counts_what_differs(spec: Counted) -> None:
    told: list[tuple[int, int]] = []
    with Reader(spec) as reader:
        reader.read(PASSAGES * 3, MEAN, lambda done, total: told.append((done, total)))
    assert spec.asked == [(3, (-1,))]
    assert told[0] == (0, 3)
    assert told[-1] == (3, 3)
    assert told == sorted(told)


def test_what_is_cached_never_starts_an_engine(spec: Counted, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with Reader(spec, cache=tmp_path) as reader:
        vectors = reader.read(PASSAGES, MEAN)
    again = Reader(unwanted(spec, batch_size=1), cache=tmp_path)
    kept = again.read(PASSAGES[:3], MEAN, lambda done, total: told.append((done, total)))
    np.testing.assert_array_equal(kept, vectors[:3])
    assert told == [(3, 3)]


def test_only_what_is_missing_is_asked(spec: Counted, tmp_path: Path) -> None:
    with Reader(spec, cache=tmp_path) as reader:
        reader.read(PASSAGES[:2], MEAN)
        reader.read([*PASSAGES, Passage("One more.")], MEAN)
    assert [count for count, _ in spec.asked] == [2, 2]


@pytest.mark.parametrize("changed", [Pooling("last"), Pooling("mean", 1), Pooling("mean", normalise=True)])
def test_another_pooling_or_layer_is_read_anew(spec: Counted, tmp_path: Path, changed: Pooling) -> None:
    with Reader(spec, cache=tmp_path) as reader:
        reader.read(PASSAGES, MEAN)
    with pytest.raises(AssertionError, match="engine was started"):
        Reader(unwanted(spec), cache=tmp_path).read(PASSAGES, changed)


def test_another_model_or_dtype_is_read_anew(tiny: Counted, encoder: Counted, tmp_path: Path) -> None:
    with Reader(tiny, cache=tmp_path) as reader:
        reader.read(PASSAGES, MEAN)
    for other in (unwanted(encoder), unwanted(tiny, dtype="bfloat16")):
        with pytest.raises(AssertionError, match="engine was started"):
            Reader(other, cache=tmp_path).read(PASSAGES, MEAN)


def test_a_sweep_asks_once_for_the_layers_that_a_passage_lacks(spec: Counted, tmp_path: Path) -> None:
    with Reader(spec, cache=tmp_path) as reader:
        some = reader.read(PASSAGES[:1], Pooling("mean", 2))
        layers = reader.read_layers(PASSAGES, MEAN, [0, 2, -1])
    assert sorted(spec.asked) == [(1, (0, -1)), (1, (2,)), (2, (0, 2, -1))]
    assert layers.shape == (4, 3, some.shape[1])
    np.testing.assert_array_equal(layers[:1, 1], some)
    single = Reader(unwanted(spec), cache=tmp_path)
    for column, layer in enumerate([0, 2, -1]):
        np.testing.assert_array_equal(single.read(PASSAGES, Pooling("mean", layer)), layers[:, column])


def test_a_text_longer_than_the_context_is_a_row_of_nan_and_kept_as_such(
    spec: Counted, tmp_path: Path
) -> None:
    with Reader(spec, cache=tmp_path) as reader:
        vectors = reader.read([PASSAGES[0], TOO_LONG, PASSAGES[1]], MEAN)
        alone = reader.read([TOO_LONG], Pooling("mean", 1))
    assert np.isnan(vectors).all(axis=1).tolist() == [False, True, False]
    assert np.isnan(vectors).any(axis=1).tolist() == [False, True, False]
    assert alone.shape == (1, vectors.shape[1])
    assert np.isnan(alone).all()
    kept = Reader(unwanted(spec), cache=tmp_path)
    np.testing.assert_array_equal(kept.read([TOO_LONG], MEAN), vectors[1:2])
    np.testing.assert_array_equal(kept.read([TOO_LONG], Pooling("mean", 1)), alone)


def test_without_a_cache_nothing_is_written(spec: Counted, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("NORMSUITE_CACHE", str(tmp_path))
    with Reader(spec) as reader:
        first, second = (reader.read(PASSAGES, MEAN) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert len(spec.asked) == 2
    assert list(tmp_path.iterdir()) == []


def test_no_passages_are_no_vectors_and_need_no_engine(spec: Counted, tmp_path: Path) -> None:
    reader = Reader(unwanted(spec), cache=tmp_path)
    assert reader.read([], MEAN).shape == (0, 0)
    assert reader.read_layers([], MEAN, [0, 1]).shape == (0, 2, 0)


def test_after_close_a_reader_can_be_used_again(spec: Counted) -> None:
    reader = Reader(spec)
    vectors = reader.read(PASSAGES, MEAN)
    reader.close()
    reader.close()
    np.testing.assert_array_equal(reader.read(PASSAGES, MEAN), vectors)
    reader.close()


def test_spans_of_one_text_are_vectors_of_their_own(spec: Counted, tmp_path: Path) -> None:
    text, over = "The guest thanks the host.", Pooling("span")
    passages = [Passage(text, (4, 9)), Passage(text, (21, 25)), Passage(text, (4, 9))]
    with Reader(spec, cache=tmp_path) as reader:
        vectors = reader.read(passages, over)
    assert spec.asked == [(2, (-1,))]
    np.testing.assert_array_equal(vectors[0], vectors[2])
    assert np.abs(vectors[0] - vectors[1]).max() > 0.01
    np.testing.assert_array_equal(Reader(unwanted(spec), cache=tmp_path).read(passages, over), vectors)


def test_a_span_that_is_not_pooled_over_makes_no_other_vector(spec: Counted, tmp_path: Path) -> None:
    with Reader(spec, cache=tmp_path) as reader:
        whole = reader.read([Passage(TEXTS[0])], MEAN)
    marked = Reader(unwanted(spec), cache=tmp_path).read([Passage(TEXTS[0], (0, 2))], MEAN)
    np.testing.assert_array_equal(marked, whole)


@pytest.mark.parametrize(
    ("passage", "position", "reason"),
    [
        (Passage(""), "mean", "row 3: the text to embed is empty"),
        (Passage(" \n"), "mean", "row 3: the text to embed is empty"),
        (Passage("Fine."), "span", "row 3: the text has no span"),
        (Passage("Fine.", (2, 2)), "span", r"row 3: the span \[2, 2\) is empty"),
        (Passage("Fine.", (2, 6)), "span", "row 3: .* outside the text of 5 characters"),
        (Passage("Fine  indeed.", (5, 6)), "span", "row 3: .*no token"),
        (Passage("\u200b"), "mean", "row 3: the model sees no character"),
    ],
)
def test_a_passage_that_has_no_vector_is_refused_with_its_row(
    encoder: Counted, tmp_path: Path, passage: Passage, position, reason: str
) -> None:
    # Rows 1 and 2 are the same: rows are counted as given.
    passages = [Passage("Well.", (0, 4))] * 2 + [passage]
    with Reader(encoder, cache=tmp_path) as reader, pytest.raises(InputError, match=reason):
        reader.read(passages, Pooling(position))


def test_a_layer_named_twice_is_refused(tiny: Counted) -> None:
    with pytest.raises(InputError, match="a layer is named twice"):
        Reader(tiny).read_layers(PASSAGES, MEAN, [1, 1])
