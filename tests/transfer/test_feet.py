"""The FEET table: its columns are what they say, its changes are in points."""

from pathlib import Path

import numpy as np
import pytest
from made_acts import loaded, write_rated, write_task

from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.engines.transformers import TransformersSpec
from normsuite.errors import InputError
from normsuite.transfer import FEET_SCHEMA, Finetune, Shots, bench_of, feet_table
from normsuite.transfer.head import train_head
from normsuite.transfer.judging import Judge
from normsuite.transfer.tuning import split_by_cluster

COLUMNS = Shots((8, 32), draws=3, finetune=Finetune.head, epochs=30, replicates=200)


def spec_of(folder: Path) -> TransformersSpec:
    return TransformersSpec(find_checkpoint(str(folder)), "float32", "cpu")


@pytest.fixture(scope="module")
def benches(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("made")
    paths = [write_task(folder, "acts", "acts", "acts"), write_rated(folder)]
    questions, data = loaded(folder, *paths)
    return [bench_of(question, data) for question in questions]


@pytest.fixture(scope="module")
def table(minilm: Path, benches, tmp_path_factory: pytest.TempPathFactory):
    return feet_table([spec_of(minilm)], benches, COLUMNS, cache=tmp_path_factory.mktemp("cache"))


def line(table, task: str, column: str):
    (row,) = [
        row for row in table.to_pylist() if (row["task"], row["column"]) == (f"direction-{task}", column)
    ]
    return row


def test_every_column_of_every_task(table) -> None:
    assert table.schema.equals(FEET_SCHEMA)
    assert table["column"].to_pylist() == ["frozen", "few-shot 8", "few-shot 32", "head"] * 2


def test_a_planted_direction_is_found_by_all(table) -> None:
    for column, train, draws in (("frozen", 128, 1), ("few-shot 32", 32, 3), ("head", 128, 1)):
        row = line(table, "acts", column)
        assert row["value"] > 0.75
        assert row["low"] <= row["value"] <= row["high"]
        assert (row["n"], row["clusters"], row["train"], row["draws"]) == (32, 4, train, draws)
    assert line(table, "acts", "few-shot 8")["interval"] == "draws"
    assert line(table, "acts", "head")["interval"] == "clusters"


def test_changes_are_points_against_frozen(table) -> None:
    frozen = line(table, "acts", "frozen")
    assert frozen["change_points"] is None
    for column in ("few-shot 8", "few-shot 32", "head"):
        row = line(table, "acts", column)
        assert row["change_points"] == pytest.approx(100 * (row["value"] - frozen["value"]))
        assert row["change_low"] <= row["change_points"] <= row["change_high"]


def test_ratings_have_a_side(table) -> None:
    row = line(table, "rated", "frozen")
    assert (row["n"], row["metric"], row["chance"]) == (5, "auroc", 0.5)
    assert row["train"] == 63


def test_too_few_rows_for_a_column_say_so(minilm: Path, tmp_path: Path) -> None:
    questions, data = loaded(tmp_path, write_task(tmp_path, "a", "acts", "acts"))
    bench = bench_of(questions[0], data, most=8)
    found = feet_table([spec_of(minilm)], [bench], Shots((8, 32), draws=2, epochs=2, replicates=100))
    by_column = {row["column"]: row for row in found.to_pylist()}
    assert by_column["few-shot 8"]["value"] is not None
    assert by_column["few-shot 32"]["value"] is None
    assert by_column["few-shot 32"]["note"] == "a pole has 4 training rows, of which 16 are needed"
    assert "too few to hold out" in by_column["head"]["note"]


def test_a_decoder_has_a_table_too(benches) -> None:
    columns = Shots((8,), draws=2, epochs=2, replicates=100)
    found = feet_table([spec_of(folders.tiny())], benches[:1], columns)
    assert all(value is not None for value in found["value"].to_pylist())


def test_a_model_given_twice(minilm: Path, benches) -> None:
    with pytest.raises(InputError, match="given twice"):
        feet_table([spec_of(minilm)] * 2, benches, COLUMNS)


@pytest.mark.parametrize("shots", [(7,), (0,), (8, 8)])
def test_numbers_of_seeds_that_cannot_be(shots) -> None:
    with pytest.raises(InputError, match=r"half of each pole|twice"):
        Shots(shots)


def test_the_gain_of_a_better_scoring_is_paired(benches) -> None:
    bench = benches[0]
    gold = bench.items["gold"].to_numpy().astype(float)
    judge = Judge(bench, 200, 0)
    noise = np.random.default_rng(0).normal(size=len(gold))
    assert judge.change(noise, noise) == {"change_points": 0.0, "change_low": 0.0, "change_high": 0.0}
    gain = judge.change(gold, noise)
    assert gain["change_low"] > 0
    assert gain["change_points"] == pytest.approx(
        100 * (judge.whole(gold)["value"] - judge.whole(noise)["value"])
    )


def test_an_item_too_long_for_the_model_is_not_scored(benches) -> None:
    bench = benches[0]
    scores = np.arange(bench.items.num_rows, dtype=float)
    scores[3] = np.nan
    assert Judge(bench, 100, 0).whole(scores)["n"] == bench.items.num_rows - 1
    assert Judge(bench, 100, 0).draws([scores])["n"] == bench.items.num_rows - 1


def made_xor():
    """Points whose class is no side of any line: the signs of two features are equal, or not."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 4)).astype(np.float32)  # noqa: N806
    return X, (X[:, 0] * X[:, 1] > 0).astype(float), np.repeat(np.arange(100), 4)


def test_a_head_finds_what_no_line_can() -> None:
    X, y, groups = made_xor()  # noqa: N806
    scores, trained = train_head(X[:300], y[:300], groups[:300], X[300:])
    assert np.mean((scores > 0) == (y[300:] == 1)) > 0.8
    assert trained.best <= trained.epochs <= 200
    assert trained.losses[trained.best - 1] == min(trained.losses)


def test_a_head_is_the_same_twice_and_leaves_the_generator_alone() -> None:
    import torch

    X, y, groups = made_xor()  # noqa: N806
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    first, _ = train_head(X, y, groups, X[:5], epochs=3)
    assert torch.equal(torch.rand(1), expected)
    second, _ = train_head(X, y, groups, X[:5], epochs=3)
    assert np.array_equal(first, second)


def test_no_cluster_is_on_both_sides_of_a_split() -> None:
    groups = np.repeat(np.arange(10), 3)
    y = np.tile([0.0, 1.0, 1.0], 10)
    train, held = split_by_cluster(groups, y, 0)
    assert not set(groups[train]) & set(groups[held])
    assert sorted([*train, *held]) == list(range(30))
    assert len(set(groups[held])) == 2
