"""Intervals drawn in the rows of a table, all on one scale, with a line at no difference.

The numbers stand beside each drawing, so that it is hidden from screen readers. Shape says what colour says:
filled circles are told apart from 0, hollow ones are not, squares stand for too few clusters.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from normsuite.compare.views import Line

WIDTH: Final = 220
_HEIGHT: Final = 20
_MOST_TICKS: Final = 5
_ROOM: Final = 0.04  # of the width, left free at both ends


@dataclass(frozen=True)
class Scale:
    """Differences ``low`` to ``high`` over the width of a drawing; 0 is always among them."""

    low: float
    high: float

    def x(self, value: float) -> float:
        """Where a difference is drawn; what lies beyond ends just outside the drawing."""
        share = (value - self.low) / (self.high - self.low)
        return round(min(max(share, -_ROOM), 1 + _ROOM) * WIDTH, 1)

    def ticks(self) -> list[float]:
        """Round numbers inside."""
        rough = (self.high - self.low) / _MOST_TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(times * power for times in (1, 2, 5, 10) if times * power >= rough)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [round(at * step, 12) for at in range(first, last + 1)]


def scale_of(lines: Iterable[Line]) -> Scale:
    """A scale that holds the intervals of all groups that are ranked; of the others where there are none."""
    known = [line for line in lines if line.low is not None and line.high is not None]
    shown = [line for line in known if not line.few] or known
    low = min((line.low for line in shown if line.low is not None), default=0.0)
    high = max((line.high for line in shown if line.high is not None), default=0.0)
    low, high = min(low, 0.0), max(high, 0.0)
    room = _ROOM * (high - low) or 0.01
    return Scale(low - room, high + room)


def axis(scale: Scale) -> Markup:
    """The head of a column of drawings: round numbers above their places."""
    marks = "".join(
        f'<text x="{scale.x(tick)}" y="14" text-anchor="middle">{_short(tick)}</text>'
        for tick in scale.ticks()
    )
    return _svg(marks, "forest axis")


def drawing(line: Line, scale: Scale) -> Markup:
    """One group's difference with its interval."""
    middle = _HEIGHT / 2
    zero = scale.x(0.0)
    parts = [f'<line class="zero" x1="{zero}" y1="0" x2="{zero}" y2="{_HEIGHT}"/>']
    if line.low is not None and line.high is not None:
        ends = scale.x(line.low), scale.x(line.high)
        parts.append(f'<line class="reach" x1="{ends[0]}" y1="{middle}" x2="{ends[1]}" y2="{middle}"/>')
    if line.gain is not None:
        x = scale.x(line.gain)
        if line.few:
            parts.append(f'<rect class="point" x="{x - 3.5:.1f}" y="{middle - 3.5}" width="7" height="7"/>')
        else:
            parts.append(f'<circle class="point" cx="{x}" cy="{middle}" r="4"/>')
    return _svg("".join(parts), f"forest {line.verdict or 'unsure'}")


def _short(tick: float) -> str:
    """A tick without needless zeros."""
    return f"{tick:+g}".replace("-", "−") if tick else "0"


def _svg(content: str, names: str) -> Markup:
    """Nothing but numbers and words of this file goes in."""
    return Markup(  # noqa: S704 - see above
        f'<svg class="{names}" viewBox="0 0 {WIDTH} {_HEIGHT}" width="{WIDTH}" height="{_HEIGHT}" '
        f'aria-hidden="true" focusable="false">{content}</svg>'
    )
