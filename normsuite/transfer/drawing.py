"""The transfer matrix as a drawing: numbers on viridis, which keeps its order for colour-blind readers."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from rich.cells import cell_len

from normsuite.report.text import metric_title, shorten
from normsuite.transfer.matrix import is_above

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NOT_ABOVE: Final = "≈"
"""Stands before a number that is not above its nulls: shape says it, not colour."""

_MUTED: Final = "#595959"
_CELL_INCHES: Final = 0.075
_SETTINGS: Final = {
    "svg.fonttype": "none",
    "svg.hashsalt": "normsuite",
    "text.parse_math": False,
    "font.size": 9.0,
}
_BRIGHT: Final = 0.6  # of viridis, from which on black text has the better contrast


def draw_matrix(table: pa.Table, title: str) -> dict[str, bytes]:
    """The overall cells as a heat map: rows are fitted on, columns are tested on.

    Colour runs from chance to a perfect score, so that cells of different metrics compare. A frame marks
    cells in domain, ``≈`` those that are not above their nulls, a dash those that were left out.

    Args:
        table: rows in ``TRANSFER_SCHEMA``.
        title: the model's name.

    Returns:
        The drawing by its suffix, ``svg`` and ``png``.
    """
    import matplotlib
    from matplotlib.figure import Figure

    cells = {(line["fit"], line["test"]): line for line in table.to_pylist() if not line["facet"]}
    rows, columns = (list(dict.fromkeys(key[at] for key in cells)) for at in (0, 1))
    metrics = {line["test"]: metric_title(line["metric"]) for line in cells.values()}
    labels = [shorten(name, 40) for name in rows]
    tops = [f"{shorten(name, 32)} ({metrics[name]})" for name in columns]
    left, top = _margin(labels), _margin(tops) * 0.66 + 0.35
    width, height, slant = 1.05 * len(columns), 0.55 * len(rows), _margin(tops) * 0.76
    size = max(left + width + slant, 5.6), top + height + 0.6
    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        # A name may hold characters that this font lacks; the file still holds them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure = Figure(figsize=size)
        axes = figure.add_axes((left / size[0], 0.6 / size[1], width / size[0], height / size[1]))
        for row, fit in enumerate(rows):
            for column, test in enumerate(columns):
                _cell(axes, row, column, cells[fit, test])
        _frame(axes, labels, tops)
        figure.text(
            0.1 / size[0], 1 - 0.2 / size[1], f"Fitted on rows, tested on columns: {shorten(title, 60)}"
        )
        legend = (
            f"{NOT_ABOVE} not above its nulls   – left out   frame: in domain   colour: chance to perfect"
        )
        figure.text(0.1 / size[0], 0.15 / size[1], legend, color=_MUTED, fontsize=8)
        return {"svg": _saved(figure, "svg"), "png": _saved(figure, "png")}


def _cell(axes: Axes, row: int, column: int, line: Mapping[str, Any]) -> None:
    import matplotlib
    from matplotlib.colors import to_hex
    from matplotlib.patches import Rectangle

    if line["value"] is None:
        axes.text(column, row, "–", ha="center", va="center", color=_MUTED)
        return
    chance = line["chance"] or 0.0
    share = min(1.0, max(0.0, (line["value"] - chance) / (1 - chance)))
    shade = to_hex(matplotlib.colormaps["viridis"](share))
    edge = "black" if line["domain"] != "across" else "none"
    tile = (column - 0.47, row - 0.46), 0.94, 0.92
    axes.add_patch(Rectangle(*tile, facecolor=shade, edgecolor=edge, linewidth=1.6))
    style = {"ha": "center", "va": "center", "color": "black" if share > _BRIGHT else "white"}
    mark = "" if is_above(line) else f"{NOT_ABOVE} "
    axes.text(column, row - 0.14, f"{mark}{line['value']:.2f}", **style)
    if line["ci_low"] is not None:
        axes.text(column, row + 0.2, f"[{line['ci_low']:.2f}, {line['ci_high']:.2f}]", fontsize=7.5, **style)


def _frame(axes: Axes, rows: Sequence[str], columns: Sequence[str]) -> None:
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(range(len(columns)), columns, rotation=40, ha="left", rotation_mode="anchor")
    axes.xaxis.tick_top()
    axes.tick_params(length=0, pad=4)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _margin(labels: Sequence[str]) -> float:
    return 0.25 + _CELL_INCHES * max((cell_len(label) for label in labels), default=0)


def _saved(figure: Figure, suffix: str) -> bytes:
    sink = io.BytesIO()
    # Without a date and a program's name the same matrix is the same file.
    metadata = {"Date": None, "Creator": None} if suffix == "svg" else {"Software": None}
    figure.savefig(sink, format=suffix, dpi=200, metadata=metadata)
    return sink.getvalue()
