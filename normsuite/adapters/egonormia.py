"""EgoNormia (Rezaei et al. 2025): what should the wearer of a camera do next, why, and what else would do?

A scenario offers five acts, with a reason for each. One act is the best, several may be sensible; an empty
act stands for none of the others. The situation is the data set's description of the video in words; the
views that end in ``-frames`` take pictures beside it, which the user cuts from Ego4D's videos.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from normsuite.adapters.base import Adapted, Adapter, Facts, Home, RemoteFile
from normsuite.adapters.egonormia_file import Fault, Scenario, read_json, read_scenarios, set_aside
from normsuite.adapters.facets import facets
from normsuite.adapters.images import find_images, with_images
from normsuite.adapters.reading import find_file, sha256
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "egonormia"
NONE: Final = "None of these"
"""How the empty act, and its empty reason, are shown."""
_FILES: Final = ("final_data.json", "*.parquet", "train.json", "train.jsonl", "ood_robot.json")
_ACTIVITIES: Final = "id2high.json"
_COMMIT: Final = "ff33d6a"
_HOME: Final = f"https://github.com/Open-Social-World/EgoNormia/raw/{_COMMIT}/src"
_VIDEO: Final = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_.*", re.DOTALL)
_QUESTIONS: Final = {
    "action": ("action",),
    "justification": ("justification",),
    "both": ("action", "justification"),
    "sensible": ("sensible",),
    "action-frames": ("action",),
    "both-frames": ("action", "justification"),
}
"""What each view asks about a scenario, in this order."""
_FRAMES: Final = "frames"
_MOST_FRAMES: Final = 8


@dataclass(frozen=True)
class _Asked:
    """One question about one scenario."""

    question: str
    scenario: Scenario
    view: str
    images: list[str] | None


def read(raw: Path, view: str = "action") -> Adapted:
    """One judgement, or two, of each scenario.

    Args:
        raw: the file of scenarios in either layout, or a folder that holds it; ``id2high.json``, which names
            the activity of each, is looked for beside it, and pictures in ``frames/<id>/``.
        view: one of ``ADAPTER.views``.

    Raises:
        InputError: no file of scenarios, a file that is not as published, or a picture that is none.
    """
    path = find_file(raw, _FILES)
    scenarios, faults = read_scenarios(path)
    files = {path.name: sha256(path)}
    activities: Mapping[str, str] = {}
    beside = path.with_name(_ACTIVITIES)
    if beside.is_file():
        activities = _read_activities(beside)
        files[_ACTIVITIES] = sha256(beside)
    root, asked = raw if raw.is_dir() else raw.parent, list[_Asked]()
    for scenario in scenarios:
        images = _images(scenario, path, root) if view.endswith("-frames") else None
        unfit = _unfit(scenario, view, images)
        faults += [unfit] if unfit else _notes(scenario)
        if not unfit:
            asked += [_Asked(question, scenario, view, images) for question in _QUESTIONS[view]]
    items = _items(asked, activities, path.name)
    return with_images(Adapted(items, set_aside(faults, path.name), files=files), root)


def _images(scenario: Scenario, path: Path, root: Path) -> list[str]:
    """The pictures of a scenario; an id is a folder's name, and no way out of ``frames``."""
    plain = scenario.id not in (".", "..") and not set("/\\\0") & set(scenario.id)
    return find_images(path.parent / _FRAMES / scenario.id, root, _MOST_FRAMES) if plain else []


def _read_activities(path: Path) -> dict[str, str]:
    """The activity of each scenario by its id."""
    content = read_json(path)
    if not isinstance(content, dict) or not all(isinstance(word, str) and word for word in content.values()):
        raise InputError("is no JSON object of words by id", file=path)
    return content


def _unfit(scenario: Scenario, view: str, images: list[str] | None) -> Fault | None:
    """Why a view cannot ask about a scenario, which breaks no format."""

    def fault(field: str, value: str, reason: str) -> Fault:
        return Fault(scenario.row, field, value, reason, False)

    if images is None and scenario.description is None:
        return fault("desc", scenario.id, "has no description")
    if images == []:
        return fault("id", scenario.id, f"has no pictures in {_FRAMES}")
    for question, field, texts in (
        ("action", "behaviors", scenario.behaviors),
        ("justification", "justifications", scenario.justifications),
    ):
        best = texts[scenario.best]
        if question in _QUESTIONS[view] and texts.count(best) > 1:
            return fault(field, best, "is the text of two options, so that no answer is the right one")
    return None


def _notes(scenario: Scenario) -> list[Fault]:
    """What is odd about a scenario that is kept."""
    if scenario.best in scenario.sensible:
        return []
    reason = "is the best option and not among the sensible ones; the item is kept"
    return [Fault(scenario.row, "correct", str(scenario.best), reason, False)]


def _items(asked: Sequence[_Asked], activities: Mapping[str, str], file: str) -> pa.Table:
    """One item per question; those about one scenario follow one another."""
    n, scenarios = len(asked), [one.scenario for one in asked]
    columns: dict[str, Any] = {
        "id": [f"{_NAME}:{one.scenario.id}:{one.question}" for one in asked],
        "dataset": _NAME,
        "split": "test",
        "kind": ["multilabel" if one.question == "sensible" else "choice" for one in asked],
        "situation": [scenario.description for scenario in scenarios],
        "behavior": [_given_act(one) for one in asked],
        "images": [one.images for one in asked],
        "options": [[text or NONE for text in _texts(one)] for one in asked],
        "gold": [None if one.question == "sensible" else one.scenario.best for one in asked],
        "gold_set": [list(one.scenario.sensible) if one.question == "sensible" else None for one in asked],
        "language": "en",
        "categories": _categories(asked, activities),
        "explanation": [_reason(one) for one in asked],
        "family": [
            scenario.id if len(_QUESTIONS[one.view]) > 1 else None
            for one, scenario in zip(asked, scenarios, strict=True)
        ],
        "cluster": [_cluster(scenario.id) for scenario in scenarios],
        "source": [
            {"row": scenario.row, "label": str(scenario.best), "culture": None, "split": None, "file": file}
            for scenario in scenarios
        ],
    }
    return conform(columns, ITEM_SCHEMA, n)


def _texts(one: _Asked) -> tuple[str, ...]:
    return one.scenario.justifications if one.question == "justification" else one.scenario.behaviors


def _given_act(one: _Asked) -> str | None:
    """The act whose reason is asked for: the best one, unless the model chooses it itself just before."""
    if one.question != "justification" or one.view != "justification":
        return None
    return one.scenario.behaviors[one.scenario.best] or NONE


def _reason(one: _Asked) -> str | None:
    """Why the best act is the best."""
    return None if one.question == "justification" else one.scenario.justifications[one.scenario.best] or None


def _categories(asked: Sequence[_Asked], activities: Mapping[str, str]) -> pa.MapArray:
    """What is asked, the activity, the tags of the best act, and whether that is none of the others."""
    scenarios = [one.scenario for one in asked]
    tags = [list(dict.fromkeys(scenario.tags[scenario.best])) or None for scenario in scenarios]
    best = ["none of these" if not scenario.behaviors[scenario.best] else "an act" for scenario in scenarios]
    columns = {
        "question": pa.array([one.question for one in asked], pa.string()),
        "activity": pa.array([activities.get(scenario.id) for scenario in scenarios], pa.string()),
        "norm": pa.array(tags, pa.list_(pa.string())),
        "best": pa.array(best, pa.string()),
    }
    return facets(columns)


def _cluster(name: str) -> str:
    """The video that a scenario is cut from; of ids of another form, the id."""
    found = _VIDEO.fullmatch(name)
    return found.group(1) if found else name


ADAPTER: Final = Adapter(
    name=_NAME,
    title="EgoNormia",
    home=Home(
        page="https://github.com/Open-Social-World/EgoNormia",
        licence="MIT (annotations; the videos are Ego4D's)",
        share="yes",
        revision=_COMMIT,
        files=(
            RemoteFile(f"{_HOME}/final_dataset/final_data.json", "final_data.json"),
            RemoteFile(f"{_HOME}/extras/{_ACTIVITIES}", _ACTIVITIES),
        ),
    ),
    read=read,
    views=tuple(_QUESTIONS),
    facts=Facts(1_823),
)
