"""What a check finds: how bad it is, one plain sentence, how many, an example, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

Severity = Literal["problem", "warning", "note"]

SEVERITIES: Final[tuple[Severity, ...]] = ("problem", "warning", "note")
"""Worst first. A problem makes scores wrong or a run impossible, a warning makes scores easy to misread, a
note is good to know."""

DOCUMENT_SCHEMA: Final = 1


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        check: the family of checks, one word.
        severity: see ``SEVERITIES``.
        message: what is the case, without a full stop at its end.
        n: how many rows, prompts, groups or the like it concerns; None where it is not about a number.
        share: of all that were looked at.
        example: an item's id, or a row of a file.
        fix: what to do.
    """

    check: str
    severity: Severity
    message: str
    n: int | None = None
    share: float | None = None
    example: str | None = None
    fix: str | None = None

    @property
    def sentence(self) -> str:
        """Everything in one line, for people."""
        example = f", such as {self.example}" if self.example else ""
        return f"{self.message}{example}{f': {self.fix}' if self.fix else ''}"


@dataclass(frozen=True)
class Checked:
    """What was found about one task, and what its data holds.

    Attributes:
        task: its name.
        findings: worst first.
        counts: items, clusters and answers by split; empty where the data is not on this machine.
    """

    task: str
    findings: Sequence[Finding]
    counts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def problems(self) -> int:
        """How many findings are problems."""
        return sum(finding.severity == "problem" for finding in self.findings)


def document(checked: Sequence[Checked]) -> dict[str, Any]:
    """All of it for a machine: ``{"schema": 1, "tasks": [{"task", "findings": [...], "counts"}]}``."""
    tasks = [
        {"task": one.task, "findings": [asdict(finding) for finding in one.findings], "counts": one.counts}
        for one in checked
    ]
    return {"schema": DOCUMENT_SCHEMA, "tasks": tasks}


def worst_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings by severity, else in the order they were found."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))


def of_all(n: int, total: int, what: str) -> str:
    """A number beside its total: "6 of 72 scored items (8%)"."""
    return f"{n:,} of {total:,} {what} ({percent(n / total)})"


def percent(share: float) -> str:
    """A share for people: "8%"; what is more than nothing or less than everything never looks like it."""
    if 0 < share < 0.01:
        return "under 1%"
    if 0.99 < share < 1:
        return "over 99%"
    return f"{share:.0%}"
