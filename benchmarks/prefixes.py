"""Prompt tokens computed, of those sent, with and without our ordering of requests.

Five conditions of context x three wordings over the same stories (those of `mini`, put to the tasks
`normad-*`): prompts that share beginnings. vLLM keeps whole blocks of computed prompts and drops the least
recently used; the ordering lets prompts that begin alike follow one another. With a large cache everything
stays; with a small one, as beside a large model, only what meets soon is there.

    python benchmarks/prefixes.py                    # needs vLLM; see the README for its CPU build
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from normsuite import folders
from normsuite.adapters.build import load
from normsuite.engines import find_checkpoint
from normsuite.engines.vllm import VllmSpec
from normsuite.prompts import load_wordings
from normsuite.scorers.requests import Request, build_requests
from normsuite.tasks import resolve_tasks


def made_requests() -> list[Request]:
    """What the five conditions ask about the stories of `mini`, task by task, as a run builds them."""
    rows = [
        row for row in load("mini").items.to_pylist() if row["country"] and row["norm"] and row["situation"]
    ]
    told = [row | {"options": ["yes", "no", "neutral"], "frame": [value_of(row)]} for row in rows]
    found: list[Request] = []
    for task in resolve_tasks("normad-*"):
        found += build_requests(task, load_wordings(task.prompts), told, np.arange(len(told)))
    return found


def value_of(row: dict[str, Any]) -> dict[str, str]:
    """A value that people in the story's country hold, as the adapter of NormAd gives it."""
    return {"subject": "ENV", "name": "value", "relation": "is", "value": f"the ways of {row['zone']}"}


def shares(spec: VllmSpec, requests: list[Request], ordered: bool, log: Path) -> tuple[int, int]:
    """Prompt tokens sent, and those found in the prefix cache, from a cold start."""
    engine = spec.start(log)
    try:
        if not ordered:
            engine.order = as_given
        prompts = [request.prompt for request in requests]
        labels = engine.label_tokens(prompts, sorted(requests[0].words))
        assert labels is not None
        engine.read_labels(engine.encode(prompts), labels)
        return engine.usage.sent, engine.usage.cached
    finally:
        engine.close()


def as_given(prompts: object) -> list[int]:
    """No ordering: request after request as the templates were rendered."""
    return list(range(len(prompts)))  # type: ignore[arg-type]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default=str(folders.tiny()))
    parser.add_argument("--block", type=int, default=32, help="tokens of a cached block (vLLM on a GPU: 16)")
    parser.add_argument("--small", type=int, default=4096, help="tokens that the small cache holds")
    given = parser.parse_args()
    requests = made_requests()
    checkpoint = find_checkpoint(given.model)
    print(f"{len(requests)} prompts: 5 conditions x 3 wordings, blocks of {given.block} tokens")
    with tempfile.TemporaryDirectory() as folder:
        for name, limit in (
            ("large cache", {}),
            (f"{given.small} tokens", {"num_gpu_blocks_override": given.small // given.block}),
        ):
            spec = VllmSpec(
                checkpoint, "float32", options=tuple({"block_size": given.block, **limit}.items())
            )
            for ordered in (False, True):
                sent, cached = shares(spec, requests, ordered, Path(folder) / "engine.log")
                how = "our order" if ordered else "as rendered"
                computed = f"sent {sent:8d}  computed {sent - cached:8d}  share {1 - cached / sent:.3f}"
                print(f"{name:<14}{how:<13} {computed}")


if __name__ == "__main__":
    main()
