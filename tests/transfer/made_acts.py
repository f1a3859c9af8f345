"""Invented acts with a planted direction: kind ones and unkind ones, in two data sets and several places."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from normsuite.questions import Data, data_of
from normsuite.schema import ITEM_SCHEMA, conform, write_table
from normsuite.tasks import AnyTask, load_task
from normsuite.transfer import direction_questions

KIND = ("helps", "thanks", "comforts", "praises")
UNKIND = ("insults", "robs", "beats", "mocks")
WHOM = {
    "acts": ("the old neighbour", "a tired nurse", "the new pupil", "a lost child", "the shy clerk"),
    "deeds": ("a travelling band", "the night guard", "her youngest cousin", "a street vendor", "the choir"),
}
PLACES = ("in the garden", "on Monday", "at the station", "after lunch")


def made_items(dataset: str) -> pa.Table:
    """Acts of one data set: a cluster for each person and place, in one split; half of them kind."""
    rows = [
        (verb, whom, place, kind, verb_at, at)
        for kind, verbs in ((1, KIND), (0, UNKIND))
        for verb_at, verb in enumerate(verbs)
        for at, (whom, place) in enumerate((w, p) for w in WHOM[dataset] for p in PLACES)
    ]
    n = len(rows)
    test = [at % 5 == 0 for *_, at in rows]
    foundation = [["care"] if verb_at % 2 else ["fairness"] for *_, verb_at, _ in rows]
    columns = {
        "id": [f"{dataset}:{verb}-{at}" for verb, *_, at in rows],
        "dataset": dataset,
        "split": np.where(test, "test", "train").tolist(),
        "kind": "label",
        "behavior": [f"{verb} {whom} {place}" for verb, whom, place, *_ in rows],
        "options": pa.array([["unkind", "kind"]] * n, ITEM_SCHEMA.field("options").type),
        "gold": [kind for _, _, _, kind, *_ in rows],
        "valence": [2.0 * kind - 1 for _, _, _, kind, *_ in rows],
        "language": "en",
        "cluster": [f"{dataset}-{at}" for *_, at in rows],
        "categories": pa.array(
            [[("foundation", own)] for own in foundation], ITEM_SCHEMA.field("categories").type
        ),
    }
    return conform(columns, ITEM_SCHEMA, n)


def made_ratings() -> pa.Table:
    """Acts with a rating; one of them lies in the middle, and one is a seed verb."""
    acts = ["to help a child", "to praise a friend", "to mock a guest", "to rob a shop", "to wait", "murder"]
    rating = [0.9, 0.8, 0.1, 0.0, 0.5, 0.05]
    columns = {
        "id": [f"rated:{at}" for at in range(len(acts))],
        "dataset": "rated",
        "split": "test",
        "kind": "rating",
        "behavior": acts,
        "rating": rating,
        "scale_min": 0.0,
        "scale_max": 1.0,
        "language": "en",
        "cluster": acts,
    }
    return conform(columns, ITEM_SCHEMA, len(acts))


def write_data(folder: Path) -> dict[str, Path]:
    """The data sets as files of Items, by name."""
    tables = {"acts": made_items("acts"), "deeds": made_items("deeds"), "rated": made_ratings()}
    for name, table in tables.items():
        write_table(table, folder / f"{name}.parquet")
    return {name: folder / f"{name}.parquet" for name in tables}


def write_task(
    folder: Path, name: str, dataset: str, seeded: str, splits: str = "train", **more: str
) -> Path:
    """A task file about one data set, with seeds from another."""
    poles = "{positive: kind, negative: unkind}"
    lines = {
        "name": f"direction-{name}",
        "title": f"Whether {dataset} are kind",
        "description": "Invented acts.",
        "type": "direction",
        "data": f"{{set: {dataset}}}",
        "texts": "[bare-action]",
        "poles": poles,
        "seeds": f"[{{data: {{set: {seeded}}}, splits: [{splits}], poles: {poles}, texts: [bare-action]}}]",
        "estimator": "{name: difference-in-means}",
        "metrics": "[auroc]",
        "headline": "auroc",
    } | more
    path = folder / f"direction-{name}.yaml"
    path.write_text("".join(f"{key}: {value}\n" for key, value in lines.items()), encoding="utf-8")
    return path


def write_rated(folder: Path) -> Path:
    """A task file about ratings, with verbs for seeds."""
    return write_task(
        folder,
        "rated",
        "rated",
        "rated",
        poles="{}",
        seeds="[{words: verbs, texts: [bare-action]}]",
        estimator="{name: pca}",
        metrics="[pearson]",
        headline="pearson",
    )


def loaded(folder: Path, *paths: Path):
    """The questions of some task files, and the data they were loaded with."""
    data: Data = data_of(write_data(folder))
    tasks: list[AnyTask] = [load_task(path) for path in paths]
    return direction_questions(tasks, data), data
