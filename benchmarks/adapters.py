"""How fast and how lean the adapters are, beside ``pandas.read_csv`` of the same file.

Writes full-size files in the official formats (seeded, our own words, with the formats' quirks) into a
temporary folder, where they lie in the page cache. Each reading is timed in a process of its own, the two
sides in turn, and its peak memory is taken above that of the bare imports. The adapter uses two cores in
part, pandas from 3.1 on all of them: CPU time is printed beside the time that passes.

    python benchmarks/adapters.py              full size: 155,423 and 355,922 rows
    python benchmarks/adapters.py --rows 20000
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from normsuite.adapters.social_chem_file import COLUMNS

SEED = 7
REPEATS = 5
TIME_TARGET, MEMORY_TARGET = 2.0, 6.0
SIZES = {"normbank": 155_423, "social-chem-101": 355_922}

CHILD = """
import json, resource, sys, time
from pathlib import Path
import pandas, pyarrow, pyarrow.csv, pyarrow.compute
what, path = sys.argv[1], Path(sys.argv[2])
if what == "pandas":
    def read():
        return len(pandas.read_csv(path, sep="\\t" if path.suffix == ".tsv" else ","))
else:
    from normsuite import cultures
    from normsuite.adapters import get_adapter
    adapter = get_adapter(what)
    def read():
        adapted = adapter.read(path, "")
        return adapted.items.num_rows
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start, busy = time.perf_counter(), time.process_time()
rows = read()
seconds, cpu = time.perf_counter() - start, time.process_time() - busy
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"rows": rows, "seconds": seconds, "cpu": cpu, "bytes": (peak - base) * 1024}))
"""

VOCABULARY = """
asking lending keeping telling sharing waiting paying calling helping leaving friend neighbour sister boss
teacher guest stranger money house dinner phone party secret promise garden letter birthday morning winter
quiet honest rude kind polite early always never without because although after before while every another
should expected understandable wrong good fine okay someone something nobody people family work school
"""
WORDS = VOCABULARY.split()


def sentences(rng: np.random.Generator, n: int, low: int, high: int) -> list[str]:
    """Seeded word salad of ``low`` to ``high`` words."""
    lengths = rng.integers(low, high + 1, n)
    words = np.array(WORDS)[rng.integers(0, len(WORDS), lengths.sum())]
    return [" ".join(part) for part in np.split(words, lengths.cumsum()[:-1])]


def choose(rng: np.random.Generator, values: list[str], n: int) -> np.ndarray:
    return np.array(values, object)[rng.integers(0, len(values), n)]


def constraint_texts(rng: np.random.Generator, n: int) -> list[str]:
    """Constraints of every kind; some values hold commas or apostrophes, some relations are free text."""
    names = ["age bracket", "religion", "social class", "condition or state", "employment"]
    countries = ["japan", "côte d'ivoire", "the united states", "brazil", "india", "kenya"]
    forms = [
        "[PERSON]'s role is '{value}'",
        "[OTHER]'s role is '{value}'",
        "[PERSON]'s {name} is '{value}'",
        "[PERSON]'s behavior is '{value}'",
        "country is '{country}'",
        "time of day is not '{value}, mostly'",
        "[OTHER]'s age bracket is less than or equal to '{number}'",
        "type of gift has '{value}'s own'",
    ]
    parts = zip(
        choose(rng, forms, n),
        sentences(rng, n, 1, 4),
        choose(rng, names, n),
        choose(rng, countries, n),
        rng.integers(1, 99, n),
        strict=True,
    )
    return [f.format(value=v, name=a, country=c, number=k) for f, v, a, c, k in parts]


def write_normbank(path: Path, n: int) -> None:
    """A fifth of the rows repeat an earlier question, as several workers' answers do."""
    rng = np.random.default_rng(SEED)
    n_pairs, n_frames = max(1, n // 8), max(1, n // 3)
    places = [
        f"{word} {place}" for word in WORDS[:26] for place in ("room", "shop", "park", "station", "hall")
    ]
    setting = choose(rng, places[:129], n_pairs)
    behavior = np.array(sentences(rng, n_pairs, 2, 6), object)
    split = rng.choice(["train", "dev", "test"], n_pairs, p=[0.8, 0.1, 0.1])
    single = np.array(constraint_texts(rng, n_frames), object)
    frames = [single[at : at + 1 + at % 4] for at in range(n_frames)]
    pair, frame = rng.integers(0, n_pairs, n), rng.integers(0, n_frames, n)
    again = np.flatnonzero(rng.random(n) < 0.2)
    earlier = (rng.random(len(again)) * again).astype(int)
    pair[again], frame[again] = pair[earlier], frame[earlier]
    label = rng.integers(0, 3, n)
    columns = {
        "setting": setting[pair],
        "behavior": behavior[pair],
        "setting-behavior": (setting + " [BEHAVIOR] " + behavior)[pair],
        "constraints": np.array([" [AND] ".join(each) for each in frames], object)[frame],
        "constraints_given": np.array([" [AND] ".join([*each[:-1], ""]) for each in frames], object)[frame],
        "constraint_predict": np.array([each[-1] for each in frames], object)[frame],
        "norm": np.array(["taboo", "normal", "expected"], object)[label],
        "label": label,
        "split": split[pair],
    }
    pd.DataFrame(columns).to_csv(path, index=False)


def write_social_chem(path: Path, n: int) -> None:
    """Stray quotes in the text, numbers written as floats, empty answers, several annotators of one rule."""
    rng = np.random.default_rng(SEED)
    n_rules, n_situations = max(1, int(n * 0.73)), max(1, int(n * 0.29))
    rule = np.sort(rng.integers(0, n_rules, n))
    situation = rule * n_situations // n_rules
    stories, rots = sentences(rng, n_situations, 10, 30), sentences(rng, n_rules, 6, 14)
    stories[::50] = [f'{text} "quoted' for text in stories[::50]]
    rots[::70] = [f'"{text}" he said' for text in rots[::70]]
    splits = ["train"] * 16 + ["dev", "dev", "test", "test", "dev-extra", "test-extra", "analysis", "none"]
    areas = ["confessions", "dearabby", "rocstories", "amitheasshole"]
    workers = [f"worker-{number}" for number in range(137)]
    area, split = choose(rng, areas, n_situations), choose(rng, splits, n_situations)
    short = np.array([f"{name}/{at:07d}" for at, name in enumerate(area)], object)
    author = choose(rng, workers, n_rules)
    ids = [f"rot/{short[at * n_situations // n_rules]}/{who}/{at}" for at, who in enumerate(author)]
    columns = social_chem_answers(rng, n) | {
        "area": area[situation],
        "split": split[situation],
        "action": np.array(sentences(rng, n_rules, 4, 9), object)[rule],
        "situation": np.array(stories, object)[situation],
        "situation-short-id": short[situation],
        "rot": np.array(rots, object)[rule],
        "rot-id": np.array(ids, object)[rule],
        "rot-worker-id": author[rule],
        "breakdown-worker-id": choose(rng, workers, n),
    }
    with path.open("w", encoding="utf-8", newline="") as sink:
        sink.write("\t".join(COLUMNS) + "\n")
        sink.writelines(
            "\t".join(cells) + "\n" for cells in zip(*(columns[name] for name in COLUMNS), strict=True)
        )


def social_chem_answers(rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
    """What annotators ticked; a rule they rejected has no answers."""
    fives, buckets = ["-2.0", "-1.0", "0.0", "1.0", "2.0", ""], ["0.0", "1.0", "2.0", "3.0", "4.0"]
    characters = ["char-none", "char-0", "char-1"]
    foundations = ["", "care-harm", "care-harm|fairness-cheating", "loyalty-betrayal", "authority-subversion"]
    values = {
        "m": ["1", "3", "5"],
        "rot-agree": buckets,
        "rot-categorization": ["morality-ethics", "social-norms", "advice", "social-norms|advice"],
        "rot-moral-foundations": foundations,
        "rot-char-targeting": characters,
        "rot-bad": ["0"] * 30 + ["1"],
        "rot-judgment": ["it's good", "you should", "it's rude", "it is expected"],
        "action-agency": ["agency"] * 9 + ["experience"],
        "action-moral-judgment": fives,
        "action-agree": buckets,
        "action-legal": ["legal", "legal", "legal", "tolerated", "illegal", ""],
        "action-pressure": fives,
        "action-char-involved": characters,
        "action-hypothetical": ["probable", "hypothetical", "explicit"],
        "n-characters": ["2", "3"],
        "characters": ["narrator|a friend", "narrator|my boss|her sister"],
    }
    columns = {name: choose(rng, among, n) for name, among in values.items()}
    rejected = columns["rot-bad"] == "1"
    for name in ("action-moral-judgment", "action-agree", "action-legal", "action-pressure", "rot-judgment"):
        columns[name][rejected] = ""
    return columns


WRITERS: dict[str, tuple[str, Callable[[Path, int], None]]] = {
    "normbank": ("NormBank.csv", write_normbank),
    "social-chem-101": ("social-chem-101.v1.0.tsv", write_social_chem),
}


def measure(what: str, path: Path) -> dict[str, float]:
    """One reading in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, what, str(path)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def report(name: str, path: Path) -> None:
    """Read in turn with pandas and with the adapter; print medians and ratios."""
    runs: dict[str, list[dict[str, float]]] = {"pandas": [], name: []}
    for what in runs:
        measure(what, path)  # warms the page cache and the compiled modules
    for _ in range(REPEATS):
        for what, found in runs.items():
            found.append(measure(what, path))
    size = path.stat().st_size
    rows = f"{size / 1e6:.0f} MB -> {runs[name][0]['rows']:,} items"
    print(f"{name}: {rows}; median of {REPEATS}, pandas {pd.__version__}, {os.cpu_count()} cores")
    for quantity, aim in (("seconds", f" (target <= {TIME_TARGET:g})"), ("cpu", "")):
        theirs, ours = (statistics.median(run[quantity] for run in found) for found in runs.values())
        title = "time  " if quantity == "seconds" else "CPU   "
        print(f"  {title}  {ours:.2f} s, pandas.read_csv {theirs:.2f} s: ratio {ours / theirs:.2f}{aim}")
    theirs, ours = (max(run["bytes"] for run in found) / size for found in runs.values())
    print(f"  memory  {ours:.1f} x file size, pandas {theirs:.1f} (target <= {MEMORY_TARGET:g})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, help="rows of each file (default: full size)")
    parser.add_argument("--only", choices=sorted(SIZES), help="one data set only")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, (file, write) in WRITERS.items():
            if chosen.only in (None, name):
                path = Path(folder) / file
                # In a process of its own: a child's peak memory counts from its parent's.
                writer = get_context("spawn").Process(target=write, args=(path, chosen.rows or SIZES[name]))
                writer.start()
                writer.join()
                report(name, path)
                path.unlink()


if __name__ == "__main__":
    main()
