"""The board as a static Space of the Hugging Face hub: the site, and a README whose front matter says so."""

from __future__ import annotations

from pathlib import Path

import yaml

from normsuite.errors import InputError
from normsuite.leaderboard.names import fault
from normsuite.runs import write_text


def write_space(out: Path, *, title: str = "normsuite leaderboard") -> Path:
    """Write the README that makes a folder with a built site a Space.

    Args:
        out: the folder.
        title: of the Space.

    Returns:
        The README.

    Raises:
        InputError: the title cannot be shown, or the file not be written.
    """
    wrong = fault(title)
    if wrong:
        raise InputError(wrong, field="--title")
    front = {
        "title": title,
        "emoji": "🌍",
        "colorFrom": "blue",
        "colorTo": "green",
        "sdk": "static",
        "app_file": "index.html",
        "pinned": False,
        "license": "apache-2.0",
        "short_description": "Social norms: for whom does a model work?",
    }
    text = (
        f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---\n\n"
        "How well language models reason about social norms, for whom they fail, and how sure we are.\n"
        "Built by `normsuite leaderboard export --to hf-space` from submissions that anyone can recompute.\n"
    )
    write_text(out / "README.md", text)
    return out / "README.md"
