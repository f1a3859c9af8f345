"""What a direction is made of, for people: the texts at its ends, the words near it, what each token adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from normsuite.embeddings import Passage
from normsuite.engines import Checkpoint, Engine, Pooling
from normsuite.engines.tokens import load_encoder
from normsuite.engines.vectors import chosen_way
from normsuite.errors import InputError
from normsuite.scorers.direction.about import Ends, NearWord, Scored
from normsuite.scorers.direction.fitted import Fitted, seed_scores
from normsuite.scorers.direction.pipeline import Axis
from normsuite.scorers.direction.seeds import Floats

Pole = Literal["positive", "negative", "neutral"]

MOST_TOKENS: Final = 512
"""Whose contributions are told: each token takes a pass of the whole text through the model."""

_AT_EACH_END: Final = 20


@dataclass(frozen=True)
class Contributions:
    """What each token of a text adds to its score; together with the offset they are the score.

    Attributes:
        text: as the model reads it.
        tokens: [t] as the tokenizer writes them.
        values: [t] in units of the score.
        offset: what a text without any contribution scores.
        whole: where the whole score sits on one token: which token that is, in words; else empty.
    """

    text: str
    tokens: tuple[str, ...]
    values: Floats
    offset: float
    whole: str = ""

    @property
    def score(self) -> float:
        """Of the text in this wording."""
        return float(self.values.sum()) + self.offset


def ends(fitted: Fitted, most: int = _AT_EACH_END) -> Ends:
    """The seeds with the highest and with the lowest scores; each text once."""
    scores = seed_scores(fitted)
    ranked = [(fitted.rows.text[row], float(scores[row])) for row in np.argsort(-scores, kind="stable")]

    def first(rows: Sequence[tuple[str, float]]) -> tuple[Scored, ...]:
        found: dict[str, float] = {}
        for text, score in rows:
            if len(found) < most:
                found.setdefault(text, score)
        return tuple(Scored(text=text, score=score) for text, score in found.items())

    return Ends(positive=first(ranked), negative=first(ranked[::-1]))


def near_words(axis: Axis, vectors: NDArray[np.float32], words: Mapping[str, Pole]) -> tuple[NearWord, ...]:
    """Words from the nearest to the direction to the furthest, by the cosine around the words' mean.

    Args:
        axis: the direction.
        vectors: [n, d] embeddings of the words; a row of NaN is left out.
        words: [n] the pole of each.
    """
    kept: NDArray[np.bool_] = np.asarray(np.isfinite(vectors).all(axis=1))
    rows = vectors[kept].astype(np.float64)
    if axis.unit_rows:
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    rows = rows - rows.mean(axis=0)
    lengths = np.linalg.norm(rows, axis=1)
    told = [item for item, own in zip(words.items(), kept, strict=True) if own]
    found = []
    for (word, pole), row, length in zip(told, rows, lengths, strict=True):
        if length > 0:
            cosine = float(row @ axis.vector / (length * np.linalg.norm(axis.vector)))
            found.append(NearWord(word=word, pole=pole, cosine=cosine))
    return tuple(sorted(found, key=lambda near: -near.cosine))


def contributions(
    axis: Axis, pooling: Pooling, checkpoint: Checkpoint, engine: Engine, passage: Passage
) -> Contributions:
    """How the score of one text comes from its tokens.

    A pooled vector is a mean of hidden states, divided by its length where vectors are normalised, so that
    its score is a sum over tokens. Each token's state has the whole text in it: a contribution says where the
    score is read, not which word caused it.

    Args:
        axis: the direction.
        pooling: where it reads.
        checkpoint: the model.
        engine: the same model, loaded; it must be able to read a span.
        passage: one text in one wording.

    Raises:
        InputError: the text does not fit, has more than ``MOST_TOKENS`` tokens, or the engine reads no span.
    """
    way = chosen_way(pooling, checkpoint)
    ((ids, span),) = engine.encode_passages(
        [passage.text], [passage.span if way.position == "span" else None]
    )
    most = min(engine.context_length, MOST_TOKENS)
    if len(ids) > most:
        raise InputError(
            f"the text has {len(ids)} tokens, and contributions are told for at most {most}",
            fix="give a shorter text",
        )
    ends_at = {"mean": (0, len(ids)), "cls": (0, 1), "last": (len(ids) - 1, len(ids)), "span": span}
    read = ends_at[way.position]
    if read is None:
        raise InputError("the text has no span to read", fix="give its place in the wording")
    places = range(*read)
    states = engine.embed(
        [ids] * len(places), Pooling("span", pooling.layer), spans=[(at, at + 1) for at in places]
    ).astype(np.float64)
    length = float(np.linalg.norm(states.mean(axis=0))) if way.normalise or axis.unit_rows else 1.0
    values = np.zeros(len(ids))
    from_origin = replace(axis, offset=0.0, unit_rows=False)
    values[read[0] : read[1]] = from_origin(states) / (len(places) * length)
    whole = {"cls": "the first token", "last": "the last token"}.get(way.position, "")
    names = load_encoder(checkpoint).tokenizer.convert_ids_to_tokens(list(ids))
    return Contributions(passage.text, tuple(map(str, names)), values, -axis.offset / axis.scale, whole)
