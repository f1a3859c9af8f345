"""Which model of which server, described without asking it."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from normsuite.engines.checkpoint import Checkpoint
from normsuite.engines.openai.asking import Dialect, LabelWay
from normsuite.engines.openai.engine import OpenaiEngine
from normsuite.engines.openai.failures import KEY
from normsuite.engines.openai.handles import TextEncoder
from normsuite.engines.tokens import PromptEncoder, load_encoder
from normsuite.errors import InputError


@dataclass(frozen=True)
class OpenaiSpec:
    """A served model and how it is asked.

    Attributes:
        name: under which it is served.
        base_url: the server's address, which ends in ``/v1`` as a rule. Never recorded.
        tokenizer: the served model's own; prompts go as token ids then, and numbers equal other engines'.
            None: prompts go as texts.
        chat: use the chat template: the tokenizer's (None: where it has one) or the server's (None: yes).
        concurrency: most requests at once; moves no number.
        patience: seconds that a request may go unanswered, and that a server that is gone is waited for.
    """

    name: str
    base_url: str
    tokenizer: Checkpoint | None = None
    chat: bool | None = None
    concurrency: int = 32
    patience: float = 300.0

    def model(self) -> dict[str, object]:
        """See ``EngineSpec.model``. A server proves neither weights nor revision, so none are named."""
        return {"name": self._recorded_name(), "revision": "", "sha256": "", "context_length": 0}

    def describe(self) -> dict[str, object]:
        """See ``EngineSpec.describe``. Nothing of the server's address goes in, nor of the key."""
        dialect = self.dialect()
        ways = [
            way for way in LabelWay if dialect.in_tokens or way in (LabelWay.top_printed, LabelWay.answers)
        ]
        return {
            "engine": "openai",
            "model": self._recorded_name(),
            "prompts": "token ids" if dialect.in_tokens else "text",
            "api": dialect.path.removeprefix("/"),
            "chat_template": dialect.chat,
            "tokenizer": self.tokenizer.identity() if self.tokenizer else None,
            "label_reads": "; else ".join(ways),
        }

    def start(self, log: Path | None = None) -> OpenaiEngine:
        """See ``EngineSpec.start``.

        Raises:
            InputError: as the contract says; the client is not installed; the address, the number of
                requests or the patience is none.
        """
        self._check()
        return OpenaiEngine(self, log)

    def dialect(self) -> Dialect:
        """How prompts are put to the server.

        Raises:
            InputError: the tokenizer cannot be loaded.
        """
        if self.tokenizer is None:
            return Dialect(self.name, TextEncoder(), self.chat is not False)
        encoder: PromptEncoder = load_encoder(self.tokenizer, self.chat)
        return Dialect(self.name, encoder, encoder.chat)

    def _check(self) -> None:
        if importlib.util.find_spec("openai") is None:
            raise InputError("the client is not installed", fix="pip install 'normsuite[openai]'")
        try:
            address = urlsplit(self.base_url)
            whole = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
        except ValueError:
            whole = False
        if not whole:
            raise InputError(
                f"{self.base_url!r} is no address",
                field="--base-url",
                fix="give one like http://host:8000/v1",
            )
        if address.username or address.password or address.query:
            raise InputError(
                "holds more than an address", field="--base-url", fix=f"put the server's key into {KEY}"
            )
        key = os.environ.get(KEY, "")
        if not (key.isascii() and key.isprintable()) or key != key.strip():
            raise InputError(f"the key in {KEY} holds white space or characters that no key has")
        if self.concurrency < 1:
            raise InputError(f"must be at least 1, not {self.concurrency}", field="--concurrency")
        if not 0 < self.patience < float("inf"):
            raise InputError(f"must be above 0 seconds, not {self.patience}", field="--patience")

    def _recorded_name(self) -> str:
        """The name; of a path on the server's machine, its last part."""
        return Path(self.name).name if self.name.startswith("/") else self.name
