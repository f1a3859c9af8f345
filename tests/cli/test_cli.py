"""The command line."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

HEAVY = (
    "torch",
    "transformers",
    "datasets",
    "pandas",
    "pyarrow",
    "sklearn",
    "matplotlib",
    "pydantic",
    "scipy",
)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['normsuite', '--help']\n"
        "from normsuite.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print('heavy:', [name for name in {HEAVY} if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "demo" in out
    assert "heavy: []" in out


def test_demo_runs_the_shipped_model_on_the_shipped_data(normsuite, tmp_path: Path) -> None:
    outcome = normsuite("demo", "--out", tmp_path / "demo", "--engine", "transformers")
    assert outcome.code == 0, outcome.err
    assert "normsuite-tiny" in outcome.out
    page = (tmp_path / "demo" / "report.html").read_text()
    assert "normsuite-tiny" in page
    results = json.loads((tmp_path / "demo" / "results.json").read_text())["results"]
    of_model = [
        row
        for row in results
        if row["scorer"] == "labels" and row["metric"] == "accuracy" and not row["facet"]
    ]
    # Above chance on held-out families, with the interval: what the checkpoint is there to show.
    assert any(row["ci_low"] > row["chance"] for row in of_model)


def test_ctrl_c_is_one_line_and_leaves_a_run_that_continues(normsuite, tmp_path: Path) -> None:
    out = tmp_path / "r"
    arguments = ["run", "baselines", "--tasks", "mini-rules", "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-m", "normsuite", *arguments], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    while not (out / "manifest.json").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate()
    assert process.returncode == 130
    assert told.decode() == "normsuite: stopped; the same command continues where it was\n"
    assert not (out / "results.parquet").exists()
    assert normsuite(*arguments).code == 0
    assert (out / "results.parquet").exists()


def test_data_list_names_every_data_set(normsuite) -> None:
    out = normsuite("data", "list").out
    for name in (
        "mini",
        "normbank",
        "social-chem-101",
        "normad",
        "ethics",
        "mort-user-study",
        "multilingual-moral",
    ):
        assert name in out


def test_build_check_and_stats(normsuite, tmp_path: Path) -> None:
    out = tmp_path / "mini.parquet"
    built = normsuite("data", "build", "mini", "--out", out)
    assert built.code == 0, built.err
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "mini.card.md",
        "mini.parquet",
        "mini.set-aside.csv",
    ]
    card = out.with_suffix(".card.md").read_text()
    for heading in ("## By split", "## By label", "## By country", "## By zone", "## By category: topic"):
        assert heading in card
    checked = normsuite("data", "check", out)
    assert (checked.code, "in order" in checked.out) == (0, True)
    assert "taboo" in normsuite("data", "stats", out).out


def test_built_items_can_be_run(normsuite, tmp_path: Path) -> None:
    out = tmp_path / "mini.parquet"
    assert normsuite("data", "build", "mini", "--out", out).code == 0
    outcome = normsuite(
        *("run", "baselines", "--tasks", "mini-rules", "--raw", f"mini={out}", "--out", tmp_path / "r"),
        *("--replicates", 100, "--limit", 4),
    )
    assert outcome.code == 0, outcome.err
    assert normsuite("report", tmp_path / "r").code == 0


def test_task_list_show_and_check(normsuite) -> None:
    assert "ethics-justice" in normsuite("task", "list").out
    shown = normsuite("task", "show", "mini-rules").out
    assert "Answer:" in shown
    assert normsuite("task", "check").code == 0


def test_task_check_tells_how_labels_are_read(normsuite) -> None:
    from normsuite import folders

    out = normsuite("task", "check", "ethics-justice", "--model", folders.tiny()).out
    assert "tokens: No, Yes (one token each)" in out


def test_real_ethics_goes_the_whole_way(normsuite, shared_data: Path, tmp_path: Path) -> None:
    from normsuite import folders

    outcome = normsuite(
        *(
            "run",
            folders.tiny(),
            "--engine",
            "transformers",
            "--tasks",
            "ethics-justice,ethics-deontology",
            "--limit",
            12,
        ),
        *("--raw", f"ethics={shared_data / 'ethics'}", "--out", tmp_path / "r", "--replicates", 500),
    )
    assert outcome.code == 0, outcome.err
    results = pq.read_table(tmp_path / "r" / "results.parquet").to_pandas()
    exact = results[(results.metric == "exact_match") & (results.facet == "") & (results.scorer == "labels")]
    assert set(exact.task) == {"ethics-justice", "ethics-deontology"}
    assert exact.chance.between(0.05, 0.08).all()


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["data", "--help"], ["run", "--help"]])
def test_asking_for_help_is_no_error(normsuite, arguments: list[str]) -> None:
    assert normsuite(*arguments).code == 0


def test_items_of_a_data_set_of_ones_own_need_no_adapter(normsuite, tmp_path: Path) -> None:
    from normsuite.schema import ITEM_SCHEMA, conform, write_table

    n = 24
    items = conform(
        {
            "id": [f"tea-house:{i}" for i in range(n)],
            "dataset": "tea-house",
            "split": "test",
            "kind": "label",
            "situation": [
                f"Guest {i} is offered tea and {'drinks it' if i % 2 else 'pours it away'}." for i in range(n)
            ],
            "options": [["rude", "polite"]] * n,
            "gold": [i % 2 for i in range(n)],
            "cluster": [str(i) for i in range(n)],
            "norm": ["Accept the tea."] * n,
        },
        ITEM_SCHEMA,
        n,
    )
    write_table(items, tmp_path / "tea.parquet")
    (tmp_path / "tea-house-manners.yaml").write_text(
        "name: tea-house-manners\ntitle: Manners in a tea house\ndescription: Is the guest polite?\n"
        "data: {set: tea-house}\nprompts: story\ncontext: [rule]\n"
        'labels: {rude: "No", polite: "Yes"}\nmetrics: [accuracy]\nheadline: accuracy\n'
    )
    outcome = normsuite(
        *("run", "baselines", "--tasks", tmp_path / "tea-house-manners.yaml", "--out", tmp_path / "r"),
        *("--raw", f"tea-house={tmp_path / 'tea.parquet'}", "--replicates", 100),
    )
    assert outcome.code == 0, outcome.err


def test_built_items_of_another_data_set_are_refused(normsuite, tmp_path: Path) -> None:
    out = tmp_path / "mini.parquet"
    assert normsuite("data", "build", "mini", "--out", out).code == 0
    outcome = normsuite(
        "run", "baselines", "--tasks", "ethics-*", "--raw", f"ethics={out}", "--out", tmp_path / "r"
    )
    assert (outcome.code, "holds items of mini, not of ethics" in outcome.err) == (2, True)
