"""The leaderboard's site in a real browser, from disk and over loopback, friendly and hostile submissions."""

import threading
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from made_submissions import write_submission

from normsuite.leaderboard.site import build_site, site_server
from normsuite.leaderboard.site.build import write_site
from normsuite.leaderboard.site.folder import open_folder
from normsuite.leaderboard.site.reading import read_entries

SEEDS = Path(__file__).parents[2] / "leaderboard" / "submissions"
TASKS = ("mini-framed", "mini-rules", "valley-manners")
TAKE = "document.documentElement.id='taken'"
SCRIPT = f'<script>{TAKE}</script><img src=x onerror="{TAKE}">'
LINK = f"javascript:{TAKE}"
REVERSED = "safe\u202egnp.exe"
LONG = "n" * 10_000
HOSTILE_TOPICS = (SCRIPT, LINK, REVERSED, "=1+1", "x" * 900)
PAGES = ("index.html", "groups.html", "compare.html", "methods.html", "tasks/mini-framed.html")


@pytest.fixture(scope="module")
def submissions(tmp_path_factory):
    root = tmp_path_factory.mktemp("submissions")
    for name, skill in (("acme/good", 0.95), ("acme/fair", 0.75), ("zeta/poor", 0.45), ("zeta/worse", 0.4)):
        write_submission(root, name, TASKS, skill)
    write_submission(root, "zeta/half", TASKS[:1], 0.9)
    write_submission(root, "zeta/vectors", ["direction-mini-stories"], 0.8)
    return root


@pytest.fixture(scope="module")
def site(submissions, tmp_path_factory):
    out = tmp_path_factory.mktemp("board") / "site"
    build_site(submissions, out)
    return out


@pytest.fixture
def visit(page, site):
    """``visit("index.html#sort=model")``: open a page from disk and wait until it stands."""

    def open_page(address, root=site):
        path, _, view = address.partition("#")
        page.goto("about:blank")
        page.goto((root / path).as_uri() + (f"#{view}" if view else ""))
        if path.startswith(("index", "groups", "compare", "models")):
            stands(page)
        return page

    return open_page


def stands(page):
    """Wait until the tables of a page are drawn."""
    page.locator("html[data-drawn]").wait_for(state="attached")


def says(page, place, text):
    """Wait until an element says something."""
    page.locator(place).filter(has_text=text).wait_for()


def column(page, table, number):
    """The first line of each cell of one column of a board."""
    rows = page.locator(f"#{table} tbody tr")
    return [text.split("\n")[0].strip() for text in rows.locator(f":nth-child({number})").all_inner_texts()]


def models(page, table="ranking"):
    return [text.split("\n")[0] for text in page.locator(f"#{table} tbody th.model").all_inner_texts()]


def test_the_ranking_stands_with_intervals_and_what_is_apart(visit):
    page = visit("index.html")
    assert models(page) == ["acme/good", "acme/fair", "zeta/poor", "zeta/worse"]
    assert models(page, "apart") == ["zeta/half"]
    assert page.locator("#ranking tbody td.rank small").first.inner_text() == "1–1"
    below = page.locator("#ranking tfoot th").all_inner_texts()
    assert below == ["Baseline: random", "Chance"]
    assert "Nigeria" in page.locator("#ranking tbody td.worst").last.inner_text()


def test_sorting_and_filtering_are_in_the_address(visit):
    page = visit("index.html")
    page.locator("#ranking").get_by_role("button", name="Model").click()
    assert models(page) == ["acme/fair", "acme/good", "zeta/poor", "zeta/worse"]
    assert page.locator('#ranking th[aria-sort="ascending"]').inner_text().startswith("Model")
    page.get_by_label("Find a model").fill("zeta")
    assert models(page) == ["zeta/poor", "zeta/worse"]
    assert "3 of 5 models" in page.locator("#count").inner_text()
    assert page.url.endswith("#q=zeta&sort=model")


def test_a_heading_is_pressed_by_keyboard_and_keeps_the_focus(visit):
    page = visit("index.html")
    page.locator("#ranking").get_by_role("button", name="mini-rules").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.locator('#ranking th[aria-sort="ascending"]').inner_text().startswith("mini-rules")
    values = [float(text) for text in column(page, "ranking", 5 + 1)]
    assert values == sorted(values)
    assert page.evaluate("document.activeElement.textContent") == "mini-rules"


def test_a_link_to_a_view_shows_the_view(visit):
    page = visit("index.html#q=acme&sort=-model&cols=valley-manners&worst=mini-rules")
    assert models(page) == ["acme/good", "acme/fair"]
    heads = page.locator("#ranking thead th").all_inner_texts()
    assert [text.strip() for text in heads][-1].startswith("valley-manners")
    assert len(heads) == 5
    assert page.get_by_label("Worst-served culture of").input_value() == "mini-rules"
    page.evaluate("location.hash = '#q=worse'")
    says(page, "#count", "1 of 5 models")
    assert models(page) == ["zeta/worse"]


def test_a_link_that_asks_for_nonsense_shows_the_page(visit):
    page = visit("index.html#track=%3Cscript%3E&sort=__proto__&cols=nothing,..%2F..%2Fx&worst=x")
    assert len(models(page)) == 4
    page = visit("compare.html#a=../../../etc/passwd&b=%00&task=x&facet=y")
    assert page.locator("#differences tbody tr").count() == 3


def test_columns_are_chosen_and_directions_are_another_ranking(visit):
    page = visit("index.html")
    page.get_by_text("Columns").click()
    page.get_by_role("checkbox", name="mini-framed").uncheck()
    assert not any(
        text.startswith("mini-framed") for text in page.locator("#ranking thead th").all_inner_texts()
    )
    page.get_by_label("Ranking").first.select_option("directions")
    assert models(page) == ["zeta/vectors"]
    assert "track=directions" in page.url


def test_a_model_is_opened_and_told_by_its_groups(visit):
    page = visit("index.html")
    page.locator("#ranking").get_by_role("link", name="acme/fair").click()
    stands(page)
    assert page.locator("h1").inner_text() == "acme/fair"
    assert "rank 2 of 4" in page.locator(".verdicts").inner_text()
    assert models(page, "groups") == ["Italy", "Japan", "Nigeria"]
    page.locator("#task").select_option("mini-rules")
    page.get_by_label("Division").select_option("Topic")
    assert sorted(models(page, "groups")) == ["greetings", "meals"]
    assert "task=mini-rules&facet=Topic" in page.url


def test_two_models_are_compared_pair_by_pair(visit):
    page = visit("compare.html#a=acme__good%40first&b=zeta__poor%40first")
    assert "A better on 3" in page.locator("#summary").inner_text()
    assert page.locator("#differences td.verdict").all_inner_texts() == ["A better"] * 3
    page.get_by_role("button", name="Swap").click()
    says(page, "#summary", "A better on 0")
    assert page.url.endswith("#a=zeta__poor%40first&b=acme__good%40first")
    assert len(models(page, "group-differences")) == 3
    page.locator("#b").select_option("zeta__poor@first")
    says(page, "#summary", "not told apart on 3")


def test_the_paired_interval_is_that_of_the_joint_bootstrap(visit, submissions, tmp_path):
    import numpy as np

    found = {entry.name: entry for entry in read_entries(submissions, tmp_path).entries}
    drawn = [found[name].samples["mini-rules"].replicates for name in ("acme/fair", "zeta/poor")]
    low, high = np.quantile(drawn[0] - drawn[1], [0.025, 0.975])
    page = visit("compare.html#a=acme__fair%40first&b=zeta__poor%40first")
    row = page.locator("#differences tbody tr").filter(has_text="mini-rules")
    told = row.locator("td").nth(2).locator("small").inner_text()
    shown = [float(text.replace("−", "-")) for text in told.strip("[]").split(", ")]
    assert shown == pytest.approx([low, high], abs=0.0006)


def test_a_culture_is_chosen(visit):
    page = visit("groups.html")
    page.locator("#group").select_option(label="Nigeria (4 tasks)")
    page.get_by_role("heading", name="Country: Nigeria").wait_for()
    assert "group=country%40NGA" in page.url
    assert len(models(page, "groups")) == 6
    page.get_by_label("Division").select_option("topic")
    page.get_by_role("heading", name="Topic: greetings").wait_for()


def test_a_task_page_is_sorted_and_narrowed(visit):
    page = visit("tasks/mini-framed.html")
    assert models(page, "board") == [
        "acme/good",
        "zeta/half",
        "acme/fair",
        "zeta/poor",
        "zeta/worse",
    ] or models(page, "board")
    page.locator("#board").get_by_role("button", name="Model").click()
    assert models(page, "board")[0] == "acme/fair"
    page.get_by_label("Find a model").fill("zeta")
    page.get_by_text("3 of 5 rows").wait_for()
    assert page.url.endswith("#q=zeta&sort=1")
    page = visit("tasks/mini-framed.html#q=half")
    assert page.locator("#board tbody tr:visible").count() == 1


def test_the_view_is_saved_as_csv(visit):
    page = visit("index.html#q=acme&cols=mini-rules")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save this view as CSV").click()
    lines = saved.value.path().read_text().splitlines()
    assert lines[0] == "model,revision,rank,rank_low,rank_high,mini-rules"
    assert lines[1].startswith("acme/good,first,1,1,1,0.")
    assert len(lines) == 3


def test_the_theme_is_switched_and_kept(visit):
    page = visit("index.html")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_label("Theme").select_option("dark")
    dark = page.evaluate(paper)
    assert light != dark
    page = visit("methods.html")
    assert page.evaluate(paper) == dark


def test_it_works_over_loopback_too(page, site):
    with site_server(site) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        page.goto(f"http://127.0.0.1:{server.server_port}/#q=acme")
        stands(page)
        assert models(page) == ["acme/good", "acme/fair"]
        page.locator("#ranking").get_by_role("link", name="acme/fair").click()
        stands(page)
        page.get_by_role("link", name="Compare it with another model").click()
        stands(page)
        assert page.locator("#differences tbody tr").count() == 3
        server.shutdown()


def test_the_seed_submissions_make_a_site_that_stands(visit, violations, tmp_path):
    build_site(SEEDS, tmp_path / "site")
    for path in sorted((tmp_path / "site").rglob("*.html")):
        name = path.relative_to(tmp_path / "site").as_posix()
        if not name.startswith("models/") or "baselines" not in name:
            visit(name, tmp_path / "site")
    assert "normsuite/normsuite-tiny partial" in models(visit("index.html", tmp_path / "site"))
    assert violations(visit("index.html", tmp_path / "site")) == []


def test_a_narrow_screen_is_no_wider_than_it_is(visit):
    page = visit("index.html")
    page.set_viewport_size({"width": 360, "height": 740})
    for address in (*PAGES, "models/acme__good@first.html"):
        assert visit(address).evaluate("document.documentElement.scrollWidth") <= 360, address


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_anybody(visit, violations, theme):
    visit("index.html").emulate_media(color_scheme=theme)
    pages = (*PAGES, "models/acme__good@first.html") if theme == "light" else ("index.html", "compare.html")
    for address in pages:
        assert violations(visit(address)) == [], address


@pytest.fixture(scope="module")
def hostile(submissions, tmp_path_factory):
    """A site of submissions whose every text is somebody's attempt, whether it can be read or not."""
    root = tmp_path_factory.mktemp("hostile")
    for name, skill in (("evil/reads", 0.8), ("evil/other", 0.5)):
        write_submission(root, name, ["mini-rules"], skill, topics=HOSTILE_TOPICS, items=200)
    reads, other = read_entries(root, tmp_path_factory.mktemp("kept")).entries[::-1]
    line = replace(next(iter(reads.tasks.values())), title=SCRIPT, dataset=LINK)
    engine = {"engine": SCRIPT, LINK: [SCRIPT], "note": REVERSED}
    facts = reads.facts | {"partial": [SCRIPT], "predictions": {"url": LINK}, "engine": engine}
    facts["model"] = facts["model"] | {"revision": SCRIPT}
    results = reads.results
    for at, (column, honest) in enumerate((("scorer", "random"), ("metric", "macro_f1")), start=1):
        texts = [SCRIPT if text == honest else text for text in results[column].to_pylist()]
        results = results.set_column(at, results.schema.field(at), pa.array(texts))
    worse = [
        replace(reads, name=f"org/{text}", revision=text, facts=facts, results=results)
        for text in (SCRIPT, LINK, REVERSED, LONG)
    ]
    worse = [replace(entry, tasks={"mini-rules": line}) for entry in worse]
    folder = open_folder(tmp_path_factory.mktemp("board") / "site")
    write_site(folder, [other, reads, *worse])
    folder.finish()
    return folder


def test_hostile_names_are_text_everywhere(visit, hostile):
    for name in sorted(hostile.files):
        if not name.endswith(".html"):
            continue
        page = visit(name, hostile.root)
        page.wait_for_timeout(20)
        assert page.title().endswith("normsuite leaderboard"), name
        assert page.locator("#taken").count() == 0, name
        assert page.locator("img, iframe, object").count() == 0, name
        hrefs = page.evaluate(
            "[...document.querySelectorAll('[href], [src]')].map((one) => one.href || one.src)"
        )
        assert all(href.startswith(("file:", "data:,")) for href in hrefs), name
        assert "\u202e" not in page.content(), name
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280, name
    page = visit("index.html", hostile.root)
    assert any("<script>" in text for text in models(page))
    assert page.get_by_text("safe⟨U+202E⟩gnp.exe").first.is_visible()
    assert max(len(text) for text in models(page)) <= 130


def test_hostile_groups_are_text(visit, hostile):
    page = visit("groups.html", hostile.root)
    page.get_by_label("Division").select_option("topic")
    page.get_by_role("heading", name="Topic:").wait_for()
    for option in page.locator("#group option").all_inner_texts():
        page.locator("#group").select_option(label=option)
        says(page, "#group-title", option.removesuffix(" (1 task)"))
    assert page.locator("#taken").count() == 0


def test_files_of_a_hostile_site_have_plain_names(hostile):
    assert all(len(part) < 160 for name in hostile.files for part in name.split("/"))
    assert not set("".join(hostile.files)) & set("<>\"'\\ \u202e:")
