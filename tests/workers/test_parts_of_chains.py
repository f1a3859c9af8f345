"""Parts of a chain: a family is asked by one worker."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from normsuite.questions import prepare
from normsuite.tasks import resolve_tasks
from normsuite.workers.parts import Part, missing_parts

DATA = Path(__file__).parents[1] / "data" / "egonormia"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 16, 100])
def test_no_part_splits_a_family(job, tiny, size: int) -> None:
    questions = prepare(resolve_tasks("egonormia-both,egonormia-action"), {"egonormia": DATA})
    made = replace(job(tiny), questions=questions, size=size)
    both, action = questions
    parts = [part for part in missing_parts(made) if part.task == "egonormia-both"]
    families = [set(both.items["family"].to_pylist()[slice(*made.rows_of(part))]) for part in parts]
    assert sum(map(len, families)) == len(set().union(*families)) == both.items.num_rows // 2
    assert sum(map(made.items_of, parts)) == both.items.num_rows
    assert [part.number for part in parts] == list(range(len(parts)))
    assert made.items_of(Part("egonormia-action", 0)) == min(size, action.items.num_rows)
