"""Which part is with whom, when workers come, go and are lost."""

from __future__ import annotations

import pickle

import pytest
from made_jobs import tables

from normsuite.errors import InputError
from normsuite.progress import silent
from normsuite.workers import missing_parts
from normsuite.workers.remote import Done, Ledger, Ready, lean


def test_a_worker_holds_as_many_parts_as_its_engine_takes_and_one_while_it_loads(job, tiny) -> None:
    made = job(tiny)
    parts = missing_parts(made)
    ledger = Ledger(made, parts, 2, silent)
    assert [ledger.take(0), ledger.take(0)] == [parts[0], None]
    ledger.hear(0, Ready(3))
    assert [ledger.take(0), ledger.take(0), ledger.take(0)] == [parts[1], parts[2], None]
    assert ledger.take(1) == parts[3]
    ledger.hear(0, Done(parts[1]))
    assert [ledger.take(0), ledger.take(0)] == [parts[4], None]


def test_parts_of_a_lost_worker_are_next_unless_they_are_in_their_place(job, tiny, reference) -> None:
    made = job(tiny)
    parts = missing_parts(made)[:4]
    ledger = Ledger(made, parts, 2, silent)
    ledger.hear(0, Ready(3))
    assert [ledger.take(0) for _ in range(3)] == parts[:3]
    written = made.run.part_path(parts[1].task, "labels", parts[1].number)
    written.parent.mkdir()
    written.write_bytes(tables(reference)[written.name])
    ledger.lost(0, "SIGKILL")
    ledger.hear(1, Ready(5))
    assert [ledger.take(1) for _ in range(4)] == [parts[0], parts[2], parts[3], None]
    for part in (parts[0], parts[2], parts[3]):
        assert ledger.open
        ledger.hear(1, Done(part))
    assert not ledger.open


def test_a_part_may_lose_two_workers_and_not_three(job, tiny) -> None:
    made = job(tiny)
    first, second = missing_parts(made)[:2]
    ledger = Ledger(made, [first, second], 1, silent)
    for _ in range(2):
        assert ledger.take(0) == first
        ledger.lost(0, "SIGKILL")
    assert ledger.take(0) == first
    ledger.hear(0, Ready(1))
    ledger.hear(0, Done(first))
    for _ in range(2):
        assert ledger.take(0) == second
        ledger.lost(0, "SIGKILL")
    assert ledger.take(0) == second
    with pytest.raises(InputError, match=rf"3 times at the same part \({second.task}, part 0\)"):
        ledger.lost(0, "SIGSEGV")


def test_workers_that_are_lost_before_they_begin_are_not_replaced_for_ever(job, tiny) -> None:
    made = job(tiny)
    ledger = Ledger(made, missing_parts(made), 1, silent)
    ledger.lost(0, "a crash")
    ledger.lost(0, "a crash")
    with pytest.raises(InputError, match="lost 3 times before it began, the last time by a crash"):
        ledger.lost(0, "a crash")


def test_what_travels_is_what_the_parts_need(job, tiny) -> None:
    made = job(tiny)
    there = pickle.loads(pickle.dumps(lean(made)))
    assert len(pickle.dumps(lean(made))) < len(pickle.dumps(made))
    assert missing_parts(there) == missing_parts(made)
    for mine, theirs in zip(made.questions, there.questions, strict=True):
        assert theirs.items.equals(mine.items)
        assert [wording.sha256 for wording in theirs.wordings] == [
            wording.sha256 for wording in mine.wordings
        ]
