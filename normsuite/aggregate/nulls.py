"""Nulls beside a direction's figures: their values in every group, and how far the direction is above them.

The value of a null that is drawn many times is the mean over its draws, and its interval the 95 % band of the
draws. A null that is drawn once has the cluster-bootstrap interval of any score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from normsuite.aggregate.groups import Facet, facets
from normsuite.aggregate.resampling import REPLICATES, draw, interval
from normsuite.errors import InputError
from normsuite.metrics import METRICS, read_rows
from normsuite.metrics.catalogue import RankMetric
from normsuite.metrics.ranks import weighted_auroc, weighted_pearson, weighted_spearman
from normsuite.metrics.rows import Bools, Floats, Ints, Rows
from normsuite.schema import RESULT_SCHEMA

PREFIX: Final = "null: "
ABOVE: Final = "_above_nulls"
_WEIGHTED: Final[dict[str, Callable[[Floats, Floats, Floats], Floats]]] = {
    "pearson": weighted_pearson,
    "spearman": weighted_spearman,
    "auroc": weighted_auroc,
}
_BAND: Final = (0.025, 0.975)
_AT_ONCE: Final = 1 << 22  # weights held at once


@dataclass(frozen=True)
class _Items:
    """The scored items of one task.

    Attributes:
        gold: [n] rating, or 1 for the positive option and 0 for the other.
        score: [n] along the direction.
        cluster: [n] codes.
        nulls: for each null [draws, n].
    """

    gold: Floats
    score: Floats
    cluster: Ints
    nulls: Mapping[str, Floats]

    def take(self, rows: Ints) -> _Items:
        nulls = {name: scores[:, rows] for name, scores in self.nulls.items()}
        return _Items(self.gold[rows], self.score[rows], self.cluster[rows], nulls)


def null_results(
    predictions: pa.Table,
    nulls: pa.Table,
    *,
    headline: str,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> pa.Table:
    """Results of every null in every group, and of the direction above them.

    ``<headline>_above_nulls`` is the direction's value minus that of the strongest null, which ``group``
    names: of a null of many draws the upper end of its band, of one of few its best draw. Its interval is
    that of the difference over bootstrap replicates, in each of which the strongest is found anew.

    Args:
        predictions: the direction's rows, one per item, in ``schema.PREDICTION_SCHEMA``.
        nulls: rows in ``schema.NULL_SCHEMA``, scores in the order of ``predictions``.
        headline: pearson, spearman or auroc.
        replicates: of the cluster bootstrap.
        seed: of its draws.

    Returns:
        Table in ``schema.RESULT_SCHEMA``.

    Raises:
        InputError: a null has another number of scores than there are predictions.
    """
    rows, position = read_rows(predictions)
    gold, scored = _gold(rows, headline)
    everything = _Items(gold, _scores(predictions)[position], rows.cluster, _null_scores(nulls, position))
    task = predictions["task"][0].as_py()
    lines = []
    for facet in facets(predictions, position):
        for group, name in enumerate(facet.groups):
            at = _scored_rows(facet, group, scored)
            if len(at):
                own = everything.take(at)
                lines += [
                    {**line, "task": task, "facet": facet.name, "group": name}
                    for line in _null_lines(own, headline, replicates, seed)
                ]
    whole = everything.take(np.flatnonzero(scored))
    if len(whole.gold) and whole.nulls:
        lines.append({"task": task, "facet": "", **_above(whole, headline, replicates, seed)})
    return pa.table(
        [
            pa.array([line[field.name] for line in lines], field.type, from_pandas=True)
            for field in RESULT_SCHEMA
        ],
        schema=RESULT_SCHEMA,
    )


def _gold(rows: Rows, headline: str) -> tuple[Floats, Bools]:
    """Gold [n], and which rows the headline metric scores."""
    if headline == "auroc":
        metric = METRICS["auroc"]
        assert isinstance(metric, RankMetric)
        gold, _, scored = metric.pairs(rows)
        return gold, scored
    return rows.rating, rows.answered


def _scores(predictions: pa.Table) -> Floats:
    return np.asarray(predictions["score"].cast(pa.float64()).to_numpy(), float)


def _null_scores(nulls: pa.Table, position: Ints) -> dict[str, Floats]:
    found: dict[str, list[Floats]] = {}
    for row in nulls.to_pylist():
        scores = np.array([np.nan if value is None else value for value in row["scores"]], float)
        if len(scores) != len(position):
            what = f"the null {row['null']!r} has {len(scores)} scores for {len(position)} predictions"
            raise InputError(what, field="nulls", fix="delete the task's predictions and run again")
        found.setdefault(row["null"], []).append(scores[position])
    return {name: np.array(draws) for name, draws in found.items()}


def _scored_rows(facet: Facet, group: int, scored: Bools) -> Ints:
    rows: Ints = facet.row[facet.group == group]
    kept: Ints = rows[scored[rows]]
    return kept


def _values(items: _Items, scores: Floats, headline: str) -> Floats:
    """The metric [draws] of scores [draws, n], every item counted once; NaN where an item has no score."""
    once = np.ones(len(items.gold))
    whole: Bools = np.asarray(
        np.isfinite(scores).all(axis=1)
    )  # ranks would take a NaN for the greatest score
    return np.array(
        [
            float(_WEIGHTED[headline](items.gold, own, once)) if ok else np.nan
            for own, ok in zip(scores, whole, strict=True)
        ]
    )


def _null_lines(items: _Items, headline: str, replicates: int, seed: int) -> Iterator[dict[str, Any]]:
    clusters = len(np.unique(items.cluster))
    for name, scores in items.nulls.items():
        values = _values(items, scores, headline)
        if not np.isfinite(values).any():
            continue
        if len(values) > 1:
            low, high = np.nanquantile(values, _BAND)
        elif clusters > 1:
            low, high = interval(_replicates(items, scores, headline, replicates, seed)[0])
        else:
            low = high = np.nan
        yield {
            "scorer": f"{PREFIX}{name}",
            "metric": headline,
            "n": len(items.gold),
            "clusters": clusters,
            "value": float(np.nanmean(values)),
            "ci_low": float(low),
            "ci_high": float(high),
            "chance": 0.5 if headline == "auroc" else 0.0,
        }


def _replicates(items: _Items, scores: Floats, headline: str, replicates: int, seed: int) -> Floats:
    """The metric [draws, replicates] under the cluster bootstrap, the same draws for all."""
    codes, cluster = np.unique(items.cluster, return_inverse=True)
    found = np.empty((len(scores), replicates))
    step = max(1, _AT_ONCE // max(1, len(items.gold)))
    chunks = range(0, replicates, step)
    generators = np.random.SeedSequence(seed).spawn(len(chunks))
    for start, source in zip(chunks, generators, strict=True):
        stop = min(start + step, replicates)
        surplus = draw(len(codes), stop - start, np.random.Generator(np.random.SFC64(source)))
        weights = 1.0 + surplus[cluster].T.astype(np.float64)
        for row, own in enumerate(scores):
            found[row, start:stop] = _WEIGHTED[headline](items.gold, own, weights)
    return found


_MANY: Final = 10  # draws from which on a null has a band rather than a best draw


def _above(items: _Items, headline: str, replicates: int, seed: int) -> dict[str, Any]:
    """The direction minus the strongest null."""
    value = float(_values(items, items.score[None], headline)[0])
    constant: dict[str, float] = {}
    paired: dict[str, tuple[float, Floats]] = {}
    for name, scores in items.nulls.items():
        values = _values(items, scores, headline)
        if not np.isfinite(values).any():
            continue
        if len(values) >= _MANY:
            constant[name] = float(np.nanquantile(values, _BAND[1]))
        else:
            best = int(np.nanargmax(values))
            paired[name] = float(values[best]), scores[best]
    levels = constant | {name: level for name, (level, _) in paired.items()}
    strongest = max(levels, key=lambda name: levels[name], default="")
    curves = np.array([items.score, *(scores for _, scores in paired.values())])
    resampled = _replicates(items, curves, headline, replicates, seed)
    rivals = [*resampled[1:], *(np.full(replicates, level) for level in constant.values())]
    clusters = len(np.unique(items.cluster))
    difference = np.full(replicates, np.nan)
    if rivals and clusters > 1:
        difference = resampled[0] - np.max(rivals, axis=0)
    low, high = interval(difference)
    return {
        "scorer": "direction",
        "metric": f"{headline}{ABOVE}",
        "group": strongest,
        "n": len(items.gold),
        "clusters": clusters,
        "value": value - levels[strongest] if levels else np.nan,
        "ci_low": float(low),
        "ci_high": float(high),
        "chance": 0.0,
    }
