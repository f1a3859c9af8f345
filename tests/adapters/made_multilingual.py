"""Invented raw files of the multilingual moral direction, and how to look at what becomes of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from normsuite.adapters import Adapted
from normsuite.adapters.multilingual_questions import STEMS, TRANSLATIONS

ENGLISH = "enumerated-questions.csv"
TRANSLATED = "translated_questions_sorted.json"
STUDY = "userStudy_yes_no_regional.csv"
FIXED = "userStudy_yes_no_regional_fixed.csv"
VOTES = "Action,Yes,No\nhum a tune,3,1\nkill,0,4"
"""A rated action that is no seed verb, and one that is; like the published file without a last line end."""
ACTIONS = ("hum a tune", "kill", "smile", "eat", "whittle")

Tree = dict[str, dict[str, Any]]


class Raw:
    """Invented raw files in the authors' layout, to be changed before they are written."""

    def __init__(self, actions: Sequence[str] = ACTIONS) -> None:
        """Whole files: ten questions about each action in each language."""
        self.rows = [[f"{stem} {action}?", "No, no.", "Yes, yes."] for action in actions for stem in STEMS]
        self.tree: Tree = {
            language: {
                action: [
                    [f"{language} {number}: {action}?", f" {language} yes", f" {language} no"]
                    for number in range(1, 11)
                ]
                for action in actions
            }
            for language in TRANSLATIONS
        }

    def write(self, folder: Path, votes: str | None = VOTES) -> Path:
        """Write both files, and the user study where there are votes."""
        with (folder / ENGLISH).open("w", encoding="utf-8", newline="") as sink:
            csv.writer(sink, lineterminator="\n").writerows(self.rows)
        (folder / TRANSLATED).write_text(json.dumps(self.tree), encoding="utf-8")
        if votes is not None:
            (folder / "user_study").mkdir(exist_ok=True)
            (folder / "user_study" / FIXED).write_text(votes)
        return folder


def item(adapted: Adapted, native: str) -> dict[str, Any]:
    (row,) = adapted.items.filter(pc.equal(adapted.items["id"], f"multilingual-moral:{native}")).to_pylist()
    return row


def texts(row: dict[str, Any]) -> list[str]:
    return [turn["text"] for turn in row["turns"]]
