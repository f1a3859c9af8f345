"""What a file, a folder or a repository of files is written in: found by looking, for ``task new``."""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any, Final

from normsuite.errors import InputError
from normsuite.tables.load import HUB, MOST_FILES, files_of
from normsuite.tables.readers import SUFFIXES, read_file
from normsuite.tables.rows import Rows, concat
from normsuite.tasks.table_parts import Format

_LOOKED_AT: Final = 64 << 10  # characters of a file's beginning
_RECORDS: Final = 50
_DELIMITERS: Final = (",", ";", "\t", "|")
_DEEPEST: Final = 4
_MOST_FILES_READ: Final = 40
_REPOSITORY: Final = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class Found:
    """A table as it lies there.

    Attributes:
        folder: where the task file belongs, so that ``files`` are below it.
        files: as in ``TableSpec``.
        format: as in ``TableSpec``; only what differs from the default.
        records: as in ``TableSpec``.
        rows: of the files that were looked at.
        notes: what people should know of how it was read.
    """

    folder: Path
    files: tuple[str, ...]
    format: dict[str, Any]
    records: str
    rows: Rows
    notes: tuple[str, ...]


def look(where: str) -> Found:
    """Look at a file, a folder of files, ``owner/name`` of the Hugging Face hub, or an hf:// address.

    Raises:
        InputError: nothing is there, or it is in no format that is read.
    """
    path = Path(where)
    notes: list[str] = []
    if path.is_dir():
        folder, files = path.resolve().parent, _patterns(path)
    elif path.exists():
        folder, files = path.resolve().parent, [path.name]
    elif where.startswith(HUB) or (_REPOSITORY.fullmatch(where) and path.suffix.lower() not in SUFFIXES):
        folder, files = Path.cwd(), [where] if where.startswith(HUB) else _in_repository(where)
    else:
        raise InputError(
            "no such file or folder", file=where, fix="or give owner/name of a data set on the hub"
        )
    there = files_of(files, folder)
    if len(there) > _MOST_FILES_READ:
        notes.append(f"looked at the first {_MOST_FILES_READ} of {len(there):,} files")
        there = there[:_MOST_FILES_READ]
    kind = SUFFIXES.get(there[0][0].suffix.lower())
    how: dict[str, Any] = {} if kind else {"type": _kind(there[0][0])}
    kind = kind or how["type"]
    records = ""
    if kind in ("csv", "tsv", "json", "jsonl"):
        encoding = _encoding(there[0][0])
        if encoding != "utf-8":
            how["encoding"] = encoding
            notes.append(f"it is not UTF-8; read as {encoding}, so look at its accents")
        if kind in ("csv", "tsv"):
            how |= _layout([path for path, _ in there], encoding, kind)
        else:
            records = _records(there[0][0], encoding)
    return Found(folder, tuple(files), how, records, _read(there, how, records), tuple(notes))


def _patterns(folder: Path) -> list[str]:
    """The files of a folder as one pattern below its parent: those of the format that most of them have."""
    found = [
        path
        for path in islice(sorted(folder.rglob("*")), MOST_FILES)
        if path.is_file() and path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    ]
    if not found:
        raise InputError(f"holds no {', '.join(SUFFIXES)} file", file=folder)
    suffix = Counter(path.suffix for path in found).most_common(1)[0][0]
    depths = {len(path.relative_to(folder).parts) for path in found if path.suffix == suffix}
    name = folder.resolve().name
    inner = "/".join(["*"] * (depths.pop() - 1)) if len(depths) == 1 else "**"
    return ["/".join(filter(None, [name, inner, f"*{suffix}"]))]


def _in_repository(name: str) -> list[str]:
    """The data files of a repository of the Hugging Face hub, pinned to its present commit."""
    import huggingface_hub

    try:
        about = huggingface_hub.HfApi().dataset_info(name)
    except Exception as error:
        # The hub's client lets through whatever its transport raises, which differs between versions.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"is no file here, and the hub does not answer ({reason})", file=name, fix="give a path"
        ) from None
    paths = [entry.rfilename for entry in about.siblings or []]
    data = [path for path in paths if Path(path).suffix.lower() in SUFFIXES and not path.startswith(".")]
    if not data:
        raise InputError(f"holds no {', '.join(SUFFIXES)} file", file=name)
    suffix = Counter(Path(path).suffix for path in data).most_common(1)[0][0]
    kept = sorted(path for path in data if Path(path).suffix == suffix)
    if len(kept) > _MOST_FILES_READ:
        fix = f"name those you mean, as hf://datasets/{name}@{about.sha}/{kept[0]}"
        raise InputError(f"has {len(kept)} files of data", file=name, fix=fix)
    return [f"hf://datasets/{name}@{about.sha}/{path}" for path in kept]


def _read(there: Sequence[tuple[Path, str]], how: dict[str, Any], records: str) -> Rows:
    written = Format.model_validate(how)
    return concat([read_file(path, name, written, records)[0] for path, name in there])


def _kind(path: Path) -> str:
    """The format of a file whose name does not tell."""
    with path.open("rb") as source:
        head = source.read(4096)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK"):
        return "xlsx"
    text = head.decode("utf-8", "ignore").lstrip("\ufeff \r\n\t")
    if not text.startswith(("{", "[")):
        return "csv"
    first = text.split("\n", 1)[0]
    try:
        json.loads(first)
    except ValueError:
        return "json"
    return "jsonl" if text.startswith("{") else "json"


def _encoding(path: Path) -> str:
    """By the byte-order mark; else UTF-8 if it is that; else what Windows writes in the West."""
    with path.open("rb") as source:
        head = source.read(4)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            decoder.decode(head)
            while block := source.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _layout(paths: Sequence[Path], encoding: str, kind: str) -> dict[str, Any]:
    """Delimiter, quotes and header of delimited files; only what is not the default."""
    heads = []
    for path in paths:
        with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as source:
            heads.append(source.read(_LOOKED_AT))
    usual = "\t" if kind == "tsv" else ","
    quoting = True
    delimiter = max(_DELIMITERS, key=lambda sign: (_width(heads[0], sign), sign == usual))
    if _width(heads[0], delimiter) < 2:
        delimiter = usual
    found: dict[str, Any] = {} if delimiter == usual else {"delimiter": delimiter}
    if heads[0].count('"') % 2 and len(heads[0]) < _LOOKED_AT:
        quoting = False
        found["quoting"] = False
    tables = [_parsed(head, delimiter, quoting) for head in heads]
    if not _has_header(tables):
        found["header"] = False
    return found


def _parsed(text: str, delimiter: str, quoting: bool = True) -> list[list[str]]:
    rule = csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, quoting=rule)  # type: ignore[arg-type]
    try:
        return list(islice(filter(None, reader), _RECORDS))
    except csv.Error:
        return []


def _width(text: str, delimiter: str) -> int:
    """How many columns a delimiter makes, if nearly all rows have as many; else 0."""
    rows = _parsed(text, delimiter)
    if len(text) >= _LOOKED_AT:
        rows = rows[:-1]  # the last may be cut
    if not rows:
        return 0
    width, n = Counter(map(len, rows)).most_common(1)[0]
    return width if n >= 0.9 * len(rows) else 0


def _has_header(tables: Sequence[list[list[str]]]) -> bool:
    """Whether the first row names the columns.

    It does where all of several files begin alike. Else it does not if a cell of it comes again below it, is
    a number, is long, or is there twice.
    """
    firsts = [rows[0] for rows in tables if rows]
    if len(firsts) > 1:
        return all(first == firsts[0] for first in firsts)
    if not firsts:
        return True
    (first,), rows = firsts, tables[0]
    below = [{row[at] for row in rows[1:] if at < len(row)} for at in range(len(first))]
    if len(set(first)) < len(first):
        return False
    return not any(
        cell in under or _is_number(cell) or len(cell) > 60
        for cell, under in zip(first, below, strict=True)
        if cell
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _records(path: Path, encoding: str) -> str:
    """Where in a JSON document the records are: the longest list of objects, or mapping of them."""
    text = path.read_text(encoding="utf-8-sig" if encoding == "utf-8" else encoding)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return ""  # several documents, or a fault that reading will name
    if isinstance(document, list):
        return ""
    found = sorted(_lists(document, ()), key=lambda pair: -pair[0])
    return ".".join(found[0][1]) if found else ""


def _lists(value: Any, path: tuple[str, ...]) -> list[tuple[int, tuple[str, ...]]]:
    """Length and path of each list of objects in a document, and of each mapping of like objects."""
    if len(path) > _DEEPEST or not isinstance(value, dict):
        return []
    found = []
    for key, part in value.items():
        if isinstance(part, list) and part and isinstance(part[0], dict) and "." not in key:
            found.append((len(part), (*path, key)))
        elif isinstance(part, dict) and "." not in key:
            found += _lists(part, (*path, key))
    entries = [part for part in value.values() if isinstance(part, dict)]
    if len(entries) == len(value) > 1 and len({frozenset(entry) for entry in entries}) == 1:
        found.append((len(entries), (*path, "*")))
    return found
