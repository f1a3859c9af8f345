"""YAML is read as it was meant, or refused with its line."""

from pathlib import Path

import pytest

from normsuite.errors import InputError
from normsuite.strict_yaml import line_of, read_yaml


def test_content_comes_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("\ufeffa: 1\nb:\n  c: [x,\n    y]\n", encoding="utf-8")
    content, root = read_yaml(path)
    assert content == {"a": 1, "b": {"c": ["x", "y"]}}
    assert [line_of(root, at) for at in [("a",), ("b", "c"), ("b", "c", 1), ("b", "gone"), ()]] == [
        1,
        3,
        4,
        2,
        1,
    ]


@pytest.mark.parametrize(
    ("text", "row", "message"),
    [
        ("a: 1\na: 2\n", 2, "repeated key"),
        ("a: [{b: 1, b: 2}]\n", 1, "repeated key"),
        ("a: 1\nno: 2\n", 2, "a key that is no text; put it in quotes"),
        ("a: &x [1]\nb: *x\n", 2, "holds the alias *x; write it out"),
        ("a: &x {b: 1}\n<<: *x\n", 2, "holds the alias *x"),
        ("a: !!python/name:os.system\n", 1, "is not YAML"),
        ("a: {\n", 2, "is not YAML"),
        ("a: 2001-99-99\n", None, "is not YAML"),
        ("a: b\n---\na: c\n", 2, "is not YAML"),
        ("a: " + "[" * 5000 + "]" * 5000, 1, "nest"),
        ("a:\n- " + "{b: " * 16000, 2, "nest"),
        ("# " + "x" * (64 << 10), None, "has more than 65,536 characters"),
    ],
)
def test_what_yaml_would_hide_is_refused(tmp_path: Path, text: str, row: int | None, message: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_yaml(path)
    assert (caught.value.file, caught.value.row) == (str(path), row)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such task file"):
        read_yaml(tmp_path / "gone.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        read_yaml(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"a: caf\xe9\n")
    with pytest.raises(InputError, match="UTF-8"):
        read_yaml(tmp_path / "latin.yaml")
