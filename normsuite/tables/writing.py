"""The files of a new task: its YAML, its first wordings and its card; checked before the first is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import yaml
from pydantic import ValidationError

from normsuite.adapters import ADAPTERS, Adapted
from normsuite.adapters.describe import printable, reasons
from normsuite.errors import InputError
from normsuite.prompts import compile_wording
from normsuite.tables.draft import answers_to_name, kind_of, table_of
from normsuite.tables.first_wordings import Asked, first_wordings
from normsuite.tables.load import TableSource, load_table, unmapped_countries
from normsuite.tables.proposal import Proposal
from normsuite.tasks import Task
from normsuite.tasks.table import TableSpec

_METRICS: Final = {
    "label": ("macro_f1", "accuracy", "log_loss", "brier", "ece"),
    "choice": ("accuracy", "log_loss", "brier", "ece"),
    "multilabel": ("samples_f1", "macro_f1"),
    "rating": ("spearman", "pearson", "rating_mae"),
}
"""By kind of items; the first is the headline."""

_HEAD: Final = (
    "# Written by `normsuite task new`: a beginning. docs/own-data.md says what each key of `table` does.\n"
)


@dataclass(frozen=True)
class NewTask:
    """A task that is ready to be written.

    Attributes:
        name: its own, and its data set's.
        task: checked.
        adapted: its items.
        files: text of each file by its path below the task's folder.
    """

    name: str
    task: Task
    adapted: Adapted
    files: Mapping[str, str]


def new_task(name: str, plan: Proposal, words: Mapping[str, str], folder: Path) -> NewTask:
    """Put a task together from a mapping, and read its table once to see that it works.

    Args:
        name: of the task and its data set.
        plan: the mapping, nothing of which is open.
        words: for the answers, or for the ends of a scale.
        folder: where the task file will lie; the table's files are below it.

    Raises:
        InputError: the name cannot be used, the files lie elsewhere, or the table cannot be read so.
    """
    if name in ADAPTERS:
        raise InputError(f"{name!r} is the name of a known data set", field="--name", fix="choose another")
    table = _moved(table_of(plan), plan.found.folder, folder)
    try:
        spec = TableSpec.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = first.get("ctx", {}).get("field") or ".".join(map(str, first["loc"]))
        raise InputError(first["msg"], field=f"table.{field}") from None
    adapted = load_table(TableSource(name, spec, folder))
    content = _content(name, plan, words, table, adapted.items)
    try:
        task = Task.model_validate(content).placed(folder)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or str(first.get("ctx", {}).get("field"))
        raise InputError(first["msg"], field={"name": "--name"}.get(field, field)) from None
    wordings = first_wordings(_asked(plan, words, adapted.items))
    for title, text in wordings.items():
        compile_wording(folder / name / f"{title}.jinja", text)
    dumped = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None)
    files = {f"{name}.yaml": _HEAD + dumped, f"{name}.md": _card(name, plan, adapted)}
    files |= {f"{name}/{title}.jinja": text for title, text in wordings.items()}
    return NewTask(name, task, adapted, files)


def write(new: NewTask, folder: Path, *, force: bool = False) -> list[Path]:
    """Write a new task's files.

    Raises:
        InputError: one of them is there already (unless ``force``), or cannot be written.
    """
    paths = [folder / name for name in new.files]
    if not force:
        for path in paths:
            if path.exists():
                raise InputError(
                    "exists", file=path, fix="choose another --name, or --force to write over it"
                )
    for path, text in zip(paths, new.files.values(), strict=True):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot write: {error.strerror or error}", file=path) from None
    return paths


def _moved(table: dict[str, Any], found: Path, folder: Path) -> dict[str, Any]:
    """The table's files as seen from the task's folder."""
    here, there = folder.resolve(), found.resolve()
    if here == there or all(name.startswith("hf://") for name in table["files"]):
        return table
    if not there.is_relative_to(here):
        fix = f"leave --out out, or copy the files into {folder}"
        raise InputError("a task's table lies in the task's folder or below it", file=found, fix=fix)
    prefix = there.relative_to(here).as_posix()
    return {**table, "files": [f"{prefix}/{name}" for name in table["files"]]}


def _content(
    name: str, plan: Proposal, words: Mapping[str, str], table: dict[str, Any], items: pa.Table
) -> dict[str, Any]:
    """What the task's YAML says."""
    kind = kind_of(plan)
    metrics = [*_METRICS[kind]]
    divided = any(items[name].null_count < items.num_rows for name in ("votes", "shares"))
    if divided and kind in ("label", "choice"):
        metrics.append("js_similarity")
    splits = set(items["split"].to_pylist())
    data: dict[str, Any] = {"set": name}
    if "test" not in splits:
        data["split"] = "dev" if "dev" in splits else "train"
    content: dict[str, Any] = {
        "name": name,
        "title": name.replace("-", " "),
        "description": f"A first draft of {printable(', '.join(plan.found.files))}. Say what is asked, whose "
        "norms these are, and what a score means and does not mean.",
        "version": 1,
        "data": {**data, "table": table},
        "prompts": f"./{name}",
    }
    if items["country"].null_count < items.num_rows:
        content["context"] = ["country"]
    if kind == "choice":
        content["answer"] = "letters"
    elif kind == "rating":
        content["scorer"] = "rating"
    elif kind == "multilabel":
        content["answer"] = "yes-no"
        content["labels"] = dict(words)
    else:
        content["labels"] = dict(words)
    return content | {"metrics": metrics, "headline": metrics[0]}


def _asked(plan: Proposal, words: Mapping[str, str], items: pa.Table) -> Asked:
    """What the wordings can ask about, from the items that there are."""
    empty = {name: items[name].null_count for name in ("situation", "behavior", "norm", "turns")}
    lengths = pc.list_value_length(items["turns"]).to_pylist()
    if 0 in lengths:
        empty["turns"] = max(empty["turns"], 1)
    situations = items["situation"].drop_null().to_pylist()
    asks = sum(text.rstrip().endswith("?") for text in situations)
    ends = {end: words[end] for end in answers_to_name(plan)} if kind_of(plan) == "rating" else {}
    return Asked(
        kind_of(plan),
        [name for name, n in empty.items() if n == 0],
        [name for name, n in empty.items() if 0 < n < items.num_rows],
        items["country"].null_count < items.num_rows,
        asks > 0.5 * len(situations) > 0,
        ends,
    )


def _card(name: str, plan: Proposal, adapted: Adapted) -> str:
    """The data card: what is known, and what only people can say."""
    items = adapted.items
    rows = {
        "home": "not said: where others get these files",
        "files": ", ".join(f"`{_cell(file)}` sha256 `{digest}`" for file, digest in adapted.files.items()),
        "licence": "not said: whether and how others may use the data",
        "people": "not said: who judged, where and when, how many",
        "languages": _listed(items["language"]),
        "countries": _listed(items["country"]),
        "splits": _listed(items["split"]),
        "size": f"{items.num_rows:,} items in {len(items['cluster'].unique()):,} clusters",
    }
    strange = unmapped_countries(items)
    set_aside = [
        f"- {_cell(field)} {_cell(reason)}: {n:,} rows" for field, reason, n in reasons(adapted.set_aside)
    ]
    lost = [f"- {_cell(text)}: {n:,} items have no country" for text, n in strange.items()]
    return "\n".join(
        [
            f"# {name}",
            "",
            "| | |",
            "|---|---|",
            *(f"| {key} | {value} |" for key, value in rows.items()),
            "",
            "## How fields are mapped",
            "",
            "| field | from | because |",
            "|---|---|---|",
            *(
                f"| {field} | `{_cell(choice.source)}` | {_cell(choice.why)} |"
                for field, choice in plan.choices.items()
            ),
            "",
            "## Set aside",
            "",
            *(set_aside or ["Nothing."]),
            "",
            *(["## Countries that are not known", "", *lost, ""] if lost else []),
            "## Known faults",
            "",
            "Write down here what you find.",
            "",
        ]
    )


def _listed(column: pa.ChunkedArray) -> str:
    """Values with their counts, most first."""
    counted = pc.value_counts(column.drop_null()).to_pylist()
    counted.sort(key=lambda row: -row["counts"])
    shown = ", ".join(f"{_cell(row['values'])} {row['counts']:,}" for row in counted[:40])
    return shown or "not in the data"


def _cell(text: str) -> str:
    return printable(text).replace("|", "\\|").replace("<", "&lt;").replace("`", "'")
