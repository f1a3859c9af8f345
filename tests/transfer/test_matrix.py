"""The transfer matrix: its cells are those of the scorer and the aggregation, and say what they are worth."""

import dataclasses
from pathlib import Path

import pytest
from made_acts import loaded, write_task

from normsuite.aggregate import aggregate, null_results
from normsuite.engines import find_checkpoint
from normsuite.engines.transformers import TransformersSpec
from normsuite.errors import InputError
from normsuite.scorers.direction import Models, measure
from normsuite.transfer import TRANSFER_SCHEMA, sources_of, transfer_matrix
from normsuite.transfer.matrix import verdict
from normsuite.transfer.pairs import parts_of

REPLICATES = 200


@dataclasses.dataclass(frozen=True)
class Counted(TransformersSpec):
    """The real engine; ``asked`` holds (prompts, layers) of each question for vectors."""

    asked: list[tuple[int, tuple[int, ...]]] = dataclasses.field(default_factory=list, compare=False)

    def start(self, log: Path | None = None):
        engine = super().start(log)
        embed = engine.embed

        def counted(prompts, pooling, *rest, **named):
            self.asked.append((len(prompts), (pooling.layer,)))
            return embed(prompts, pooling, *rest, **named)

        engine.embed = counted
        return engine


@pytest.fixture(scope="module")
def models(minilm: Path, tmp_path_factory: pytest.TempPathFactory) -> Models:
    spec = TransformersSpec(find_checkpoint(str(minilm)), "float32", "cpu")
    return Models(spec, (), "it is left out here", tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def made(models: Models, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("made")
    paths = [
        write_task(folder, "acts", "acts", "acts"),
        write_task(folder, "deeds", "deeds", "deeds", preprocessing="[{name: centre}]"),
        write_task(folder, "leaky", "deeds", "acts", splits="test"),
    ]
    questions, data = loaded(folder, *paths)
    sources = sources_of(questions, data)
    return sources, transfer_matrix(sources, models, replicates=REPLICATES)


def overall(matrix, fit: str, test: str):
    names = {"fit": f"direction-{fit}", "test": f"direction-{test}", "facet": ""}
    (row,) = [row for row in matrix.table.to_pylist() if names.items() <= row.items()]
    return row


def test_every_pair_has_a_row(made) -> None:
    _, matrix = made
    assert matrix.table.schema.equals(TRANSFER_SCHEMA)
    pairs = {(row["fit"], row["test"]) for row in matrix.table.to_pylist() if not row["facet"]}
    assert len(pairs) == 9
    assert matrix.notes == ("There is no untrained null: it is left out here.",)


def test_a_planted_direction_is_found_across(made) -> None:
    _, matrix = made
    row = overall(matrix, "acts", "deeds")
    assert row["domain"] == "across"
    assert row["value"] > 0.8
    assert row["ci_low"] <= row["value"] <= row["ci_high"]
    assert (row["n"], row["clusters"], row["chance"]) == (32, 4, 0.5)
    assert overall(matrix, "acts", "acts")["domain"] == "in-domain"


def test_cells_are_those_of_measure_and_aggregate_alone(made, models: Models) -> None:
    (acts, deeds, _), matrix = made
    alone = measure("alone", parts_of(acts.question, deeds.question), acts.recipe, models)
    options = {"headline": "auroc", "replicates": REPLICATES}
    found = {
        (row["facet"], row["group"]): row
        for row in aggregate(alone.predictions, metrics=["auroc"], **options).to_pylist()
        if row["metric"] == "auroc"
    }
    nulls = null_results(alone.predictions, alone.nulls, **options).to_pylist()
    mine = [
        row
        for row in matrix.table.to_pylist()
        if (row["fit"], row["test"]) == ("direction-acts", "direction-deeds")
    ]
    assert {(row["facet"], row["group"]) for row in mine} == {
        ("", ""),
        ("foundation", "care"),
        ("foundation", "fairness"),
    }
    for row in mine:
        place = row["facet"], row["group"]
        names = ("n", "clusters", "value", "ci_low", "ci_high", "chance")
        assert {name: row[name] for name in names} == {name: found[place][name] for name in names}
        beside = {line["scorer"]: line for line in nulls if (line["facet"], line["group"]) == place}
        assert row["null_random_high"] == beside["null: random"]["ci_high"]
        assert row["null_permuted_high"] == beside["null: permuted"]["ci_high"]
        assert row["null_tfidf"] == beside["null: tfidf"]["value"]
        assert row["null_untrained"] is None
    above = next(line for line in nulls if line["metric"] == "auroc_above_nulls")
    (whole,) = [row for row in mine if not row["facet"]]
    assert [whole[name] for name in ("above", "above_low", "above_high")] == [
        above[name] for name in ("value", "ci_low", "ci_high")
    ]


def test_items_that_are_seeds_are_left_out(made) -> None:
    _, matrix = made
    row = overall(matrix, "leaky", "acts")
    assert row["domain"] == "in-domain, shared items"
    assert row["value"] is None
    assert row["verdict"].startswith("left out: 32 of the items are among the seeds, first 'acts:")
    assert "direction-acts" not in matrix.about["direction-leaky"]
    assert overall(matrix, "leaky", "deeds")["value"] is not None


def test_the_same_matrix_again_without_the_engine(made, models: Models) -> None:
    sources, matrix = made
    assert transfer_matrix(sources, models, replicates=REPLICATES).table.equals(matrix.table)


def test_each_text_passes_the_model_once(minilm: Path, tmp_path: Path) -> None:
    paths = write_task(tmp_path, "acts", "acts", "acts"), write_task(tmp_path, "deeds", "deeds", "deeds")
    questions, data = loaded(tmp_path, *paths)
    spec = Counted(find_checkpoint(str(minilm)), "float32", "cpu")
    models = Models(spec, (), "it is left out here", tmp_path / "cache")
    transfer_matrix(sources_of(questions, data), models, replicates=100)
    assert spec.asked == [(320, (-1,))]


def test_a_foundation_has_a_verdict_of_its_own(made) -> None:
    _, matrix = made
    rows = [row for row in matrix.table.to_pylist() if row["facet"] == "foundation"]
    assert rows
    assert all(row["above"] is not None and row["verdict"] for row in rows)


def test_a_pair_that_defines_no_direction_does_not_lose_the_others(made, models: Models) -> None:
    (acts, deeds, _), _ = made
    one_pole = dataclasses.replace(
        deeds.question.parts[0],
        seeds=[dataclasses.replace(own, values=own.values * 0) for own in deeds.question.parts[0].seeds],
    )
    broken = dataclasses.replace(deeds, question=dataclasses.replace(deeds.question, parts=[one_pole]))
    matrix = transfer_matrix([acts, broken], models, replicates=REPLICATES)
    row = overall(matrix, "deeds", "acts")
    assert row["value"] is None
    assert row["verdict"] == (
        "left out: the seeds are of one class only (all negative); give seeds of both poles"
    )
    assert overall(matrix, "acts", "acts")["value"] is not None
    with pytest.raises(InputError, match="one class only"):
        transfer_matrix([broken], models, replicates=REPLICATES)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.05, 0.2, "above every null by 0.100 [0.050, 0.200]; strongest: TF-IDF"),
        (-0.05, 0.2, "not distinguishable from TF-IDF: 0.100 [-0.050, 0.200]"),
        (-0.2, -0.05, "below TF-IDF: 0.100 [-0.200, -0.050]"),
        (None, None, "no verdict: too few clusters for an interval"),
    ],
)
def test_verdicts(low, high, words: str) -> None:
    assert verdict({"value": 0.1, "ci_low": low, "ci_high": high, "group": "tfidf"}) == words


def test_no_verdict_without_nulls() -> None:
    assert verdict(None).startswith("no verdict")
