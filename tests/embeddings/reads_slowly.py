"""For each line it is given, a process that embeds invented texts and keeps them bit by bit: FOLDER COUNT.

The process is forked, because importing takes longer than reading. Its number is told, and how it ended.
"""

import os
import sys
from pathlib import Path

from normsuite import folders
from normsuite.embeddings import Passage, Reader
from normsuite.engines import Pooling, find_checkpoint
from normsuite.engines.transformers import TransformersSpec

SPEC = TransformersSpec(find_checkpoint(str(folders.tiny())), "float32", "cpu")
POOLING = Pooling("mean", 2)
SHARD = 8


def passages(count: int) -> list[Passage]:
    """Texts that all differ."""
    return [Passage(f"Guest number {number} thanks the host and leaves.") for number in range(count)]


if __name__ == "__main__":
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    SPEC.start().close()  # imports
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            Reader(SPEC, cache=folder, shard=SHARD).read(passages(count), POOLING)
            os._exit(0)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
