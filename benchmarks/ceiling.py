"""A run's items per second against bare `LLM.generate`, from rendered template to written part.

The ceiling is vLLM itself: the same prompts, tokenised beforehand, with the cheapest sampling parameters (one
token, greedy, no log-probabilities, no text). normsuite renders, tokenises, reads three labels per item and
writes parts inside the clock. Each side has the machine to itself; the bare engine runs in vLLM's own
processes and in one process, and the faster of the two is the ceiling. Starts and a warm-up are not timed.

    python benchmarks/ceiling.py                     # needs vLLM; see the README for its CPU build
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from normsuite import folders
from normsuite.adapters.build import load
from normsuite.engines import Engine, LabelReads, find_checkpoint
from normsuite.engines.vllm import VllmSpec, parse_options
from normsuite.prompts import load_wordings
from normsuite.schema import write_table
from normsuite.scorers import SCORER, design_ranks, predict
from normsuite.tasks import resolve_tasks, select

PART = 1024


def made_items(count: int) -> pa.Table:
    """So many items of three labels: those of `mini-rules`, each told as a numbered case."""
    (task,) = resolve_tasks("mini-rules")
    items = select(task, load("mini").items, "test")
    rows = items.to_pylist()
    made = []
    for number in range(count):
        row = rows[number % len(rows)]
        told = f"Case {number}: {row['behavior']}"
        made.append(row | {"id": f"mini:case-{number}", "behavior": told})
    return pa.Table.from_pylist(made, items.schema)


class Timed:
    """An engine that keeps the time of what is asked of it; threads add up."""

    def __init__(self, engine: Engine) -> None:
        """Wrap ``engine``."""
        self._engine, self._lock = engine, threading.Lock()
        self.seconds = {"tokenising": 0.0, "engine": 0.0}
        self.prompts = 0

    def __getattr__(self, name: str) -> Any:
        """Everything else is the engine's."""
        return getattr(self._engine, name)

    def encode(self, prompts: Sequence[str]) -> list[list[int]]:
        """Tokenise under the clock."""
        start = time.perf_counter()
        encoded = self._engine.encode(prompts)
        self._add("tokenising", start, len(prompts))
        return encoded

    def read_labels(self, *arguments: Any) -> LabelReads:
        """Read under the clock."""
        start = time.perf_counter()
        reads = self._engine.read_labels(*arguments)
        self._add("engine", start, 0)
        return reads

    def _add(self, what: str, start: float, prompts: int) -> None:
        with self._lock:
            self.seconds[what] += time.perf_counter() - start
            self.prompts += prompts


def our_side(
    spec: VllmSpec, items: pa.Table, wordings: int, out: Path
) -> tuple[float, dict[str, float], list[list[int]]]:
    """Wall seconds, seconds by kind of work, and the prompts in the order sent."""
    (task,) = resolve_tasks("mini-rules")
    chosen, ranks = load_wordings(task.prompts)[:wordings], design_ranks(items["id"].to_pylist(), 0)
    engine = spec.start(out / "engine.log")
    predict(task, chosen, items.slice(0, 64), ranks[:64], engine)
    timed = Timed(engine)
    writing = 0.0

    def part(start: int) -> None:
        nonlocal writing
        predictions = predict(task, chosen, items.slice(start, PART), ranks[start : start + PART], timed)
        begin = time.perf_counter()
        write_table(predictions, out / f"{task.name}.{SCORER}.{start // PART:05d}.parquet")
        writing += time.perf_counter() - begin

    begin = time.perf_counter()
    with ThreadPoolExecutor(engine.parts_in_flight) as pool:
        list(pool.map(part, range(0, items.num_rows, PART)))
    wall = time.perf_counter() - begin

    from normsuite.scorers.requests import build_requests

    begin = time.perf_counter()
    texts = [request.prompt for request in build_requests(task, chosen, items.to_pylist(), ranks)]
    rendering = time.perf_counter() - begin
    encoded = engine.encode(texts)
    engine.close()
    return wall, {"rendering": rendering, **timed.seconds, "writing": writing}, encoded


def bare_side(spec: VllmSpec, prompts: Path, in_process: bool) -> float:
    """Wall seconds of bare `LLM.generate` over the prompts, in an interpreter of its own."""
    arguments = dict(spec.start_message().arguments)
    environment = spec.environment() | {"VLLM_ENABLE_V1_MULTIPROCESSING": "0" if in_process else "1"}
    answer = subprocess.run(
        [sys.executable, __file__, "--bare", str(prompts), "--arguments", json.dumps(arguments)],
        env=os.environ | environment | {"VLLM_LOGGING_LEVEL": "ERROR"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return float(answer.stdout.splitlines()[-1])


def bare(prompts: Path, arguments: dict[str, Any]) -> None:
    """The child: time `LLM.generate` and print the seconds."""
    from vllm import LLM, SamplingParams

    encoded = json.loads(prompts.read_text())
    llm = LLM(**arguments)
    cheapest = SamplingParams(max_tokens=1, temperature=0, detokenize=False)
    ask = [{"prompt_token_ids": ids} for ids in encoded]
    llm.generate(ask[:64], cheapest, use_tqdm=False)
    begin = time.perf_counter()
    llm.generate(ask, cheapest, use_tqdm=False)
    print(time.perf_counter() - begin)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default=str(folders.tiny()))
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--wordings", type=int, default=1)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--engine-option", action="append", default=[])
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--arguments", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        bare(given.bare, json.loads(given.arguments))
        return

    spec = VllmSpec(
        find_checkpoint(given.model), given.dtype, None, tuple(parse_options(given.engine_option).items())
    )
    items = made_items(given.items)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        wall, shares, encoded = our_side(spec, items, given.wordings, out)
        prompts = out / "prompts.json"
        prompts.write_text(json.dumps(encoded))
        modes = {"own processes": False, "one process": True}
        seconds = {name: bare_side(spec, prompts, in_process) for name, in_process in modes.items()}
    n = len(encoded)
    tokens = np.mean([len(ids) for ids in encoded])
    described = spec.describe()
    print(
        f"{n} prompts of {items.num_rows} items, {tokens:.0f} tokens on average, {described['version']}, "
        f"{described['device']}, {given.dtype}"
    )
    for name, taken in seconds.items():
        print(f"bare LLM.generate, {name:<14}{n / taken:9.1f} prompts/s")
    print(f"normsuite, template to part      {n / wall:9.1f} prompts/s")
    print(f"ratio to the faster bare engine  {min(seconds.values()) / wall:9.3f}")
    waiting = shares.pop("engine")
    told = ", ".join(f"{name} {taken:.1f} s ({taken / wall:.0%})" for name, taken in shares.items())
    print(f"of {wall:.1f} s, while the engine works: {told}; threads waited {waiting:.1f} s for it together")


if __name__ == "__main__":
    main()
