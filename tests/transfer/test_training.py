"""Training rows of a FEET table: none is of an evaluated cluster."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_acts import loaded, write_rated, write_task

from normsuite.errors import InputError
from normsuite.transfer import bench_of


@pytest.fixture
def acts(tmp_path: Path):
    questions, data = loaded(tmp_path, write_task(tmp_path, "a", "acts", "acts"))
    return questions[0], data


def test_labels_are_trained_on_their_own_split(acts) -> None:
    bench = bench_of(*acts)
    (source,) = bench.sources
    assert len(source) == 128
    assert sorted(set(source.values)) == [0.0, 1.0]
    assert not set(source.clusters) & set(bench.items["cluster"].to_pylist())
    assert bench.excluded == 0
    assert bench.items.num_rows == len(bench.texts) == 32


def test_rows_of_evaluated_clusters_are_left_out(acts) -> None:
    question, data = acts
    items = question.adapted.items
    splits = [
        "train" if name.startswith("acts:mocks") else split
        for name, split in zip(items["id"].to_pylist(), items["split"].to_pylist(), strict=True)
    ]
    at = items.schema.get_field_index("split")
    mixed = items.set_column(at, items.schema.field(at), [splits])
    astray = replace(question, adapted=replace(question.adapted, items=mixed))
    bench = bench_of(astray, data)
    assert bench.excluded == 4
    assert bench.sources[0].sha256() == bench_of(question, data).sources[0].sha256()


def test_data_without_training_rows(tmp_path: Path) -> None:
    where = "{set: acts, split: train, train: dev}"
    questions, data = loaded(tmp_path, write_task(tmp_path, "a", "acts", "deeds", data=where))
    with pytest.raises(InputError, match="no training rows apart from the clusters that are evaluated"):
        bench_of(questions[0], data)


def test_most_takes_whole_clusters(acts) -> None:
    bench = bench_of(*acts, most=40)
    (source,) = bench.sources
    assert len(source) == 40
    names, counts = np.unique(source.clusters, return_counts=True)
    assert set(counts) == {8}
    again, other = bench_of(*acts, most=40), bench_of(*acts, most=40, seed=1)
    assert again.sources[0].sha256() == source.sha256() != other.sources[0].sha256()
    assert len(names) == 5


def test_ratings_are_trained_on_their_seeds_and_asked_for_sides(tmp_path: Path) -> None:
    questions, data = loaded(tmp_path, write_rated(tmp_path))
    bench = bench_of(questions[0], data)
    assert bench.items["behavior"].to_pylist() == [
        "to help a child",
        "to praise a friend",
        "to mock a guest",
        "to rob a shop",
        "murder",
    ]
    assert bench.items["gold"].to_pylist() == [1, 1, 0, 0, 0]
    (source,) = bench.sources
    assert "murder" not in source.clusters
    assert bench.excluded == 1


def test_one_direction_per_language_is_refused(tmp_path: Path) -> None:
    questions, data = loaded(tmp_path, write_task(tmp_path, "a", "acts", "acts", per="language"))
    with pytest.raises(InputError, match="one direction per language"):
        bench_of(questions[0], data)
