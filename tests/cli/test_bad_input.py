"""Bad input: one clear line, exit code 2, no traceback, nothing half-written."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from normsuite import folders

NORMAD = "ID,Country,Background,Axis,Subaxis,Value,Rule-of-Thumb,Story,Explanation,Gold Label\n"
ROWS = (
    '0,egypt,b,Etiquette,eating,Sharing.,Use your right hand.,"Ana uses her right hand. Is it ok?",e,yes\n'
    "1,japan,b,Etiquette,visiting,Cleanness.,Take off your shoes.,Ben keeps his shoes on. Is it ok?,e,no\n"
)


def refused(outcome, *parts: str) -> None:
    assert outcome.code == 2, outcome
    assert "Traceback" not in outcome.err
    lines = [line for line in outcome.err.splitlines() if line.strip()]
    assert len(lines) == 1, outcome.err
    for part in parts:
        assert part in lines[0]


@pytest.fixture
def build(normsuite, tmp_path: Path):
    """Build NormAd from raw bytes; returns the outcome and whether any file was written."""

    def call(content: bytes | str):
        raw = tmp_path / "normad_etiquette_final_data.csv"
        raw.write_bytes(content.encode() if isinstance(content, str) else content)
        outcome = normsuite("data", "build", "normad", "--raw", raw, "--out", tmp_path / "out" / "x.parquet")
        if outcome.code:
            assert not list((tmp_path / "out").glob("*"))
        return outcome

    return call


def test_the_good_file_of_these_tests_is_good(build) -> None:
    outcome = build(NORMAD + ROWS)
    assert outcome.code == 0, outcome


def test_missing_file(normsuite, tmp_path: Path) -> None:
    outcome = normsuite(
        "data", "build", "normad", "--raw", tmp_path / "no.csv", "--out", tmp_path / "x.parquet"
    )
    refused(outcome, "no.csv", "no such file")


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ["empty"]),
        (NORMAD, ["no rows"]),
        ((NORMAD + ROWS).encode("utf-16"), ["normad_etiquette_final_data.csv", "UTF-8"]),
        ((NORMAD + ROWS.replace("Ana", "Zoë")).encode("latin-1"), ["line 2", "UTF-8"]),
        (b"\xef\xbb\xbf" + (NORMAD + ROWS).encode(), ["byte-order mark"]),
        ((NORMAD + ROWS).replace("Story,", "", 1), ["Story"]),
        (NORMAD.replace("\n", ",Surprise\n") + ROWS.replace("\n", ",s\n"), ["Surprise"]),
        (NORMAD + ROWS.replace('ok?"', "ok?"), ["quote"]),
        (NORMAD + ROWS.replace("yes\n", "maybe\n"), ["row 1", "Gold Label", "maybe", "yes, no, neutral"]),
        (NORMAD + ROWS + ROWS.splitlines()[0].replace("Ana", "Eva") + "\n", ["row 3", "ID"]),
    ],
    ids=[
        "empty",
        "header only",
        "UTF-16",
        "Latin-1",
        "byte-order mark",
        "missing column",
        "extra column",
        "unbalanced quotes",
        "label outside the set",
        "clashing ids",
    ],
)
def test_bad_raw_file(build, content: bytes | str, parts: list[str]) -> None:
    refused(build(content), *parts)


def test_rows_that_break_the_format_can_be_set_aside_on_request(normsuite, tmp_path: Path) -> None:
    raw, out = tmp_path / "n.csv", tmp_path / "x.parquet"
    raw.write_text(NORMAD + ROWS.replace("yes\n", "maybe\n"))
    outcome = normsuite("data", "build", "normad", "--raw", raw, "--out", out, "--keep-going")
    assert outcome.code == 0, outcome
    assert pq.read_table(out).num_rows == 1
    assert "maybe" in out.with_suffix(".set-aside.csv").read_text()


def test_unknown_data_set(normsuite, tmp_path: Path) -> None:
    refused(normsuite("data", "build", "nope", "--out", tmp_path / "x.parquet"), "nope", "mini")


def test_data_that_is_not_on_this_machine_says_how_to_get_it(normsuite, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("NORMSUITE_CACHE", str(tmp_path))
    refused(
        normsuite("run", "baselines", "--tasks", "ethics-justice", "--out", tmp_path / "r"), "data get ethics"
    )


def test_check_names_row_and_field_of_tampered_items(normsuite, tmp_path: Path) -> None:
    out = tmp_path / "mini.parquet"
    assert normsuite("data", "build", "mini", "--out", out).code == 0
    table = pq.read_table(out)
    gold = table["gold"].to_pylist()
    gold[4] = 9
    at = table.schema.get_field_index("gold")
    pq.write_table(table.set_column(at, table.schema.field(at), pa.array(gold, pa.int32())), out)
    refused(normsuite("data", "check", out), "row 5", "gold", "9")


TASK = """\
name: mini-mine
title: t
description: d
data:
  set: mini
  where: {style: framed}
prompts: framed
answer: letters
labels: {taboo: T, normal: N, expected: E}
metrics: [accuracy]
headline: accuracy
"""


@pytest.fixture
def run_task(normsuite, tmp_path: Path):
    def call(text: str, model: object = "baselines"):
        path = tmp_path / "mine.yaml"
        path.write_text(text)
        outcome = normsuite(
            "run",
            model,
            "--engine",
            "transformers",
            "--tasks",
            path,
            "--limit",
            3,
            "--out",
            tmp_path / "r",
            "--replicates",
            100,
        )
        return outcome

    return call


def test_the_good_task_of_these_tests_is_good(run_task) -> None:
    outcome = run_task(TASK)
    assert outcome.code == 0, outcome


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (TASK + "surprise: 1\n", ["mine.yaml, row 12", "surprise", "unknown key"]),
        (TASK.replace("prompts: framed", "prompts: nowhere"), ["nowhere", "no such prompt family"]),
        (TASK.replace("style: framed", "style: sung"), ["0 rows"]),
        (TASK.replace("{taboo: T, ", "{"), ["labels"]),
        (TASK.replace("[accuracy]", "[accuracy, magic]"), ["magic"]),
        (TASK + "title: again\n", ["row 12", "repeated key"]),
        ("name: [", ["mine.yaml"]),
    ],
)
def test_bad_task_file(run_task, tmp_path: Path, text: str, parts: list[str]) -> None:
    refused(run_task(text), *parts)
    assert not (tmp_path / "r").exists()


def test_label_words_that_the_tokenizer_cannot_tell_apart(run_task, tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    model = Path(shutil.copytree(folders.tiny(), tmp_path / "model"))
    few_words = Tokenizer(models.WordLevel({"[UNK]": 0, "Answer": 1, ":": 2}, unk_token="[UNK]"))
    few_words.pre_tokenizer = pre_tokenizers.Whitespace()
    few_words.save(str(model / "tokenizer.json"))
    refused(run_task(TASK, model), "not distinct for this tokenizer")


@pytest.mark.parametrize(
    ("template", "parts"),
    [
        ("{{ ''.__class__.__mro__ }}", ["a.jinja"]),
        ("{{ cycler.__init__.__globals__ }}", ["a.jinja"]),
        ("{{ sitaution }}", ["a.jinja", "sitaution"]),
        ("{% if %}", ["a.jinja, row 1"]),
        ("{{ norm }}", ["a.jinja", "norm"]),
    ],
)
def test_bad_template(run_task, tmp_path: Path, monkeypatch, template: str, parts: list[str]) -> None:
    family = tmp_path / "prompts" / "framed"
    family.mkdir(parents=True)
    for name, text in (("a", template), ("b", "{{ behavior }} Answer:"), ("c", "{{ situation }} Answer:")):
        (family / f"{name}.jinja").write_text(text)
    monkeypatch.setattr(folders, "prompts", lambda: tmp_path / "prompts")
    refused(run_task(TASK, folders.tiny()), *parts)


@pytest.mark.parametrize(
    ("spoil", "part"),
    [
        (lambda model: (model / "tokenizer.json").unlink(), "has no tokenizer"),
        (
            lambda model: (model / "model.safetensors").rename(model / "pytorch_model.bin"),
            "pickle weights only",
        ),
        (lambda model: add_auto_map(model / "config.json"), "custom code"),
    ],
    ids=["no-tokenizer", "pickle-only", "custom-code"],
)
def test_bad_checkpoint(run_task, tmp_path: Path, spoil, part: str) -> None:
    model = Path(shutil.copytree(folders.tiny(), tmp_path / "model"))
    spoil(model)
    refused(run_task(TASK, model), "model", part)


def add_auto_map(config: Path) -> None:
    config.write_text(
        json.dumps(json.loads(config.read_text()) | {"auto_map": {"AutoModelForCausalLM": "x.Y"}})
    )


def test_another_run_in_the_same_folder_is_refused(normsuite, tmp_path: Path) -> None:
    arguments = [
        "run",
        "baselines",
        "--tasks",
        "mini-framed",
        "--limit",
        3,
        "--replicates",
        100,
        "--out",
        tmp_path / "r",
    ]
    assert normsuite(*arguments).code == 0
    before = (tmp_path / "r" / "results.json").read_bytes()
    refused(normsuite(*arguments, "--seed", 1), "holds another run", "choose another --out")
    assert (tmp_path / "r" / "results.json").read_bytes() == before


def test_an_unwritable_place(normsuite, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused(
        normsuite("run", "baselines", "--tasks", "mini-framed", "--out", tmp_path / "file" / "r"),
        "cannot be written",
    )


def test_a_report_of_nothing(normsuite, tmp_path: Path) -> None:
    refused(normsuite("report", tmp_path), "is not a run folder")


def test_raw_option_without_a_name(normsuite, tmp_path: Path) -> None:
    refused(
        normsuite("run", "baselines", "--tasks", "mini-framed", "--out", tmp_path / "r", "--raw", "x.csv"),
        "NAME=PATH",
    )
