"""Pictures in a chat: prompts that name their files, and messages that hold what is in them.

A prompt stays small and may travel: after the number of its text come the numbers of its pictures' paths. The
files are read when a request is made.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from normsuite.adapters.images import media_type
from normsuite.engines.base import Tokens
from normsuite.engines.openai.handles import to_handle, to_text
from normsuite.errors import InputError

MOST_BYTES: Final = 32 * 2**20
"""Of all pictures of one request: servers refuse more, and each is held in memory a third larger."""
AT_ONCE: Final = 64
"""Requests with pictures that are made at a time."""


def to_prompt(text: str, images: Sequence[Path]) -> list[int]:
    """The prompt of a text and the files of its pictures.

    Raises:
        InputError: a file cannot be read, or all together are too large.
    """
    try:
        size = sum(path.stat().st_size for path in images)
    except OSError as error:
        raise InputError(f"a picture cannot be read ({error})") from None
    if size > MOST_BYTES:
        what = f"the {len(images)} pictures of a prompt have {size / 2**20:.1f} MiB together"
        raise InputError(
            what, file=images[0].parent, fix=f"make them smaller: {MOST_BYTES // 2**20} MiB is most"
        )
    return [to_handle(text), *(to_handle(str(path)) for path in images)]


def has_images(prompt: Tokens) -> bool:
    """Whether a prompt that is a text has pictures."""
    return len(prompt) > 1


def content(prompt: Tokens) -> str | list[dict[str, Any]]:
    """What a user's turn of the chat holds: the text, after the pictures if there are any.

    Raises:
        InputError: a file is no picture, or gone.
    """
    text = to_text(prompt[0])
    if not has_images(prompt):
        return text
    parts = [{"type": "image_url", "image_url": {"url": _data_uri(Path(to_text(at)))}} for at in prompt[1:]]
    return [*parts, {"type": "text", "text": text}]


def _data_uri(path: Path) -> str:
    try:
        picture = path.read_bytes()
    except OSError as error:
        raise InputError(f"the picture cannot be read ({error.strerror})", file=path) from None
    kind = media_type(picture)
    if kind is None:
        raise InputError("is no PNG and no JPEG picture", file=path)
    return f"data:{kind};base64,{base64.b64encode(picture).decode()}"
