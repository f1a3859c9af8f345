"""The page of a comparison, opened from disk in a real browser."""

import pytest
from made_predictions import table
from made_runs import judged, write_run

from normsuite.compare import compare, write_page

HOSTILE = '<img src=x onerror="document.title=1">'


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Two runs with 24 topics, one of which would act if it were not text."""
    folder = tmp_path_factory.mktemp("compared")
    sides = []
    for at, share in enumerate(({"PER": 0.4, "JPN": 0.8}, {"PER": 0.9, "JPN": 0.4})):
        rows = judged("task-t", share, items=480, seed=at).to_pylist()
        for number, row in enumerate(rows):
            topic = number // 2 % 24
            name = {0: HOSTILE, 1: "ضيافة", 2: "お茶"}.get(topic, f"topic {topic}")
            row["categories"] = [("topic", [name])]
        sides.append(write_run(folder / str(at), f"model {HOSTILE if at else 'a'}", table(rows)))
    return write_page(compare(sides, replicates=2000), folder / "page.html").as_uri()


def names(page, number):
    """Groups of the table of this number, in the order shown."""
    rows = page.locator("table[data-sortable]").nth(number).locator("tbody tr:visible th")
    return rows.all_inner_texts()


def test_groups_stand_by_difference_and_can_be_sorted_and_found(page, address):
    page.goto(address)
    assert names(page, 0)[0] == "Peru"
    assert names(page, 0)[-1] == "Ireland †"
    page.get_by_role("button", name="Country").first.click()
    assert names(page, 0) == ["Ireland †", "Japan", "Nigeria", "Peru", "Poland"]
    page.get_by_role("button", name="p (Holm)").first.click()
    assert set(names(page, 0)[:2]) == {"Peru", "Japan"}
    assert names(page, 0)[-1] == "Ireland †"  # without a p it stays last
    assert len(names(page, 2)) == 24
    page.get_by_label("Find a group").fill("お茶")
    page.get_by_text("1 of 24 rows").wait_for()
    assert names(page, 2) == ["お茶"]


def test_names_are_text(page, address):
    page.goto(address)
    assert page.get_by_text(HOSTILE).count() >= 3
    assert page.locator("img").count() == 0


def test_a_theme_is_chosen_and_a_narrow_screen_is_no_wider_than_it_is(page, address):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_label("Theme").select_option("dark")
    assert page.evaluate(paper) != light


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_anybody(page, address, violations, theme):
    page.emulate_media(color_scheme=theme)
    page.goto(address)
    assert violations(page) == []
