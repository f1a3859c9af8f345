"""Labels of several tokens as a trie."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from normsuite.engines.vllm.tries import make_trie

TOKENS = st.lists(st.integers(0, 5), min_size=1, max_size=4).map(tuple)


def test_labels_that_begin_alike_share_their_beginning() -> None:
    trie = make_trie([(7, 8), (7, 9), (3,)])
    assert trie.prefixes == ((), (7,))
    assert trie.following == ((7, 3), (8, 9))


@given(st.lists(TOKENS, min_size=1, max_size=6, unique=True))
def test_the_log_likelihood_is_the_sum_of_every_tokens_own(continuations) -> None:
    def log_prob(prefix: tuple[int, ...], token: int) -> float:
        return -math.log(2 + sum(prefix) + token * (1 + len(prefix)))

    trie = make_trie(continuations)
    reads = np.full((1, len(trie.prefixes), max(map(len, trie.following))), np.nan)
    for place, (prefix, following) in enumerate(zip(trie.prefixes, trie.following, strict=True)):
        reads[0, place, : len(following)] = [log_prob(prefix, token) for token in following]
    for continuation in continuations:
        expected = sum(log_prob(continuation[:at], token) for at, token in enumerate(continuation))
        assert trie.log_likelihood(continuation, reads) == pytest.approx(expected)


@given(st.lists(TOKENS, min_size=1, max_size=6))
def test_a_beginning_is_asked_once(continuations) -> None:
    trie = make_trie(continuations)
    assert len(set(trie.prefixes)) == len(trie.prefixes)
    assert all(len(set(tokens)) == len(tokens) > 0 for tokens in trie.following)
