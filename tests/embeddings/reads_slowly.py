"""A process that embeds invented texts with normsuite-tiny and keeps them bit by bit: FOLDER COUNT."""

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
    Reader(SPEC, cache=Path(sys.argv[1]), shard=SHARD).read(passages(int(sys.argv[2])), POOLING)
