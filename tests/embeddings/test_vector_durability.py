"""Vectors of processes that are killed, and of processes that write at once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import reads_slowly
from test_vector_store import OF, assert_holds, keys_of, vectors_of

from normsuite.embeddings import Reader
from normsuite.embeddings.cache import Store
from normsuite.embeddings.passages import distinct
from normsuite.embeddings.reader import describe_vectors

HERE = Path(__file__).parent
COUNT = 2000
KEYS = distinct(reads_slowly.passages(COUNT), spans=False)[0]


def kept(folder: Path) -> int:
    """How many of the passages are in the cache."""
    store = Store(folder, describe_vectors(reads_slowly.SPEC, reads_slowly.POOLING))
    return int(store.find(KEYS)[0].sum())


def test_a_kill_loses_at_most_the_shard_in_flight_and_nothing_is_read_twice(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, HERE / "reads_slowly.py", str(tmp_path), str(COUNT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as forker:
        for _ in range(2):
            before = kept(tmp_path)
            forker.stdin.write("read\n")
            reader = int(forker.stdout.readline())
            deadline = time.monotonic() + 120
            while kept(tmp_path) < before + 10 * reads_slowly.SHARD:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            os.kill(reader, signal.SIGKILL)
            assert int(forker.stdout.readline()) == -signal.SIGKILL
            after = kept(tmp_path)
            assert before + 10 * reads_slowly.SHARD <= after < COUNT
            assert after % reads_slowly.SHARD == 0
        forker.stdin.close()

    told: list[int] = []
    with Reader(reads_slowly.SPEC, cache=tmp_path) as reader:
        vectors = reader.read(
            reads_slowly.passages(COUNT), reads_slowly.POOLING, lambda done, total: told.append(done)
        )
    assert told[0] == after
    with Reader(reads_slowly.SPEC) as reader:
        some = reader.read(reads_slowly.passages(200), reads_slowly.POOLING)
    np.testing.assert_allclose(vectors[:200], some, atol=1e-4)
    assert np.isfinite(vectors).all()


def test_two_processes_write_at_once_while_a_third_reads(tmp_path: Path) -> None:
    # They write the same rows from 100 to 199, too.
    writers = [
        subprocess.Popen(
            [sys.executable, HERE / "writes_in_turn.py", str(tmp_path), first, "200"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for first in ("0", "100")
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("begin\n")
        writer.stdin.flush()
    store, keys, seen = Store(tmp_path, OF), keys_of(*range(300)), np.zeros(300, bool)
    while any(writer.poll() is None for writer in writers):
        found, vectors = store.find(keys)
        assert found[seen].all()
        seen = found
        if found.any():
            np.testing.assert_array_equal(vectors, vectors_of(*np.flatnonzero(found).tolist()))
    assert [(writer.communicate()[1], writer.returncode) for writer in writers] == [("", 0)] * 2
    assert_holds(Store(tmp_path, OF), list(range(300)), set(range(300)))
