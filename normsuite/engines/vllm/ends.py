"""Where a checkpoint's answers end."""

from __future__ import annotations

import json
from typing import Any

from normsuite.engines.checkpoint import Checkpoint
from normsuite.errors import InputError


def end_tokens(checkpoint: Checkpoint, tokenizer: Any) -> tuple[int, ...]:
    """The tokens that end a text: the tokenizer's own, and those of the checkpoint's generation settings.

    Nothing else of those settings is used: temperatures and penalties are the caller's.

    Raises:
        InputError: the settings are not readable.
    """
    file = checkpoint.path / "generation_config.json"
    try:
        listed = json.loads(file.read_text(encoding="utf-8")).get("eos_token_id") if file.is_file() else None
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"is not readable JSON ({error})", file=file) from None
    ids = [*(listed if isinstance(listed, list) else [listed]), tokenizer.eos_token_id]
    return tuple(sorted({token for token in ids if isinstance(token, int)}))
