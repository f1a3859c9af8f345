import io

import pytest
from rich.console import Console

from normsuite.errors import InputError
from normsuite.report import print_report


def printed(run, width=110):
    sink = io.StringIO()
    print_report(run, Console(file=sink, width=width, force_terminal=True, color_system=None))
    return sink.getvalue()


def test_a_run_is_told_from_model_to_validity(run):
    text = printed(run)
    for words in (
        "an-invented-model",
        "mini (1.0)",
        "Baseline: tfidf",
        "[0.573, 0.651]",
        "South Korea",
        "India †",
        "Worst-served country: Nigeria: 0.489 [0.389, 0.589]",
        "fewer than 10 clusters",
        "label mass",
    ):
        assert words in text


def test_metrics_beside_the_headline_are_told_with_their_intervals(run):
    line = next(line for line in printed(run).splitlines() if line.strip().startswith("macro-F1"))
    assert line.split() == ["macro-F1", "0.598", "[0.498,", "0.698]", "600", "300"]


def test_a_ceiling_is_told_with_its_meaning(make_run, result, manifest, about):
    rows = [result("t", "accuracy", 0.6), result("t", "accuracy", 0.88, scorer="ceiling: BEST")]
    text = printed(make_run(manifest({"t": about}), rows, {}))
    assert "Ceiling: BEST" in text
    assert "one who knew how all people would divide" in " ".join(text.split())


def test_a_sample_and_the_engine_are_told(make_run, manifest):
    engine = {"engine": "transformers", "dtype": "float32", "batch_size": 32}
    text = printed(make_run(manifest({}, limit=60, engine=engine), [], {}))
    assert "a seeded sample of 60 clusters per task" in text
    assert "transformers, dtype float32, batch size 32" in text


def test_readings_that_could_not_be_scored_are_told_beside_the_scores(make_run, result, manifest, about):
    rows = [result("t", "accuracy", 0.5), result("t", "coverage", 0.789)]
    told = manifest({"t": about})
    assert "21 % of the model's readings could not be scored" in printed(make_run(told, rows, {}))
    rows[1]["value"] = 1.0
    assert "could not be scored" not in printed(make_run(told, rows, {}))


def test_baselines_that_cannot_be_are_explained(make_run, result, manifest, about):
    told = manifest({"t": about | {"train_items": 0}})
    assert "no fitted baselines (majority, tfidf)" in printed(
        make_run(told, [result("t", "accuracy", 0.5)], {})
    )


def test_names_are_text_and_no_markup_or_control_sequence(make_run, result, manifest, about):
    names = ("[link=javascript:alert(1)]x[/link]", "\x1b[31mred", "[bold]", "日本" * 200)
    rows = [result("t", "accuracy", 0.5)]
    rows += [result("t", "accuracy", 0.5, facet="topic", group=name) for name in names]
    told = manifest({"t": about | {"title": "[/bold] a title"}}, model={"name": "[red]m\x07"})
    text = printed(make_run(told, rows, {}))
    for shown in (names[0], "⟨U+001B⟩[31mred", "[bold]", "[/bold] a title", "[red]m⟨U+0007⟩"):
        assert shown in text
    assert "\x1b[31m" not in text
    assert "\x07" not in text


def test_a_run_of_baselines_alone_is_told(make_run, result, manifest, about):
    rows = [result("t", "accuracy", 0.5, scorer="majority")]
    assert "Baseline: majority" in printed(make_run(manifest({"t": about}), rows, {}))


def test_nothing_is_printed_of_a_run_that_has_not_finished(make_run, capsys):
    run = make_run({"schema": 1}, [], {})
    (run / "results.parquet").unlink()
    with pytest.raises(InputError, match="has no results yet"):
        print_report(run)
    assert capsys.readouterr().out == ""


def test_a_sparse_manifest_is_enough(make_run):
    assert "no results" in printed(make_run({"schema": 1}, [], {}))
