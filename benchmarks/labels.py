"""Items per second of label reads, against lm-evaluation-harness 0.4.13 on the same engine, in one run.

Both sides get the same prompts (every wording of every three-label item of `mini`, chat template applied),
the same checkpoint, dtype, device, batch size and engine options, and tokenise inside the clock. The harness
sends one request per label; normsuite sends one per item. Prints the rates, their ratio, and the largest
difference of log-probabilities.

    pip install -e '.[benchmarks]'
    python benchmarks/labels.py                   # against the harness's `hf` backend
    python benchmarks/labels.py --engine vllm     # against its `vllm` backend; needs vLLM, see the README
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from normsuite import folders
from normsuite.adapters.build import load
from normsuite.engines import Checkpoint, Engine, find_checkpoint
from normsuite.engines.tokens import load_encoder
from normsuite.engines.transformers import TransformersSpec
from normsuite.engines.vllm import VllmSpec, parse_options
from normsuite.engines.vllm.spec import installed
from normsuite.prompts import load_wordings
from normsuite.scorers.requests import build_requests
from normsuite.tasks import resolve_tasks

Question = tuple[str, tuple[str, ...]]


def questions() -> list[Question]:
    """Every prompt of the three-label tasks on `mini`, with its label words in the order shown."""
    found = []
    for task in resolve_tasks("mini-*"):
        items = load("mini").items
        rows = [row for row in items.to_pylist() if row["options"] == list(task.labels)]
        requests = build_requests(task, load_wordings(task.prompts), rows, np.arange(len(rows)))
        found += [(request.prompt, request.words) for request in requests]
    return found


def normsuite_side(engine: Engine, asked: list[Question]) -> np.ndarray:
    """Log-probabilities [n, 3] the way a run reads them: one request per item."""
    out = np.empty((len(asked), 3))
    for words in sorted({tuple(sorted(words)) for _, words in asked}):
        at = [i for i, (_, shown) in enumerate(asked) if tuple(sorted(shown)) == words]
        prompts = [asked[i][0] for i in at]
        tokens = engine.label_tokens(prompts, words)
        assert tokens is not None
        reads = engine.read_labels(engine.encode(prompts), tokens).log_probs
        column = {word: j for j, word in enumerate(words)}
        for row, i in enumerate(at):
            out[i] = reads[row, [column[word] for word in asked[i][1]]]
    return out


def harness_side(lm: object, texts: list[str], asked: list[Question]) -> np.ndarray:
    """Log-probabilities [n, 3] the harness's way: one request per label."""
    from lm_eval.api.instance import Instance

    pairs = [(text, word) for text, (_, words) in zip(texts, asked, strict=True) for word in words]
    requests = [Instance("loglikelihood", {}, pair, i) for i, pair in enumerate(pairs)]
    scores = lm.loglikelihood(requests, disable_tqdm=True)  # type: ignore[attr-defined]
    return np.array([score for score, _ in scores]).reshape(-1, 3)


def exact_form(engine: Engine, asked: list[Question]) -> np.ndarray:
    """Log-probabilities [n, 3] of the one surface form the harness scores, for the comparison of numbers."""
    out = np.empty((len(asked), 3))
    encoded = engine.encode([prompt for prompt, _ in asked])
    for words in sorted({words for _, words in asked}):
        at = [i for i, (_, shown) in enumerate(asked) if shown == words]
        tokens = engine.continuation_tokens([asked[i][0] for i in at], words)
        out[at] = engine.read_labels([encoded[i] for i in at], tokens).log_probs
    return out


def timed(side: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Seconds of one call, and what it returned."""
    start = time.perf_counter()
    result = side()
    return time.perf_counter() - start, result


def transformers_sides(checkpoint: Checkpoint, given: argparse.Namespace) -> tuple[Engine, object]:
    """Our engine and the harness's, both on transformers."""
    from lm_eval.models.huggingface import HFLM

    engine = TransformersSpec(checkpoint, given.dtype, given.device, given.batch_size).start()
    folder = str(checkpoint.path)
    device = given.device if given.device != "auto" else None
    return engine, HFLM(pretrained=folder, dtype=given.dtype, device=device, batch_size=given.batch_size)


def vllm_sides(checkpoint: Checkpoint, given: argparse.Namespace) -> tuple[Engine, object]:
    """Our engine and the harness's, both on vLLM, with the same engine arguments."""
    spec = VllmSpec(checkpoint, given.dtype, None, tuple(parse_options(given.engine_option).items()))
    os.environ.setdefault("TORCH_COMPILE_DISABLE", spec.environment().get("TORCH_COMPILE_DISABLE", "0"))
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "4")
    show_vllm_to_the_harness()
    engine = spec.start(Path(tempfile.gettempdir()) / "normsuite-labels.log")
    arguments = dict(spec.start_message().arguments)
    for ours in ("model", "tokenizer", "trust_remote_code", "dtype", "disable_log_stats"):
        del arguments[ours]
    from lm_eval.models.vllm_causallms import VLLM

    folder = str(checkpoint.path)
    return engine, VLLM(
        pretrained=folder,
        dtype=given.dtype,
        batch_size="auto",
        **{"max_model_len": engine.context_length, **arguments},
    )


def show_vllm_to_the_harness() -> None:
    """The harness asks for a distribution named `vllm`; the CPU build has another name: say they are one."""
    distribution = installed()
    if distribution == "vllm":
        return
    folder = Path(tempfile.mkdtemp(prefix="vllm-name-"))
    told = folder / f"vllm-{version(distribution)}+cpu.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: vllm\nVersion: {version(distribution)}+cpu\n"
    )
    sys.path.append(str(folder))
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]).rstrip(
        os.pathsep
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, default=folders.tiny())
    parser.add_argument("--engine", choices=["transformers", "vllm"], default="transformers")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--device", default="cpu", help="transformers: a torch device")
    parser.add_argument(
        "--engine-option", action="append", default=[], help="vllm: NAME=VALUE, for both sides"
    )
    parser.add_argument(
        "--batch-size", type=int, default=32, help="transformers: prompts in one forward pass"
    )
    parser.add_argument("--rounds", type=int, default=3, help="the sides take turns this often")
    given = parser.parse_args()

    asked = questions()
    checkpoint = find_checkpoint(str(given.model))
    sides = vllm_sides if given.engine == "vllm" else transformers_sides
    engine, lm = sides(checkpoint, given)
    texts = load_encoder(checkpoint).wrap([prompt for prompt, _ in asked])
    tokens = sum(len(row) for row in engine.encode([prompt for prompt, _ in asked])) / len(asked)
    threads = torch.get_num_threads()
    setting = f"{given.dtype}, {threads} threads"
    print(f"{len(asked)} items of three labels, {tokens:.0f} tokens on average, {setting}")

    normsuite_side(engine, asked[:64])
    harness_side(lm, texts[:64], asked[:64])
    ours, theirs = [], []
    for _ in range(given.rounds):
        seconds, _ = timed(lambda: normsuite_side(engine, asked))
        ours.append(len(asked) / seconds)
        seconds, scores = timed(lambda: harness_side(lm, texts, asked))
        theirs.append(len(asked) / seconds)
    print(f"normsuite            {statistics.median(ours):8.1f} items/s")
    print(f"lm-eval 0.4.13       {statistics.median(theirs):8.1f} items/s")
    print(f"ratio                {statistics.median(ours) / statistics.median(theirs):8.2f}")
    print(f"largest difference of log-probabilities: {np.abs(exact_form(engine, asked) - scores).max():.1e}")
    engine.close()


if __name__ == "__main__":
    main()
