"""What Items hold, counted: the statistics of ``data stats`` and the card that ``data build`` writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from normsuite import places
from normsuite.adapters.base import Adapted, Adapter
from normsuite.adapters.homes import Record

_MOST: Final = 60  # rows of one count table in a card

Counts = list[tuple[str, int]]


def count(column: pa.ChunkedArray) -> Counts:
    """How often each value occurs, most frequent first; null counts as "(none)"."""
    counted = pc.value_counts(pc.fill_null(column.cast(pa.string()), "(none)")).to_pylist()
    return _most_first((row["values"], row["counts"]) for row in counted)


def _most_first(counts: Iterable[tuple[str, int]]) -> Counts:
    return sorted(counts, key=lambda pair: (-pair[1], pair[0]))


def label_counts(items: pa.Table) -> Counts:
    """Items per gold label, by its text; a multilabel item counts for each label of its set.

    Where items bring options of their own (choice, pair) it is the place of the gold option that is counted.
    Ratings have no label. Null gold, such as a tie, counts as "(none)".
    """

    def of_kind(*kinds: str) -> pa.Table:
        return items.filter(pc.is_in(items["kind"], pa.array(kinds)))

    own, several = of_kind("choice", "pair"), of_kind("multilabel")
    size = pc.list_value_length(several["gold_set"])
    place = pc.binary_join_element_wise("option", pc.add(own["gold"], 1).cast(pa.string()), " ")
    found = [
        *count(_texts(of_kind("label"))),
        *count(place),
        *count(_texts(_one_row_per_label(several))),
        ("(no label holds)", pc.sum(pc.equal(size, 0)).as_py() or 0),
        ("(none)", several["gold_set"].null_count),
    ]
    totals: dict[str, int] = {}
    for label, n in found:
        totals[label] = totals.get(label, 0) + n
    return _most_first((label, n) for label, n in totals.items() if n)


def _texts(items: pa.Table) -> pa.ChunkedArray:
    """Each item's gold option as text, null where it has none."""
    options = items["options"].combine_chunks()
    sizes = pc.fill_null(options.value_lengths(), 0)
    starts = pc.subtract(pc.cumulative_sum(sizes), sizes)
    return pa.chunked_array([options.flatten().take(pc.add(starts, items["gold"].combine_chunks()))])


def _one_row_per_label(items: pa.Table) -> pa.Table:
    """Multilabel items as if each label of the gold set were an item of its own."""
    sets = items["gold_set"].combine_chunks()
    rows = items.select(["options"]).take(pc.list_parent_indices(sets))
    return rows.append_column("gold", pc.list_flatten(sets))


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
    tables = {title: counts for title, counts in tables.items() if counts}
    return tables | {f"category: {facet}": counts for facet, counts in category_counts(items).items()}


def data_card(name: str, adapter: Adapter | None, adapted: Adapted, downloaded: Sequence[Record] = ()) -> str:
    """The card of one build: what it was made from, and what it holds, in Markdown.

    Args:
        name: the data set.
        adapter: its adapter; None for a data set of the user's own, given as Items.
        adapted: what was read.
        downloaded: where its files came from, if ``data get`` brought them.
    """
    items = adapted.items
    lines = [
        f"# {_cell(adapter.title if adapter else name)}: {items.num_rows:,} items",
        "",
        *_table(("", ""), _provenance(name, adapter, adapted, downloaded)),
        "",
        *_set_aside_section(adapted.set_aside),
    ]
    for title, counts in statistics(items).items():
        shown = counts[:_MOST]
        lines += [
            f"## By {_cell(title)}",
            "",
            *_table((title, "items"), ((name, f"{n:,}") for name, n in shown)),
            "",
        ]
        if len(counts) > _MOST:
            lines += [f"… and {len(counts) - _MOST:,} more values.", ""]
    if adapter and (card := places.find_all("data_cards").get(adapter.name)):
        lines += ["---", "", card.read_text(encoding="utf-8").strip(), ""]
    return "\n".join(lines)


def _provenance(
    name: str, adapter: Adapter | None, adapted: Adapted, downloaded: Sequence[Record]
) -> Iterable[tuple[str, str]]:
    yield "data set", name
    if adapter:
        yield "home", adapter.home.page
        yield "revision", adapter.home.revision
        yield "licence", adapter.home.licence
    for record in downloaded:
        commit = f" at commit {record.commit}" if record.commit else ""
        yield f"downloaded {record.date}", f"{record.url}{commit}, sha256 `{record.sha256}`"
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
    """A Markdown table; its cells and head may come from data."""
    return [
        f"| {' | '.join(_cell(text) for text in head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(_cell(text) for text in row)} |" for row in rows),
    ]


def _cell(text: str) -> str:
    """Text in one cell or heading: whatever would end it, or begin a link or a tag, is escaped."""
    for sign in "\\|[":
        text = text.replace(sign, f"\\{sign}")
    return printable(text).replace("<", "&lt;")


def printable(text: str) -> str:
    """Text from data for one line of a terminal or page: no line breaks, no control characters."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in " ".join(text.split()))
