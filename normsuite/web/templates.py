"""The template environment of all pages: everything is escaped, a missing name is an error."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import jinja2
import jinja2.sandbox

from normsuite.web.assets import asset, script
from normsuite.web.embed import embed
from normsuite.web.foreign import NOTHING, visible

_SHARED: Final = Path(__file__).parent / "templates"


def environment(folder: Path) -> jinja2.Environment:
    """Templates of ``folder``, with ``asset``, ``script`` and ``embed`` as functions and shared macros.

    Every expression passes through ``visible`` and is then escaped; only ``Markup`` stays as it is.

    Args:
        folder: where the templates lie; they may import ``controls.html.jinja`` of this room.
    """
    made = jinja2.sandbox.SandboxedEnvironment(
        loader=jinja2.FileSystemLoader([folder, _SHARED]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"asset": asset, "script": script, "embed": embed}
    return made


def _shown(value: object) -> object:
    """What every expression of a template passes through before it is escaped."""
    if value is None:
        return NOTHING
    return visible(value) if type(value) is str else value
