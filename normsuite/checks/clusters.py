"""Clusters: are there enough for an interval, overall and by group, and do families stay in one split."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.checks.estimates import count
from normsuite.checks.findings import Finding, Severity, of_all
from normsuite.checks.subject import Subject, first_id

CHECK: Final = "clusters"
FEW: Final = 10
"""Intervals over fewer clusters than this are too narrow to be believed."""

_SERIOUS: Final = 0.01  # of the scored items


def check(subject: Subject) -> list[Finding]:
    """Too few clusters, too few wordings, families and clusters in several splits."""
    return [*_overall(subject), *_groups(subject), *_crossing(subject)]


def _overall(subject: Subject) -> list[Finding]:
    n = count(subject.items["cluster"])
    if n >= FEW:
        return []
    fix = "add items, or give independent ones a `cluster` each"
    if n == 1:
        message = "all scored items are of one cluster, so that no score has an interval"
        return [Finding(CHECK, "problem", message, n, None, None, fix)]
    message = f"the scored items are of {n} clusters, too few for intervals to be believed"
    return [Finding(CHECK, "warning", message, n, None, None, fix)]


def _groups(subject: Subject) -> list[Finding]:
    """One finding for each facet of the report with groups of few clusters."""
    if count(subject.items["cluster"]) < FEW:
        return []
    found = []
    for facet, groups in _clusters_by_group(subject.items).items():
        small = {group: n for group, n in groups.items() if n < FEW}
        if len(groups) < 2 or not small:
            continue
        smallest = min(small, key=lambda group: (small[group], group))
        message = (
            f"{of_all(len(small), len(groups), f'groups of the facet {facet!r}')} have fewer than {FEW} "
            f"clusters ({smallest!r} has {small[smallest]})"
        )
        fix = "read their scores as examples, or merge groups"
        severity: Severity = "warning" if facet in ("country", "zone", "language") else "note"
        found.append(Finding(CHECK, severity, message, len(small), len(small) / len(groups), None, fix))
    return found


def _clusters_by_group(items: pa.Table) -> dict[str, dict[str, int]]:
    """For each facet, how many clusters each of its groups has."""
    cluster = items["cluster"].combine_chunks()
    pairs = [
        pa.table({"facet": pa.repeat(name, len(cluster)), "group": items[name], "cluster": cluster})
        for name in ("country", "zone", "language")
    ]
    maps = items["categories"].combine_chunks()
    start, stop = maps.offsets[0].as_py(), maps.offsets[-1].as_py()
    values, facets = maps.items[start:stop], maps.keys[start:stop]
    owner = np.repeat(np.arange(len(maps)), np.diff(np.asarray(maps.offsets)))
    entry = pc.list_parent_indices(values)
    pairs.append(
        pa.table(
            {
                "facet": facets.take(entry),
                "group": pc.list_flatten(values),
                "cluster": cluster.take(pa.array(owner[np.asarray(entry)], pa.int64())),
            }
        )
    )
    table = pa.concat_tables(pairs, promote_options="permissive")
    table = table.filter(pc.is_valid(table["group"]))
    counted = table.group_by(["facet", "group"]).aggregate([("cluster", "count_distinct")]).to_pylist()
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in counted:
        found[row["facet"]][row["group"]] = row["cluster_count_distinct"]
    return {facet: found[facet] for facet in sorted(found)}


def _crossing(subject: Subject) -> list[Finding]:
    """Edits of one item, or items of one cluster, of which some are scored and some learned from."""
    found = []
    for column, what in (("family", "a family"), ("cluster", "a cluster")):
        elsewhere = subject.others[column].drop_null().unique()
        shared = np.asarray(pc.is_in(subject.items[column], elsewhere), bool)
        shared &= np.asarray(pc.is_valid(subject.items[column]), bool)
        n, total = int(shared.sum()), subject.items.num_rows
        if not n:
            continue
        message = f"{of_all(n, total, 'scored items')} have {what} that lies in other splits too"
        fix = "split by cluster: what is learned from there tells about these"
        severity: Severity = "problem" if column == "family" and n / total >= _SERIOUS else "warning"
        found.append(Finding(CHECK, severity, message, n, n / total, first_id(subject.items, shared), fix))
        break  # a family lies in one cluster: the second would say the same again
    return found
