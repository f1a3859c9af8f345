"""The dilemmas of Scruples: two acts, and how many of five people found each the less ethical.

Mind the polarity: ``gold_label`` marks the *less* ethical act, as the data's own description has it and as
annotators were asked. The authors' loader says the opposite, and so do the examples in its tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from normsuite.adapters.facets import facets
from normsuite.adapters.json_lines import Fault, Line
from normsuite.adapters.rows import row_lists
from normsuite.schema import ITEM_SCHEMA, conform

_NAME: Final = "scruples"
_EXTRA: Final = "train-extra"
_YES_NO: Final = {True: "yes", False: "no"}
_OF_PAIRS: Final = "is no pair of acts, each with an id and a description"


def dilemma_fault(row: dict[str, Any], seen: set[str]) -> Fault | None:
    """What is wrong with a dilemma, the first thing found.

    Args:
        row: one line.
        seen: ids of earlier lines; the line's own is added.
    """
    if "instances" in row:
        return Fault("instances", row["instances"], "is a sample whose labels have no documented meaning")
    name, actions = row.get("id"), row.get("actions")
    if not isinstance(name, str) or not name:
        return Fault("id", name, "is no text")
    if name in seen:
        return Fault("id", name, "is an earlier row's id")
    seen.add(name)
    if not isinstance(actions, list) or len(actions) != 2 or not all(map(_is_action, actions)):
        return Fault("actions", actions, _OF_PAIRS)
    texts = [action["description"].strip() for action in actions]
    if texts[0] == texts[1]:
        return Fault("actions", texts[0], "stands against itself")
    if type(row.get("controversial", False)) is not bool:
        return Fault("controversial", row["controversial"], "is not one of true, false")
    return _gold_fault(row.get("gold_annotations"), row.get("gold_label"))


def _is_action(action: object) -> bool:
    texts = (action.get("id"), action.get("description")) if isinstance(action, dict) else ()
    return bool(texts) and all(isinstance(text, str) and text.strip() for text in texts)


def _gold_fault(votes: object, label: object) -> Fault | None:
    if not isinstance(votes, list) or len(votes) != 2 or not all(type(n) is int and n >= 0 for n in votes):
        return Fault("gold_annotations", votes, "is no pair of numbers of people")
    if not any(votes):
        return Fault("gold_annotations", votes, "is without a vote", invalid=False)
    if type(label) is not int or label not in (0, 1):
        return Fault("gold_label", label, "is not one of 0, 1")
    if votes[label] < max(votes):
        return Fault("gold_label", label, "is not what most people voted for", invalid=False)
    return None


def dilemma_items(lines: Sequence[Line], split: str, native: str, file: str) -> pa.Table:
    """Checked dilemmas as Items; a hash of both texts decides which act becomes option 0.

    Args:
        lines: of one file.
        split: of Items.
        native: the split as the file's name has it; ``train-extra`` is kept apart as a facet.
        file: the file's name.
    """
    rows, n = [line.row for line in lines], len(lines)
    texts = [[action["description"].strip() for action in row["actions"]] for row in rows]
    swapped = np.array([_swaps(pair) for pair in texts], np.int64)
    votes = np.array([row["gold_annotations"] for row in rows], np.int32).reshape(n, 2)
    at = np.arange(n)[:, None], np.stack([swapped, 1 - swapped], axis=1)
    subset = "extra" if native == _EXTRA else "main"
    divided = [_YES_NO[row["controversial"]] if "controversial" in row else None for row in rows]
    columns = {
        "id": [f"{_NAME}:{row['id']}" for row in rows],
        "dataset": _NAME,
        "split": split,
        "kind": "pair",
        "options": [pair[::-1] if swap else pair for pair, swap in zip(texts, swapped, strict=True)],
        "gold": np.array([row["gold_label"] for row in rows], np.int64) ^ swapped,
        "votes": row_lists(votes[at]),
        "language": "en",
        "categories": facets(
            {"subset": pa.repeat(subset, n), "controversial": pa.array(divided, pa.string())}
        ),
        "cluster": _clusters([[action["id"] for action in row["actions"]] for row in rows]),
        "source": [
            {"row": line.number, "label": str(line.row["gold_label"]), "culture": None}
            | {"split": native, "file": file}
            for line in lines
        ],
    }
    return conform(columns, ITEM_SCHEMA, n)


def _swaps(pair: Sequence[str]) -> int:
    return hashlib.sha256("\0".join(pair).encode()).digest()[0] & 1


def _clusters(acts: Sequence[Sequence[str]]) -> list[str]:
    """What hangs together by shared acts: pairs are named for the first act of all that are connected.

    Args:
        acts: [n][2] ids.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names, code = np.unique(np.array(acts, dtype=object).reshape(-1, 2), return_inverse=True)
    if not len(names):
        return []
    first, second = code.reshape(-1, 2).T
    graph = coo_array((np.ones(len(first)), (first, second)), shape=(len(names), len(names)))
    _, component = connected_components(graph, directed=False)
    _, head = np.unique(component, return_index=True)  # names are sorted: the least of each
    return [str(names[head[component[act]]]) for act in first]
