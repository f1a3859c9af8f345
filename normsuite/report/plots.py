"""Plots as inline SVG: text stays text, colours follow the page, every plot carries its own description.

Colours are Okabe and Ito's ("Color Universal Design", 2008), and shape repeats what colour says; the heat
map uses viridis, which grows evenly brighter and keeps its order for colour-blind readers and in grey print.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np
from rich.cells import cell_len

from normsuite.report.cells import Grid
from normsuite.report.rows import Row
from normsuite.report.svg import BASELINE, INK, MODEL_INK, MUTED, PAPER, inline
from normsuite.report.text import FEW_MARK, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FONT_SIZE: Final = 9.0
_CELL_INCHES: Final = 0.072
"""Width of one terminal cell of text at ``_FONT_SIZE``, a little generous."""
_SETTINGS: Final = {
    "svg.fonttype": "none",
    "svg.hashsalt": "normsuite",  # the same drawing has the same ids, so that pages are reproducible
    "text.parse_math": False,
    "font.size": _FONT_SIZE,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
}


def interval_plot(
    rows: Sequence[Row],
    axis: str,
    description: str,
    key: str,
    *,
    model: str = "",
    overall: float | None = None,
) -> str:
    """Estimates with their intervals, one line each, from the top in the order given.

    Args:
        rows: what is drawn; rows without a value leave their line empty.
        axis: the label of the horizontal axis.
        description: the text alternative.
        key: unique on the page; it begins every id inside the drawing.
        model: name of the row that is the model's among baselines; empty if all rows are the model's.
        overall: the model's value over all items, drawn as a thin line.

    Returns:
        An ``<svg>`` element.
    """
    labels = [_label(row) for row in rows]
    left = _margin(labels)
    with _drawing(left + 4.2, 0.62 + 0.23 * len(rows)) as figure:
        axes = _axes(figure, left, bottom=0.5, top=0.08, right=0.12)
        _reference_lines(axes, rows, overall)
        for at, row in enumerate(rows):
            if row.value is not None:
                _estimate(axes, at, row, is_model=not model or row.name == model)
        axes.set_yticks(range(len(rows)), labels)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(*_limits(rows))
        axes.set_xlabel(shorten(axis, 60))
        axes.tick_params(axis="y", length=0, pad=6)
        axes.grid(axis="x", color=MUTED, alpha=0.25, linewidth=0.6)
        axes.set_axisbelow(True)
        return inline(_svg(figure), key, description)


def heat_map(grid: Grid, description: str, key: str) -> str:
    """The metric and the number of items per cell; a cell without items stays blank with a dot.

    Args:
        grid: the cells; the colour runs over ``grid.span``.
        description: the text alternative.
        key: unique on the page; it begins every id inside the drawing.

    Returns:
        An ``<svg>`` element.
    """
    rows, columns = [shorten(name, 30) for name in grid.rows], [shorten(name, 22) for name in grid.columns]
    left, slant = _margin(rows), _margin(columns) * 0.72
    width, height = 0.56 * len(columns), 0.34 * len(rows)
    with _drawing(left + width + slant + 0.1, slant + height + 0.1) as figure:
        axes = _axes(figure, left, bottom=0.05, top=slant, right=slant + 0.05)
        _cells(axes, grid)
        axes.set_yticks(range(len(rows)), rows)
        axes.set_xticks(range(len(columns)), columns, rotation=40, ha="left", rotation_mode="anchor")
        axes.xaxis.tick_top()
        axes.tick_params(length=0, pad=4)
        axes.spines["bottom"].set_visible(False)
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        return inline(_svg(figure), key, description)


@contextmanager
def _drawing(width: float, height: float) -> Iterator[Figure]:
    """A figure of ``width`` × ``height`` inches under the page's settings."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        # The reader's own fonts set the text, so glyphs that matplotlib's lacks are no loss.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield Figure(figsize=(width, height))


def _svg(figure: Figure) -> str:
    sink = io.StringIO()
    figure.savefig(sink, format="svg", transparent=True, metadata={"Date": None})
    return sink.getvalue()


def _axes(figure: Figure, left: float, *, bottom: float, top: float, right: float) -> Axes:
    """Axes inside margins given in inches."""
    width, height = figure.get_size_inches()
    return figure.add_axes(
        (left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + top) / height)
    )


def _margin(labels: Sequence[str]) -> float:
    return 0.25 + _CELL_INCHES * max((cell_len(label) for label in labels), default=0)


def _label(row: Row) -> str:
    return f"{shorten(row.name, 32)} (n {row.n:,})" + (f" {FEW_MARK}" if row.few else "")


def _estimate(axes: Axes, at: int, row: Row, *, is_model: bool) -> None:
    """Filled circles are the model, squares baselines, triangles a ceiling; hollow means few clusters."""
    colour = MODEL_INK if is_model else BASELINE
    if row.low is not None and row.high is not None:
        axes.plot([row.low, row.high], [at, at], color=colour, linewidth=1.8, solid_capstyle="butt")
    face = PAPER if row.few else colour
    axes.plot(
        row.value,
        at,
        marker="o" if is_model else "^" if row.ceiling else "s",
        color=colour,
        markerfacecolor=face,
        markersize=5.5,
    )


def _reference_lines(axes: Axes, rows: Sequence[Row], overall: float | None) -> None:
    """Chance per row (dashed), since groups may differ in it; the overall value across all rows (thin)."""
    for at, row in enumerate(rows):
        if row.chance is not None:
            axes.plot([row.chance] * 2, [at - 0.5, at + 0.5], color=INK, linewidth=1.1, linestyle=(0, (3, 2)))
    if overall is not None:
        axes.axvline(overall, color=MODEL_INK, linewidth=0.8, alpha=0.7)


def _limits(rows: Sequence[Row]) -> tuple[float, float]:
    """0 to 1 where everything lies inside, so that plots compare; else the data's range with some room."""
    numbers = [number for row in rows for number in (row.value, row.low, row.high, row.chance)]
    known = [number for number in numbers if number is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    if low >= 0 and high <= 1:
        return -0.01, 1.01
    room = 0.05 * (high - low) or 0.5
    return low - room, high + room


def _cells(axes: Axes, grid: Grid) -> None:
    import matplotlib
    from matplotlib.colors import to_hex
    from matplotlib.patches import Rectangle

    colours = matplotlib.colormaps["viridis"]
    low, high = grid.span
    for (row, column), value in np.ndenumerate(grid.values):
        count = int(grid.counts[row, column])
        if np.isnan(value):
            axes.text(column, row, f"n {count:,}" if count else "·", ha="center", va="center", color=MUTED)
            continue
        shade = colours((value - low) / ((high - low) or 1.0))
        tile = (column - 0.48, row - 0.47), 0.96, 0.94
        axes.add_patch(Rectangle(*tile, facecolor=to_hex(shade), edgecolor="none"))
        style = {"ha": "center", "va": "center", "color": "black" if _luminance(shade) > 0.18 else "white"}
        axes.text(column, row - 0.13, f"{value:.2f}", fontsize=8, **style)
        axes.text(column, row + 0.24, f"n {count:,}", fontsize=7, **style)


def _luminance(colour: tuple[float, ...]) -> float:
    """Relative luminance of an sRGB colour (WCAG 2.2); above 0.18 black text has the better contrast."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return float(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
