"""A direction in the terminal, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from normsuite.report.text import NOTHING, interval, number, shorten, visible

if TYPE_CHECKING:
    from normsuite.scorers.direction.about import About
    from normsuite.scorers.direction.showing import Contributions

_SHOWN: Final = 10  # texts or words at each end; all of them are in the JSON
_WIDTH: Final = 48
_BAR: Final = 16  # characters of the longest contribution
_NOTE: Final = (
    "Scores count in standard deviations of the seeds' scores; 0 is where the estimator puts it. A token's "
    "state has the whole text in it: a contribution says where the score is read, not which word caused it."
)

_TITLES: Final = {
    "layer_agreement": "rho with held-out seeds, by layer",
    "explained_variance": "share of the seeds' variance",
    "isoscore": "IsoScore",
    "hubness_skewness": "hubness (skewness)",
    "angle": "degrees it turns when seeds are drawn again",
}


@dataclass(frozen=True)
class Explained:
    """A text, its score over all wordings, and what each token adds in the first of them."""

    text: str
    score: float
    tokens: Contributions


def to_json(about: About, explained: Sequence[Explained]) -> str:
    """Everything that is known of a direction, with ``texts`` where some are explained."""
    told: dict[str, Any] = about.model_dump(mode="json", by_alias=True)
    if explained:
        told["texts"] = [_as_json(one) for one in explained]
    return json.dumps(told, indent=2, ensure_ascii=False)


def print_direction(about: About, explained: Sequence[Explained], console: Console | None = None) -> None:
    """Print a direction as tables; texts are printed as text, never as markup.

    Args:
        about: what its folder says.
        explained: texts to show token by token.
        console: where to, standard output by default.
    """
    console = console or Console()
    console.print(_header(about))
    console.print(_poles(about))
    console.print(_words(about))
    console.print(_diagnostics(about))
    for one in explained:
        console.print(_tokens(one))
    console.print(Text(_NOTE, style="dim"))


def _header(about: About) -> Table:
    grid = Table.grid(padding=(0, 2))
    steps = [step["name"] for step in about.recipe.get("preprocessing", []) if isinstance(step, dict)]
    estimator = about.recipe.get("estimator")
    steps.append(estimator["name"] if isinstance(estimator, dict) else NOTHING)
    lines = {
        "Model": about.model.told(),
        "Engine": " ".join(str(about.engine[key]) for key in ("version", "dtype") if key in about.engine),
        "Read at": f"{about.pooling.position}, layer {about.pooling.layer}, {about.dimensions} dimensions",
        "Fitted": ", then ".join(map(str, steps)),
        "Seeds": "; ".join(
            f"{one.name} in {', '.join(one.texts)}: {one.positive:,} positive, {one.negative:,} negative, "
            f"{one.n:,} in all"
            for one in about.seeds
        ),
        "Wordings": ", ".join(wording.name for wording in about.wordings),
    }
    for name, value in lines.items():
        grid.add_row(Text(name, style="bold"), Text(visible(value)))
    return grid


def _poles(about: About) -> Table:
    table = _table("Seeds at both ends", "", "score", "text")
    for pole, seeds in (("positive", about.poles.positive), ("negative", about.poles.negative)):
        for seed in seeds[:_SHOWN]:
            table.add_row(pole, number(seed.score), Text(shorten(seed.text, _WIDTH)))
        table.add_section()
    return table


def _words(about: About) -> Table:
    table = _table("Nearest words of each end", "", "cosine", "word", "its pole")
    nearest = about.words[:_SHOWN]
    furthest = about.words[len(nearest) :][-_SHOWN:][::-1]
    for end, words in (("positive", nearest), ("negative", furthest)):
        for near in words:
            table.add_row(end, number(near.cosine), Text(shorten(near.word, _WIDTH)), near.pole)
        table.add_section()
    return table


def _diagnostics(about: About) -> Table:
    table = _table("Diagnostics", "", "value")
    for name, value in about.diagnostics.items():
        title = _TITLES.get(name, visible(name).replace("_", " "))
        if value == {}:
            continue  # no layer was chosen
        if isinstance(value, dict) and {"median", "low", "high"} <= set(value):
            told = f"{_number(value['median'])} {_interval(value['low'], value['high'])}"
        elif isinstance(value, dict):
            told = (
                ", ".join(f"{visible(str(key))}: {_number(inner)}" for key, inner in value.items()) or NOTHING
            )
        else:
            told = _number(value)
        table.add_row(Text(title), Text(told))
    return table


def _tokens(one: Explained) -> Table:
    tokens = one.tokens
    table = _table(f"{shorten(one.text, _WIDTH)}: score {number(one.score)}", "token", "adds", "")
    if tokens.whole:
        table.caption = f"The whole score sits on {tokens.whole}: that is where this direction is read."
    longest = max(map(abs, tokens.values.tolist()), default=0.0) or 1.0
    for token, value in zip(tokens.tokens, tokens.values.tolist(), strict=True):
        bar = "█" * round(_BAR * abs(value) / longest)
        colour = "green" if value > 0 else "red"
        table.add_row(Text(shorten(token, _WIDTH)), f"{value:+.3f}", Text(bar, style=colour))
    table.add_section()
    table.add_row("offset", f"{tokens.offset:+.3f}", "")
    table.add_row(Text(shorten(tokens.text, _WIDTH)), f"{tokens.score:+.3f}", "in this wording")
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
    for column in columns:
        table.add_column(
            column, justify="right" if column in ("score", "cosine", "adds", "value") else "left"
        )
    return table


def _number(value: object) -> str:
    """A number of the file, which may hold anything there."""
    return number(float(value)) if isinstance(value, int | float) else visible(str(value or NOTHING))


def _interval(low: object, high: object) -> str:
    if isinstance(low, int | float) and isinstance(high, int | float):
        return interval(float(low), float(high))
    return ""


def _as_json(one: Explained) -> dict[str, Any]:
    names, values = one.tokens.tokens, one.tokens.values.tolist()
    return {
        "text": one.text,
        "score": one.score,
        "wording": one.tokens.text,
        "wording_score": one.tokens.score,
        "offset": one.tokens.offset,
        "whole": one.tokens.whole,
        "tokens": [{"token": name, "contribution": value} for name, value in zip(names, values, strict=True)],
    }
