"""Parts: which are missing, how they are written, and how progress adds up."""

from __future__ import annotations

import pyarrow.parquet as pq
from made_jobs import SETTINGS, tables

from normsuite.workers.parts import Part, Predictor, Tally, missing_parts


def test_every_item_is_in_one_part(job, tiny) -> None:
    made = job(tiny)
    parts = missing_parts(made)
    for question in made.questions:
        sizes = [made.items_of(part) for part in parts if part.task == question.task.name]
        assert sum(sizes) == question.items.num_rows
        assert set(sizes[:-1]) <= {SETTINGS.part} and 0 < sizes[-1] <= SETTINGS.part


def test_parts_on_the_same_rows_follow_one_another_over_tasks(job, tiny) -> None:
    parts = missing_parts(job(tiny))
    assert {part.task for part in parts[:3]} == {"mini-framed", "mini-rules", "mini-stories"}
    assert [part.number for part in parts] == sorted(part.number for part in parts)


def test_a_part_is_written_as_any_other_worker_writes_it_and_missing_no_more(job, tiny, reference) -> None:
    made, part = job(tiny), Part("mini-rules", 1)
    engine, told = tiny.start(), []
    Predictor(made, engine).predict(part, lambda share, tokens: told.append((share, tokens)))
    path = made.run.part_path("mini-rules", "labels", 1)
    assert path.read_bytes() == tables(reference)[path.name]
    assert part not in missing_parts(made)
    assert len(set(pq.read_table(path)["item"].to_pylist())) == made.items_of(part)
    assert told == sorted(told) and told[-1][0] == 1 and told[-1][1] > 0


def test_progress_adds_up_over_parts_and_begins_where_the_run_was(job, tiny) -> None:
    made, told = job(tiny), []
    first, *rest = [part for part in missing_parts(made) if part.task == "mini-rules"]
    total = made.question("mini-rules").items.num_rows
    tally = Tally(made, rest, lambda *step: told.append(step))
    before = made.items_of(first)
    tally.advance(rest[0], 0.5, 100)
    tally.advance(rest[-1], 1.0, 10)
    tally.advance(rest[0], 1.0, 200)
    half, last = made.items_of(rest[0]) // 2, made.items_of(rest[-1])
    assert told == [
        ("mini-rules", before, total, 0),
        ("mini-rules", before + half, total, 100),
        ("mini-rules", before + half + last, total, 110),
        ("mini-rules", before + made.items_of(rest[0]) + last, total, 210),
    ]
