"""Searching passages by words and by embeddings."""

import pickle
from pathlib import Path

import pytest

from normsuite import folders
from normsuite.errors import InputError
from normsuite.scorers.agents.documents import Passage
from normsuite.scorers.agents.search import ByEmbedding, ByWords, find_encoder

PASSAGES = [
    Passage("a", "A town council decides on by-laws."),
    Passage("b", "Whoever holds a door open is thanked."),
    Passage("c", "Bread is baked early in the morning."),
    Passage("d", "Bread is baked early in the morning."),
]


def test_passages_that_share_words_are_found_the_best_first() -> None:
    found = ByWords(PASSAGES).search(["who decides on the by-laws of a town", "door", "the of a", ""], 3)
    assert [[one.passage.name for one in row] for row in found] == [["a"], ["b"], [], []]


def test_ties_keep_the_order_of_the_passages_and_no_more_than_asked_are_found() -> None:
    search = ByWords(PASSAGES)
    assert [one.passage.name for one in search.search(["baked bread"], 2)[0]] == ["c", "d"]
    assert [one.passage.name for one in search.search(["baked bread"], 1)[0]] == ["c"]
    assert not search.search(["zebra"], 2)[0]


def test_a_library_without_words_finds_nothing() -> None:
    assert ByWords([Passage("a", "…")]).search(["anything"], 3) == [[]]


def test_embeddings_find_what_is_meant(minilm: Path) -> None:
    encoder = find_encoder(str(minilm))
    assert pickle.loads(pickle.dumps(encoder)) == encoder
    (found,) = ByEmbedding(PASSAGES, encoder).search(["Which people make the local rules?"], 1)
    assert found[0].passage.name == "a"
    assert -1 <= found[0].score <= 1


def test_a_model_that_is_no_sentence_encoder_is_refused() -> None:
    with pytest.raises(InputError, match="is no sentence encoder"):
        find_encoder(str(folders.tiny()))
