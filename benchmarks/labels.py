"""Items per second of label reads, against lm-evaluation-harness 0.4.13's `hf` backend, in one run.

Both sides get the same prompts (every wording of every three-label item of `mini`, chat template applied),
the same checkpoint, dtype, device and batch size, and tokenise inside the clock. The harness sends one
request per label; normsuite sends one per item. Prints the rates, their ratio, and the largest difference of
log-probabilities.

    pip install -e '.[benchmarks]'
    python benchmarks/labels.py
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from normsuite import folders
from normsuite.adapters.build import load
from normsuite.engines import find_checkpoint
from normsuite.engines.tokens import load_encoder
from normsuite.engines.transformers import TransformersEngine
from normsuite.prompts import load_wordings
from normsuite.scorers.labels import build_requests
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


def normsuite_side(engine: TransformersEngine, asked: list[Question]) -> np.ndarray:
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


def exact_form(engine: TransformersEngine, asked: list[Question]) -> np.ndarray:
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


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, default=folders.tiny())
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3, help="the sides take turns this often")
    given = parser.parse_args()

    from lm_eval.models.huggingface import HFLM

    asked = questions()
    checkpoint = find_checkpoint(str(given.model))
    engine = TransformersEngine(checkpoint, dtype="float32", device="cpu", batch_size=given.batch_size)
    texts = load_encoder(checkpoint).wrap([prompt for prompt, _ in asked])
    lm = HFLM(pretrained=str(given.model), dtype="float32", device="cpu", batch_size=given.batch_size)
    tokens = sum(len(row) for row in engine.encode([prompt for prompt, _ in asked])) / len(asked)
    threads = torch.get_num_threads()
    print(f"{len(asked)} items of three labels, {tokens:.0f} tokens on average, float32, {threads} threads")

    normsuite_side(engine, asked[:64])
    harness_side(lm, texts[:64], asked[:64])
    ours, theirs = [], []
    for _ in range(given.rounds):
        seconds, _ = timed(lambda: normsuite_side(engine, asked))
        ours.append(len(asked) / seconds)
        seconds, scores = timed(lambda: harness_side(lm, texts, asked))
        theirs.append(len(asked) / seconds)
    print(f"normsuite            {statistics.median(ours):8.1f} items/s")
    print(f"lm-eval 0.4.13 (hf)  {statistics.median(theirs):8.1f} items/s")
    print(f"ratio                {statistics.median(ours) / statistics.median(theirs):8.2f}")
    print(f"largest difference of log-probabilities: {np.abs(exact_form(engine, asked) - scores).max():.1e}")


if __name__ == "__main__":
    main()
