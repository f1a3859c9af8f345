"""From predictions to results: every metric in every group, with n, clusters, value, interval and chance."""

from normsuite.aggregate.ceiling import CEILING, ceiling_results
from normsuite.aggregate.gaps import FEW_CLUSTERS
from normsuite.aggregate.groups import MOST_GROUPS, Facet, facets
from normsuite.aggregate.nulls import ABOVE, PREFIX, null_results
from normsuite.aggregate.permutation import PERMUTATIONS, permuted_gap
from normsuite.aggregate.resampling import LEVEL, REPLICATES, bootstrap, draw, interval
from normsuite.aggregate.table import aggregate
from normsuite.aggregate.temperature import apart

__all__ = [
    "ABOVE",
    "CEILING",
    "FEW_CLUSTERS",
    "LEVEL",
    "MOST_GROUPS",
    "PERMUTATIONS",
    "PREFIX",
    "REPLICATES",
    "Facet",
    "aggregate",
    "apart",
    "bootstrap",
    "ceiling_results",
    "draw",
    "facets",
    "interval",
    "null_results",
    "permuted_gap",
]
