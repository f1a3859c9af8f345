"""The pages: what each shows, handed to its template."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import jinja2
from markupsafe import Markup, escape

import normsuite
from normsuite.aggregate import FEW_CLUSTERS
from normsuite.aggregate.ranks import RANK_REPLICATES
from normsuite.leaderboard.site.data import short
from normsuite.leaderboard.site.entries import page_name, safe_link
from normsuite.leaderboard.site.standings import Site
from normsuite.report.rows import Row
from normsuite.report.tables import facet_title
from normsuite.report.text import interval, metric_title, number
from normsuite.web import environment
from normsuite.web.foreign import visible_lines

_TEMPLATES: Final = Path(__file__).parent / "templates"


def pages(site: Site) -> Iterator[tuple[str, str]]:
    """(path, content) of every page."""
    templates = _environment(site)
    for name in ("index", "groups", "compare", "methods"):
        yield f"{name}.html", templates.get_template(f"{name}.html.jinja").render(root="", page=name)
    template = templates.get_template("task.html.jinja")
    for name, board in site.boards.items():
        places, apart = site.places(board), site.apart(board)
        context = {"board": board, "places": places, "apart": apart, "text": site.texts.get(name)}
        beside = site.beside.get(name, ())
        shown = {"beside": beside, "span": _span([*(place.row for place in places), *beside])}
        yield f"tasks/{page_name(name)}.html", template.render(root="../", page="task", **context, **shown)
    template = templates.get_template("model.html.jinja")
    for at, entry in enumerate(site.entries):
        context = {"entry": entry, "lines": site.of_model(at)}
        ranked = [(track, track.members.index(at)) for track in site.tracks if at in track.members]
        yield f"models/{entry.page}.html", template.render(root="../", page="model", ranked=ranked, **context)


def _span(rows: Sequence[Row | None]) -> tuple[float, float]:
    """Where a drawing of some rows begins and ends."""
    told = [(row.low, row.high, row.value, row.chance) for row in rows if row]
    ends = [end for row in told for end in row if end is not None]
    return (min(ends), max(ends)) if ends else (0.0, 1.0)


def _environment(site: Site) -> jinja2.Environment:
    made = environment(_TEMPLATES)
    made.filters |= {"number": number, "short": short, "metric": metric_title, "page_name": page_name}
    made.filters |= {"interval": lambda row: interval(row.low, row.high), "facet": facet_title}
    made.globals |= {
        "site": site,
        "version": normsuite.__version__,
        "few_clusters": FEW_CLUSTERS,
        "replicates": RANK_REPLICATES,
        "strip": strip,
        "safe_link": safe_link,
        "lines": lines,
    }
    return made


def lines(text: str) -> Markup:
    """A text of several lines, for ``pre``."""
    return escape(visible_lines(text))


def strip(row: Row, span: tuple[float, float]) -> Markup:
    """A line over the interval of a row with a dot on its value; the numbers stand beside it."""
    if row.value is None or row.low is None or row.high is None:
        return Markup()
    start, end = span

    def at(value: float) -> float:
        return round(max(2.0, min(98.0, 2 + 96 * (value - start) / ((end - start) or 1))), 2)

    low, high, value = at(row.low), at(row.high), at(row.value)
    chance = "" if row.chance is None else _line("zero", at(row.chance), at(row.chance), 0, 12)
    drawn = (
        chance
        + _line("reach", low, max(high, low + 0.5), 6, 6)
        + _line("point", value - 0.1, value + 0.1, 6, 6)
    )
    head = '<svg class="strip" viewBox="0 0 100 12" aria-hidden="true" preserveAspectRatio="none">'
    return Markup(f"{head}{drawn}</svg>")  # noqa: S704 - made of numbers alone


def _line(kind: str, x1: float, x2: float, y1: int, y2: int) -> str:
    return f'<line class="{kind}" x1="{x1:g}" x2="{x2:g}" y1="{y1}" y2="{y2}"/>'
