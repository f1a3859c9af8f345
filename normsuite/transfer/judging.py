"""Scores of a bench's items as numbers: the AUROC with its interval, and what it gained against another's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from normsuite.aggregate import aggregate, bootstrap, interval
from normsuite.metrics.ranks import weighted_auroc
from normsuite.schema import PREDICTION_SCHEMA
from normsuite.scorers.direction.predictions import Threshold, direction_predictions
from normsuite.scorers.direction.seeds import Floats
from normsuite.transfer.training import Bench

_BAND = (0.025, 0.975)


@dataclass(frozen=True)
class Judge:
    """What scores are held against.

    Attributes:
        bench: the items.
        replicates: of the cluster bootstrap.
        seed: of its draws.
    """

    bench: Bench
    replicates: int
    seed: int

    def whole(self, scores: Floats) -> dict[str, Any]:
        """Items, clusters, value and interval of scores [n]; NaN where an item could not be read."""
        known = scores[np.isfinite(scores)]
        spread = float(known.std()) if len(known) else 0.0
        middle = float(np.median(known)) if len(known) else 0.0
        # The AUROC reads probabilities: a map that is not steep ties no two scores.
        gentle = Threshold(middle, 1 / (spread or 1.0))
        predictions = direction_predictions(self.bench.name, self.bench.items, scores, "", gentle)
        table = aggregate(
            _without_groups(predictions),
            metrics=["auroc"],
            headline="auroc",
            replicates=self.replicates,
            seed=self.seed,
        )
        row = next(row for row in table.to_pylist() if row["metric"] == "auroc" and not row["facet"])
        names = {"n": "n", "clusters": "clusters", "value": "value", "low": "ci_low", "high": "ci_high"}
        return {name: row[own] for name, own in names.items()} | {"interval": "clusters", "chance": 0.5}

    def draws(self, scores: Sequence[Floats]) -> dict[str, Any]:
        """Items and clusters, the mean over draws and the 95 % band of the draws."""
        gold, cluster, known = self._known(*scores)
        values = np.array([_auroc(gold, own[known]) for own in scores])
        low, high = np.quantile(values, _BAND) if np.isfinite(values).all() else (np.nan, np.nan)
        return {
            "n": len(gold),
            "clusters": len(np.unique(cluster)),
            "value": float(values.mean()),
            "low": float(low),
            "high": float(high),
            "interval": "draws",
            "chance": 0.5,
        }

    def change(self, scores: Floats, frozen: Floats) -> dict[str, Any]:
        """The gain in points of scores [n] against frozen [n], the same clusters drawn for both."""
        gold, cluster, known = self._known(scores, frozen)
        both = _Gain(gold, cluster, scores[known], frozen[known])
        clusters = int(cluster.max()) + 1 if len(cluster) else 0
        value = _auroc(gold, scores[known]) - _auroc(gold, frozen[known])
        if clusters < 2:
            return {"change_points": 100 * value}
        low, high = interval(bootstrap([both], clusters, self.replicates, self.seed)[0])
        return {
            "change_points": 100 * value,
            "change_low": 100 * float(low),
            "change_high": 100 * float(high),
        }

    def _known(self, *scores: Floats) -> tuple[Floats, NDArray[np.int64], NDArray[np.bool_]]:
        """Gold and codes of clusters of the items that every scoring could read, and which those are."""
        known = np.asarray(np.isfinite(np.array(scores)).all(axis=0), bool)
        gold = np.asarray(self.bench.items["gold"].to_numpy(), float)[known]
        names = np.array(self.bench.items["cluster"].to_pylist(), dtype=object).astype(str)[known]
        return gold, np.unique(names, return_inverse=True)[1].astype(np.int64), known


@dataclass(frozen=True)
class _Gain:
    """The difference of two AUROCs in each replicate; a ``Statistic`` of the bootstrap."""

    gold: Floats
    cluster: NDArray[np.int64]
    first: Floats
    second: Floats

    @property
    def shape(self) -> tuple[int, ...]:
        """One number a replicate."""
        return ()

    def __call__(self, surplus: NDArray[np.float32]) -> Floats:
        """[replicates] differences under the surplus [clusters, replicates]."""
        weights = 1.0 + surplus[self.cluster].T.astype(np.float64)
        return weighted_auroc(self.gold, self.first, weights) - weighted_auroc(
            self.gold, self.second, weights
        )


def _auroc(gold: Floats, scores: Floats) -> float:
    return float(weighted_auroc(gold, scores, np.ones(len(gold))))


def _without_groups(predictions: pa.Table) -> pa.Table:
    """Without cultures and categories: no group is looked at here, and none need be resampled."""
    columns = {name: predictions[name] for name in predictions.column_names}
    n = predictions.num_rows
    for name in ("country", "zone", "language"):
        columns[name] = pa.nulls(n, pa.string())
    columns["categories"] = pa.array([[]] * n, PREDICTION_SCHEMA.field("categories").type)
    return pa.table(columns, schema=PREDICTION_SCHEMA)
