"""The trace of every item: what each step asked and wrote, what was found, worked out and dropped."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from normsuite.engines import Generation
from normsuite.schema import ANSWER_SCHEMA, conform
from normsuite.scorers.agents.steps import Case


class Trace:
    """Records in the order in which they were made; ``table`` sorts them by item and wording."""

    def __init__(self) -> None:
        """Nothing is recorded yet."""
        self._records: list[dict[str, Any]] = []

    def wrote(self, case: Case, step: str, prompt: str, text: Generation) -> None:
        """The model was asked a step and wrote an answer."""
        self._record(case, step, prompt, text.text, text.thinking, text.tokens, text.finish)

    def add(self, case: Case, step: str, asked: str, came: str) -> None:
        """Something that is no model was asked, and this came of it."""
        self._record(case, step, asked, came, "", 0, "stop")

    def _record(
        self, case: Case, step: str, asked: str, text: str, thinking: str, tokens: int, finish: str
    ) -> None:
        record = {"item": case.item, "prompt": case.wording, "step": step, "asked": asked, "text": text}
        self._records.append(
            record | {"thinking": thinking, "tokens": tokens, "finish": finish, "row": case.row}
        )

    def table(self, task: str) -> pa.Table:
        """All records in ``ANSWER_SCHEMA``, by item, then wording, then step."""
        records = sorted(self._records, key=lambda record: record["row"])
        names = ("item", "prompt", "step", "asked", "text", "thinking", "tokens", "finish")
        columns: dict[str, Any] = {name: [record[name] for record in records] for name in names}
        return conform({"task": task, **columns}, ANSWER_SCHEMA, len(records))
