"""Invented raw files of the multilingual moral direction and of the questionnaire, and how to look at them.

Run as a script, it writes ``tests/data/multilingual-moral``.
"""

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

SEEDS = ("smile", "hug", "thank", "kill", "harm", "bully", "eat", "lie")
RATED = {
    "hum a tune": (3, 1),
    "mend a kite": (4, 0),
    "hide the bill": (0, 4),
    "thank a guide": (4, 0),
    "lie to a clerk": (1, 3),
    "kill time": (3, 2),
    "eat the last plum": (2, 2),
}
STATEMENTS = "mfq-12.csv"
SAYINGS = (
    *("Someone left a guest hungry.", "Someone counted the votes of one table only."),
    *("Someone mended the village flag.", "Someone stood up when the judge came in."),
    *("Someone wore muddy boots in the chapel.", "Someone knew many rivers by heart."),
    *("Someone carried a neighbour's shopping.", "Someone sold a place in the queue."),
    *("Someone told the other team the plan.", "Someone kept the harvest feast."),
    *("Someone spat into the well.", "Someone kicked a crutch away."),
    *("Someone was kept out of the meeting.", "Someone stayed when the club lost."),
    *("Someone shouted down the umpire.", "Someone fasted before the feast."),
    *("Kindness to the sick matters most.", "A law must weigh on all alike."),
    *("I like to hear our old songs.", "Pupils should learn to heed their teachers."),
    *("One may do vile things if nobody sees.", "A cure is better than a wound."),
    *("Few deeds are finer than to frighten a foal.", "A town needs fair courts first."),
    *("A cousin is to be helped, whatever she did.", "A captain has another part than a cook."),
    *("Some deeds are right, for they are simple.", "It can be right to let someone drown."),
    *("It is right that some inherit all the wells.", "To play along counts for more than to shine."),
    *("I would not obey a foolish order.", "To be pure of heart is worth a lot."),
)
"""What ``mfq-12.csv`` is made of here, in the order of the questionnaire's foundations."""
MULTIPLIERS = (
    -1,
    -1,
    1,
    1,
    -1,
    0,
    1,
    -1,
    -1,
    1,
    -1,
    -1,
    -1,
    1,
    -1,
    1,
    *(1,) * 4,
    -1,
    0,
    -1,
    *(1,) * 4,
    -1,
    -1,
    1,
    -1,
    1,
)

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


def statements() -> list[list[str]]:
    """The rows of ``mfq-12.csv``: number, multiplier, and a statement in each of five languages."""
    rows = [["Question Number", "Multiplier", "en", "de", "ar", "cs", "zh"]]
    for number, (saying, multiplier) in enumerate(zip(SAYINGS, MULTIPLIERS, strict=True)):
        others = [
            f"Aussage, Nr. {number}.",
            f" عبارة {number} ",
            f"Výrok č. {number}.",
            f"陈述{number}\u00a0",
        ]
        rows.append([str(number), str(multiplier), saying, *others])
    rows[1 + 21][4] = ""
    rows[1 + 31][4] = rows[1 + 15][4]
    return rows


def write_statements(folder: Path, rows: Sequence[Sequence[str]]) -> Path:
    """Write ``mfq-12.csv``, which ends its lines as Windows does."""
    with (folder / STATEMENTS).open("w", encoding="utf-8", newline="") as sink:
        csv.writer(sink, lineterminator="\r\n").writerows(rows)
    return folder


def write_all(folder: Path) -> Path:
    """Everything, with the gaps of the published files."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = Raw([*SEEDS, *(action for action in RATED if action != "kill time"), "whittle"])
    raw.tree["de"]["smile"][2][1] = ""
    raw.tree["de"]["whittle"][3][1:] = ["", ""]
    raw.tree["cs"]["hug"][0][0] = " cs\u00a01: hug?"
    votes = "\n".join(["Action,Yes,No", *(f"{action},{yes},{no}" for action, (yes, no) in RATED.items())])
    few = [*range(7), *range(15, 23), 31]
    rows = statements()
    return write_statements(raw.write(folder, votes), [rows[0], *(rows[1 + number] for number in few)])


def item(adapted: Adapted, native: str) -> dict[str, Any]:
    (row,) = adapted.items.filter(pc.equal(adapted.items["id"], f"multilingual-moral:{native}")).to_pylist()
    return row


def texts(row: dict[str, Any]) -> list[str]:
    return [turn["text"] for turn in row["turns"]]


if __name__ == "__main__":
    write_all(Path(__file__).parents[1] / "data" / "multilingual-moral")
