"""From predictions to results: every metric in every group, with n, clusters, value, interval and chance."""

from normsuite.aggregate.gaps import FEW_CLUSTERS
from normsuite.aggregate.groups import MOST_GROUPS, Facet, facets
from normsuite.aggregate.permutation import PERMUTATIONS, permuted_gap
from normsuite.aggregate.resampling import LEVEL, REPLICATES, bootstrap, draw, interval
from normsuite.aggregate.table import aggregate

__all__ = [
    "FEW_CLUSTERS",
    "LEVEL",
    "MOST_GROUPS",
    "PERMUTATIONS",
    "REPLICATES",
    "Facet",
    "aggregate",
    "bootstrap",
    "draw",
    "facets",
    "interval",
    "permuted_gap",
]
