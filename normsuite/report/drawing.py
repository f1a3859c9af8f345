"""What all plots share: colours, fonts, margins, and the ways out of matplotlib.

Colours are Okabe and Ito's ("Color Universal Design", 2008), and shape repeats what colour says; scales use
viridis, which grows evenly brighter and keeps its order for colour-blind readers and in grey print.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len

from normsuite.errors import InputError
from normsuite.report import svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FONT_SIZE: Final = 9.0
CELL_INCHES: Final = 0.072
"""Width of one terminal cell of text at ``FONT_SIZE``, a little generous."""
_DOTS_PER_INCH: Final = 300


@dataclass(frozen=True)
class Palette:
    """The colours of a drawing that are no scale."""

    ink: str
    muted: str
    model: str
    baseline: str
    paper: str


PAGE: Final = Palette(svg.INK, svg.MUTED, svg.MODEL_INK, svg.BASELINE, svg.PAPER)
"""Stand-ins for the page's own colours, light or dark."""

PRINT: Final = Palette("#1b1e23", "#5a626d", "#0072b2", "#b34f00", "#ffffff")
"""For files: ink on white paper."""


@contextmanager
def drawing(width: float, height: float, palette: Palette) -> Iterator[Figure]:
    """A figure of ``width`` × ``height`` inches in these colours."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_settings(palette)), _quiet():
        yield Figure(figsize=(width, height))


def axes_within(figure: Figure, left: float, *, bottom: float, top: float, right: float) -> Axes:
    """Axes inside margins given in inches."""
    width, height = figure.get_size_inches()
    return figure.add_axes(
        (left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + top) / height)
    )


def margin(labels: Sequence[str]) -> float:
    """Room in inches for the longest of some labels."""
    return 0.25 + CELL_INCHES * max((cell_len(label) for label in labels), default=0)


def on_page(figure: Figure, key: str, description: str) -> str:
    """A figure drawn in ``PAGE`` as an ``<svg>`` element.

    Args:
        figure: the drawing.
        key: unique on the page; it begins every id inside the drawing.
        description: the text alternative.
    """
    sink = io.StringIO()
    _write(figure, sink, format="svg", transparent=True)
    return svg.inline(sink.getvalue(), key, description)


def to_file(figure: Figure, path: Path) -> None:
    """Write a figure drawn in ``PRINT`` as PNG or SVG, by the name's ending.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        _write(figure, path, dpi=_DOTS_PER_INCH)
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror or error}", file=path) from error


def text_on(shade: tuple[float, ...]) -> str:
    """Black or white, whichever reads better on a colour: by its relative luminance (WCAG 2.2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shade[:3]]
    return "black" if 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.18 else "white"


def _write(figure: Figure, sink: Any, **how: Any) -> None:
    import matplotlib

    with matplotlib.rc_context(_settings(PRINT)), _quiet():
        name = str(sink) if isinstance(sink, Path) else ""
        metadata = {"Software": None} if name.endswith(".png") else {"Date": None}
        figure.savefig(sink, metadata=metadata, **how)


@contextmanager
def _quiet() -> Iterator[None]:
    """On a page the reader's own fonts set the text, so glyphs that matplotlib's lacks are no loss."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def _settings(palette: Palette) -> dict[str, Any]:
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": "normsuite",  # the same drawing has the same ids, so that pages are reproducible
        "text.parse_math": False,
        "font.size": FONT_SIZE,
        "text.color": palette.ink,
        "axes.edgecolor": palette.muted,
        "axes.labelcolor": palette.ink,
        "xtick.color": palette.muted,
        "xtick.labelcolor": palette.ink,
        "ytick.color": palette.muted,
        "ytick.labelcolor": palette.ink,
        "hatch.linewidth": 0.7,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
    }
