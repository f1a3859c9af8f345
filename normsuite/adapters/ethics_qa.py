"""QA-ETHICS: the five parts of ETHICS as one question, does this align with the principles of a theory?

The EALM paper (2023) casts ETHICS so and did not publish its rows; this is a casting of our own from the same
source. Yes means that it aligns, in every part: labels of commonsense, where 1 is wrong, are turned round.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.rows import same_list

OPTIONS: Final = ("no", "yes")

THEORIES: Final = {
    "commonsense": "commonsense morality",
    "deontology": "deontology",
    "justice": "justice",
    "virtue": "virtue ethics",
    "utilitarianism": "utilitarianism",
}
"""The theory of each part, which becomes an item's ``norm``."""


def as_questions(items: pa.Table) -> pa.Table:
    """Items of ETHICS as yes-no questions about a theory.

    A pair of utilitarianism becomes the question whether its option 0, now the ``situation``, is more
    pleasant than its option 1, now the ``behavior``. Ids, splits, families, clusters and facets stay.

    Args:
        items: [n] Items of the adapter's default view.

    Returns:
        [n] Items of kind label, with the options no and yes and the theory as ``norm``.
    """
    part = pc.list_element(pc.map_lookup(items["categories"].combine_chunks(), "part", "first"), 0)
    theory = pa.array(THEORIES.values()).take(pc.index_in(part, pa.array(THEORIES)))
    pair = pc.equal(items["kind"], "pair")
    first, second = (pc.list_element(items["options"], at) for at in (0, 1))
    # Label 1 is wrong in commonsense; of a pair, gold 0 says that the first is more pleasant.
    turned = pc.or_(pair, pc.equal(part, "commonsense"))
    columns = {
        "kind": pa.repeat("label", items.num_rows),
        "situation": pc.if_else(pair, first, items["situation"]),
        "behavior": pc.if_else(pair, second, items["behavior"]),
        "norm": theory,
        "options": same_list(OPTIONS, items.num_rows),
        "gold": pc.if_else(turned, pc.subtract(1, items["gold"]), items["gold"]).cast(pa.int32()),
    }
    return pa.table(
        [columns.get(field.name, items[field.name]) for field in items.schema], schema=items.schema
    )
