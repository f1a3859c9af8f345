"""What an adapter is: one data set's way from its raw files to Items.

An adapter module ends with one constant, ``ADAPTER``. Its ``read`` is vectorised and total: each raw row
becomes part of an item or is set aside with file, row and reason. Nothing is dropped silently, and nothing is
guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from normsuite.errors import InputError

SET_ASIDE_SCHEMA: Final = pa.schema(
    [
        pa.field("file", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),  # 1-based record number, the header not counted
        pa.field("field", pa.string(), nullable=False),
        pa.field("value", pa.string()),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("invalid", pa.bool_(), nullable=False),  # breaks the format, not one of its known gaps
    ]
)


@dataclass(frozen=True)
class Adapted:
    """What an adapter read.

    Attributes:
        items: Items in ``schema.ITEM_SCHEMA``.
        set_aside: rows that are no items, in ``SET_ASIDE_SCHEMA``.
        version: the release that was recognised ("v1, 2,633 rows"); empty where there is one only.
        files: name of each raw file that was read, with its sha256.
        folder: what the items' pictures are relative to; None where they have none. Never recorded.
    """

    items: pa.Table
    set_aside: pa.Table
    version: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None


@dataclass(frozen=True)
class RemoteFile:
    """One file of a data set's home.

    Attributes:
        url: an https address at a pinned revision, or ``hf://datasets/owner/name@revision/path``.
        path: where it lies below the data set's cache folder; an archive is unpacked there.
        sha256: the expected digest, or None where the home publishes none: then the first download's digest
            is recorded beside the file and every later one must equal it.
        members: for an archive, the members wanted (glob patterns); empty for a plain file.
    """

    url: str
    path: str
    sha256: str | None = None
    members: tuple[str, ...] = ()


Share = Literal["yes", "non-commercial", "no"]


@dataclass(frozen=True)
class Home:
    """Where a data set lives and what may be done with it.

    Attributes:
        page: the address people should visit.
        licence: its name, as the card states it.
        revision: the pinned commit or release.
        files: what ``data get`` downloads; empty where a form or a person stands between.
        manual: for those: where to get it and where to put it, one line.
        share: whether others may be given it: ``no`` too where nobody has said that they may.
    """

    page: str
    licence: str
    revision: str
    files: tuple[RemoteFile, ...] = ()
    manual: str = ""
    share: Share = "no"


@dataclass(frozen=True)
class Facts:
    """What a data set is published to hold, for people who do not have it yet.

    Attributes:
        rows: judgements, all splits; None where nobody has said.
        languages: BCP 47 tags of its texts.
        countries: how many countries its rows name; 0 where they name none, None where nobody has counted.
    """

    rows: int | None = None
    languages: tuple[str, ...] = ("en",)
    countries: int | None = 0


@dataclass(frozen=True)
class Adapter:
    """One data set.

    Attributes:
        name: the data set's name everywhere.
        title: its name for people.
        home: where the raw files come from.
        read: ``(raw path, view) -> Adapted``.
        views: the judgements one raw row can be turned into; the first is the default.
        facts: what it is published to hold.
    """

    name: str
    title: str
    home: Home
    read: Callable[[Path, str], Adapted]
    views: tuple[str, ...] = ("default",)
    facts: Facts = Facts()


def refuse_invalid(adapted: Adapted) -> None:
    """Raise for the first row that breaks the data set's format (labels outside the set, clashing ids)."""
    bad = adapted.set_aside.filter(adapted.set_aside["invalid"])
    if bad.num_rows:
        first = bad.slice(0, 1).to_pylist()[0]
        more = f" (and {bad.num_rows - 1} more such rows)" if bad.num_rows > 1 else ""
        raise InputError(
            f"{first['value']!r} {first['reason']}{more}",
            file=first["file"],
            row=first["row"],
            field=first["field"],
            fix="mend the file, or set such rows aside with `normsuite data build --keep-going`",
        )


def set_aside_rows(
    file: str,
    rows: pa.Array,
    field: str,
    reason: str,
    values: pa.Array | None = None,
    *,
    invalid: bool = False,
) -> pa.Table:
    """Rows of one file set aside for one reason.

    Args:
        file: the raw file's name.
        rows: 1-based record numbers.
        field: the column at fault.
        reason: what is wrong, to be read after the value ("is not one of yes, no, neutral").
        values: the offending values, cut to 200 characters.
        invalid: whether the row breaks the format rather than being one of its known gaps.
    """
    n = len(rows)
    shown = (
        pa.nulls(n, pa.string())
        if values is None
        else pc.utf8_slice_codeunits(values.cast(pa.string()), 0, 200)
    )
    columns = [
        pa.repeat(file, n),
        rows.cast(pa.int64()),
        pa.repeat(field, n),
        shown,
        pa.repeat(reason, n),
        pa.repeat(invalid, n),
    ]
    return pa.table(columns, schema=SET_ASIDE_SCHEMA)
