"""A comparison as one page that works from disk."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from normsuite.aggregate import FEW_CLUSTERS
from normsuite.compare.comparison import Comparison
from normsuite.compare.forest import axis, drawing, scale_of
from normsuite.compare.views import legend, p_text, p_title, remarks, signed, signed_interval, task_views
from normsuite.report.text import FEW_MARK, count, number, shorten
from normsuite.runs import write_text
from normsuite.web import asset, content_policy, environment

_HEAD_SCRIPTS: Final = ("dom.js", "theme.js")
_SCRIPTS: Final = ("table.js",)


def write_page(comparison: Comparison, out: Path) -> Path:
    """Write the page of a comparison.

    Args:
        comparison: what was compared.
        out: the file; it is complete or not there at all.

    Raises:
        InputError: it cannot be written.
    """
    templates = environment(Path(__file__).parent)
    templates.filters |= {
        "number": number,
        "signed": signed,
        "signed_interval": lambda line: signed_interval(line.low, line.high),
        "p": p_text,
        "count": count,
        "shorten": shorten,
    }
    head, body = ([asset(name) for name in names] for names in (_HEAD_SCRIPTS, _SCRIPTS))
    page = templates.get_template("compare.html.jinja").render(
        comparison=comparison,
        views=task_views(comparison),
        legend=legend(comparison),
        remarks=remarks(comparison),
        p_title=p_title(comparison),
        few_mark=FEW_MARK,
        few_clusters=FEW_CLUSTERS,
        policy=content_policy([*head, *body]),
        head=head,
        body=body,
        scale_of=scale_of,
        axis=axis,
        drawing=drawing,
    )
    write_text(out, page)
    return out
