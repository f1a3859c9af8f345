"""The option ``--include``, which many commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def _include(folders: list[Path] | None) -> list[Path] | None:
    from normsuite import places

    for folder in folders or []:
        places.include(folder)
    return folders


Include = Annotated[
    list[Path] | None,
    typer.Option(
        "--include",
        callback=_include,
        is_eager=True,
        help="A folder of your own with tasks/, prompts/ and data_cards/. Repeatable.",
    ),
]
