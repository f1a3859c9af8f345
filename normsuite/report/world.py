"""A map of the world by country. ``shipped/world.md`` names the source of the outlines and their licence."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from markupsafe import Markup, escape

from normsuite import folders
from normsuite.aggregate import FEW_CLUSTERS
from normsuite.report.drawing import Palette, axes_within, drawing, text_on
from normsuite.report.rows import Row
from normsuite.report.text import interval, number, visible

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.path import Path as Outline

_DOT: Final = 3.4
"""Radius of a country that is too small for an outline."""
_BARE: Final = "#c3c9d0"
"""Of outlines without data, in files."""

_STEP: Final = 0.05
"""What the ends of the scale are rounded to."""

# viridis at 0, 1/8, … 1, as matplotlib has it: so that a page needs no matplotlib for its legend.
_SCALE: Final = (
    *("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c"),
    *("#28ae80", "#5ec962", "#addc30", "#fde725"),
)


@dataclass(frozen=True)
class World:
    """Outlines as SVG paths and places of small countries, by ISO 3166-1 alpha-3.

    Attributes:
        width, height: of the map they lie on.
        shapes: outlines.
        unnamed: outlines of places without a code.
        points: centres of countries too small for an outline.
    """

    width: float
    height: float
    shapes: Mapping[str, str]
    unnamed: Sequence[str]
    points: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Mapped:
    """A metric by country.

    Attributes:
        rows: one per country, ``key`` its code; all have a value and a place on the map.
        low, high: the ends of the colour scale.
        unplaced: names of countries with a value that the map does not have.
    """

    rows: tuple[Row, ...]
    low: float
    high: float
    unplaced: tuple[str, ...]


@cache
def world() -> World:
    """The shipped outlines."""
    told = json.loads(folders.world().read_text(encoding="utf-8"))
    points = {code: (x, y) for code, (x, y) in told["points"].items()}
    return World(told["width"], told["height"], told["shapes"], told["unnamed"], points)


def mapped(rows: Sequence[Row]) -> Mapped | None:
    """The countries that have a value; None where none is on the map."""
    known = [row for row in rows if row.value is not None]
    placed = [row for row in known if row.key in world().shapes or row.key in world().points]
    if not placed:
        return None
    values = [row.value for row in placed if row.value is not None]
    low, high = (
        round(end(value / _STEP) * _STEP, 6)
        for end, value in ((math.floor, min(values)), (math.ceil, max(values)))
    )
    unplaced = tuple(row.name for row in known if row not in placed)
    return Mapped(tuple(placed), low, high if high > low else low + _STEP, unplaced)


def outlines() -> Markup:
    """What all maps of a page share, once: the outlines and the hatchings."""
    shapes = "".join(f'<path id="w-{escape(code)}" d="{escape(d)}"/>' for code, d in world().shapes.items())
    shapes += "".join(f'<path d="{escape(d)}"/>' for d in world().unnamed)
    stops = "".join(
        f'<stop offset="{at / (len(_SCALE) - 1)}" stop-color="{colour}"/>' for at, colour in enumerate(_SCALE)
    )
    turned = 'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"'
    return Markup(  # noqa: S704 - numbers and codes of a file of this package, escaped
        '<svg class="defs" width="0" height="0" aria-hidden="true" focusable="false"><defs>'
        f'<pattern id="w-none" width="5" height="5" {turned}><rect class="w-bare" width="5" height="5"/>'
        '<path class="w-line" d="M0,0V5"/></pattern>'
        f'<pattern id="w-few" width="6" height="6" {turned}><path class="w-halo" d="M0,0V6"/>'
        '<path class="w-core" d="M0,0V6"/></pattern>'
        f'<linearGradient id="w-scale">{stops}</linearGradient><g id="w-all">{shapes}</g></defs></svg>'
    )


def on_page(found: Mapped, key: str, description: str) -> Markup:
    """The map as an ``<svg>`` element on a page that holds ``outlines``.

    Args:
        found: the countries.
        key: unique on the page; it begins every id inside the drawing.
        description: the text alternative.
    """
    drawn = "".join(_country(row, found) for row in found.rows)
    return Markup(  # noqa: S704 - what comes from data is escaped
        f'<svg class="world" viewBox="0 0 {world().width:g} {world().height:g}" role="img" '
        f'aria-labelledby="{escape(key)}-title">'
        f'<title id="{escape(key)}-title">{escape(visible(description))}</title>'
        f'<use href="#w-all" fill="url(#w-none)"/>{drawn}</svg>'
    )


def figure(found: Mapped, axis: str, palette: Palette) -> Figure:
    """The map for a file, with its scale below.

    Args:
        found: the countries.
        axis: what the colours stand for.
        palette: the colours beside the scale.
    """
    from matplotlib.patches import Circle, Patch, PathPatch

    shown, by_code = world(), {row.key: row for row in found.rows}
    with drawing(9.0, 9.0 * shown.height / shown.width + 0.75, palette) as made:
        axes = axes_within(made, 0.0, bottom=0.75, top=0.0, right=0.0)
        bare = {"facecolor": palette.paper, "edgecolor": _BARE, "hatch": "/////", "linewidth": 0.4}
        for code, d in [*shown.shapes.items(), *(("", d) for d in shown.unnamed)]:
            outline = _outline(d)
            for style in _faces(by_code[code], found, palette) if code in by_code else [bare]:
                axes.add_patch(PathPatch(outline, **style))
        for code in sorted(by_code.keys() & shown.points.keys()):
            for style in _faces(by_code[code], found, palette):
                axes.add_patch(Circle(shown.points[code], _DOT, **style))
        axes.set(xlim=(0, shown.width), ylim=(shown.height, 0), aspect="equal")
        axes.axis("off")
        few = {"facecolor": _SCALE[5], "edgecolor": palette.ink, "hatch": "/////", "linewidth": 0}
        keys = [Patch(label=f"fewer than {FEW_CLUSTERS} clusters", **few), Patch(label="no data", **bare)]
        made.legend(handles=keys, loc="lower right", frameon=False, ncols=2)
        scale = made.add_axes((0.03, 0.09, 0.35, 0.03))
        scale.imshow(np.linspace(0, 1, 256)[None, :], aspect="auto", cmap="viridis")
        scale.set(yticks=[], xticks=[0, 255])
        scale.set_title(axis, fontsize=9)
        scale.set_xticklabels([f"{found.low:g}", f"{found.high:g}"])
        return made


def _country(row: Row, found: Mapped) -> str:
    """One country: its outline or point in its colour, hatched where few clusters stand behind it."""
    code = escape(row.key)
    place = world().points.get(row.key)
    told = f"{row.name}: {number(row.value)} {interval(row.low, row.high)}, n {row.n:,}"
    told += f", fewer than {FEW_CLUSTERS} clusters" if row.few else ""
    shape = (
        f'<use href="#w-{code}" {{}}/>'
        if place is None
        else f'<circle cx="{place[0]:g}" cy="{place[1]:g}" r="{_DOT}" {{}}/>'
    )
    layers = shape.format(f'fill="{_colour(row, found)}"')
    layers += shape.format('fill="url(#w-few)"') if row.few else ""
    return f'<g class="w-place"><title>{escape(visible(told))}</title>{layers}</g>'


def _faces(row: Row, found: Mapped, palette: Palette) -> list[dict[str, object]]:
    """How a country is filled, in layers: its colour; where few clusters stand behind it, hatched."""
    colour = _colour(row, found)
    layers: list[dict[str, object]] = [{"facecolor": colour, "edgecolor": palette.ink, "linewidth": 0.3}]
    if row.few:
        shade = tuple(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        layers.append({"facecolor": "none", "edgecolor": text_on(shade), "hatch": "/////", "linewidth": 0})
    return layers


def _colour(row: Row, found: Mapped) -> str:
    """The colour of a value, between the two nearest of the scale's."""
    share = ((row.value or 0.0) - found.low) / (found.high - found.low)
    place = min(max(share, 0.0), 1.0) * (len(_SCALE) - 1)
    first = min(int(place), len(_SCALE) - 2)
    one, other = (np.array([int(c[at : at + 2], 16) for at in (1, 3, 5)]) for c in _SCALE[first : first + 2])
    red, green, blue = np.rint(one + (other - one) * (place - first)).astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _outline(d: str) -> Outline:
    """A path of moves, lines and closings as matplotlib's."""
    from matplotlib.path import Path

    points, codes = [], []
    for ring in re.findall(r"M([^Z]*)Z", d):
        corners = [tuple(map(float, corner.split(","))) for corner in ring.split("L")]
        points += [*corners, corners[0]]
        codes += [Path.MOVETO, *[Path.LINETO] * (len(corners) - 1), Path.CLOSEPOLY]
    return Path(points, codes)
