"""How close directions come to people: Pearson r on the MoRT user study, by reading, with nulls.

Runs the direction tasks on the study, which needs the study and ETHICS, and prints one line per task:

    python benchmarks/user_study.py MODEL --study PATH --ethics PATH
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from normsuite.engines import find_checkpoint
from normsuite.engines.transformers import TransformersSpec
from normsuite.evaluate import evaluate
from normsuite.questions import prepare
from normsuite.tasks import resolve_tasks

TASKS = "direction-user-study-mort*,direction-user-study"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="a checkpoint folder or hub id")
    parser.add_argument("--study", type=Path, required=True, help="the folder of the user study")
    parser.add_argument("--ethics", type=Path, required=True, help="the folder of ETHICS")
    parser.add_argument("--out", type=Path, help="the run folder; default: a temporary one")
    given = parser.parse_args()
    questions = prepare(resolve_tasks(TASKS), {"mort-user-study": given.study, "ethics": given.ethics})
    with tempfile.TemporaryDirectory() as folder:
        out = given.out or Path(folder) / "run"
        results = (
            evaluate(TransformersSpec(find_checkpoint(given.model)), questions, out).results().to_pandas()
        )
    table = Table(
        "task", "all 113", "93 no seeds", "20 seeds", "nulls up to", "above every null by", title="Pearson r"
    )
    for task, rows in results.groupby("task", sort=False):
        table.add_row(str(task), *_cells(rows))
    Console(width=150).print(table)


def _cells(rows: pd.DataFrame) -> list[str]:
    mine = rows[(rows["scorer"] == "direction") & (rows["metric"] == "pearson")]
    nulls = rows[rows["scorer"].str.startswith("null: ") & (rows["facet"] == "")]
    above = rows[rows["metric"] == "pearson_above_nulls"]
    groups = [("", ""), ("seed", "no"), ("seed", "yes")]
    cells = [_cell(mine[(mine["facet"] == facet) & (mine["group"] == group)]) for facet, group in groups]
    return [*cells, f"{nulls[['value', 'ci_high']].max(axis=None):.3f}", _cell(above)]


def _cell(rows: pd.DataFrame) -> str:
    if rows.empty:
        return "–"
    row = rows.iloc[0]
    return f"{row['value']:.3f} [{row['ci_low']:.3f}, {row['ci_high']:.3f}]"


if __name__ == "__main__":
    main()
