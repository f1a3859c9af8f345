"""Invented word norms in the published layouts. Run as a script, it writes ``tests/data/word-norms``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

JOINT = "Glasgow_MRC_joint_norms_english.xlsx"
INNER = "Glasgow_MRC_joint_norms_inner_join_english_original.xlsx"
TRAIN, TEST = "1_train_random_MRC_Glas.xlsx", "1_test_random_MRC_Glas.xlsx"
GERMAN = "German_words_familiarity_ratings_3195_words_study_1.xlsx"
ICONIC_EN, ICONIC_ES = "iconicity_ratings_english.xlsx", "iconicity_ratings_spanish.xlsx"

Rows = Sequence[Sequence[Any]]

BOTH = (
    *(
        ("lamp", 5.9, 560),
        ("oar", 3.4, 322),
        ("ferry", 4.1, 391),
        ("kettle", 5.2, 548),
        ("mortgage", 4.6, 402),
    ),
    *(("gavotte", 1.3, 127), ("window", 6.7, 640), ("spleen", 2.4, 214), ("pencil", 6.2, 601)),
    *(
        ("anvil", 2.2, 260),
        ("bread", 6.8, 655),
        ("quorum", 1.9, 188),
        ("garden", 6.1, 618),
        ("trowel", 2.8, 297),
    ),
    *(("seal", 4.0, 433), ("match", 5.5, 541)),
)
"""Words that both studies rated."""
GLASGOW_ONLY = (
    *(("seal (animal)", 4.4, None), ("seal (close)", 3.7, None), ("match (fire)", 5.1, None)),
    *(
        ("match(game)", 5.3, None),
        ("selfie", 5.8, None),
        ("podcast", 5.0, None),
        (" router\u00a0", 4.9, None),
    ),
    *(("lamp", 5.8, None), (True, 6.0, None), ("zarf", None, None)),
)
"""Senses, new words, a word with spaces around it, one that is there twice, one turned into a truth value,
and one that nobody rated."""
GERMAN_ROWS = (
    *(("Lampe", 4.6, None, 91.5, 6.1), ("Ruder", 3.1, 3.9, None, 4.0), ("Brot", 5.0, 6.8, 99.0, 6.9)),
    *(("Milz", None, 2.6, None, 2.9), ("Fenster", None, 6.7, 97.2, 6.8), ("Amboss", 2.0, None, 41.0, 2.5)),
    *(("Kessel", 3.4, 3.8, 55.0, None), ("Bär (Tier)", None, None, 80.0, 5.2)),
)
ENGLISH_SOUNDS = (
    *(("fizz", 12, 12, 1.0, 6.4, 0.8), ("thud", 11, 12, 0.92, 6.1, 1.1), ("hiss", 10, 10, 1, 6.6, 0.5)),
    *(("murmur", 11, 11, 1, 5.4, 1.3), ("window", 10, 11, 0.91, 2.0, 1.2), ("quorum", 7, 12, 0.58, 1.8, 1.0)),
    *(("bread", 12, 12, 1, 2.3, 1.4), ("teeny", 10, 10, 1, 5.0, 1.6), ("ice cream", 10, 10, 1, 2.7, 1.5)),
)
SPANISH_SOUNDS = (
    *(("zumbido", 5.9, 1.2, 24, 0), ("susurro", 5.5, 1.4, 25, 0), ("ventana", 2.3, 1.5, 25, 0)),
    *(("chasquido", 6.2, 0.9, 23, 1), ("pan", 2.6, 1.6, 25, 0), ("hipoteca", 1.7, 1.1, 24, 0)),
    *(("maullar", 6.0, 1.0, 24, 0), ("cojín", 2.9, 1.7, 25, 0)),
)


def write(path: Path, head: Sequence[str], rows: Rows) -> Path:
    book = Workbook()
    page = book.active
    for row in (head, *rows):
        page.append(list(row))
    book.save(path)
    return path


def joint(folder: Path, rows: Rows = (*BOTH, *GLASGOW_ONLY)) -> Path:
    return write(folder / JOINT, ["Word", "FAM_Glas", "FAM_MRC"], rows)


def inner(folder: Path, rows: Rows = BOTH) -> Path:
    """MRC's ratings, from 1 to 7 here, beside those as first published."""
    full = [(word, glasgow, mrc, mrc / 100, (glasgow + mrc / 100) / 2) for word, glasgow, mrc in rows]
    return write(folder / INNER, ["Word", "FAM_Glas", "FAM_MRC_OLD", "FAM_MRC", "FAM_Glas_MRC_mean"], full)


def splits(folder: Path, parts: Mapping[str, Rows] | None = None) -> None:
    for name, rows in (parts or {TRAIN: BOTH[:7], TEST: BOTH[7:]}).items():
        full = [(word, glasgow, mrc / 100) for word, glasgow, mrc in rows]
        write(folder / name, ["Word", "FAM_Glas", "FAM_MRC"], full)


def german(folder: Path, rows: Rows = GERMAN_ROWS) -> Path:
    head = ["Word", "Schröder_2011", "Schroeder_2015", "LinguaPix", "Xu_2024"]
    return write(folder / GERMAN, head, rows)


def sounds(folder: Path) -> None:
    write(folder / ICONIC_EN, ["word", "n_ratings", "n", "prop_known", "rating", "rating_sd"], ENGLISH_SOUNDS)
    write(folder / ICONIC_ES, ["word", "ico-m", "ico-sd", "ico-n", "ico-dn"], SPANISH_SOUNDS)


def write_all(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    joint(folder)
    splits(folder)
    german(folder)
    sounds(folder)
    return folder


if __name__ == "__main__":
    write_all(Path(__file__).parents[1] / "data" / "word-norms")
