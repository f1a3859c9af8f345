"""Cultures: what the data calls a country and is none that is known."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow.compute as pc

from normsuite.checks.findings import Finding, of_all
from normsuite.checks.subject import Subject, first_id
from normsuite.tables import unmapped_countries

CHECK: Final = "cultures"
_NAMED: Final = 5


def check(subject: Subject) -> list[Finding]:
    """Values of a culture without a country: these items are in no country's score."""
    lost = unmapped_countries(subject.items)
    if not lost:
        return []
    n, total = sum(lost.values()), subject.items.num_rows
    named = ", ".join(f"{name!r} {count:,}" for name, count in list(lost.items())[:_NAMED])
    more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
    message = f"{of_all(n, total, 'scored items')} name a culture that is no known country ({named}{more})"
    culture = pc.struct_field(subject.items["source"].combine_chunks(), "culture")
    empty = pc.is_null(subject.items["country"].combine_chunks())
    example = first_id(subject.items, np.asarray(pc.and_(empty, pc.is_valid(culture)), bool))
    fix = "write countries as in ISO 3166 or map them; regions and peoples belong in a category"
    return [Finding(CHECK, "warning", message, n, n / total, example, fix)]
