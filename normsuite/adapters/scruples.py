"""Scruples (Lourie, Le Bras and Choi 2021): what the people of a forum think of real and imagined conflicts.

An anecdote is a post and the votes of those who commented on it: who is in the wrong. A dilemma is a pair of
acts and the votes of crowd workers: which is the less ethical (see ``scruples_dilemmas``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from normsuite.adapters.base import Adapted, Adapter, Facts, Home, RemoteFile
from normsuite.adapters.facets import facets
from normsuite.adapters.json_lines import Fault, Line, read_json_lines
from normsuite.adapters.reading import sha256
from normsuite.adapters.rows import row_lists, same_list
from normsuite.adapters.scruples_dilemmas import dilemma_fault, dilemma_items
from normsuite.errors import InputError
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "scruples"
_RELEASE: Final = "v1.0"
_DATA: Final = f"https://storage.googleapis.com/ai2-mosaic-public/projects/scruples/{_RELEASE}/data"
OPTIONS: Final = ("AUTHOR", "OTHER", "EVERYBODY", "NOBODY", "INFO")
"""Who is in the wrong; INFO: more would have to be known."""

BINARY: Final = ("RIGHT", "WRONG")
"""Whether the author is: RIGHT where OTHER or NOBODY is in the wrong, WRONG where AUTHOR or EVERYBODY is."""

_RIGHT: Final = np.isin(OPTIONS, ("OTHER", "NOBODY"))
_WRONG: Final = np.isin(OPTIONS, ("AUTHOR", "EVERYBODY"))
_POST_TYPES: Final = ("HISTORICAL", "HYPOTHETICAL")
_SPLITS: Final = {"train": "train", "train-extra": "train", "dev": "dev", "test": "test"}
_ANECDOTES: Final = ("scruples-anecdotes", "scruples-corpus")  # the second is the name in the authors' code
_DILEMMAS: Final = ("scruples-dilemmas",)
_OLD_DILEMMAS: Final = "scruples-actions"


def read(raw: Path, view: str = "anecdotes") -> Adapted:
    """All splits of the anecdotes or of the dilemmas that lie in a folder, as one table of Items.

    Args:
        raw: the folder of the ``jsonl`` files or up to two above it, or one of these files.
        view: "anecdotes" (five options), "anecdotes-binary" (two), or "dilemmas".

    Raises:
        InputError: none of the files is there, or one is not UTF-8 text.
    """
    pairs = view == "dilemmas"
    items, set_aside, digests = [ITEM_SCHEMA.empty_table()], [], {}
    seen: set[str] = set()
    for split, path in _files(raw, _DILEMMAS if pairs else _ANECDOTES).items():
        if pairs:
            lines, faulty = read_json_lines(path, lambda row: dilemma_fault(row, seen))
            items.append(dilemma_items(lines, _SPLITS[split], split, path.name))
        else:
            lines, faulty = read_json_lines(path, lambda row: _anecdote_fault(row, view, seen))
            items.append(_anecdotes(lines, split, path.name, binary=view == "anecdotes-binary"))
        set_aside.append(faulty)
        digests[path.name] = sha256(path)
    return Adapted(pa.concat_tables(items), pa.concat_tables(set_aside), files=digests)


def _files(raw: Path, kinds: Sequence[str]) -> dict[str, Path]:
    """The file of each split, by the split's own name; of the first kind of names of which there is any."""
    if not raw.exists():
        raise InputError("no such file or folder", file=raw)
    below = [raw] if raw.is_file() else [path for depth in ("*", "*/*", "*/*/*") for path in raw.glob(depth)]
    for kind in kinds:
        found = _by_split(raw, below, kind)
        if found:
            return found
    wanted = ", ".join(f"{split}.{kinds[0]}.jsonl" for split in ("train", "dev", "test"))
    if kinds == _DILEMMAS and _by_split(raw, below, _OLD_DILEMMAS):
        what = f"holds {_OLD_DILEMMAS}, in which nobody says what gold_label means, and no {kinds[0]}"
        raise InputError(what, file=raw, fix=f"use {wanted} of the release {_RELEASE}")
    raise InputError(f"holds none of {wanted}", file=raw, fix="give the folder of the unpacked archive")


def _by_split(raw: Path, paths: Sequence[Path], kind: str) -> dict[str, Path]:
    names = {f"{split}.{kind}.jsonl": split for split in _SPLITS}
    found: dict[str, Path] = {}
    for path in sorted(path for path in paths if path.name in names and path.is_file()):
        other = found.setdefault(names[path.name], path)
        if other != path:
            what = f"{path.name} lies in several folders: {other.parent}, {path.parent}"
            raise InputError(what, file=raw, fix="name one of them")
    return {split: found[split] for split in _SPLITS if split in found}


def _anecdote_fault(row: dict[str, Any], view: str, seen: set[str]) -> Fault | None:
    """What is wrong with an anecdote, the first thing found; notes its id."""
    for key in ("id", "title", "text"):
        if not isinstance(row.get(key), str):
            return Fault(key, row.get(key), "is no text")
    if not row["id"] or not (row["title"].strip() or row["text"].strip()):
        return Fault("text" if row["id"] else "id", "", "is empty")
    if row["id"] in seen:
        return Fault("id", row["id"], "is an earlier row's id")
    seen.add(row["id"])
    if row.get("post_type") not in _POST_TYPES:
        return Fault("post_type", row.get("post_type"), f"is not one of {', '.join(_POST_TYPES)}")
    action = row.get("action")
    if action is not None and not (isinstance(action, dict) and isinstance(action.get("description"), str)):
        return Fault("action", action, "has no description")
    return _votes_fault(row, view)


def _votes_fault(row: dict[str, Any], view: str) -> Fault | None:
    scores, label = row.get("label_scores"), row.get("label")
    if not isinstance(scores, dict) or set(scores) != set(OPTIONS):
        return Fault("label_scores", scores, f"does not count the votes for {', '.join(OPTIONS)}")
    if not all(type(votes) is int and 0 <= votes < 2**31 for votes in scores.values()):
        return Fault("label_scores", scores, "holds something that is no number of people")
    if label not in OPTIONS:
        return Fault("label", label, f"is not one of {', '.join(OPTIONS)}")
    votes = np.array([scores[option] for option in OPTIONS])
    right, wrong = int(votes[_RIGHT].sum()), int(votes[_WRONG].sum())
    told = row.get("binarized_label_scores")
    if told is not None and told != {"RIGHT": right, "WRONG": wrong}:
        return Fault("binarized_label_scores", told, "are not the sums of label_scores")
    if not votes.any():
        return Fault("label_scores", scores, "is without a vote", invalid=False)
    if scores[label] < votes.max():
        return Fault("label", label, "is not what most people voted for", invalid=False)
    return _binary_fault(row.get("binarized_label"), right, wrong) if view == "anecdotes-binary" else None


def _binary_fault(label: object, right: int, wrong: int) -> Fault | None:
    """What keeps an anecdote from being right or wrong. Older files have no binarized label."""
    if right + wrong == 0:
        return Fault("binarized_label", label, "has no votes but for INFO", invalid=False)
    if label is not None and label not in BINARY:
        return Fault("binarized_label", label, f"is not one of {', '.join(BINARY)}")
    if label is not None and {"RIGHT": right, "WRONG": wrong}[str(label)] < max(right, wrong):
        return Fault("binarized_label", label, "is not what most people voted for", invalid=False)
    return None


def _anecdotes(lines: Sequence[Line], split: str, file: str, *, binary: bool) -> pa.Table:
    """Checked anecdotes as Items."""
    rows, n = [line.row for line in lines], len(lines)
    counts = np.array([[row["label_scores"][option] for option in OPTIONS] for row in rows], np.int32)
    counts = counts.reshape(n, len(OPTIONS))
    right, wrong = counts[:, _RIGHT].sum(axis=1), counts[:, _WRONG].sum(axis=1)
    options, votes = (
        (BINARY, np.stack([right, wrong], axis=1).astype(np.int32)) if binary else (OPTIONS, counts)
    )
    labels = [
        row.get("binarized_label") or BINARY[int(w > r)] for row, r, w in zip(rows, right, wrong, strict=True)
    ]
    golds = labels if binary else [row["label"] for row in rows]
    judged = right + wrong
    columns = {
        "id": [f"{_NAME}:{row['id']}" for row in rows],
        "dataset": _NAME,
        "split": _SPLITS[split],
        "kind": "label",
        "situation": ["\n\n".join(filter(None, (row["title"].strip(), row["text"].strip()))) for row in rows],
        "behavior": [_act(row.get("action")) for row in rows],
        "options": same_list(options, n),
        "gold": [options.index(gold) for gold in golds],
        "votes": row_lists(votes),
        "valence": pa.array((right - wrong) / np.maximum(judged, 1), mask=judged == 0),
        "language": "en",
        "categories": facets(
            {"post_type": pa.array([row["post_type"].lower() for row in rows], pa.string())}
        ),
        "cluster": [str(row.get("post_id") or row["id"]) for row in rows],
        "source": [
            {"row": line.number, "label": gold, "culture": None, "split": split, "file": file}
            for line, gold in zip(lines, golds, strict=True)
        ],
    }
    return conform(columns, ITEM_SCHEMA, n)


def _act(action: dict[str, Any] | None) -> str | None:
    return (action["description"].strip() or None) if action else None


ADAPTER: Final = Adapter(
    name=_NAME,
    title="Scruples",
    home=Home(
        page="https://github.com/allenai/scruples",
        licence="Apache-2.0 (repository); texts are Reddit posts",
        share="no",
        revision=_RELEASE,
        files=tuple(
            RemoteFile(f"{_DATA}/{part}.tar.gz", f"{part}.tar.gz", members=(f"*.scruples-{part}.jsonl",))
            for part in ("anecdotes", "dilemmas")
        ),
    ),
    read=read,
    views=("anecdotes", "anecdotes-binary", "dilemmas"),
    facts=Facts(32_766),
)
