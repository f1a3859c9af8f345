"""Direction tasks: what ships is sound, what a stranger writes is refused in one line, and what a pole is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform
from normsuite.tasks import (
    DirectionTask,
    Task,
    available_tasks,
    load_task,
    poles_of,
    prompted_only,
    resolve_tasks,
    used_sets,
)

SHIPPED = [name for name in available_tasks() if name.startswith("direction-")]

VALID = """\
name: direction-tea
title: Tea
description: Whether a habit with tea is polite.
type: direction
data:
  set: mini
  where: {style: stories}
texts: [in-country]
poles: {positive: "yes", negative: "no"}
seeds:
  - words: verbs
    texts: [question-stems]
  - data: {set: mini, where: {style: stories}}
    poles: {positive: "yes", negative: "no"}
    texts: [in-country]
    limit: 20
estimator: {name: logistic, options: {C: 1.0}}
preprocessing:
  - {name: centre}
metrics: [auroc, accuracy]
headline: auroc
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write the valid task with one piece of it replaced."""

    def write(old: str = "", new: str = "") -> Path:
        assert old in VALID
        path = tmp_path / "task.yaml"
        path.write_text(VALID.replace(old, new, 1), encoding="utf-8")
        return path

    return write


def test_the_valid_task_is_valid(write: Callable[..., Path]) -> None:
    task = load_task(write())
    assert isinstance(task, DirectionTask)
    assert (task.estimator.name, task.estimator.options) == ("logistic", {"C": 1.0})
    assert [source.words for source in task.seeds] == ["verbs", None]
    assert [source.average for source in task.seeds] == [True, True]
    assert task.seeds[1].splits == ("train",)
    assert (task.reading.position, task.reading.layer, task.reading.after_letters) == ("auto", "auto", False)
    assert (task.per, task.control, task.version) == (None, "", 1)


def test_the_sets_of_seeds_are_used_too(write: Callable[..., Path]) -> None:
    task = load_task(write("{set: mini, where: {style: stories}}\n    poles", "{set: ethics}\n    poles"))
    assert used_sets([task]) == {"mini", "ethics"}
    assert prompted_only([task, *resolve_tasks("mini-rules")]) == resolve_tasks("mini-rules")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_direction_task_names_what_it_is(name: str) -> None:
    (task,) = resolve_tasks(name)
    assert isinstance(task, DirectionTask)
    assert task.headline in ("auroc", "pearson")
    assert task.title and task.description
    for source in task.seeds:  # what is scored is never fitted on
        own = source.data is not None and source.data.set == task.data.set
        assert not own or "test" not in source.splits


def test_a_prompted_task_stays_one() -> None:
    assert all(isinstance(task, Task) for task in resolve_tasks("mini-*"))


CHANGES = {
    "estimator": ("C: 1.0", "C: 2.0"),
    "preprocessing": ("centre", "whiten"),
    "texts": ("texts: [in-country]\npoles", "texts: [situation]\npoles"),
    "seeds": ("limit: 20", "limit: 21"),
    "average": ("limit: 20", "average: false"),
    "poles": ('positive: "yes", negative: "no"}\nseeds', 'positive: "no", negative: "yes"}\nseeds'),
    "reading": ("headline:", "reading: {layer: 3}\nheadline:"),
    "control": ("headline:", "control: None is measured.\nheadline:"),
}


@pytest.mark.parametrize("part", CHANGES)
def test_the_digest_is_of_every_part(part: str, write: Callable[..., Path]) -> None:
    digest = load_task(write()).sha256
    assert load_task(write("title: Tea", "# a remark\ntitle: Tea")).sha256 == digest
    assert load_task(write(*CHANGES[part])).sha256 != digest


BAD: dict[str, tuple[str, str, int | None, str | None, str]] = {
    "unknown key": ("title: Tea", "colour: red\ntitle: Tea", 2, "colour", "unknown key"),
    "a prompted task's key": ("headline:", "labels: {a: b}\nheadline:", 21, "labels", "unknown key"),
    "unknown key of seeds": ("    limit: 20", "    limt: 20", 16, "seeds.1.limt", "unknown key"),
    "no seeds": (
        "seeds:\n  - words: verbs\n",
        "seeds: []\nother:\n  - words: verbs\n",
        10,
        "seeds",
        "at least 1",
    ),
    "no texts": ("texts: [in-country]\npoles", "texts: []\npoles", 8, "texts", "at least 1"),
    "name": ("name: direction-tea", "name: mini-tea", 1, "name", "must begin with 'direction-'"),
    "headline": (
        "headline: auroc",
        "headline: accuracy",
        21,
        "headline",
        "is not one of pearson, spearman, auroc",
    ),
    "headline that is not computed": ("headline: auroc", "headline: pearson", 21, "headline", "is not among"),
    "one pole": (
        'positive: "yes", negative: "no"}\nseeds',
        'positive: "yes"}\nseeds',
        9,
        "poles",
        "`negative`",
    ),
    "poles alike": ('negative: "no"}\nseeds', 'negative: "yes"}\nseeds', 9, "poles", "which differ"),
    "a third pole": ('negative: "no"}\nseeds', 'negative: "no", odd: x}\nseeds', 9, "poles", "`positive`"),
    "a bare yes": (
        'positive: "yes", negative: "no"}\nseeds',
        "positive: yes, negative: no}\nseeds",
        9,
        None,
        "quotes",
    ),
    "words with poles": (
        "  - words: verbs\n",
        '  - words: verbs\n    poles: {positive: "a", negative: "b"}\n',
        None,
        "seeds.0",
        "own poles",
    ),
    "words and data": (
        "  - words: verbs\n",
        "  - words: verbs\n    data: {set: mini}\n",
        None,
        "seeds.0",
        "either",
    ),
    "neither": ("  - words: verbs\n    texts", "  - texts", None, "seeds.0", "either `words` or `data`"),
    "a limit of one": ("limit: 20", "limit: 1", 16, "seeds.1.limit", "greater than or equal to 2"),
    "unknown split": ("limit: 20", "splits: [tests]", 16, "seeds.1.splits.0", "'train', 'dev' or 'test'"),
    "unknown position": (
        "headline:",
        "reading: {position: first}\nheadline:",
        21,
        "reading.position",
        "'last'",
    ),
    "a layer in words": ("headline:", "reading: {layer: top}\nheadline:", 21, None, "layer"),
    "per of another kind": ("headline:", "per: country\nheadline:", 21, "per", "'language'"),
    "per with words": (
        "headline:",
        "per: language\nheadline:",
        21,
        "per",
        "a list of words has no languages",
    ),
    "another type": ("type: direction", "type: vector", None, None, "."),
    "an estimator without a name": ("{name: logistic, options: {C: 1.0}}", "{C: 1.0}", 17, None, "."),
    "an estimator in a word": (
        "{name: logistic, options: {C: 1.0}}",
        "logistic",
        17,
        "estimator",
        "no mapping",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_faulty_file_is_refused_in_one_line(case: str, write: Callable[..., Path]) -> None:
    old, new, row, field, message = BAD[case]
    with pytest.raises(InputError, match=message) as caught:
        load_task(write(old, new))
    assert "\n" not in str(caught.value)
    if row is not None:
        assert caught.value.row == row
    if field is not None:
        assert (caught.value.field or "").startswith(field)


# Poles


def table(rows: list[dict[str, Any]]) -> pa.Table:
    plain = {"dataset": "made", "split": "test", "kind": "label"}
    whole = [{"id": f"made:{at}", "cluster": "c"} | plain | row for at, row in enumerate(rows)]
    columns = {name: [row.get(name) for row in whole] for name in ITEM_SCHEMA.names}
    return conform(columns, ITEM_SCHEMA, len(rows))


def poles(rows: list[dict[str, Any]], **named: str) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in poles_of(table(rows), named)]


OPTIONS = ["rude", "neutral", "polite"]


def test_options_stand_for_poles_by_their_names() -> None:
    rows = [{"options": OPTIONS, "gold": gold} for gold in (0, 1, 2, None)]
    rows.append({"options": ["polite", "rude"], "gold": 0})  # in any order
    assert poles(rows, positive="polite", negative="rude") == [0, None, 1, None, 1]


def test_valence_stands_for_poles_by_its_sign() -> None:
    rows = [{"options": OPTIONS, "valence": valence} for valence in (-1.0, -0.1, 0.0, 0.5, None)]
    assert poles(rows) == [0, 0, None, 1, None]


def test_a_rating_stands_by_its_place_on_its_scale() -> None:
    scale = {"kind": "rating", "scale_min": 1.0, "scale_max": 5.0}
    assert poles([{**scale, "rating": rating} for rating in (1.0, 3.0, 4.0, 5.0)]) == [0, 0.5, 0.75, 1]
    assert poles([{**scale, "scale_max": 1.0, "rating": 1.0}]) == [None]  # a scale of one point has no poles


def test_an_option_that_no_item_has_is_refused() -> None:
    rows = [{"options": OPTIONS, "gold": 0}]
    with pytest.raises(InputError, match="no item has the option 'nice'") as caught:
        poles(rows, positive="nice", negative="rude")
    assert caught.value.field == "poles.positive"


def test_no_items_have_no_poles() -> None:
    assert poles([]) == poles([], positive="a", negative="b") == []


OFFSET = """\
name: direction-tea
title: Tea
description: Whether a rule fits its story.
type: direction
data: {set: mini}
texts: [bare-action, situation]
seeds:
  - data: {set: mini}
    texts: [bare-action, situation]
estimator: {name: difference-in-means}
reading: {combine: difference}
metrics: [auroc]
headline: auroc
"""


def test_an_offset_is_of_two_texts_in_items_and_seeds(tmp_path: Path) -> None:
    path = tmp_path / "task.yaml"
    path.write_text(OFFSET)
    task = load_task(path)
    assert isinstance(task, DirectionTask)
    assert task.reading.combine == "difference"
    mean = tmp_path / "mean.yaml"
    mean.write_text(OFFSET.replace("difference}", "mean}"))
    assert load_task(mean).sha256 != task.sha256


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("\ntexts: [bare-action, situation]", "\ntexts: [bare-action]", "texts"),
        ("  texts: [bare-action, situation]", "  texts: [bare-action]", "seeds"),
        ("  - data: {set: mini}", "  - words: verbs", "seeds"),
        ("    texts:", "    average: false\n    texts:", "seeds"),
        ("combine: difference", "combine: product", "combine"),
    ],
)
def test_an_offset_of_anything_else_is_refused(tmp_path: Path, old: str, new: str, field: str) -> None:
    assert OFFSET.count(old) == 1
    path = tmp_path / "task.yaml"
    path.write_text(OFFSET.replace(old, new))
    with pytest.raises(InputError, match=field):
        load_task(path)
