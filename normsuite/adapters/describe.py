"""What Items hold, counted: the statistics of ``data stats`` and the card that ``data build`` writes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from normsuite import folders
from normsuite.adapters.base import Adapted, Adapter

_MOST: Final = 60  # rows of one count table in a card

Counts = list[tuple[str, int]]


def count(column: pa.ChunkedArray) -> Counts:
    """How often each value occurs, most frequent first; null counts as "(none)"."""
    counted = pc.value_counts(pc.fill_null(column.cast(pa.string()), "(none)")).to_pylist()
    return sorted(((row["values"], row["counts"]) for row in counted), key=lambda pair: (-pair[1], pair[0]))


def label_counts(items: pa.Table) -> Counts:
    """Items per gold label, by its text where options are shared by all items, else by its place."""
    kinds = count(items["kind"])
    if {kind for kind, _ in kinds} & {"choice", "pair", "rating", "multilabel"}:
        return count(pc.binary_join_element_wise(items["kind"], items["gold"].cast(pa.string()), " "))
    keys = pa.chunked_array([_gold_text(chunk) for chunk in items.select(["options", "gold"]).to_batches()])
    return count(keys) if items.num_rows else []


def _gold_text(batch: pa.RecordBatch) -> pa.Array:
    """Each item's gold option as text, null where it has none."""
    options, gold = batch.column(0), batch.column(1)
    starts = pc.subtract(options.offsets.slice(0, len(options)), options.offsets[0])
    flat = pc.list_flatten(options)
    return flat.take(pc.add(starts, gold))


def category_counts(items: pa.Table) -> dict[str, Counts]:
    """Items per value of each category facet."""
    maps = items["categories"].combine_chunks()
    entries = pa.table({"facet": maps.keys, "values": maps.items})
    found: dict[str, Counts] = {}
    for facet in pc.unique(entries["facet"]).to_pylist():
        found[facet] = count(pc.list_flatten(entries.filter(pc.equal(entries["facet"], facet))["values"]))
    return dict(sorted(found.items()))


def reasons(set_aside: pa.Table) -> list[tuple[str, str, int]]:
    """(field, reason, rows) of what was set aside, most frequent first."""
    if not set_aside.num_rows:
        return []
    grouped = set_aside.group_by(["field", "reason"]).aggregate([([], "count_all")]).to_pylist()
    rows = [(row["field"], row["reason"], row["count_all"]) for row in grouped]
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))


def statistics(items: pa.Table) -> dict[str, Counts]:
    """Every count table of Items, by its title."""
    tables = {
        "split": count(items["split"]),
        "kind": count(items["kind"]),
        "label": label_counts(items),
        "country": count(items["country"]),
        "zone": count(items["zone"]),
        "language": count(items["language"]),
    }
    return tables | {f"category: {facet}": counts for facet, counts in category_counts(items).items()}


def data_card(adapter: Adapter, adapted: Adapted) -> str:
    """The card of one build: what it was made from, and what it holds, in Markdown."""
    items = adapted.items
    lines = [
        f"# {adapter.title}: {items.num_rows:,} items",
        "",
        *_table(("", ""), _provenance(adapter, adapted)),
        "",
        *_set_aside_section(adapted.set_aside),
    ]
    for title, counts in statistics(items).items():
        shown = counts[:_MOST]
        lines += [
            f"## By {title}",
            "",
            *_table((title, "items"), ((name, f"{n:,}") for name, n in shown)),
            "",
        ]
        if len(counts) > _MOST:
            lines += [f"… and {len(counts) - _MOST:,} more values.", ""]
    shipped = folders.data_cards() / f"{adapter.name}.md"
    if shipped.is_file():
        lines += ["---", "", shipped.read_text(encoding="utf-8").strip(), ""]
    return "\n".join(lines)


def _provenance(adapter: Adapter, adapted: Adapted) -> Iterable[tuple[str, str]]:
    yield "data set", adapter.name
    yield "home", adapter.home.page
    yield "revision", adapter.home.revision
    yield "licence", adapter.home.licence
    if adapted.version:
        yield "release recognised", adapted.version
    for name, digest in adapted.files.items():
        yield f"sha256 of {name}", f"`{digest}`"
    yield "clusters", f"{len(pc.unique(adapted.items['cluster'])):,}"
    yield "families", f"{len(pc.unique(adapted.items['family'].drop_null())):,}"


def _set_aside_section(set_aside: pa.Table) -> list[str]:
    rows = [(field, reason, f"{n:,}") for field, reason, n in reasons(set_aside)]
    heading = ["## Set aside", ""]
    return [*heading, *(_table(("field", "reason", "rows"), rows) if rows else ["No row was set aside."]), ""]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """A Markdown table; cells come from data, so pipes and line breaks in them are escaped."""

    def cell(text: str) -> str:
        return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")

    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(cell(text) for text in row)} |" for row in rows),
    ]
