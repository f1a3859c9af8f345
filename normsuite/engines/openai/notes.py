"""What the engine notes beside a run: how it read, so that a run is never continued in another way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from normsuite.engines.openai.abilities import Abilities
from normsuite.errors import InputError

_READ: Final = "openai reads "
_SAME_MODEL: Final = 1.0  # nats: batches and hardware move log-probabilities by less, another model by more


class Notes:
    """Lines in a run's log; without a log, nothing is kept."""

    def __init__(self, log: Path | None) -> None:
        """Write nothing yet.

        Args:
            log: of the run, which may have been begun before.
        """
        self._log = log

    def __call__(self, line: str) -> None:
        """Add a line.

        Raises:
            InputError: the log cannot be written.
        """
        if self._log is None:
            return
        try:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise InputError(f"cannot write: {error.strerror or error}", file=self._log) from None

    def keep(self, abilities: Abilities) -> None:
        """Note how the run's readings are made; said when the first is there."""
        self(_READ + json.dumps(_entry(abilities), ensure_ascii=False))

    def refuse_other(self, abilities: Abilities) -> None:
        """See that the server still is the one that this run was begun with.

        Raises:
            InputError: it reads in another way, or answers like another model.
        """
        before = self._kept()
        if before is None:
            return
        now, fix = _entry(abilities), "start anew with another --out"
        for name in ("labels", "scores"):
            if before.get(name) != now[name]:
                what = f"this run was begun with {before.get(name)}, and the server now has {now[name]}"
                raise InputError(what, fix=fix)
        shared = before.get("first_tokens", {}).keys() & now["first_tokens"].keys()
        moved = [abs(before["first_tokens"][token] - now["first_tokens"][token]) for token in shared]
        if (before.get("first_tokens") and not shared) or max(moved, default=0.0) > _SAME_MODEL:
            raise InputError("the server answers like another model than this run was begun with", fix=fix)

    def _kept(self) -> dict[str, Any] | None:
        """The newest entry."""
        if self._log is None or not self._log.is_file():
            return None
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        # A line that a killed process did not finish tells nothing: the one before it, if any, still holds.
        entries = [_parsed(line.removeprefix(_READ)) for line in lines if line.startswith(_READ)]
        return next((entry for entry in reversed(entries) if entry), None)


def _entry(abilities: Abilities) -> dict[str, Any]:
    top = sorted(abilities.first_tokens.items(), key=lambda told: -told[1])[:3]
    return {"labels": abilities.labels, "scores": abilities.scores, "first_tokens": dict(top)}


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
