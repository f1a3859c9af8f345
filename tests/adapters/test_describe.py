"""Counts of Items are right, and a card stays a page of tables whatever the data hold."""

from typing import Any

import pyarrow as pa

from normsuite.adapters import get_adapter
from normsuite.adapters.base import SET_ASIDE_SCHEMA, Adapted, set_aside_rows
from normsuite.adapters.describe import (
    category_counts,
    count,
    data_card,
    label_counts,
    printable,
    reasons,
    statistics,
)
from normsuite.adapters.homes import Record
from normsuite.schema import ITEM_SCHEMA


def table(*rows: dict[str, Any]) -> pa.Table:
    plain = {
        "dataset": "tea",
        "split": "test",
        "kind": "label",
        "options": ["rude", "polite"],
        "cluster": "c",
    }
    full = [
        dict.fromkeys(ITEM_SCHEMA.names) | plain | {"id": f"tea:{at}"} | row for at, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(full, ITEM_SCHEMA)


def adapted(items: pa.Table, *set_aside: pa.Table) -> Adapted:
    together = pa.concat_tables([SET_ASIDE_SCHEMA.empty_table(), *set_aside])
    return Adapted(items, together, "v1 (3 rows)", {"tea.csv": "00ff"})


def card_of(items: pa.Table, *set_aside: pa.Table, **changes: Any) -> list[str]:
    return data_card("tea", None, adapted(items, *set_aside), **changes).split("\n")


def test_values_are_counted_most_frequent_first() -> None:
    column = pa.chunked_array([["b", "a"], ["b", None]])
    assert count(column) == [("b", 2), ("(none)", 1), ("a", 1)]


def test_labels_are_counted_by_their_text() -> None:
    items = table({"gold": 1}, {"gold": 1}, {"gold": 0}, {"gold": None, "gold_set": [0, 1]})
    assert label_counts(items) == [("polite", 2), ("(none)", 1), ("rude", 1)]


def test_the_same_index_may_mean_different_labels() -> None:
    """As in ETHICS, where label 1 is wrong in one part and reasonable in another."""
    items = table({"gold": 1}, {"gold": 1, "options": ["not wrong", "wrong"]})
    assert label_counts(items) == [("polite", 1), ("wrong", 1)]


def test_options_of_an_items_own_are_counted_by_place() -> None:
    pairs = [{"kind": "pair", "options": [f"a{at}", f"b{at}"], "gold": at % 2} for at in range(3)]
    assert label_counts(table(*pairs)) == [("option 1", 2), ("option 2", 1)]


def test_every_label_of_a_set_is_counted() -> None:
    sets = ([0, 1], [1], [], None)
    items = table(*({"kind": "multilabel", "gold_set": chosen} for chosen in sets))
    assert label_counts(items) == [("polite", 2), ("(no label holds)", 1), ("(none)", 1), ("rude", 1)]


def test_ratings_have_no_labels() -> None:
    items = table({"kind": "rating", "rating": 0.5, "options": None})
    assert label_counts(items) == []
    assert "label" not in statistics(items)


def test_slices_and_chunks_count_their_own_rows() -> None:
    whole = table({"gold": 0}, {"gold": 1}, {"gold": 1, "options": ["no", "yes"]}, {"gold": 0})
    parts = pa.concat_tables([whole.slice(1, 1), whole.slice(2, 2)])
    assert label_counts(parts) == [("polite", 1), ("rude", 1), ("yes", 1)]
    assert label_counts(whole.slice(2, 1)) == [("yes", 1)]


def test_categories_are_counted_per_facet() -> None:
    items = table(
        {"categories": [("topic", ["tea", "cups"]), ("area", ["home"])]},
        {"categories": [("topic", ["tea"])]},
        {},
    )
    assert category_counts(items) == {"area": [("home", 1)], "topic": [("tea", 2), ("cups", 1)]}


def test_no_items_have_no_counts() -> None:
    assert statistics(ITEM_SCHEMA.empty_table()) == {}


def test_a_card_says_what_it_was_made_from() -> None:
    record = Record("hf://datasets/o/n@main/f.csv", "main", "00ff", 9, "2026-01-02", {"f.csv": 9}, "c0ffee")
    adapter = get_adapter("normad")
    card = data_card("normad", adapter, adapted(table({"gold": 1, "country": "JPN"})), [record])
    for line in (
        "# NormAd-Eti: 1 items",
        f"| home | {adapter.home.page} |",
        "| licence | CC BY 4.0 |",
        "| release recognised | v1 (3 rows) |",
        "| sha256 of tea.csv | `00ff` |",
        "| downloaded 2026-01-02 | hf://datasets/o/n@main/f.csv at commit c0ffee, sha256 `00ff` |",
        "## By split",
        "## By label",
        "| polite | 1 |",
        "## By country",
        "| JPN | 1 |",
    ):
        assert line in card.split("\n")


def test_a_card_counts_what_was_set_aside_by_reason() -> None:
    aside = [
        set_aside_rows(
            "tea.csv", pa.array([2, 3]), "label", "is not one of rude, polite", pa.array(["a", "b"])
        ),
        set_aside_rows("tea.csv", pa.array([4]), "guest", "is empty"),
    ]
    assert reasons(pa.concat_tables(aside)) == [
        ("label", "is not one of rude, polite", 2),
        ("guest", "is empty", 1),
    ]
    assert "| label | is not one of rude, polite | 2 |" in card_of(table({"gold": 0}), *aside)
    assert "No row was set aside." in card_of(table({"gold": 0}))


def test_a_card_stays_a_table_whatever_the_data_hold() -> None:
    hostile = [
        "a|b",
        "a\\|b",
        "line\nbreak\r\n| x | y |",
        "<img src=x>",
        "![x](http://e.org/x.png)",
        "\x1b[31m",
    ]
    lines = card_of(table({"gold": 0, "categories": [("topic", hostile), ("a|b\n## c", ["x"])]}))
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) == len([line for line in lines if "|" in line and not line.startswith("## ")])
    topic = lines[lines.index("## By category: topic") + 4 :]
    cells = {line.split(" | ")[0] for line in topic[: len(hostile)]}
    assert cells == {
        "| a\\|b",
        "| a\\\\\\|b",
        "| line break \\| x \\| y \\|",
        "| &lt;img src=x>",
        "| !\\[x](http://e.org/x.png)",
        "| \ufffd\\[31m",
    }
    assert [line for line in lines if line.startswith("## ")].count("## c") == 0


def test_a_long_table_is_cut_and_says_so() -> None:
    items = table(*({"gold": 0, "categories": [("topic", [f"t{at:03}"])]} for at in range(75)))
    assert "… and 15 more values." in card_of(items)


def test_control_characters_never_reach_a_terminal() -> None:
    assert printable("a\tb\n\x1b]0;title\x07") == "a b \ufffd]0;title\ufffd"
    assert printable("māori ‘taarof’ 日本") == "māori ‘taarof’ 日本"
