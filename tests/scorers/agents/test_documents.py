"""The documents that agents search: plain text within one folder, cut into passages."""

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normsuite.errors import InputError
from normsuite.scorers.agents import documents as module
from normsuite.scorers.agents.documents import PASSAGE, _passages, read_documents

LIBRARY = Path(__file__).parents[2] / "data" / "social" / "documents"


def test_text_files_below_a_folder_become_passages_with_names() -> None:
    read = read_documents(LIBRARY)
    assert [passage.name for passage in read.passages] == ["manners.md#1", "towns/council.txt#1"]
    assert "A request is politer as a question" in read.passages[0].text
    content = (LIBRARY / "manners.md").read_bytes()
    assert read.files["manners.md"] == hashlib.sha256(content).hexdigest()
    assert list(read.files) == ["manners.md", "towns/council.txt"]


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>no</p>")
    (tmp_path / "data.pkl").write_bytes(b"\x80\x04.")
    (tmp_path / "Note.TXT").write_text("\ufeffyes", encoding="utf-8")
    read = read_documents(tmp_path)
    assert [passage.text for passage in read.passages] == ["yes"]


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    library = tmp_path / "library"
    library.mkdir()
    (library / "a.txt").write_text("open")
    (library / "within.txt").symlink_to("a.txt")
    assert len(read_documents(library).passages) == 2
    (library / "out.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(InputError, match="link that leads out"):
        read_documents(library)


def test_a_linked_folder_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.txt").write_text("secret")
    library = tmp_path / "library"
    library.mkdir()
    (library / "a.txt").write_text("open")
    (library / "more").symlink_to(tmp_path / "elsewhere")
    assert list(read_documents(library).files) == ["a.txt"]


def test_what_is_no_text_file_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read_documents(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no text"):
        read_documents(tmp_path)
    path = tmp_path / "a.txt"
    for content, message in ((b"\xff\xfe", "is no UTF-8 text"), (b"a\0b", "holds a NUL byte")):
        path.write_bytes(content)
        with pytest.raises(InputError, match=message):
            read_documents(tmp_path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InputError, match="is no file"):
        read_documents(tmp_path)


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text(name * 600)
    monkeypatch.setattr(module, "MOST_FILES", 1)
    with pytest.raises(InputError, match="more than 1 files"):
        read_documents(tmp_path)
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match="MiB together"):
        read_documents(tmp_path)


@given(st.lists(st.text(st.characters(exclude_categories=["C"]), max_size=1500), max_size=4))
def test_passages_hold_all_words_and_none_is_too_long(paragraphs: list[str]) -> None:
    text = "\n\n".join(paragraphs)
    passages = list(_passages("a.txt", text))
    assert all(0 < len(passage.text) <= PASSAGE for passage in passages)
    assert "".join(passage.text for passage in passages).replace(" ", "") == "".join(text.split())
    assert [passage.name for passage in passages] == [f"a.txt#{n}" for n in range(1, len(passages) + 1)]
