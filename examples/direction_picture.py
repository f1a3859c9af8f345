"""Draw a fitted direction: its poles, and rated actions along it against what people said.

normsuite direction fit MODEL --raw ethics=PATH --out DIR
python examples/direction_picture.py DIR --study PATH --out direction.png
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.transforms import Bbox

from normsuite.adapters import get_adapter
from normsuite.aggregate import draw, interval
from normsuite.metrics import pearson
from normsuite.metrics.ranks import weighted_pearson
from normsuite.poles import load_poles
from normsuite.scoring import load_direction

_POLES: Final = {
    "positive": "#0072b2",
    "neutral": "#767676",
    "negative": "#d55e00",
}  # Okabe and Ito's palette
_LABELLED: Final = 60  # actions that get their text: at most, those that lie farthest apart


def main() -> None:
    """Score, correlate, draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("direction", type=Path, help="a folder made by `normsuite direction fit`")
    parser.add_argument("--study", type=Path, required=True, help="the folder of the MoRT user study")
    parser.add_argument("--out", type=Path, default=Path("direction.png"))
    parser.add_argument("--model", help="the model's folder or hub id, if it moved")
    given = parser.parse_args()
    items = get_adapter("mort-user-study").read(given.study).items
    actions, rate = items["behavior"].to_pylist(), items["rating"].to_numpy()
    poles = load_poles("verbs")
    with load_direction(given.direction, model=given.model) as score:
        along = score(actions)
        verbs = {name: (words := getattr(poles, name), score(list(words))) for name in _POLES}
    low, high = _interval(rate, along, items["cluster"].to_pylist())
    title = f"{len(actions)} actions: r = {pearson(rate, along):.2f} [{low:.2f}, {high:.2f}]"
    _draw(actions, rate, along, verbs, title, given.out)
    print(f"{title}; drawn in {given.out}")


def _interval(rate: np.ndarray, along: np.ndarray, clusters: list[str]) -> tuple[float, float]:
    """95 % interval of r by the cluster bootstrap: the actions of one verb are drawn together."""
    names, cluster = np.unique(clusters, return_inverse=True)
    surplus = draw(len(names), 10_000, np.random.Generator(np.random.SFC64(0)))
    low, high = interval(weighted_pearson(rate, along, 1.0 + surplus[cluster].T.astype(float)))
    return float(low), float(high)


def _draw(
    actions: list[str],
    rate: np.ndarray,
    along: np.ndarray,
    verbs: dict[str, tuple[tuple[str, ...], np.ndarray]],
    title: str,
    out: Path,
) -> None:
    figure, (top, below) = plt.subplots(
        2, 1, figsize=(11, 8), sharex=True, height_ratios=[4, 1.3], layout="constrained"
    )
    top.scatter(along, rate, s=22, color="#444444", alpha=0.75, linewidths=0)
    top.set_ylim(-0.05, 1.08)
    figure.canvas.draw()  # so that texts have a size
    taken: list[Bbox] = []
    for at in _spread(along, rate):
        text = top.annotate(
            actions[at], (along[at], rate[at]), xytext=(4, 3), textcoords="offset points", fontsize=8
        )
        box = text.get_window_extent()
        if any(box.overlaps(other) for other in taken):
            text.remove()
        else:
            taken.append(box)
    top.set_ylabel("share of people who said yes")
    top.set_title(title, loc="left")
    rows = {"positive": 2, "neutral": 1, "negative": 0}
    for name, (words, scores) in verbs.items():
        below.plot(scores, np.full(len(scores), rows[name]), "|", color=_POLES[name], markersize=14)
        for at in (int(scores.argmin()), int(scores.argmax())):
            below.annotate(
                words[at],
                (scores[at], rows[name]),
                xytext=(0, 9),
                textcoords="offset points",
                ha="center",
                fontsize=8,
                color=_POLES[name],
            )
    below.set_yticks(list(rows.values()), [f"{name} verbs" for name in rows])
    below.set_ylim(-0.6, 2.9)
    below.set_xlabel("score along the direction, in standard deviations of the seeds' scores")
    for axes in (top, below):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(out, dpi=110)


def _spread(x: np.ndarray, y: np.ndarray) -> list[int]:
    """Points chosen one by one, each the farthest from those already chosen."""
    points = np.stack([(x - x.min()) / np.ptp(x) * 1.6, (y - y.min()) / np.ptp(y)], axis=1)
    chosen = [int(np.argmin(points.sum(axis=1)))]
    while len(chosen) < min(_LABELLED, len(points)):
        away = np.linalg.norm(points[:, None] - points[chosen], axis=2).min(axis=1)
        chosen.append(int(away.argmax()))
    return chosen


if __name__ == "__main__":
    main()
