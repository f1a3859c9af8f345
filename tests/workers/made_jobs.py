"""The settings of the small run, and an engine that fails before it holds a model."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from normsuite.errors import InputError
from normsuite.evaluate import Settings
from normsuite.runs import Run

SETTINGS = Settings(limit=8, replicates=200, part=8)


def tables(run: Run) -> dict[str, bytes]:
    """Everything that a run computed."""
    return {path.name: path.read_bytes() for path in run.path.rglob("*.parquet")}


@dataclass(frozen=True)
class FailingSpec:
    """An engine that fails on starting: what workers do about it needs no model.

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
