"""Pushing to a real server on this machine: everything arrives, or one line says why nothing did."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_hub import COMMIT, TOKEN, Hub, Repo, digest, log_in, running_hub

from normsuite.errors import InputError
from normsuite.publishing import plan_push, push, read_source, write_folder

DATA = Path(__file__).parents[1] / "data"
FILES = {
    "README.md",
    "croissant.json",
    "set-aside.csv",
    "data/train-00000-of-00001.parquet",
    "data/dev-00000-of-00001.parquet",
    "data/test-00000-of-00001.parquet",
}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with running_hub() as hub:
        log_in(monkeypatch, hub.url)
        yield hub


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set that may be passed on."""
    source = read_source("normbank", DATA / "normbank")
    return write_folder(source, tmp_path_factory.mktemp("push") / "normbank").path


def built(name: str, place: Path) -> Path:
    return write_folder(read_source(name, DATA / name), place / name).path


def test_every_file_arrives_as_it_is(hub: Hub, folder: Path) -> None:
    pushed = push(plan_push(folder, "me/norms"))
    assert (pushed.url, pushed.commit) == (f"{hub.url}/datasets/me/norms", COMMIT)
    repo = hub.repos["me/norms"]
    assert not repo.private
    assert repo.branches["main"].keys() == FILES | {".gitattributes"}
    for name in FILES:
        assert digest(repo.branches["main"][name]) == digest((folder / name).read_bytes())


def test_nothing_else_in_the_folder_is_sent(hub: Hub, tmp_path: Path) -> None:
    here = built("normbank", tmp_path)
    (here / ".env").write_text("a secret")
    (here / "data" / "notes.txt").write_text("a thought")
    push(plan_push(here, "me/norms"))
    assert hub.repos["me/norms"].branches["main"].keys() == FILES | {".gitattributes"}


def test_data_files_of_an_earlier_build_go_and_all_else_stays(hub: Hub, folder: Path) -> None:
    before = {"data/train-00001-of-00002.parquet": b"old", "LICENSE": b"kept", ".gitattributes": b""}
    hub.repos["me/norms"] = Repo(private=False, branches={"main": before})
    push(plan_push(folder, "me/norms"))
    assert hub.repos["me/norms"].branches["main"].keys() == FILES | {".gitattributes", "LICENSE"}


def test_a_branch_is_made_and_main_is_left_alone(hub: Hub, folder: Path) -> None:
    push(plan_push(folder, "me/norms", branch="v2"))
    branches = hub.repos["me/norms"].branches
    assert branches["v2"].keys() == FILES | {".gitattributes"}
    assert branches["main"].keys() == {".gitattributes"}


def test_private_is_private_or_nothing_is_sent(hub: Hub, folder: Path) -> None:
    push(plan_push(folder, "me/mine", private=True))
    assert hub.repos["me/mine"].private
    hub.repos["me/open"] = Repo(private=False)
    with pytest.raises(InputError, match="me/open is public already, and is not made private from here"):
        push(plan_push(folder, "me/open", private=True))
    assert hub.repos["me/open"].branches["main"].keys() == {".gitattributes"}


def test_what_may_not_be_passed_on_is_not(hub: Hub, tmp_path: Path) -> None:
    chats = built("normvio-rt", tmp_path)
    for private in (False, True):
        with pytest.raises(
            InputError, match=r"'normvio-rt' must not be passed on \(licence: none stated; hol"
        ):
            plan_push(chats, "me/chats", private=private)
    polls = built("global-opinion", tmp_path)
    with pytest.raises(
        InputError, match=r"not for commercial use \(licence: CC BY-NC-SA.*push it with --priv"
    ):
        plan_push(polls, "me/polls")
    push(plan_push(polls, "me/polls", private=True))
    assert hub.repos.keys() == {"me/polls"}


@pytest.mark.parametrize("name", ["norms", "a/b/c", "me/", "/norms", "me/no spaces", "me/a..b", ""])
def test_a_name_that_is_none_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(InputError, match="field '--to': is not of the form owner/name"):
        plan_push(folder, name)


def test_only_a_build_as_it_was_written_is_pushed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"README\.md: no such file; write the folder with"):
        plan_push(tmp_path, "me/norms")
    here = built("normbank", tmp_path)
    (here / "set-aside.csv").write_text("another")
    with pytest.raises(InputError, match=r"set-aside\.csv: is not the file that croissant\.json describes"):
        plan_push(here, "me/norms")
    for text in ("{", "[]", json.dumps({"distribution": [3]})):
        (here / "croissant.json").write_text(text)
        with pytest.raises(InputError, match=r"croissant\.json: is damaged"):
            plan_push(here, "me/norms")
    (here / "data" / "test-00000-of-00001.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"test-00000-of-00001\.parquet: is not a readable Parquet file"):
        plan_push(here, "me/norms")


@pytest.mark.parametrize(
    ("path", "status", "message", "line"),
    [
        ("/api/repos/create", 403, "no rights", r"does not let this token write there \(no rights\)"),
        (
            "/api/datasets/me/norms/commit",
            403,
            "",
            "does not let this token write there; use a token that may",
        ),
        ("/api/datasets/me/norms/preupload", 404, "", "has no such account or repository, or hides it"),
        ("/api/repos/create", 400, "bad name", r"answers 400 \(bad name\)$"),
        ("/api/repos/create", 500, "", "answers 500; try again later"),
        ("/api/repos/create", 403, f"{TOKEN} is weak \x1b[1m", r"\(… is weak \ufffd\[1m\)"),
    ],
)
def test_a_refusal_is_one_line_without_the_token(
    hub: Hub, folder: Path, path: str, status: int, message: str, line: str
) -> None:
    hub.answers[path] = (status, message)
    with pytest.raises(InputError, match=line) as caught:
        push(plan_push(folder, "me/norms"))
    assert str(caught.value).startswith(f"me/norms: {hub.url} ")
    assert TOKEN not in str(caught.value)


def test_a_wrong_token_is_one_line_without_it(
    hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(monkeypatch, hub.url, "hf_wrong")
    with pytest.raises(InputError, match=r"does not know this token.*run `hf auth login`, or set") as caught:
        push(plan_push(folder, "me/norms"))
    assert "hf_wrong" not in str(caught.value)
    assert not hub.repos


def test_without_a_token_nobody_is_asked(
    hub: Hub, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(
        InputError, match="there is no token for the hub; run `hf auth login`, or set HF_TOKEN"
    ):
        push(plan_push(folder, "me/norms"))
    assert hub.asked == []


def test_a_hub_that_is_not_there_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(monkeypatch, "http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"me/norms: http://127\.0\.0\.1:9 cannot be reached: .*refused"):
        push(plan_push(folder, "me/norms"))
