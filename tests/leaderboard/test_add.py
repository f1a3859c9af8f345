"""From a run to a submission."""

import dataclasses
import json
import shutil
from pathlib import Path

import pyarrow.compute as pc
import pytest

from normsuite.errors import InputError
from normsuite.leaderboard import find_submissions, read_submission
from normsuite.leaderboard.add import Named, add
from normsuite.leaderboard.check import check
from normsuite.leaderboard.clusters import headline_value
from normsuite.metrics import METRICS
from normsuite.runs import Run
from normsuite.tasks import resolve_tasks
from tests.leaderboard.conftest import SETTINGS, make_run

DATA = Path(__file__).parents[1] / "data"


def test_a_submission_holds_the_runs_results_and_what_they_come_from(run: Run, made: Path) -> None:
    [answers, _] = [read_submission(folder) for folder in find_submissions(made)]
    keys = [(name, "ascending") for name in ("task", "scorer", "metric", "facet", "group")]
    assert answers.results().equals(run.results().sort_by(keys))
    assert answers.predictions("mini-rules").num_rows == run.predictions("mini-rules").num_rows
    assert (answers.name, answers.slug) == ("acme/normsuite-tiny", "acme__normsuite-tiny")
    assert answers.revision == run.manifest["model"]["sha256"][:12]
    assert answers.manifest.partial == []


def test_clusters_add_up_to_the_headline(made: Path) -> None:
    for submission in map(read_submission, find_submissions(made)):
        sums = submission.clusters()
        [(task, about)] = submission.tasks.items()
        results = submission.results()
        told = results.filter(pc.equal(results["metric"], about.headline))
        for row in told.filter(pc.equal(told["facet"], "")).to_pylist():
            mine = pc.and_(pc.equal(sums["scorer"], row["scorer"]), pc.equal(sums["facet"], ""))
            own = sums.filter(mine)
            if own.num_rows:
                value = headline_value(METRICS[about.headline], own["sums"].combine_chunks())
                assert value == pytest.approx(row["value"], abs=1e-12), (task, row["scorer"])
                assert own.num_rows == about.clusters


def test_the_same_run_gives_the_same_bytes(run: Run, direction_run: Run, made: Path, tmp_path: Path) -> None:
    add(run.path, tmp_path, Named("acme"))
    add(direction_run.path, tmp_path, Named("acme", revision="directions"))
    files = [path for path in sorted(made.rglob("*")) if path.is_file()]
    assert files
    for path in files:
        assert path.read_bytes() == (tmp_path / path.relative_to(made)).read_bytes(), path.name


def test_nothing_of_the_machine_goes_in(run: Run, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(run.path, tmp_path / "run"))
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["engine"] |= {
        "base_url": "http://10.0.0.7:8000/v1",
        "api_key": "sk-secret",
        "options": {"download_dir": "/home/eve/models", "max_model_len": 512, "revision": "main"},
        "note": "/home/eve/x",
    }
    work = {key: value for key, value in manifest.items() if key not in ("schema", "hash", "created")}
    from normsuite.runs import work_hash

    manifest["hash"] = work_hash(work)
    (copy / "manifest.json").write_text(json.dumps(manifest))
    engine = add(copy, tmp_path / "to", Named("acme")).manifest.engine
    assert engine["options"] == {"max_model_len": 512, "revision": "main"}
    text = (next((tmp_path / "to").rglob("manifest.json"))).read_text()
    assert not [word for word in ("eve", "10.0.0.7", "sk-secret", "base_url", "/home") if word in text]


def test_a_sample_is_refused_and_marked_where_it_is_allowed(tmp_path: Path) -> None:
    run = make_run("mini-rules", tmp_path / "run", dataclasses.replace(SETTINGS, limit=12))
    with pytest.raises(InputError, match=r"is partial: a seeded sample of 12 clusters per task; .*--partial"):
        add(run.path, tmp_path / "to", Named("acme"))
    submission = add(run.path, tmp_path / "to", Named("acme"), partial=True)
    assert submission.manifest.partial == ["a seeded sample of 12 clusters per task"]


def test_a_changed_run_is_refused(run: Run, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(run.path, tmp_path / "run"))
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**manifest, "seed": 7}))
    with pytest.raises(InputError, match="was changed after the run"):
        add(copy, tmp_path / "to", Named("acme"))


def test_a_run_whose_numbers_do_not_recompute_is_refused(run: Run, tmp_path: Path) -> None:
    from tests.leaderboard.conftest import set_cell

    copy = Path(shutil.copytree(run.path, tmp_path / "run"))
    Run(copy, run.manifest).write_results(set_cell(run.results(), 0, "value", 0.99))
    with pytest.raises(InputError, match=r"does not recompute: accuracy of mini-rules \(labels\): value"):
        add(copy, tmp_path / "to", Named("acme"))


def test_whose_model_it_is_must_be_told(run: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"whose model it is.*--org"):
        add(run.path, tmp_path)


@pytest.mark.parametrize("named", [Named("a__b"), Named(".."), Named("a", "../x"), Named("a", revision=".x")])
def test_names_that_make_no_folder_are_refused(run: Run, tmp_path: Path, named: Named) -> None:
    with pytest.raises(InputError):
        add(run.path, tmp_path / "to", named)
    assert not list(tmp_path.rglob("*.parquet"))


def test_what_is_there_is_replaced_only_when_asked(run: Run, tmp_path: Path) -> None:
    add(run.path, tmp_path, Named("acme"))
    with pytest.raises(InputError, match="is there already"):
        add(run.path, tmp_path, Named("acme"))
    add(run.path, tmp_path, Named("acme"), replace=True)
    assert len(find_submissions(tmp_path)) == 1


def test_predictions_may_be_kept_elsewhere(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "predictions.parquet"
    submission = add(
        run.path, tmp_path / "to", Named("acme"), elsewhere=("https://example.org/p.parquet", file)
    )
    assert file.is_file()
    assert not submission.included
    assert sorted(path.name for path in submission.folder.iterdir()) == [
        "clusters.parquet",
        "manifest.json",
        "results.parquet",
    ]


def test_tasks_of_every_kind_go_the_whole_way_and_quote_nothing(tmp_path: Path) -> None:
    """Ballots that calibrate, options and clusters that are sentences, sets, ratings."""
    names = ["scruples-dilemmas", "normad-rule", "egonormia-sensible", "multilingual-moral-mfq"]
    raw = {task.data.set: DATA / task.data.set for task in resolve_tasks(",".join(names))}
    run = make_run(",".join(names), tmp_path / "run", dataclasses.replace(SETTINGS, limit=3), raw)
    submission = add(run.path, tmp_path / "to", Named("acme"), partial=True)
    assert not check([submission.folder], raw, isolated=False).problems
    for name in names:
        columns = submission.predictions(name).select(["item", "cluster", "family", "detail"])
        told = [text for column in columns.columns for text in column.to_pylist() if text]
        assert not [text for text in told if " " in text]
    options = submission.predictions("scruples-dilemmas")["options"].to_pylist()
    assert all(len(option) == 16 for both in options for option in both)
    assert "normad-rule" in submission.clusters()["task"].to_pylist()
