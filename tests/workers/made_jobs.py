"""The settings of the small run, and engines without a model: what workers do with them needs none."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from normsuite.engines import LabelReads
from normsuite.errors import InputError
from normsuite.evaluate import Settings
from normsuite.runs import Run

SETTINGS = Settings(limit=8, replicates=200, part=8)


def tables(run: Run) -> dict[str, bytes]:
    """Everything that a run computed."""
    return {path.name: path.read_bytes() for path in run.path.rglob("*.parquet")}


@dataclass(frozen=True)
class FailingSpec:
    """An engine that fails on starting.

    Attributes:
        how: ``killed``, ``mistake``, ``fault``, or ``hangs`` with a process of its own.
    """

    how: str

    def model(self) -> dict[str, object]:
        return {"name": "none", "revision": "", "sha256": "", "context_length": 1}

    def describe(self) -> dict[str, object]:
        return {"engine": self.how}

    def start(self, log: Path | None = None) -> Any:
        assert log is not None
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")
        match self.how:
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "mistake":
                raise InputError("the weights are torn", file="weights.safetensors", fix="fetch them again")
            case "hangs":
                subprocess.Popen(["sleep", "600"])
                time.sleep(600)
        raise KeyError("a fault of ours")


@dataclass(frozen=True)
class ReckoningSpec:
    """An engine that reckons each label's probability from the letters of the prompt."""

    def model(self) -> dict[str, object]:
        return {"name": "reckoning", "revision": "", "sha256": "", "context_length": 10_000}

    def describe(self) -> dict[str, object]:
        return {"engine": "reckoning"}

    def start(self, log: Path | None = None) -> Any:
        return _Reckoning()


class _Reckoning:
    context_length = 10_000
    parts_in_flight = 1

    def encode(self, prompts):
        return [list(prompt.encode()) for prompt in prompts]

    def label_tokens(self, prompts, words):
        return [(crc32(word.encode()),) for word in words]

    def read_labels(self, prompts, label_ids, advance):
        time.sleep(0.1)  # time enough to be killed in
        drawn = [[crc32(bytes(prompt), label) / 2**32 for (label,) in label_ids] for prompt in prompts]
        log_probs = np.log(np.asarray(drawn) / len(label_ids))
        advance(len(prompts), sum(map(len, prompts)))
        return LabelReads(log_probs, np.exp(log_probs).sum(1), np.ones(len(prompts), bool))

    def close(self) -> None:
        """Nothing is held."""
