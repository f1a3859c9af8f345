"""A process that writes many small shards: FOLDER FIRST COUNT; says so, waits for a line, and begins."""

import sys
from pathlib import Path

from test_vector_store import OF, put

from normsuite.embeddings.cache import Store

folder, first, count = sys.argv[1:]
store = Store(Path(folder), OF)
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(first), int(first) + int(count), 2):
    put(store, number, number + 1)
