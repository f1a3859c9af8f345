"""Write ``world.json``, the outlines that maps of reports are drawn from.

``python -m normsuite.shipped.make_world FOLDER`` reads ``countries-110m.json`` and ``countries-50m.json`` of
the npm package world-atlas 2.0.2 (``npm pack world-atlas@2.0.2``): Natural Earth 4.1, TopoJSON, see
``world.md``. Outlines are the coarse file's, in the Equal Earth projection (Šavrič, Patterson and Jenny 2019,
"The Equal Earth map projection"), which shows every country in its true share of area. A country that only
the finer file has is too small for an outline and becomes a point. Antarctica is left out.
"""

from __future__ import annotations

import itertools
import json
import math
import sys
from pathlib import Path
from typing import Any, Final

Ring = list[tuple[float, float]]

WIDTH: Final = 1000
_ANTARCTICA: Final = "010"
_LEAST_AREA: Final = 0.4
"""Of a ring, in square units of the map: smaller islands are left out, unless nothing else is left."""
_EQUAL_EARTH: Final = (1.340264, -0.081106, 0.000893, 0.003796)
_EDGE: Final = 2.7066299836
"""Equal Earth's x at the equator and 180 degrees east."""


def main(folder: Path) -> None:
    """Write the file beside this script.

    Args:
        folder: where the two files of world-atlas lie.
    """
    coarse, fine = (_countries(folder / f"countries-{scale}.json") for scale in ("110m", "50m"))
    codes = _alpha3()
    shapes, unnamed = {}, []
    for number, rings in coarse:
        if number == _ANTARCTICA:
            continue
        path = _path(rings)
        if number in codes:
            shapes[codes[number]] = path
        else:
            unnamed.append(path)
    points = {
        codes[number]: _middle(rings)
        for number, rings in fine
        if number in codes and codes[number] not in shapes and number != _ANTARCTICA
    }

    told = {
        "source": "Natural Earth 4.1 (public domain) by way of world-atlas 2.0.2 (ISC)",
        "width": WIDTH,
        "height": _height(-57),
        "shapes": dict(sorted(shapes.items())),
        "unnamed": unnamed,
        "points": dict(sorted(points.items())),
    }
    text = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
    Path(__file__).with_name("world.json").write_text(text.replace('","', '",\n"') + "\n", encoding="utf-8")


def _countries(file: Path) -> list[tuple[str, list[Ring]]]:
    """(ISO 3166-1 numeric code or "", projected rings) of each country of a TopoJSON file."""
    topology = json.loads(file.read_text(encoding="utf-8"))
    arcs = [_arc(arc, topology["transform"]) for arc in topology["arcs"]]
    found = []
    for geometry in topology["objects"]["countries"]["geometries"]:
        polygons = geometry.get("arcs", [])
        if geometry["type"] == "Polygon":
            polygons = [polygons]
        rings = [
            [_project(*point) for point in part]
            for polygon in polygons
            for ring in polygon
            for part in _within_180(_ring(ring, arcs))
        ]
        found.append((str(geometry.get("id", "")), rings))
    return found


def _arc(arc: list[list[int]], transform: dict[str, Any]) -> Ring:
    """An arc's points, which TopoJSON keeps as steps on a grid, as (longitude, latitude)."""
    x = y = 0
    points = []
    for dx, dy, *_ in arc:
        x, y = x + dx, y + dy
        longitude = x * transform["scale"][0] + transform["translate"][0]
        latitude = y * transform["scale"][1] + transform["translate"][1]
        points.append((longitude, latitude))
    return points


def _ring(numbers: list[int], arcs: list[Ring]) -> Ring:
    """A ring of several arcs; ~n stands for arc n backwards."""
    points: Ring = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc[1:] if points else arc
    return points


def _within_180(ring: Ring) -> list[Ring]:
    """A ring that crosses the meridian of 180 degrees as the parts on its two sides."""
    whole = [ring[0]]
    for longitude, latitude in ring[1:]:
        turns = round((longitude - whole[-1][0]) / 360)
        whole.append((longitude - 360 * turns, latitude))
    low, high = min(x for x, _ in whole), max(x for x, _ in whole)
    if low >= -180 and high <= 180:
        return [whole]
    edge = 180.0 if high > 180 else -180.0
    inner = _cut(whole, edge, 1 if edge < 0 else -1)
    outer = [(x - 2 * edge, y) for x, y in _cut(whole, edge, -1 if edge < 0 else 1)]
    return [part for part in (inner, outer) if len(part) > 3]


def _cut(ring: Ring, edge: float, side: int) -> Ring:
    """The part of a ring on one side of a meridian (Sutherland and Hodgman's clipping)."""
    kept: Ring = []
    for (x, y), (next_x, next_y) in itertools.pairwise(ring):
        if side * (x - edge) >= 0:
            kept.append((x, y))
        if (x - edge) * (next_x - edge) < 0:
            kept.append((edge, y + (next_y - y) * (edge - x) / (next_x - x)))
    return [*kept, *kept[:1]]


def _project(longitude: float, latitude: float) -> tuple[float, float]:
    """Equal Earth, ``WIDTH`` wide, y downwards from 84 degrees north."""
    a1, a2, a3, a4 = _EQUAL_EARTH
    theta = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    slope = 9 * a4 * theta**8 + 7 * a3 * theta**6 + 3 * a2 * theta**2 + a1
    x = 2 * math.sqrt(3) * math.radians(longitude) * math.cos(theta) / (3 * slope)
    scale = WIDTH / (2 * _EDGE)
    return (x + _EDGE) * scale, (_rise(84) - _rise(latitude)) * scale


def _rise(latitude: float) -> float:
    a1, a2, a3, a4 = _EQUAL_EARTH
    theta = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    return a4 * theta**9 + a3 * theta**7 + a2 * theta**3 + a1 * theta


def _height(latitude: float) -> int:
    return math.ceil(_project(0, latitude)[1])


def _path(rings: list[Ring]) -> str:
    """SVG path of rings, in steps of a tenth."""
    kept = [ring for ring in rings if _area(ring) >= _LEAST_AREA] or [max(rings, key=_area)]
    return "".join(_steps(ring) for ring in kept)


def _steps(ring: Ring) -> str:
    points = [(round(x, 1), round(y, 1)) for x, y in ring[:-1]]
    points = [point for at, point in enumerate(points) if point != points[at - 1]]
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in points) + "Z"


def _area(ring: Ring) -> float:
    pairs = itertools.pairwise(ring)
    return abs(sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in pairs)) / 2


def _middle(rings: list[Ring]) -> list[float]:
    """The mean point of the largest ring's outline."""
    largest = max(rings, key=_area)
    return [round(sum(point[axis] for point in largest) / len(largest), 1) for axis in (0, 1)]


def _alpha3() -> dict[str, str]:
    import pycountry

    return {country.numeric: country.alpha_3 for country in pycountry.countries}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
