"""The plots of a report: each a function of numbers and a palette that gives a matplotlib figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from normsuite.report.cells import Grid
from normsuite.report.diagnosis import Calibration, Confusion, Masses
from normsuite.report.drawing import Palette, axes_within, drawing, margin, text_on
from normsuite.report.pairing import Pairing
from normsuite.report.rows import Row
from normsuite.report.text import FEW_MARK, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def interval_plot(
    rows: Sequence[Row], axis: str, palette: Palette, *, model: str = "", overall: float | None = None
) -> Figure:
    """Estimates with their intervals, one line each, from the top in the order given.

    Args:
        rows: what is drawn; rows without a value leave their line empty.
        axis: the label of the horizontal axis.
        palette: the colours.
        model: name of the row that is the model's among baselines; empty if all rows are the model's.
        overall: the model's value over all items, drawn as a thin line.
    """
    labels = [_label(row) for row in rows]
    left = margin(labels)
    with drawing(left + 4.2, 0.62 + 0.23 * len(rows), palette) as figure:
        axes = axes_within(figure, left, bottom=0.5, top=0.08, right=0.12)
        _reference_lines(axes, rows, overall, palette)
        for at, row in enumerate(rows):
            if row.value is not None:
                _estimate(axes, at, row, palette, is_model=not model or row.name == model)
        axes.set_yticks(range(len(rows)), labels)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(*_limits(rows))
        axes.set_xlabel(shorten(axis, 60))
        axes.tick_params(axis="y", length=0, pad=6)
        _faint_grid(axes, palette, "x")
        return figure


def heat_map(grid: Grid, palette: Palette) -> Figure:
    """The metric and the number of items per cell; a cell without items stays blank with a dot.

    Args:
        grid: the cells; the colour runs over ``grid.span``.
        palette: the colours beside the scale.
    """
    rows, columns = [shorten(name, 30) for name in grid.rows], [shorten(name, 22) for name in grid.columns]
    left, slant = margin(rows), margin(columns) * 0.72
    width, height = 0.56 * len(columns), 0.34 * len(rows)
    with drawing(left + width + slant + 0.1, slant + height + 0.1, palette) as figure:
        axes = axes_within(figure, left, bottom=0.05, top=slant, right=slant + 0.05)
        low, high = grid.span
        for (row, column), value in np.ndenumerate(grid.values):
            count = int(grid.counts[row, column])
            if np.isnan(value):
                told = f"n {count:,}" if count else "·"
                axes.text(column, row, told, ha="center", va="center", color=palette.muted)
                continue
            share = (value - low) / ((high - low) or 1.0)
            _tile(axes, row, column, share, f"{value:.2f}", f"n {count:,}")
        axes.set_yticks(range(len(rows)), rows)
        axes.set_xticks(range(len(columns)), columns, rotation=40, ha="left", rotation_mode="anchor")
        axes.xaxis.tick_top()
        _square_cells(axes, len(rows), len(columns))
        return figure


def confusion_matrix(confusion: Confusion, palette: Palette) -> Figure:
    """Of each gold label, the share of readings that gave each label; the diagonal is framed."""
    from matplotlib.patches import Rectangle

    names = [shorten(name, 24) for name in confusion.labels]
    left, slant, size = margin(names) + 0.2, margin(names) * 0.72, len(names)
    with drawing(left + 0.72 * size + slant, slant + 0.5 * size + 0.35, palette) as figure:
        axes = axes_within(figure, left, bottom=0.05, top=slant + 0.25, right=slant)
        for (gold, given), count in np.ndenumerate(confusion.counts):
            share = confusion.shares[gold, given]
            if np.isnan(share):
                axes.text(given, gold, "·", ha="center", va="center", color=palette.muted)
                continue
            _tile(axes, gold, given, float(share), f"{share:.2f}", f"{int(count):,}")
            if gold == given:
                corner = given - 0.48, gold - 0.47
                axes.add_patch(
                    Rectangle(corner, 0.96, 0.94, fill=False, edgecolor=palette.ink, linewidth=1.6)
                )
        axes.set_yticks(range(size), names)
        axes.set_ylabel("gold")
        axes.set_xticks(range(size), names, rotation=40, ha="left", rotation_mode="anchor")
        axes.xaxis.tick_top()
        axes.set_xlabel("given by the model")
        axes.xaxis.set_label_position("top")
        _square_cells(axes, size, size)
        return figure


def calibration_curve(calibration: Calibration, palette: Palette) -> Figure:
    """Accuracy over confidence per bin; area of a mark grows with the readings in its bin."""
    with drawing(4.6, 3.6, palette) as figure:
        axes = axes_within(figure, 0.7, bottom=0.55, top=0.12, right=0.15)
        axes.plot([0, 1], [0, 1], color=palette.ink, linewidth=1.0, linestyle=(0, (3, 2)))
        axes.plot(calibration.confidence, calibration.accuracy, color=palette.model, linewidth=1.2)
        share = calibration.counts / max(int(calibration.counts.sum()), 1)
        axes.scatter(
            calibration.confidence, calibration.accuracy, s=16 + 220 * share, color=palette.model, zorder=3
        )
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel="confidence (top probability)")
        axes.set_ylabel("share right")
        _faint_grid(axes, palette, "both")
        return figure


def mass_histogram(masses: Masses, palette: Palette) -> Figure:
    """How many readings have how much label mass."""
    with drawing(4.6, 2.2, palette) as figure:
        axes = axes_within(figure, 0.8, bottom=0.5, top=0.1, right=0.15)
        width = np.diff(masses.edges)
        axes.bar(masses.edges[:-1], masses.counts, width * 0.92, align="edge", color=palette.model)
        axes.set(xlim=(0, 1), xlabel="probability of all label words together", ylabel="readings")
        _faint_grid(axes, palette, "y")
        return figure


def pairing_scatter(pairing: Pairing, palette: Palette) -> Figure:
    """Each item's place read off embeddings and off answers: filled where the gold is the upper end."""
    with drawing(4.8, 3.9, palette) as figure:
        axes = axes_within(figure, 0.75, bottom=0.55, top=0.12, right=0.15)
        upper = pairing.upper
        for mask, marker, face in ((upper, "o", palette.model), (~upper, "s", palette.paper)):
            axes.scatter(
                pairing.direction[mask],
                pairing.prompted[mask],
                s=18,
                marker=marker,
                facecolor=face,
                edgecolor=palette.model if marker == "o" else palette.baseline,
                linewidth=0.9,
                alpha=0.8,
            )
        axes.axvline(pairing.threshold, color=palette.muted, linewidth=0.8)
        axes.axhline(0.5, color=palette.muted, linewidth=0.8)
        axes.set(xlabel="direction score", ylabel=shorten(pairing.prompted_axis, 44), ylim=(-0.03, 1.03))
        _faint_grid(axes, palette, "both")
        return figure


def _label(row: Row) -> str:
    return f"{shorten(row.name, 32)} (n {row.n:,})" + (f" {FEW_MARK}" if row.few else "")


def _estimate(axes: Axes, at: int, row: Row, palette: Palette, *, is_model: bool) -> None:
    """Filled circles are the model, squares baselines, triangles a ceiling; hollow means few clusters."""
    colour = palette.model if is_model else palette.baseline
    if row.low is not None and row.high is not None:
        axes.plot([row.low, row.high], [at, at], color=colour, linewidth=1.8, solid_capstyle="butt")
    axes.plot(
        row.value,
        at,
        marker="o" if is_model else "^" if row.ceiling else "s",
        color=colour,
        markerfacecolor=palette.paper if row.few else colour,
        markersize=5.5,
    )


def _reference_lines(axes: Axes, rows: Sequence[Row], overall: float | None, palette: Palette) -> None:
    """Chance per row (dashed), since groups may differ in it; the overall value across all rows (thin)."""
    for at, row in enumerate(rows):
        if row.chance is not None:
            span = [at - 0.5, at + 0.5]
            axes.plot([row.chance] * 2, span, color=palette.ink, linewidth=1.1, linestyle=(0, (3, 2)))
    if overall is not None:
        axes.axvline(overall, color=palette.model, linewidth=0.8, alpha=0.7)


def _limits(rows: Sequence[Row]) -> tuple[float, float]:
    """0 to 1 where everything lies inside, so that plots compare; else the data's range with some room."""
    numbers = [number for row in rows for number in (row.value, row.low, row.high, row.chance)]
    known = [number for number in numbers if number is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    if low >= 0 and high <= 1:
        return -0.01, 1.01
    room = 0.05 * (high - low) or 0.5
    return low - room, high + room


def _tile(axes: Axes, row: int, column: int, share: float, value: str, count: str) -> None:
    """One cell of a matrix: a colour of the scale, its number and how many stand behind it."""
    import matplotlib
    from matplotlib.colors import to_hex
    from matplotlib.patches import Rectangle

    shade = matplotlib.colormaps["viridis"](float(share))
    corner = column - 0.48, row - 0.47
    axes.add_patch(Rectangle(corner, 0.96, 0.94, facecolor=to_hex(shade), edgecolor="none"))
    style = {"ha": "center", "va": "center", "color": text_on(shade)}
    axes.text(column, row - 0.13, value, fontsize=8, **style)
    axes.text(column, row + 0.24, count, fontsize=7, **style)


def _square_cells(axes: Axes, rows: int, columns: int) -> None:
    axes.tick_params(length=0, pad=4)
    for side in ("bottom", "top"):
        axes.spines[side].set_visible(False)
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)


def _faint_grid(axes: Axes, palette: Palette, which: str) -> None:
    axes.grid(axis=which, color=palette.muted, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
