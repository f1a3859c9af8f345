"""The gap between groups that chance alone would show: labels of groups dealt out at random.

What is dealt is blocks: a cluster's rows that belong to the same groups. Where groups divide the clusters, a
block is a cluster. Where every cluster has a block for every label, as under wordings, the comparison is
paired, and labels are dealt inside clusters.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from normsuite.aggregate.groups import Facet
from normsuite.metrics.catalogue import AnyMetric, Metric, RankMetric
from normsuite.metrics.families import joint_code
from normsuite.metrics.rows import Bools, Floats, Ints, Rows

PERMUTATIONS: Final = 100


@dataclass(frozen=True)
class Blocks:
    """Rows that are dealt together, and the labels they are dealt.

    Attributes:
        member: [r] rows that belong to a compared group.
        block: [r] the block of each.
        label, group: [p] which groups the label of each block names.
        groups: number of groups.
        identity: [strata, blocks of a stratum] all blocks; labels are dealt inside strata.
    """

    member: Ints
    block: Ints
    label: Ints
    group: Ints
    groups: int
    identity: Ints


def permuted_gap(
    rows: Rows,
    metric: AnyMetric,
    facet: Facet,
    taking_part: Bools,
    seed: int = 0,
    threads: int | None = None,
) -> float:
    """Mean difference between best and worst group over ``PERMUTATIONS`` random labellings.

    Args:
        rows: one scorer's rows.
        metric: the metric whose gap it is.
        facet: the division of ``rows``.
        taking_part: [G] the compared groups, at least one.
        seed: seed of the permutations, each of which has a generator of its own.
        threads: threads that share the permutations; None is one per CPU.
    """
    blocks = find_blocks(rows, facet, taking_part)
    if isinstance(metric, RankMetric):
        values = _of_ranks(rows, metric, blocks)
    else:
        values = _of_sums(rows, metric, blocks)

    def gap(number: int) -> float:
        generator = np.random.default_rng([seed, number])
        value = values(generator.permuted(blocks.identity, axis=1).ravel())
        return float(np.fmax.reduce(value) - np.fmin.reduce(value))

    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        return float(np.mean(list(pool.map(gap, range(PERMUTATIONS)))))


def find_blocks(rows: Rows, facet: Facet, taking_part: Bools) -> Blocks:
    """The blocks of a facet's compared groups, ordered by cluster."""
    kept = taking_part[facet.group]
    row, group = facet.row[kept], facet.group[kept]
    # A random number for each group: rows of the same groups, and no others, have the same sum.
    marks = np.random.default_rng(0).integers(-(2**62), 2**62, len(facet.groups))
    signature = np.zeros(len(rows), np.int64)
    np.add.at(signature, row, marks[group])
    member = np.flatnonzero(np.bincount(row, minlength=len(rows)))
    labels, label = np.unique(signature[member], return_inverse=True)
    cluster = np.unique(rows.cluster[member], return_inverse=True)[1]
    _, first, block = np.unique(joint_code(cluster, label), return_index=True, return_inverse=True)
    block_of = np.full(len(rows), -1)
    block_of[member[first]] = np.arange(len(first))  # the first row of a block stands for its label
    stands = block_of[row] >= 0
    clusters = int(cluster.max(initial=0)) + 1
    paired = len(first) == clusters * len(labels)
    identity = np.arange(len(first)).reshape(clusters if paired else 1, -1)
    return Blocks(member, block, block_of[row[stands]], group[stands], len(facet.groups), identity)


def _of_sums(rows: Rows, metric: Metric, blocks: Blocks) -> Callable[[Ints], Floats]:
    """Values [G] as a function of the block that each label is dealt."""
    addends, scored = metric.statistics(rows.within(blocks.member, blocks.block))
    addends = np.where(scored[:, None], addends, 0.0)
    sums = [np.bincount(blocks.block, column, minlength=blocks.identity.size) for column in addends.T]

    def values(dealt: Ints) -> Floats:
        received = dealt[blocks.label]
        totals = [np.bincount(blocks.group, column[received], minlength=blocks.groups) for column in sums]
        return metric.value(np.stack(totals, axis=-1))

    return values


def _of_ranks(rows: Rows, metric: RankMetric, blocks: Blocks) -> Callable[[Ints], Floats]:
    gold, prediction, scored = (column[blocks.member] for column in metric.pairs(rows))
    named = np.zeros((blocks.groups, blocks.identity.size), bool)
    named[blocks.group, blocks.label] = True

    def values(dealt: Ints) -> Floats:
        label = np.empty_like(dealt)
        label[dealt] = np.arange(len(dealt))
        chosen = (mask[label[blocks.block]] & scored for mask in named)
        ones = np.ones(len(gold))
        return np.array([metric.value(gold[mine], prediction[mine], ones[mine]) for mine in chosen])

    return values
