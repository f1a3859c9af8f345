"""`normsuite task new`: a table in a layout nobody has seen becomes a task that runs, without code."""

import io
import json
import re
import shlex
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from normsuite.questions import prepare
from normsuite.runs import open_run
from normsuite.tables import task_items
from normsuite.tasks import load_task

TABLES = Path(__file__).resolve().parents[1] / "data" / "tables"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "own-data.md"

Place = Callable[[str], Path]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Copies one of the layouts into a folder of its own, and goes there."""

    def copy(name: str) -> Path:
        source, target = TABLES / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
        return target

    monkeypatch.chdir(tmp_path)
    return copy


def write_csv(name: str, *lines: str) -> None:
    Path(name).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("layout", "items", "countries", "kinds"),
    [
        ("street-poll.csv", 46, {"ITA", "JPN", "KEN", "BRA"}, {"votes"}),
        ("table-talk.json", 20, {"PRT", "FRA", "DEU", "VNM"}, {"turns", "norm", "behavior"}),
        ("manners", 20, {"ITA", "JPN", "KEN", "KOR"}, set()),
    ],
)
def test_three_layouts_become_tasks_that_run_without_a_question(
    normsuite, place: Place, layout: str, items: int, countries: set[str], kinds: set[str]
) -> None:
    place(layout)
    made = normsuite("task", "new", layout, "--name", "made-task", "--yes")
    assert made.code == 0, made.err
    assert made.out.splitlines()[-2:] == [
        "  normsuite task check made-task.yaml",
        "  normsuite run MODEL --tasks made-task.yaml --out runs/made-task",
    ]
    task = load_task(Path("made-task.yaml"))
    read = task_items(task).items
    assert read.num_rows == items
    assert set(read["country"].to_pylist()) == countries
    assert {name for name in ("votes", "turns", "norm", "behavior") if read[name].null_count == 0} == kinds
    assert set(read["split"].to_pylist()) == {"train", "test"}
    (question,) = prepare([task], {})
    assert len(question.wordings) == 3
    checked = normsuite("task", "check", "made-task.yaml")
    assert checked.code == 0, checked.err
    card = Path("made-task.md").read_text(encoding="utf-8")
    assert "## How fields are mapped" in card


def blocks() -> list[str]:
    return re.findall(r"```console\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)


@pytest.mark.parametrize("block", blocks(), ids=lambda block: block.split()[4])
def test_the_documented_commands_print_what_the_page_shows(
    normsuite, place: Place, monkeypatch: pytest.MonkeyPatch, block: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for layout in ("street-poll.csv", "table-talk.json", "manners"):
        place(layout)
    for command in block.split("$ ")[1:]:
        typed, *shown = command.splitlines()
        fewer = (
            ("--replicates", 100) if " run " in typed else ()
        )  # digits are not compared, and it is quicker
        outcome = normsuite(*shlex.split(typed)[1:], *fewer)
        assert outcome.code == 0, outcome.err
        printed = [plain(line) for line in outcome.out.splitlines()]
        assert [line for line in map(plain, shown) if line not in printed and line != "…"] == []
    if "run" in typed:
        scored = open_run(Path("runs") / Path(typed.split()[4]).stem).results()
        assert {"labels", "majority", "tfidf"} <= set(scored["scorer"].to_pylist())


def plain(line: str) -> str:
    """A printed line without what a machine's floating point may move."""
    return " ".join(re.sub(r"\d\.\d+", "0", line).split())


def test_what_a_person_says_goes_before_what_is_proposed(normsuite, place: Place) -> None:
    place("manners")
    options = (
        "--map",
        "behaviour=c1",
        "--map",
        "topic=c3",
        "--map",
        "answers=fine,rude",
        "--map",
        "country=-",
    )
    words = ("--label", "fine=quite fine")
    made = normsuite("task", "new", "manners", "--name", "acts", "--yes", *options, *words)
    assert made.code == 0, made.err
    content = yaml.safe_load(Path("acts.yaml").read_text(encoding="utf-8"))
    table = content["data"]["table"]
    assert table["fields"] == {"behavior": "c1"}
    assert table["categories"] == {"topic": "c3"}
    assert "culture" not in table and "context" not in content
    assert content["labels"] == {"fine": "quite fine", "rude": "rude"}


def test_what_cannot_be_told_is_one_line_and_names_the_option(normsuite, place: Place) -> None:
    place("manners")
    write_csv(
        "a.csv",
        "story,first,second",
        *[f"A story number {at} of some length.,{at % 3}x,{at % 2}y" for at in range(12)],
    )
    told = normsuite("task", "new", "a.csv", "--name", "a", "--yes")
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert told.err.startswith("normsuite: field 'label': cannot tell: which column holds the answer?")
    assert "--map label=COLUMN" in told.err
    write_csv("b.csv", "story,label", *[f"A story number {at} of some length.,{at % 2}" for at in range(12)])
    told = normsuite("task", "new", "b.csv", "--name", "b", "--yes")
    assert told.code == 2
    assert "cannot tell: what do 0, 1 mean?; say it as --label 0=… --label 1=…" in told.err
    assert not Path("b.yaml").exists()
    assert (
        normsuite(
            "task", "new", "b.csv", "--name", "b", "--yes", "--label", "0=bad", "--label", "1=fine"
        ).code
        == 0
    )


def test_only_what_is_open_is_asked(normsuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_csv("b.csv", "story,label", *[f"A story number {at} of some length.,{at % 2}" for at in range(12)])
    monkeypatch.setattr("sys.stdin", io.StringIO("bad\nfine\n\n"))
    asked = normsuite("task", "new", "b.csv", "--name", "b")
    assert asked.code == 0, asked.err
    assert "What does '0' mean" in asked.out
    assert yaml.safe_load(Path("b.yaml").read_text())["labels"] == {"0": "bad", "1": "fine"}


def test_an_answer_that_is_no_column_is_asked_again(
    normsuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [f"A story number {at} of some length.,{at % 3}x,{'ab'[at % 2]}y" for at in range(12)]
    write_csv("b.csv", "story,first,second", *lines)
    monkeypatch.setattr("sys.stdin", io.StringIO("thrid\nsecond\ntopic=first\n\n"))
    asked = normsuite("task", "new", "b.csv", "--name", "b")
    assert asked.code == 0, asked.err
    assert "no column 'thrid'" in asked.out
    table = yaml.safe_load(Path("b.yaml").read_text())["data"]["table"]
    assert (table["label"], table["categories"]) == ({"column": "second"}, {"topic": "first"})


def test_files_that_are_there_are_kept_unless_forced(normsuite, place: Place) -> None:
    place("manners")
    new = ("task", "new", "manners", "--name", "acts", "--yes")
    assert normsuite(*new).code == 0
    Path("acts.md").write_text("mine", encoding="utf-8")
    again = normsuite(*new)
    assert again.code == 2 and "acts.yaml: exists; choose another --name, or --force" in again.err
    assert Path("acts.md").read_text(encoding="utf-8") == "mine"
    assert normsuite(*new, "--force").code == 0


def test_out_is_a_folder_above_the_data(normsuite, place: Place, tmp_path: Path) -> None:
    place("manners")
    (tmp_path / "below").mkdir()
    told = normsuite("task", "new", "manners", "--name", "acts", "--yes", "--out", "below")
    assert told.code == 2 and "a task's table lies in the task's folder or below it" in told.err
    shutil.move("manners", "below/manners")
    assert normsuite("task", "new", "below/manners", "--name", "acts", "--yes", "--out", ".").code == 0
    assert task_items(load_task(Path("acts.yaml"))).items.num_rows == 20


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("nowhere.csv", "--name", "a"), "nowhere.csv: no such file or folder"),
        (("manners", "--name", "A b"), "'A b' is no name for a task"),
        (("manners", "--name", "mini"), "'mini' is the name of a known data set"),
        (("manners", "--name", "a", "--map", "nonsense"), "'nonsense' is not FIELD=COLUMN"),
        (("manners", "--name", "a", "--map", "sitaution=c1"), "no field 'sitaution'"),
        (("manners", "--name", "a", "--map", "situation=c9"), "no column 'c9'"),
        (("manners", "--name", "a", "--map", "situation={{ c9 }}"), "'c9' is not a column"),
        (("manners", "--name", "a", "--label", "odd=x"), "no answer 'odd'"),
        (("manners", "--name", "a", "--label", "rude=fine"), "label words must be distinct"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(
    normsuite, place: Place, tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    place("manners")
    told = normsuite("task", "new", *arguments, "--yes")
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert why in told.err
    assert [path.name for path in tmp_path.iterdir()] == ["manners"]


def rows() -> list[dict[str, object]]:
    verdicts = ["right", "wrong", "it depends"]
    return [
        {
            "Story Text": f"Somebody does thing number {at} at a wedding.",
            "Verdict": verdicts[at % 3],
            "lang": "it",
        }
        for at in range(12)
    ]


@pytest.mark.parametrize(
    "form",
    ["csv", "semicolon", "latin", "utf16", "tsv", "jsonl", "json", "nested", "parquet", "xlsx", "none"],
)
def test_every_format_is_found_by_looking(
    normsuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    names = list(rows()[0])
    sign = {"semicolon": ";", "tsv": "\t"}.get(form, ",")
    text = "\n".join(sign.join(map(str, row)) for row in [names, *(row.values() for row in rows())]) + "\n"
    if form in ("csv", "semicolon", "tsv", "none"):
        path = Path({"tsv": "a.tsv", "none": "a.data"}.get(form, "a.csv"))
        path.write_text(text, encoding="utf-8")
    elif form in ("latin", "utf16"):
        path = Path("a.csv")
        path.write_text(
            text.replace("wedding", "café"), encoding={"latin": "cp1252", "utf16": "utf-16"}[form]
        )
    elif form == "jsonl":
        path = Path("a.jsonl")
        path.write_text("\n".join(map(json.dumps, rows())), encoding="utf-8")
    elif form in ("json", "nested"):
        path = Path("a.json")
        path.write_text(json.dumps(rows() if form == "json" else {"meta": 1, "data": {"rows": rows()}}))
    elif form == "parquet":
        path = Path("a.parquet")
        pq.write_table(pa.Table.from_pylist(rows()), path)
    else:
        from openpyxl import Workbook

        path, book = Path("a.xlsx"), Workbook()
        for row in [names, *(list(row.values()) for row in rows())]:
            book.active.append(row)
        book.save(path)
    made = normsuite("task", "new", path, "--name", "found", "--yes")
    assert made.code == 0, made.err
    items = task_items(load_task(Path("found.yaml"))).items
    assert items.num_rows == 12
    assert set(items["language"].to_pylist()) == {"it"}
    assert items["options"][0].as_py() == ["right", "wrong", "it depends"]
    assert all("thing number" in text for text in items["situation"].to_pylist())


ACT, STORY = "Somebody does thing number {at}", "A story number {at} of some length"
NAMED = ("--label", "1=rude", "--label", "5=polite")
SCORED_BY_SHARES = ["macro_f1", "accuracy", "log_loss", "brier", "ece", "js_similarity"]
SHARES = ("--map", "rating=share", "--label", "0=rude", "--label", "100=polite")


@pytest.mark.parametrize(
    ("header", "line", "given", "expected"),
    [
        ("question,a,b,c,answer", "What is {at} here?,x{at},y{at},z{at},{letter}", (), {"answer": "letters"}),
        ("question,option1,option2,answer", "What is {at}?,x{at},y{at},{place}", (), {"answer": "letters"}),
        ("act,rating", f"{ACT},{{rating}}", NAMED, {"scorer": "rating"}),
        ("act,share", f"{ACT},0.{{at}}", SHARES, {"scorer": "rating"}),
        ("story,n_ok,n_bad", f"{STORY},{{at}},3", (), {"headline": "macro_f1"}),
        ("story,share_ok,share_bad", f"{STORY},0.25,0.75", (), {"metrics": SCORED_BY_SHARES}),
        ("story,votes", f"{STORY},\"['ok', 'bad', 'ok']\"", (), {"headline": "macro_f1"}),
        ("story,tags", f'{STORY},"[""care"", ""harm""]"', ("--map", "label=tags"), {"answer": "yes-no"}),
        ("story,label,set", f"{STORY},{{verdict}},{{split}}", (), {"headline": "macro_f1"}),
    ],
    ids=["letters", "places", "rating", "share", "counts", "shares", "labels", "several", "splits"],
)
def test_every_kind_of_answer_is_written_and_can_be_asked(
    normsuite,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    header: str,
    line: str,
    given: tuple,
    expected: dict,
) -> None:
    monkeypatch.chdir(tmp_path)
    cells = [
        {"at": at, "letter": "ABC"[at % 3], "place": 1 + at % 2, "rating": 1 + at % 5}
        | {"verdict": ["good", "bad"][at % 2], "split": ["train", "validation", "test"][at % 3]}
        for at in range(12)
    ]
    write_csv("a.csv", header, *[line.format(**row) for row in cells])
    made = normsuite("task", "new", "a.csv", "--name", "kinds", "--yes", *given)
    assert made.code == 0, made.err
    content = yaml.safe_load(Path("kinds.yaml").read_text(encoding="utf-8"))
    assert {key: content[key] for key in expected} == expected
    shown = normsuite("task", "show", "kinds.yaml")
    assert shown.code == 0, shown.err
    assert "no example" not in shown.out
    ran = normsuite("run", "baselines", "--tasks", "kinds.yaml", "--out", "run", "--replicates", 100)
    assert ran.code == 0, ran.err


def test_rows_of_several_annotators_become_votes(
    normsuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [
        f"s{at},{STORY.format(at=at)},w{who},{['ok', 'bad'][at * who % 2]}"
        for at in range(6)
        for who in range(3)
    ]
    write_csv("a.csv", "story_id,story,worker_id,verdict", *lines)
    made = normsuite("task", "new", "a.csv", "--name", "many", "--yes")
    assert made.code == 0, made.err
    items = task_items(load_task(Path("many.yaml"))).items
    assert items["votes"].to_pylist() == [[3, 0], [2, 1]] * 3
    assert "6 things, each judged in several rows" in " ".join(Path("many.md").read_text().split())


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hub that lists one data set, whose files are in the client's cache already."""
    snapshot = tmp_path / "hub" / "datasets--owner--name" / "snapshots" / COMMIT / "data"
    snapshot.mkdir(parents=True)
    for split, first in (("train", 0), ("test", 12)):
        lines = [f"{STORY.format(at=at)},{['good', 'bad'][at % 2]}" for at in range(first, first + 12)]
        (snapshot / f"{split}-00000.csv").write_text(
            "\n".join(["story,label", *lines]) + "\n", encoding="utf-8"
        )

    class Listing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path.startswith("/api/datasets/owner/name")
            files = [{"rfilename": f"data/{split}-00000.csv"} for split in ("train", "test")]
            about = {"id": "owner/name", "sha": COMMIT, "siblings": [*files, {"rfilename": "README.md"}]}
            body = json.dumps(about if known else {"error": "not found"}).encode()
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.chdir(tmp_path)
    yield
    server.shutdown()
    server.server_close()


def test_a_data_set_of_the_hub_is_pinned_to_its_commit(normsuite, hub: None) -> None:
    made = normsuite("task", "new", "owner/name", "--name", "from-hub", "--yes")
    assert made.code == 0, made.err
    task = load_task(Path("from-hub.yaml"))
    assert task.data.table.files == tuple(
        f"hf://datasets/owner/name@{COMMIT}/data/{split}-00000.csv" for split in ("test", "train")
    )
    items = task_items(task).items
    assert items["split"].to_pylist() == ["test"] * 12 + ["train"] * 12


def test_what_the_hub_does_not_have_is_one_line(normsuite, hub: None) -> None:
    told = normsuite("task", "new", "owner/other", "--name", "from-hub", "--yes")
    assert told.code == 2
    assert told.err.splitlines()[-1].startswith("normsuite: owner/other: is no file here, and the hub")
