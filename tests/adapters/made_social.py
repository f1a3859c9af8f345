"""Invented rows in the layout of SOCIAL's Parquet file, and the file that the tests of every task read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = pa.schema(
    [
        ("subject", pa.string()),
        ("grade", pa.string()),
        ("skill", pa.string()),
        ("question", pa.string()),
        ("choices", pa.list_(pa.string())),
        ("answer_idx", pa.int64()),
    ]
)
SOCIAL_STUDIES, LANGUAGE_ARTS = "social-studies", "language-arts"


def _row(
    subject: str, grade: str, skill: str, question: str, choices: list[str], answer: int
) -> dict[str, Any]:
    return dict(zip(SCHEMA.names, (subject, grade, skill, question, choices, answer), strict=True))


ROWS = [
    _row(SOCIAL_STUDIES, "grade-1", "taking turns", "Two children want the swing. What is fair?",
         ["Each swings in turn", "The taller one swings"], 0),
    _row(SOCIAL_STUDIES, "grade-1", "taking turns", "A queue has formed at the slide. Where do you stand?",
         ["At the front", "At the end", "Beside the ladder"], 1),
    _row(SOCIAL_STUDIES, "grade-1", "sharing", "There are 6 plums for 3 friends. What is a fair share?",
         ["1 plum each", "2 plums each", "6 plums for one"], 1),
    _row(SOCIAL_STUDIES, "grade-3", "town rules", "Who decides on a by-law in this town?",
         ["The town council", "The post office", "The bakery", "Nobody"], 0),
    _row(SOCIAL_STUDIES, "grade-3", "town rules", "You see a sign: keep off the grass. What do you do?",
         ["Walk around the lawn", "Run across"], 0),
    _row(SOCIAL_STUDIES, "grade-3", "counting votes", "A class votes: 9 for a walk, 4 for a film. The gap?",
         ["4", "5", "9", "13"], 1),
    _row(SOCIAL_STUDIES, "grade-5", "old customs", " Which day was a market day in the poem? ",
         ["Monday ", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"], 2),
    _row(LANGUAGE_ARTS, "grade-2", "polite words", "Someone holds the door for you. What do you say?",
         ["Thank you", "Move"], 0),
    _row(LANGUAGE_ARTS, "grade-2", "polite words", "Which request is more polite?",
         ["Hand it over", "May I have it, please?"], 1),
    _row(LANGUAGE_ARTS, "grade-4", "tone of a letter", "Which opening suits a letter to a mayor?",
         ["Hey you", "Dear Mayor", "What's up", "Yo"], 1),
    _row(LANGUAGE_ARTS, "grade-4", "tone of a letter", "Which word is kinder than 'stingy'?",
         ["thrifty", "greedy", "mean"], 0),
    _row(LANGUAGE_ARTS, "", "reading feelings", "Mona looks down and says little. How may she feel?",
         ["Proud", "Sad"], 1),
    _row(LANGUAGE_ARTS, "grade-5", "long lists", "Which month comes first?",
         ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November"], 0),
]  # fmt: skip


FAULTY = [
    _row(LANGUAGE_ARTS, "grade-4", "reading feelings", "Which word fits?", ["glad", "sad"], 2),
    _row(LANGUAGE_ARTS, "grade-4", "reading feelings", "Which word is left?", ["glad"], 0),
    _row(LANGUAGE_ARTS, "grade-4", "reading feelings", "Which word is missing?", ["glad", " "], 0),
    _row(LANGUAGE_ARTS, "grade-4", "reading feelings", " ", ["glad", "sad"], 0),
]
"""Rows that break the format: an answer that is no option, one option, an empty one, no question."""


def write(path: Path, rows: list[dict[str, Any]] = ROWS, schema: pa.Schema = SCHEMA) -> Path:
    """The rows as a Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    return path
