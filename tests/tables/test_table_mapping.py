"""The mapping's model: what it takes, and the one line for what it does not."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normsuite.errors import InputError
from normsuite.tasks import load_task
from normsuite.tasks.table import TableSpec
from normsuite.tasks.table_parts import From, Label

_PLAIN: dict[str, Any] = {
    "files": "a.csv",
    "fields": {"situation": "story"},
    "label": "verdict",
    "options": ["good", "wrong"],
}
_TEXT = st.text("abcxyz_ .", min_size=1).filter(lambda text: bool(text.strip()))
_VALUES = (
    _TEXT
    | st.builds(lambda text: f"{{{{ {text.strip()[0]} }}}}", _TEXT)
    | st.fixed_dictionaries({"folder": st.integers(0, 20)})
    | st.fixed_dictionaries({"constant": _TEXT})
    | st.fixed_dictionaries({"column": _TEXT}, optional={"map": st.dictionaries(_TEXT, _TEXT | st.none())})
)


@settings(max_examples=60)
@given(
    st.fixed_dictionaries({"situation": _VALUES}, optional={"behavior": _VALUES, "norm": _VALUES}), _VALUES
)
def test_a_mapping_that_is_written_out_is_the_same_mapping(fields: dict[str, Any], topic: Any) -> None:
    spec = TableSpec.model_validate({**_PLAIN, "fields": fields, "categories": {"topic": topic}})
    assert TableSpec.model_validate(spec.model_dump()) == spec
    assert TableSpec.model_validate_json(spec.model_dump_json()) == spec


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(["column", "expression", "constant", "folder"]), st.just("1")))
def test_a_value_has_one_source(sources: dict[str, Any]) -> None:
    wanted = {name: int(value) if name == "folder" else value for name, value in sources.items()}
    if len(wanted) == 1:
        assert From.model_validate(wanted).sources == list(wanted)
    else:
        with pytest.raises(ValueError, match="name one of"):
            From.model_validate(wanted)


def test_a_bare_text_is_a_column_an_expression_or_in_cultures_a_constant() -> None:
    spec = TableSpec.model_validate(
        {**_PLAIN, "fields": {"situation": "a", "norm": "{{ b }}"}, "culture": {"language": "it"}}
    )
    assert spec.fields.situation == From(column="a")
    assert spec.fields.norm == From(expression="{{ b }}")
    assert spec.culture.language == From(constant="it")
    assert spec.label == Label(column="verdict")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"label": None}, "name a `label`, `votes` or a `rating`"),
        ({"options": None}, "name the answers"),
        ({"options": ["one"]}, "one option is no choice"),
        ({"options": ["a", "a"]}, "name each option once"),
        ({"fields": {"norm": "rule"}}, "name a column for `situation`"),
        ({"label": {"column": "v", "map": {"x": "great"}}}, "'great' is none of the options"),
        ({"label": {"column": "v", "valence": {"ok": 1}}}, "'ok' is none of the options"),
        ({"label": {"column": "v", "valence": {"good": 2}}}, "less than or equal to 1"),
        ({"rating": {"column": "r", "min": 1, "max": 7}}, "a rating has no `label`"),
        ({"files": "../secret.csv"}, "is not below the task file's folder"),
        ({"files": "/etc/passwd"}, "is not below the task file's folder"),
        ({"files": []}, "at least 1 item"),
        ({"format": {"encoding": "hex"}}, "is no encoding of text"),
        ({"format": {"encoding": "\0"}}, "is no encoding of text"),
        ({"format": {"columns": ["a"]}}, "say `header: false`"),
        ({"melt": {"name": "a", "value": "b"}}, "name either the `columns`"),
        ({"split": {"by": "cluster", "shares": {"train": 0.5}}}, "must add up to 1"),
        ({"split": {"by": "cluster", "shares": {"trial": 1}}}, "are of train, dev and test"),
        ({"split": {"by": "cluster", "column": "s"}}, "name one of"),
        ({"votes": {}}, "name one of columns, column"),
        ({"group": "id", "votes": {"column": "v"}}, "leave `votes` out"),
        ({"culture": {"country": {"file": "x.csv"}}}, "String should match pattern"),
        ({"nonsense": 1}, "Extra inputs"),
    ],
)
def test_what_makes_no_sense_is_said(change: dict[str, Any], why: str) -> None:
    whole = {key: value for key, value in {**_PLAIN, **change}.items() if value is not None}
    with pytest.raises(ValueError, match=why):
        TableSpec.model_validate(whole)


def test_a_mistake_in_a_task_file_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "made.yaml"
    path.write_text(
        "name: made\ntitle: t\ndescription: d\ndata:\n  set: made\n  table:\n    files: a.csv\n"
        "    fields: {situation: story}\n    label: {column: v, map: {a: x}}\n    options: [y, z]\n"
        "prompts: ./made\nlabels: {y: y, z: z}\nmetrics: [accuracy]\nheadline: accuracy\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as error:
        load_task(path)
    assert str(error.value) == (
        f"{path}, row 9, field 'data.table.label.map': 'x' is none of the options y, z"
    )


def test_a_table_has_no_views_and_a_task_its_sets_name(tmp_path: Path) -> None:
    table = "{files: a.csv, fields: {situation: s}, label: v, options: [y, z]}"
    text = (
        f"name: other\ntitle: t\ndescription: d\ndata: {{set: made, table: {table}}}\n"
        "prompts: ./made\nlabels: {y: y, z: z}\nmetrics: [accuracy]\nheadline: accuracy\n"
    )
    path = tmp_path / "other.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="must begin with the data set's name"):
        load_task(path)
    path.write_text(text.replace("set: made,", "set: other, view: x,"), encoding="utf-8")
    with pytest.raises(InputError, match=r"data\.view.*a table has no views"):
        load_task(path)
    path.write_text(text.replace("set: made,", "set: other,"), encoding="utf-8")
    assert load_task(path).folder == tmp_path


def test_the_place_of_a_task_file_is_no_part_of_its_digest(tmp_path: Path) -> None:
    from normsuite import folders

    task = load_task(folders.tasks() / "mini-rules.yaml")
    assert task.placed(tmp_path).sha256 == task.sha256
