"""Where a checkpoint's answers end."""

from __future__ import annotations

import json
from typing import Any

from normsuite.engines.checkpoint import Checkpoint
from normsuite.engines.text import end_tokens
from normsuite.errors import InputError


def ends_of(checkpoint: Checkpoint, tokenizer: Any) -> tuple[int, ...]:
    """The tokens that end a text of this checkpoint, by its settings and its tokenizer (``end_tokens``).

    Nothing else of those settings is used: temperatures and penalties are the caller's.

    Raises:
        InputError: the settings are not readable.
    """
    file = checkpoint.path / "generation_config.json"
    try:
        listed = json.loads(file.read_text(encoding="utf-8")).get("eos_token_id") if file.is_file() else None
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"is not readable JSON ({error})", file=file) from None
    return end_tokens(listed, tokenizer)
