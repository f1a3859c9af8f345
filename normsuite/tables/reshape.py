"""From rows of a file to a row per judgement: cells parsed, columns and lists made rows, rows left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.errors import InputError
from normsuite.tables.cells import parse_cell
from normsuite.tables.expressions import Expression
from normsuite.tables.rows import Rows, as_cells, texts
from normsuite.tasks.table import TableSpec
from normsuite.tasks.table_parts import Melt, Way

_FALSE: Final = frozenset({"False", "false", "0", "0.0", "None"})


def reshape(rows: Rows, spec: TableSpec) -> tuple[Rows, list[pa.Table]]:
    """Rows as the task file wants them, and what was set aside on the way.

    Raises:
        InputError: a column that it names is not there.
    """
    rows, aside = shaped(rows, spec.parse, spec.melt, spec.each)
    for column, wanted in spec.where.items():
        values, _ = texts(rows.cells(column, f"where.{column}"))
        chosen = np.asarray(pc.is_in(values, pa.array(wanted, pa.string())))
        rows = _keep(rows, chosen, column, "is not asked about", values.to_pylist(), aside)
    if spec.keep:
        rows = _kept(rows, spec.keep, aside)
    return rows, aside


def shaped(
    rows: Rows, parse: Mapping[str, Way], melt: Melt | None, each: Sequence[str]
) -> tuple[Rows, list[pa.Table]]:
    """One row for each judgement (see ``TableSpec``), and what was set aside on the way.

    Raises:
        InputError: a column is not there.
    """
    aside: list[pa.Table] = []
    for column, way in parse.items():
        if melt is None or column != melt.value:
            rows = _parse(rows, column, way, aside)
    if melt is not None:
        rows = _melt(rows, melt, aside)
        if melt.value in parse:
            rows = _parse(rows, melt.value, parse[melt.value], aside)
    for column in each:
        rows = _each(rows, column, aside)
    return rows, aside


def _keep(
    rows: Rows, chosen: np.ndarray, field: str, reason: str, values: list[Any], aside: list[pa.Table]
) -> Rows:
    """The chosen rows; the others are noted."""
    if chosen.all():
        return rows
    aside.append(rows.aside(~chosen, field, reason, values, invalid=False))
    return rows.take(chosen)


def _parse(rows: Rows, column: str, way: Way, aside: list[pa.Table]) -> Rows:
    """A column's cells as lists and mappings; rows whose cell is not written so are set aside."""
    parsed: list[Any] = []
    wrong: dict[str, list[int]] = {}
    cells = rows.cells(column, f"parse.{column}")
    for at, cell in enumerate(cells):
        try:
            parsed.append(parse_cell(cell, way))
        except ValueError as error:
            wrong.setdefault(str(error), []).append(at)
            parsed.append(None)
    rows = rows.with_column(column, parsed)
    bad = np.zeros(len(rows), bool)
    for reason, places in wrong.items():
        mine = np.zeros(len(rows), bool)
        mine[places] = True
        aside.append(rows.aside(mine, column, reason, list(cells), invalid=True))
        bad |= mine
    return rows.take(~bad) if bad.any() else rows


def _melt(rows: Rows, melt: Melt, aside: list[pa.Table]) -> Rows:
    """One row for each wide column that has a cell, record after record."""
    for column in (*melt.columns, *melt.keep):
        if column not in rows.columns:
            shown = ", ".join(map(repr, rows.columns))
            raise InputError(f"no column {column!r}", field="data.table.melt", fix=f"the columns are {shown}")
    wide = melt.columns or tuple(name for name in rows.columns if name not in melt.keep)
    if not wide or melt.name in rows.columns or (melt.value in rows.columns and melt.value not in wide):
        raise InputError(
            f"no new columns {melt.name!r} and {melt.value!r} can be made", field="data.table.melt"
        )
    cells = np.stack([rows.columns[name] for name in wide], axis=1)
    at, which = np.divmod(np.arange(cells.size), len(wide))
    names = as_cells(wide)[which]
    long = rows.take(at)
    long = Rows(
        {name: column for name, column in long.columns.items() if name not in wide},
        long.files,
        long.file,
        long.record,
        long.part + names,
    )
    long = long.with_column(melt.name, names).with_column(melt.value, cells.ravel())
    empty = np.array([cell is None for cell in cells.ravel()], bool)
    for name in wide:
        mine = empty & (names == name)
        aside.append(long.aside(mine, name, "is empty", invalid=False))
    return long.take(~empty)


def _each(rows: Rows, column: str, aside: list[pa.Table]) -> Rows:
    """One row for each element of a list, or entry of a mapping."""
    cells = rows.cells(column, "each")
    name = column.rsplit(".", 1)[-1]
    lists = np.array([isinstance(cell, list | dict) for cell in cells], bool)
    empty = np.array([cell is None or cell in ([], {}) for cell in cells], bool)
    aside.append(rows.aside(empty, column, "is empty", invalid=False))
    bad = ~lists & ~empty
    aside.append(rows.aside(bad, column, "is no list (say how to `parse` it)", list(cells), invalid=True))
    at: list[int] = []
    new: dict[str, list[Any]] = {f"{name}{end}": [] for end in ("", "_before", "_place", "_key")}
    for row in np.flatnonzero(lists & ~empty):
        elements = (
            list(cells[row].items()) if isinstance(cells[row], dict) else [(None, e) for e in cells[row]]
        )
        before = [element for _, element in elements]
        for place, (key, element) in enumerate(elements, 1):
            at.append(int(row))
            for end, value in (
                ("", element),
                ("_before", before[: place - 1]),
                ("_place", place),
                ("_key", key),
            ):
                new[f"{name}{end}"].append(value)
    found = rows.take(np.array(at, np.int64))
    parts = [
        f"{old}:{place if key is None else key}".lstrip(":")
        for old, place, key in zip(found.part, new[f"{name}_place"], new[f"{name}_key"], strict=True)
    ]
    found = Rows(found.columns, found.files, found.file, found.record, as_cells(parts))
    for title, values in new.items():
        found = found.with_column(title, values)
    return found


def _kept(rows: Rows, text: str, aside: list[pa.Table]) -> Rows:
    """The rows for which an expression prints something true."""
    expression = Expression(text, rows.columns, "keep")
    wrong: dict[int, str] = {}
    chosen = np.zeros(len(rows), bool)
    for at in range(len(rows)):
        try:
            found = expression({name: cells[at] for name, cells in rows.columns.items()})
            chosen[at] = found is not None and found not in _FALSE
        except ValueError as error:
            wrong[at] = str(error)
    for reason in dict.fromkeys(wrong.values()):
        mine = np.array([wrong.get(at) == reason for at in range(len(rows))], bool)
        aside.append(rows.aside(mine, "keep", reason, invalid=True))
    failed = np.array([at in wrong for at in range(len(rows))], bool)
    aside.append(rows.aside(~chosen & ~failed, "keep", "is not asked about", invalid=False))
    return rows.take(chosen)
