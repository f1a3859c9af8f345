"""The page of a run in a real browser, opened from disk."""

import json

import pyarrow as pa
import pytest
from made_report_run import PROMPTED, make_mini_run

from normsuite.report import write_html
from normsuite.report.browse import Asked, Shown
from normsuite.report.prompts import texts_of
from normsuite.runs import open_run
from normsuite.schema import PREDICTION_SCHEMA, RESULT_SCHEMA, write_table

HOSTILE = (
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    "\u202eevil",
    '"><img src=x onerror=alert(1)>',
    "x" * 10_000,
)
ARABIC, CHINESE = "هل هذا التصرف مقبول؟\nالجواب:", "这样做合适吗？\n回答："


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    run = make_mini_run(tmp_path_factory.mktemp("report") / "run")
    return write_html(run, run / "report.html", texts=texts_of({}))


@pytest.fixture
def opened(page, report):
    """The page, with its first task's items in sight."""
    page.goto(report.as_uri())
    show_items(page)
    return page


def show_items(page):
    page.locator("[data-browse]").first.scroll_into_view_if_needed()
    page.locator(".browser").first.locator("[role=option]").first.wait_for()


def first_browser(page):
    return page.locator(".browser").first


def test_it_opens_from_disk_and_an_item_shows_its_exact_prompt(opened, report):
    browser = first_browser(opened)
    browser.locator("[role=option]").nth(1).click()
    detail = browser.locator(".detail")
    item = detail.locator("h4").inner_text()
    assert item == browser.locator("[role=option][aria-selected=true] .what > bdi").inner_text()
    shown = texts_of({})(open_run(report.parent), PROMPTED, [item])
    wording = detail.locator("summary").first.inner_text().split(" ")[1].rstrip(":")
    (asked,) = shown.asked[item, wording]
    assert detail.locator("pre").first.text_content() == "\n".join(map(str.rstrip, asked.prompt.split("\n")))


def test_filters_narrow_the_items_and_can_be_taken_away(opened):
    browser = first_browser(opened)
    count = browser.locator("[data-role=count]")
    whole = count.inner_text()
    browser.get_by_label("Answer").select_option("wrong")
    browser.get_by_label("Gold").select_option("taboo")
    narrowed = count.inner_text()
    assert narrowed != whole
    marks = browser.locator("[role=option] .mark").all_inner_texts()
    assert marks and all(mark.startswith("✗") for mark in marks)
    browser.get_by_label("Search").fill("no such words anywhere")
    browser.locator("[data-role=count]", has_text="0 of").wait_for()
    assert "No item is left" in browser.locator(".detail").inner_text()
    browser.get_by_role("button", name="Show all").click()
    assert count.inner_text() == whole


def test_the_list_works_by_keyboard(opened):
    box = first_browser(opened).get_by_role("listbox")
    box.focus()
    for key, expected in (("ArrowDown", "0"), ("ArrowDown", "1"), ("End", None), ("Home", "0")):
        opened.keyboard.press(key)
        chosen = box.get_attribute("aria-activedescendant")
        assert opened.locator(f"#{chosen}").get_attribute("aria-selected") == "true"
        assert expected is None or chosen.endswith(f"-{expected}")


def test_a_table_sorts_by_a_column_both_ways(opened):
    table = opened.locator("table[data-sortable]").first
    button = table.get_by_role("button", name="Value")
    button.click()
    cells = [float(text) for text in table.locator("tbody td:nth-child(2)").all_inner_texts() if text != "–"]
    assert cells == sorted(cells, reverse=True)
    button.click()
    cells = [float(text) for text in table.locator("tbody td:nth-child(2)").all_inner_texts() if text != "–"]
    assert cells == sorted(cells)
    assert table.locator("th[aria-sort=ascending]").inner_text() == "Value"


def test_the_theme_can_be_switched_and_stays(opened):
    paper = "getComputedStyle(document.body).backgroundColor"
    light = opened.evaluate(paper)
    opened.get_by_label("Theme").select_option("dark")
    dark = opened.evaluate(paper)
    assert light != dark
    opened.reload()
    assert opened.evaluate(paper) == dark
    opened.emulate_media(media="print")
    assert opened.evaluate(paper) == light


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible(opened, violations, theme):
    opened.get_by_label("Theme").select_option(theme)
    first_browser(opened).locator("[role=option]").first.click()
    assert violations(opened) == []


def test_on_a_narrow_screen_nothing_is_wider_than_it(page, report):
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(report.as_uri())
    show_items(page)
    first_browser(page).locator("[role=option]").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_on_paper_tables_are_open_and_controls_are_gone(opened):
    opened.emulate_media(media="print")
    assert not opened.locator("[data-browse]").first.is_visible()
    assert not opened.get_by_label("Theme").is_visible()
    closed = opened.locator("details:not([open]) table").first
    assert closed.evaluate("table => table.getBoundingClientRect().height") > 0


def test_without_scripts_the_numbers_are_there(browser, report):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.get_by_role("heading", name="drawn-by-lot").is_visible()
    assert page.locator("svg.world").first.is_visible()
    assert not page.get_by_label("Theme").is_visible()
    assert page.get_by_text("Looking through items needs scripts").first.is_visible()
    context.close()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The page of a run in which everything that a stranger could name is hostile."""
    run = tmp_path_factory.mktemp("hostile")
    names = [*HOSTILE, "plain"]
    common = {"task": "t", "scorer": "labels", "prompt": HOSTILE[0], "order": HOSTILE[3], "status": "ok"}
    common |= {"split": "test", "kind": "label", "options": list(HOSTILE[:3]), "detail": HOSTILE[3]}
    common |= {"votes": [1, 2, 3], "probabilities": [0.2, 0.3, 0.5], "predicted": 2}
    rows = [
        common
        | {"item": name, "cluster": name, "gold": at % 3, "country": name, "language": ("ar", "zh")[at % 2]}
        | {"categories": [(name, list(HOSTILE))]}
        for at, name in enumerate(names)
    ]
    write_table(pa.Table.from_pylist(rows, PREDICTION_SCHEMA), run / "predictions" / "t.labels.00000.parquet")
    result = {"task": "t", "scorer": "labels", "metric": "accuracy", "value": 0.5, "n": 6, "clusters": 6}
    places = [("", ""), *(("country", name) for name in names), *((name, name) for name in HOSTILE)]
    results = [result | {"facet": facet, "group": group} for facet, group in places]
    write_table(pa.Table.from_pylist(results, RESULT_SCHEMA), run / "results.parquet")
    told = {"schema": 1, "hash": HOSTILE[0], "model": {"name": HOSTILE[3], "revision": HOSTILE[0]}}
    told["tasks"] = {"t": {"title": HOSTILE[0], "headline": "accuracy", "description": HOSTILE[2]}}
    (run / "manifest.json").write_text(json.dumps(told), encoding="utf-8")

    def texts(run, task, ids):
        asked = [Asked(HOSTILE[0], HOSTILE[1], ARABIC, HOSTILE[2]), Asked(CHINESE, answer=HOSTILE[4])]
        return Shown({(item, HOSTILE[0]): asked for item in ids}, HOSTILE[0])

    return write_html(run, run / "report.html", texts=texts)


def test_hostile_texts_are_text_and_nothing_of_them_runs(page, hostile, violations):
    page.on("dialog", lambda dialog: pytest.fail(f"ran: {dialog.message}"))
    page.goto(hostile.as_uri())
    show_items(page)
    browser = first_browser(page)
    browser.locator("[role=option]").first.click()
    said = browser.locator(".detail").inner_text()
    for words in ("<script>alert(1)</script>", "javascript:alert(1)", "⟨U+202E⟩evil", "<img src=x"):
        assert words in said
    assert "\u202e" not in page.content()
    assert page.locator("img, [onerror], a[href^=javascript]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert violations(page) == []


def test_each_line_of_a_text_runs_as_its_writing_does(page, hostile):
    page.goto(hostile.as_uri())
    show_items(page)
    first_browser(page).locator("[role=option]").first.click()
    arabic = page.locator("pre", has_text="الجواب").first
    assert arabic.evaluate("pre => pre.matches(':dir(rtl)')")
    assert page.locator("pre[lang]", has_text="回答").first.get_attribute("lang") in ("ar", "zh")
