"""Which facets a task has, and who belongs to their groups."""

import numpy as np
import pytest
from made_predictions import prediction, random_predictions, table

from normsuite.aggregate import MOST_GROUPS, facets
from normsuite.errors import InputError
from normsuite.metrics import read_rows


def groups_of(predictions):
    """{facet: {group: items}}."""
    rows, position = read_rows(predictions)
    items = sorted(set(predictions["item"].to_pylist()))
    return {
        facet.name: {
            name: [items[item] for item in rows.item[facet.row[facet.group == group]]]
            for group, name in enumerate(facet.groups)
        }
        for facet in facets(predictions, position)
    }


def test_items_count_in_each_of_their_categories_and_nowhere_without_one():
    rows = [
        prediction("a", 0, 0, country="FRA", categories=[("topic", ["food", "gifts", "food"])]),
        prediction("b", 0, 0, country="PER", categories=[("topic", ["food"]), ("area", ["home"])]),
        prediction("c", 0, 0, country=None, categories=None),
        prediction("d", 0, 0, country="FRA", categories=[("area", ["work"]), ("topic", [])]),
    ]
    expected = {
        "": {"": ["a", "b", "c", "d"]},
        "country": {"FRA": ["a", "d"], "PER": ["b"]},
        "area": {"home": ["b"], "work": ["d"]},
        "topic": {"food": ["a", "b"], "gifts": ["a"]},
    }
    assert groups_of(table(rows)) == expected
    assert groups_of(table(rows[::-1])) == expected
    assert groups_of(table([prediction("0", 0, 0), *rows]).slice(1)) == expected


def test_facets_of_one_value_or_too_many_are_passed_over():
    rows = [
        prediction(f"{index:03}", 0, 0, language="en", categories=[("id", [str(index)])])
        for index in range(MOST_GROUPS + 1)
    ]
    assert list(groups_of(table(rows))) == [""]
    assert list(groups_of(table(rows[:-1]))) == ["", "id"]


def test_wordings_and_orders_are_facets_where_something_was_shown():
    rows = [
        prediction("a", 0, 0, prompt="one", order="0-1-2"),
        prediction("a", 0, 0, prompt="two", order="2-1-0"),
        prediction("a", 0, 0, prompt="", order="", scorer="majority"),
    ]
    found = groups_of(table(rows))
    assert {name: list(found[name]) for name in ("wording", "order")} == {
        "wording": ["one", "two"],
        "order": ["0-1-2", "2-1-0"],
    }


def test_a_category_cannot_take_the_name_of_another_facet():
    with pytest.raises(InputError, match="'country' cannot be the name of a category"):
        groups_of(table([prediction("a", 0, 0, categories=[("country", ["FRA"])])]))


def test_a_facet_over_a_subset_counts_within_it():
    predictions = random_predictions(items=30)
    rows, position = read_rows(predictions)
    odd = rows.item % 2 == 1
    for facet in facets(predictions, position):
        part = facet.among(odd)
        for group in range(len(facet.groups)):
            whole = facet.row[facet.group == group]
            np.testing.assert_array_equal(
                np.flatnonzero(odd)[part.row[part.group == group]], whole[odd[whole]]
            )
