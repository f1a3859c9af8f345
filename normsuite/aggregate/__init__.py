"""From predictions to results: every metric in every group, with n, clusters, value, interval and chance."""

from normsuite.aggregate.ceiling import CEILING, ceiling_results
from normsuite.aggregate.gaps import FEW_CLUSTERS
from normsuite.aggregate.groups import MOST_GROUPS, Facet, facets
from normsuite.aggregate.nulls import ABOVE, PREFIX, null_results
from normsuite.aggregate.paired import DIFFERENCE_SCHEMA, POWER, SIZE, detectable, differences
from normsuite.aggregate.pairing import Counts, Pairs, pair
from normsuite.aggregate.permutation import PERMUTATIONS, permuted_gap
from normsuite.aggregate.resampling import LEVEL, REPLICATES, bootstrap, draw, interval
from normsuite.aggregate.significance import Adjust, adjusted
from normsuite.aggregate.table import aggregate
from normsuite.aggregate.task import task_results
from normsuite.aggregate.temperature import apart

__all__ = [
    "ABOVE",
    "CEILING",
    "DIFFERENCE_SCHEMA",
    "FEW_CLUSTERS",
    "LEVEL",
    "MOST_GROUPS",
    "PERMUTATIONS",
    "POWER",
    "PREFIX",
    "REPLICATES",
    "SIZE",
    "Adjust",
    "Counts",
    "Facet",
    "Pairs",
    "adjusted",
    "aggregate",
    "apart",
    "bootstrap",
    "ceiling_results",
    "detectable",
    "differences",
    "draw",
    "facets",
    "interval",
    "null_results",
    "pair",
    "permuted_gap",
    "task_results",
]
