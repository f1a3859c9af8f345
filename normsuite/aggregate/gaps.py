"""What a facet says as a whole: the mean over its groups, best minus worst, the worst group.

Only groups of at least ``FEW_CLUSTERS`` clusters take part: the extremes of many small groups are mostly
noise. The difference of extremes is biased upward even so, which is why a gap stands beside the gap that the
same data show when labels of groups are dealt out at random (``permutation``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from normsuite.aggregate.estimates import Estimates
from normsuite.metrics.rows import Bools, Floats
from normsuite.metrics.sums import divide

FEW_CLUSTERS: Final = 10
"""Groups with fewer clusters are shown, but never compared."""


@dataclass(frozen=True)
class Summary:
    """One statement about the compared groups of a facet.

    Attributes:
        name: "macro", "gap" or "worst".
        group: name of the worst group, else "".
        value: over the data.
        replicates: [replicates] the same in each replicate, where another group may be the worst.
    """

    name: str
    group: str
    value: float
    replicates: Floats


def compared(estimates: Estimates, metric: int) -> Bools:
    """The groups [G] that take part for the metric of this index."""
    enough: Bools = estimates.clusters[:, metric] >= FEW_CLUSTERS
    told: Bools = enough & np.isfinite(estimates.value[:, metric])
    return told


def summaries(
    groups: tuple[str, ...], value: Floats, replicates: Floats, higher_is_better: bool
) -> tuple[Summary, Summary, Summary]:
    """Macro average, gap and worst group.

    Args:
        groups: names of the compared groups, at least one.
        value: [G] finite.
        replicates: [G, replicates]; NaN where nothing of a group was drawn, which leaves it out there.
        higher_is_better: which end is the worst.
    """
    mean = divide(np.nansum(replicates, axis=0), np.isfinite(replicates).sum(axis=0))
    least, most = np.fmin.reduce(replicates, axis=0), np.fmax.reduce(replicates, axis=0)
    worst = int(value.argmin() if higher_is_better else value.argmax())
    return (
        Summary("macro", "", float(value.mean()), mean),
        Summary("gap", "", float(value.max() - value.min()), most - least),
        Summary("worst", groups[worst], float(value[worst]), least if higher_is_better else most),
    )
