"""The site as files: the same bytes again, only what changed is read and written, no other folder touched."""

import json
import shutil
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from xml.etree import ElementTree

import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from made_submissions import write_submission
from typer.testing import CliRunner

from normsuite.cli import app
from normsuite.errors import InputError
from normsuite.leaderboard.site import build_site, site_server
from normsuite.leaderboard.site.boards import choose_panel
from normsuite.leaderboard.site.entries import page_name, safe_link

TASKS = ("mini-framed", "mini-rules")


@pytest.fixture(scope="module")
def submissions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("submissions")
    write_submission(root, "acme/good", TASKS, 0.9)
    write_submission(root, "acme/fair", TASKS, 0.7, created="2026-04-02T08:00:00+02:00")
    write_submission(root, "zeta/poor", TASKS, 0.4)
    write_submission(root, "zeta/half", TASKS[:1], 0.99)
    write_submission(root, "zeta/sample", TASKS, 0.8, items=30)
    write_submission(root, "zeta/vectors", ["direction-mini-stories"], 0.8)
    return root


@pytest.fixture(scope="module")
def site(submissions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("board") / "site"
    build_site(submissions, out)
    return out


def files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".kept" not in path.parts
    }


def told(site: Path, name: str) -> dict:
    """The value in a data file."""
    text = (site / "data" / f"{name}.js").read_text()
    return json.loads(text.removeprefix(f"normsuite.register({json.dumps(name)},").removesuffix(");\n"))


def track(site: Path, key: str) -> dict:
    return next(one for one in told(site, "ranking")["tracks"] if one["key"] == key)


def test_the_same_submissions_give_the_same_bytes(submissions: Path, site: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(submissions, tmp_path / "copy")
    build_site(copy, tmp_path / "site")
    assert files(tmp_path / "site") == files(site)


def test_models_are_ranked_over_the_tasks_that_most_of_them_have(site: Path) -> None:
    names = told(site, "ranking")["models"]["name"]
    answers = track(site, "answers")
    assert answers["panel"] == list(TASKS)
    ranked = dict(zip((names[at] for at in answers["at"]), answers["rank"], strict=True))
    assert ranked == {"acme/good": 1, "acme/fair": 2, "zeta/poor": 3}


def test_models_with_missing_tasks_or_other_items_are_shown_apart(site: Path) -> None:
    names = told(site, "ranking")["models"]["name"]
    assert {names[at] for at in track(site, "answers")["others"]} == {"zeta/half", "zeta/sample"}
    page = (site / "tasks/mini-rules.html").read_text()
    assert "zeta/sample" in page.split("Shown apart")[1]


def test_what_is_answered_and_where_embeddings_point_are_two_rankings(site: Path) -> None:
    names = told(site, "ranking")["models"]["name"]
    directions = track(site, "directions")
    assert [names[at] for at in directions["at"]] == ["zeta/vectors"]
    assert directions["panel"] == ["direction-mini-stories"]


def test_a_submission_of_baselines_alone_is_no_model(submissions: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(submissions, tmp_path / "copy"))
    folder = write_submission(copy, "acme/baselines", TASKS, 0.5)
    for name in ("results", "clusters"):
        table = pq.read_table(folder / f"{name}.parquet")
        pq.write_table(table.filter(pc.equal(table["scorer"], "random")), folder / f"{name}.parquet")
    build_site(copy, tmp_path / "site")
    at = told(tmp_path / "site", "ranking")["models"]["name"].index("acme/baselines")
    answers = track(tmp_path / "site", "answers")
    assert at not in answers["at"] + answers["others"]
    assert "baselines alone" in (tmp_path / "site/models/acme__baselines@first.html").read_text()


def test_baselines_stand_beside_models_and_have_no_rank(site: Path) -> None:
    board = told(site, "ranking")["tasks"]["mini-rules"]
    assert [name for name, *_ in board["beside"]] == ["Baseline: random"]
    assert len(board["cells"]["at"]) == 3


def test_the_worst_served_culture_stands_with_its_interval(site: Path) -> None:
    worst = told(site, "ranking")["tasks"]["mini-rules"]["worst"]
    assert "Nigeria" in worst["groups"]
    for low, value, high in zip(worst["low"], worst["value"], worst["high"], strict=True):
        assert low <= value <= high


def test_a_culture_has_a_board_of_its_own(site: Path) -> None:
    listed = told(site, "groups")
    facets = {name: [title for title, *_ in groups] for name, _, groups in listed["facets"]}
    assert facets["country"] == ["Italy", "Japan", "Nigeria"]
    assert facets["topic"] == ["greetings", "meals"]
    assert set(told(site, "groups/country@NGA")["tasks"]) == {*TASKS, "direction-mini-stories"}


def test_only_a_changed_submission_is_read_and_only_changed_files_are_written(
    submissions: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(submissions, tmp_path / "copy"))
    first = build_site(copy, tmp_path / "site")
    again = build_site(copy, tmp_path / "site")
    assert (first.read, again.read, again.written) == (6, 0, 0)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "site").rglob("*") if path.is_file()}
    write_submission(copy, "zeta/half", TASKS[:1], 0.2)
    third = build_site(copy, tmp_path / "site")
    assert third.read == 1
    assert 0 < third.written < third.files / 2
    assert (tmp_path / "site/methods.html").stat().st_mtime_ns == before[tmp_path / "site/methods.html"]
    build_site(copy, tmp_path / "anew")
    assert files(tmp_path / "anew") == files(tmp_path / "site")


def test_pages_of_what_is_gone_go_too(submissions: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(submissions, tmp_path / "copy"))
    build_site(copy, tmp_path / "site")
    assert (tmp_path / "site/models/zeta__poor@first.html").is_file()
    shutil.rmtree(copy / "zeta__poor")
    build_site(copy, tmp_path / "site")
    assert not (tmp_path / "site/models/zeta__poor@first.html").exists()
    build_site(copy, tmp_path / "anew")
    assert files(tmp_path / "anew") == files(tmp_path / "site")


def test_somebody_elses_folder_is_refused(submissions: Path, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"mine")
    with pytest.raises(InputError, match="is no site that normsuite built"):
        build_site(submissions, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


def test_a_listing_cannot_have_other_files_removed(submissions: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text("mine")
    build_site(submissions, tmp_path / "site")
    listing = tmp_path / "site/site.json"
    content = json.loads(listing.read_text())
    content["files"] += ["../kept.txt", str(kept)]
    listing.write_text(json.dumps(content))
    build_site(submissions, tmp_path / "site")
    assert kept.read_text() == "mine"


def test_what_was_kept_and_is_damaged_is_read_anew(submissions: Path, site: Path, tmp_path: Path) -> None:
    build_site(submissions, tmp_path / "site")
    spoilt = next((tmp_path / "site/.kept").glob("*.samples.parquet"))
    spoilt.write_bytes(b"PAR1" + spoilt.read_bytes()[100:])
    assert build_site(submissions, tmp_path / "site").read == 1
    assert files(tmp_path / "site") == files(site)


def test_a_site_of_no_submissions_says_so(tmp_path: Path) -> None:
    (tmp_path / "submissions").mkdir()
    build_site(tmp_path / "submissions", tmp_path / "site")
    assert "No model has been submitted yet" in (tmp_path / "site/index.html").read_text()


def test_a_submission_that_cannot_be_read_is_named(submissions: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(submissions, tmp_path / "copy"))
    spoilt = copy / "acme__fair/first/clusters.parquet"
    spoilt.write_bytes(b"PAR1 and nothing of the kind")
    with pytest.raises(InputError, match=r"acme__fair/first/clusters\.parquet"):
        build_site(copy, tmp_path / "site")


def test_downloads_hold_the_ranking_and_the_results(site: Path) -> None:
    ranking = pq.read_table(site / "downloads/ranking.parquet").to_pylist()
    first = next(row for row in ranking if row["ranking"] == "answers" and row["task"] == "")
    assert (first["model"], first["rank"], first["rank_low"]) == ("acme/fair", 2, 2)
    assert pacsv.read_csv(site / "downloads/ranking.csv").num_rows == len(ranking)
    assert set(pacsv.read_csv(site / "downloads/tasks/mini-rules.csv")["task"].to_pylist()) == {"mini-rules"}


def test_the_feed_is_atom_with_the_dates_of_runs(site: Path) -> None:
    root = ElementTree.fromstring((site / "feed.xml").read_bytes())
    atom = {"a": "http://www.w3.org/2005/Atom"}
    assert root.findtext("a:updated", namespaces=atom) == "2026-04-02T06:00:00+00:00"
    titles = [title.text for title in root.findall("a:entry/a:title", atom)]
    assert titles[0] == "acme/fair (first)"
    assert len(titles) == 6


def test_a_tasks_page_shows_card_wordings_and_an_example_of_what_may_be_shown(site: Path) -> None:
    page = (site / "tasks/mini-framed.html").read_text()
    assert "Data card" in page
    assert "How it is asked" in page
    assert "One item as models see it" in page


def test_a_panel_leaves_at_least_half_of_the_models() -> None:
    assert choose_panel({"a": {1, 2, 3}, "b": {1, 2}, "c": {1}}) == (("a", "b"), (1, 2))
    assert choose_panel({"a": {1, 2}, "b": {2, 3}, "c": {1, 3}}) == (("a",), (1, 2))
    assert choose_panel({"a": {1}}) == (("a",), (1,))
    assert choose_panel({}) == ((), ())


@pytest.mark.parametrize("text", ["../../etc/passwd", "a/b", "", ".hidden", "<b>", "x" * 10_000, "a\u202eb"])
def test_names_never_become_paths(text: str) -> None:
    name = page_name(text)
    assert 0 < len(name) < 130
    assert not set(name) & set("/\\<>\u202e%#?")
    assert not name.startswith(".")


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "https://x.org/\"onclick='", "http://x.org/", "data:,a"]
)
def test_only_plain_https_addresses_become_links(text: str) -> None:
    assert safe_link(text) == ""
    assert safe_link("https://example.org/a/b.parquet") == "https://example.org/a/b.parquet"


def test_the_command_says_what_it_did(submissions: Path, tmp_path: Path) -> None:
    words = ["leaderboard", "build", "--submissions", str(submissions), "--out", str(tmp_path / "site")]
    told = CliRunner().invoke(app, words).output
    assert "(6 submission(s), 6 read anew; " in told
    assert f"open {tmp_path / 'site/index.html'}" in told


@pytest.fixture(scope="module")
def connection(site: Path) -> Iterator[HTTPConnection]:
    with site_server(site) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield HTTPConnection("127.0.0.1", server.server_port, timeout=5)
        server.shutdown()


def answer(connection: HTTPConnection, path: str, **headers: str) -> tuple[int, str | None]:
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    return response.status, response.headers.get("Content-Type")


def test_files_are_served_as_what_they_are(connection: HTTPConnection) -> None:
    assert answer(connection, "/") == (200, "text/html; charset=utf-8")
    assert answer(connection, "/assets/dom.js") == (200, "text/javascript; charset=utf-8")
    assert answer(connection, "/feed.xml") == (200, "application/atom+xml; charset=utf-8")
    assert answer(connection, "/downloads/results.parquet") == (200, "application/vnd.apache.parquet")
    assert answer(connection, "/models/acme__good@first.html#x") == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "path",
    ["/../site.json", "/%2e%2e/x", "/..%2f..%2fetc/passwd", "//etc/passwd", "/.kept/", "/models/", "/link"],
)
def test_nothing_else_is_served(connection: HTTPConnection, site: Path, path: str) -> None:
    link = site / "l"
    link.unlink(missing_ok=True)
    link.symlink_to("/etc/hostname")
    assert answer(connection, path)[0] == 404
    link.unlink()


def test_other_names_of_this_machine_are_not_answered(connection: HTTPConnection) -> None:
    assert answer(connection, "/", Host="evil.example")[0] == 403


def test_a_folder_that_is_no_site_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no site"):
        site_server(tmp_path)
