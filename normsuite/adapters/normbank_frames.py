"""The constraint grammar of NormBank: text to frames, each distinct text once.

Constraints are joined by " [AND] ". One constraint is ``[PERSON]'s`` or ``[OTHER]'s`` or neither (then it is
about the environment), followed by ``name relation 'value'``. Values may hold apostrophes: the last quote
closes. Workers could write names and relations of their own; a relation begins at its verb, "is" first, or is
the last word where we know no verb.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.schema import ITEM_SCHEMA, SUBJECTS

NAMES: Final = (
    # roles and behaviors, of which every setting has its own
    "role",
    "behavior",
    # attributes of a person
    "age bracket",
    "characteristic",
    "children",
    "condition or state",
    "country",
    "diet",
    "education",
    "employment",
    "gender",
    "marriage",
    "medical condition",
    "race or ethnicity",
    "religion",
    "sexuality",
    "social class",
    # the environment
    "attendance",
    "cleanliness",
    "day of the week",
    "event type",
    "holiday or special day",
    "lighting",
    "noise",
    "population density",
    "privacy",
    "season",
    "temperature",
    "time of day",
    "time period",
    "weather",
)
"""Constraint names of the authors' taxonomy; a worker's own name counts as ``other`` in the facet."""

_VERBS: Final = "are|was|were|has|have|had|does|do|can|cannot|must|should|will|may"
_SUBJECT: Final = r"^(?:\[(?P<subject>PERSON|OTHER)\]'s )?"
_HEADS: Final = (
    rf"{_SUBJECT}(?P<name>\S.*?) (?P<relation>is(?: .+)?)$",
    rf"{_SUBJECT}(?P<name>\S.*?) (?P<relation>(?:{_VERBS})(?: .+)?)$",
    rf"{_SUBJECT}(?P<name>\S.*) (?P<relation>\S+)$",
)
"""What stands before the value, most specific first."""


@dataclass(frozen=True)
class Frames:
    """The frames of u distinct texts of constraints.

    Attributes:
        constraints: list<{subject, name, relation, value}> [u].
        malformed: bool [u], texts that are not in the grammar.
        country: string [u], the value of the environment's ``country is``, null where none or several.
        names: list<dictionary> [u], the distinct names that occur, in the taxonomy's words or ``other``.
        subjects: list<dictionary> [u], the distinct subjects that occur.
    """

    constraints: pa.Array
    malformed: np.ndarray
    country: pa.Array
    names: pa.Array
    subjects: pa.Array


def parse_frames(texts: pa.Array) -> Frames:
    """Parse distinct texts of constraints; an empty text is an empty frame."""
    lists = pc.split_pattern(pc.if_else(pc.equal(texts, ""), None, texts), " [AND] ")
    parents = np.asarray(pc.list_parent_indices(lists))
    encoded = lists.flatten().dictionary_encode()
    parsed = _parse(encoded.dictionary)
    parts = parsed.take(encoded.indices)
    offsets = np.concatenate([[0], np.bincount(parents, minlength=len(texts)).cumsum()])
    bad = np.asarray(pc.is_null(parts.field("relation")))
    return Frames(
        constraints=pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), parts),
        malformed=np.bincount(parents[bad], minlength=len(texts)) > 0,
        country=_countries(parts, parents, len(texts)),
        names=_distinct(_taxonomy(parts.field("name")), parents, [*NAMES, "other"], len(texts)),
        subjects=_distinct(parts.field("subject"), parents, list(SUBJECTS), len(texts)),
    )


def _parse(parts: pa.Array) -> pa.Array:
    """Struct {subject, name, relation, value} of each constraint; its fields are null outside the grammar."""
    at = pc.find_substring(parts, " '")
    closed = pc.and_(pc.ends_with(parts, "'"), pc.greater(pc.binary_length(parts), pc.add(at, 2)))
    well = pc.and_(pc.greater(at, 0), closed)
    halves = pc.split_pattern(pc.if_else(well, parts, None), " '", max_splits=1)
    heads = pc.list_element(halves, 0).dictionary_encode()
    subject, name, relation = (field.take(heads.indices) for field in _parse_heads(heads.dictionary))
    value = pc.utf8_slice_codeunits(pc.list_element(halves, 1), 0, -1)
    kind = ITEM_SCHEMA.field("frame").type.value_type
    return pa.StructArray.from_arrays([subject, name, relation, value], fields=list(kind))


def _parse_heads(heads: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Subject, name and relation of texts such as ``[PERSON]'s role is``; null where it is none."""
    found = [pc.extract_regex(heads, pattern) for pattern in _HEADS]
    subject, name, relation = (
        pc.coalesce(*(pc.struct_field(each, field) for each in found))
        for field in ("subject", "name", "relation")
    )
    return pc.if_else(pc.equal(subject, ""), "ENV", subject), name, relation


def _countries(parts: pa.Array, parents: np.ndarray, n: int) -> pa.Array:
    """The one country that the environment ``is``, per frame."""
    tests = {"subject": "ENV", "name": "country", "relation": "is"}
    equal = [np.asarray(pc.fill_null(pc.equal(parts.field(f), v), False)) for f, v in tests.items()]
    at = np.flatnonzero(np.logical_and.reduce(equal))
    once = np.bincount(parents[at], minlength=n) == 1
    index = np.zeros(n, np.int64)
    index[parents[at]] = at
    return parts.field("value").take(pa.array(index, mask=~once))


def _taxonomy(names: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_in(names, pa.array(NAMES)), names, "other")


def _distinct(values: pa.Array, parents: np.ndarray, vocabulary: list[str], n: int) -> pa.Array:
    """list<dictionary> [n]: the words of ``vocabulary`` that occur among each parent's values."""
    words = pa.array(vocabulary)
    occurs = np.zeros((n, len(vocabulary)), bool)
    at = np.asarray(pc.fill_null(pc.index_in(values, words), 0))
    occurs[parents, at] = True
    offsets = np.concatenate([[0], occurs.sum(axis=1).cumsum()])
    codes = pa.array(occurs.nonzero()[1].astype(np.int32))
    found = pa.DictionaryArray.from_arrays(codes, words)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), found)
