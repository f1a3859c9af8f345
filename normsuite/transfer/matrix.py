"""The transfer matrix: each task's direction on every task's items, with intervals, nulls and a verdict.

A direction that encodes what it claims to encode works where it was not fitted. A cell is worth something
only above its own nulls, which have the same seeds and the same items.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.aggregate import ABOVE, PREFIX, REPLICATES, aggregate, null_results
from normsuite.errors import InputError
from normsuite.progress import Progress, silent
from normsuite.questions import DirectionQuestion
from normsuite.schema import NULL_SCHEMA, PREDICTION_SCHEMA
from normsuite.scorers.direction import Measured, Models, measure
from normsuite.transfer.embedded import embed_all
from normsuite.transfer.pairs import Source, domain_of, parts_of
from normsuite.transfer.tables import TRANSFER_SCHEMA, table_of

FOUNDATION: Final = "foundation"
NULLS: Final = {
    "random": "random directions",
    "permuted": "shuffled seeds",
    "tfidf": "TF-IDF",
    "untrained": "the untrained model",
}


@dataclass(frozen=True)
class Matrix:
    """A transfer matrix.

    Attributes:
        table: rows in ``TRANSFER_SCHEMA``; every pair has one whose facet is "".
        about: how each pair was read and fitted, and which nulls it lacks, by row and column, for people.
        notes: which nulls are missing, and why.
    """

    table: pa.Table
    about: Mapping[str, Mapping[str, Any]]
    notes: tuple[str, ...] = ()


def transfer_matrix(
    sources: Sequence[Source],
    models: Models,
    *,
    replicates: int = REPLICATES,
    seed: int = 0,
    progress: Progress = silent,
) -> Matrix:
    """Fit on each task's seeds, test on every task's items.

    A pair whose items are among its seeds, that shares no language, or whose seeds define no direction is
    left out, and its verdict says why.

    Args:
        sources: [t] rows; their tasks are the columns too.
        models: the model, its untrained doubles, and the cache: with one, each text is embedded once.
        replicates: of the cluster bootstrap.
        seed: of random nulls and bootstrap.
        progress: told what is embedded, and how many pairs are done.

    Raises:
        InputError: the model cannot be used, or no pair at all could be measured.
    """
    lines: list[dict[str, Any]] = []
    about: dict[str, dict[str, Any]] = {source.name: {} for source in sources}
    if models.cache is not None:
        embed_all(sources, models, progress)
    done, failures = 0, []
    for source in sources:
        for test in (other.question for other in sources):
            progress("pairs", done, len(sources) ** 2)
            domain, reason = domain_of(source, test)
            head = {"fit": source.name, "test": test.task.name, "domain": domain}
            measured = None
            if not reason:
                try:
                    measured = measure_pair(source, test, models, seed=seed, progress=progress)
                except InputError as error:
                    # One pair that cannot be read, or defines no direction, is no reason to lose the others.
                    reason = str(error)
                    failures.append(error)
            if measured is None:
                lines.append(head | _left_out(test, reason))
            else:
                about[source.name][test.task.name] = measured.about
                lines += [head | line for line in pair_lines(measured, test.task.headline, replicates, seed)]
            done += 1
    progress("pairs", done, done)
    if failures and not any(about.values()):
        raise failures[0]
    notes = (f"There is no untrained null: {models.why_not}.",) if models.why_not else ()
    return Matrix(table_of(lines, TRANSFER_SCHEMA), about, notes)


def measure_pair(
    source: Source, test: DirectionQuestion, models: Models, *, seed: int = 0, progress: Progress = silent
) -> Measured:
    """Fit on the seeds of one task and score the items of another, in that one's own wordings.

    Raises:
        InputError: as ``measure``, or no item is of a language that there are seeds of.
    """
    parts = parts_of(source.question, test)
    name = f"{source.name} on {test.task.name}"
    prompt = "+".join(test.task.texts)
    return measure(name, parts, source.recipe, models, prompt=prompt, seed=seed, progress=progress)


def pair_lines(measured: Measured, headline: str, replicates: int, seed: int) -> Iterator[dict[str, Any]]:
    """The numbers of one pair: overall, and by moral foundation where the items have any."""
    predictions = _by_foundation(measured.predictions)
    options: dict[str, Any] = {"headline": headline, "replicates": replicates, "seed": seed}
    found = aggregate(predictions, metrics=[headline], **options).to_pylist()
    nulls = null_results(predictions, measured.nulls, **options).to_pylist()
    for row in found:
        if row["metric"] != headline:
            continue
        place = row["facet"], row["group"]
        beside = {line["scorer"]: line for line in nulls if (line["facet"], line["group"]) == place}
        above = _above(nulls, headline) if not row["facet"] else _group_above(measured, row["group"], options)
        shown = {name: row[name] for name in _SHOWN}
        yield {**shown, **_null_columns(beside), **_above_columns(above), "verdict": verdict(above)}


_SHOWN: Final = ("metric", "facet", "group", "n", "clusters", "value", "ci_low", "ci_high", "chance")


def verdict(above: Mapping[str, Any] | None) -> str:
    """Whether a direction is more than the strongest of its nulls, in words.

    Args:
        above: the row ``<headline>_above_nulls`` of ``null_results``; None where there is none.
    """
    if above is None or above["value"] is None:
        return "no verdict: nothing to compare, or no null"
    null = NULLS.get(above["group"], above["group"])
    low, high = above["ci_low"], above["ci_high"]
    if low is None or high is None:
        return "no verdict: too few clusters for an interval"
    margin = f"{above['value']:.3f} [{low:.3f}, {high:.3f}]"
    if low > 0:
        return f"above every null by {margin}; strongest: {null}"
    if high < 0:
        return f"below {null}: {margin}"
    return f"not distinguishable from {null}: {margin}"


def is_above(line: Mapping[str, Any]) -> bool:
    """Whether a row of the matrix lies above every null with its whole interval."""
    return line["above_low"] is not None and line["above_low"] > 0


def _by_foundation(predictions: pa.Table) -> pa.Table:
    """The predictions without any facet but the moral foundation: no other group is looked at."""
    kept = [
        [(name, values) for name, values in row or () if name == FOUNDATION]
        for row in predictions["categories"].to_pylist()
    ]
    columns = {name: predictions[name] for name in predictions.column_names}
    columns["categories"] = pa.array(kept, PREDICTION_SCHEMA.field("categories").type)
    for name in ("country", "zone", "language"):
        columns[name] = pa.nulls(predictions.num_rows, pa.string())
    return pa.table(columns, schema=PREDICTION_SCHEMA)


def _above(nulls: Sequence[Mapping[str, Any]], headline: str) -> Mapping[str, Any] | None:
    return next((line for line in nulls if line["metric"] == f"{headline}{ABOVE}"), None)


def _group_above(measured: Measured, group: str, options: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The same comparison among the items of one foundation."""
    rows = measured.predictions["categories"].to_pylist()
    mine = np.array([group in dict(row or ()).get(FOUNDATION, ()) for row in rows])
    predictions = _without_facets(measured.predictions.filter(pa.array(mine)))
    draws = [
        {**row, "scores": np.asarray(row["scores"], float)[mine].tolist()}
        for row in measured.nulls.to_pylist()
    ]
    found = null_results(predictions, pa.Table.from_pylist(draws, NULL_SCHEMA), **options)
    return _above(found.to_pylist(), options["headline"])


def _without_facets(predictions: pa.Table) -> pa.Table:
    bare = _by_foundation(predictions)
    at = bare.schema.get_field_index("categories")
    field = bare.schema.field(at)
    return bare.set_column(at, field, pa.array([[]] * bare.num_rows, field.type))


def _null_columns(beside: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    def of(name: str, what: str) -> float | None:
        line = beside.get(f"{PREFIX}{name}")
        return None if line is None else line[what]

    return {
        "null_random_high": of("random", "ci_high"),
        "null_permuted_high": of("permuted", "ci_high"),
        "null_tfidf": of("tfidf", "value"),
        "null_untrained": of("untrained", "value"),
    }


def _above_columns(above: Mapping[str, Any] | None) -> dict[str, Any]:
    names = {"above": "value", "above_low": "ci_low", "above_high": "ci_high"}
    return {name: None if above is None else above[source] for name, source in names.items()}


def _left_out(test: DirectionQuestion, reason: str) -> dict[str, Any]:
    items = test.items
    return {
        "metric": test.task.headline,
        "facet": "",
        "group": "",
        "n": items.num_rows,
        "clusters": len(pc.unique(items["cluster"])),
        "verdict": f"left out: {reason}",
    }
