"""Downloads from a real server on this machine: resumed, retried, verified, unpacked safely, or refused."""

import hashlib
import io
import json
import os
import re
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from normsuite.adapters.base import Adapted, Adapter, Home, RemoteFile
from normsuite.adapters.homes import cached, downloads, get
from normsuite.errors import InputError

CONTENT = bytes(range(256)) * 8192  # 2 MiB
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Site:
    """What the server holds, how it misbehaves, and what it was asked."""

    url: str = ""
    content: bytes = CONTENT
    drop_at: list[int] = field(default_factory=list)  # connections end after so many bytes, one by one
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # sent first, one by one
    ranges: list[str | None] = field(default_factory=list)

    @property
    def tag(self) -> str:
        return f'"{hashlib.md5(self.content).hexdigest()}"'


class Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        self.site.ranges.append(self.headers.get("Range"))
        if self.site.answers:
            status, headers = self.site.answers.pop(0)
            self.reply(status, b"", headers)
            return
        start = 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and self.headers.get("If-Range") == self.site.tag:
            start = int(asked[1])
        if start >= len(self.site.content) > 0:
            self.reply(416, b"", {})
            return
        span = f"bytes {start}-{len(self.site.content) - 1}/{len(self.site.content)}"
        headers = {"ETag": self.site.tag} | ({"Content-Range": span} if start else {})
        self.reply(206 if start else 200, self.site.content[start:], headers)

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        cut = self.site.drop_at.pop(0) if body and self.site.drop_at else len(body)
        self.wfile.write(body[:cut])
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Handler,), {"site": site}))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}/data.bin"
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NORMSUITE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "data" / "example"


def read(raw: Path, view: str) -> Adapted:
    raise NotImplementedError("downloads never read what they bring")


def adapter(*files: RemoteFile, manual: str = "", revision: str = "r1") -> Adapter:
    return Adapter("example", "Example", Home("https://example.org", "MIT", revision, files, manual), read)


def one(site: Site, sha256: str | None = DIGEST) -> Adapter:
    return adapter(RemoteFile(site.url, "data.bin", sha256))


def left(folder: Path) -> list[str]:
    """Names of all files but the bookkeeping."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if name not in {".lock", "downloads.json"})


def test_a_file_arrives_and_is_recorded(site: Site, cache: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    assert cached(one(site)) is None
    assert get(one(site), progress=lambda *step: seen.append(step)) == cache
    assert (cache / "data.bin").read_bytes() == CONTENT
    assert left(cache) == ["data.bin"]
    assert seen[-1] == ("data.bin", len(CONTENT), len(CONTENT))
    (record,) = json.loads((cache / "downloads.json").read_text())["files"]
    assert (record["url"], record["revision"], record["sha256"]) == (site.url, "r1", DIGEST)
    assert record["bytes"] == len(CONTENT)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", record["date"])
    assert cached(one(site)) == cache


def test_what_is_here_is_not_downloaded_again(site: Site) -> None:
    get(one(site))
    get(one(site))
    assert len(site.ranges) == 1


def test_a_new_revision_is_downloaded_again(site: Site) -> None:
    get(one(site))
    newer = adapter(RemoteFile(site.url, "data.bin", DIGEST), revision="r2")
    assert cached(newer) is None
    get(newer)
    assert len(site.ranges) == 2


def test_a_dropped_connection_is_continued_where_it_broke(site: Site, cache: Path) -> None:
    site.drop_at = [1 << 20]
    get(one(site))
    assert (cache / "data.bin").read_bytes() == CONTENT
    assert site.ranges[0] is None
    assert site.ranges[1] is not None
    assert site.ranges[1] != "bytes=0-"


def test_a_file_that_changed_half_way_is_never_spliced(site: Site, cache: Path) -> None:
    (cache).mkdir(parents=True)
    (cache / "data.bin.part").write_bytes(b"x" * 1000)
    (cache / "data.bin.part.version").write_text('"of an older file"')
    get(one(site, sha256=None))
    assert site.ranges == ["bytes=1000-"]
    assert (cache / "data.bin").read_bytes() == CONTENT


def test_a_part_of_unknown_version_is_started_anew(site: Site, cache: Path) -> None:
    (cache).mkdir(parents=True)
    (cache / "data.bin.part").write_bytes(CONTENT[:1000])
    get(one(site))
    assert site.ranges == [None]


def test_a_part_that_is_whole_already_does_not_stop_the_download(site: Site, cache: Path) -> None:
    (cache).mkdir(parents=True)
    (cache / "data.bin.part").write_bytes(CONTENT)
    (cache / "data.bin.part.version").write_text(site.tag)
    get(one(site))
    assert (cache / "data.bin").read_bytes() == CONTENT


def test_a_busy_server_is_asked_again_after_the_time_it_names(site: Site, cache: Path) -> None:
    site.answers = [(503, {"Retry-After": "1"}), (429, {})]
    get(one(site))
    assert len(site.ranges) == 3
    assert left(cache) == ["data.bin"]


def test_a_server_that_stays_busy_is_given_up(
    site: Site, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("normsuite.adapters.downloads._ATTEMPTS", 2)
    site.answers = [(503, {})] * 9
    with pytest.raises(InputError, match=r"the server answers 503 Service Unavailable; try again later"):
        get(one(site))
    assert len(site.ranges) == 2
    assert cached(one(site)) is None


def test_a_refusal_is_not_tried_again(site: Site) -> None:
    site.answers = [(404, {})]
    with pytest.raises(InputError, match=r"the server answers 404 Not Found"):
        get(one(site))
    assert len(site.ranges) == 1


def test_nobody_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("normsuite.adapters.downloads._ATTEMPTS", 1)
    with pytest.raises(InputError, match=r"http://127\.0\.0\.1:9/x: cannot be downloaded: ConnectError"):
        get(adapter(RemoteFile("http://127.0.0.1:9/x", "x")))


@pytest.mark.parametrize("target", ["http://example.org/x", "ftp://example.org/x"])
def test_redirects_and_addresses_that_leave_https_are_refused(site: Site, target: str) -> None:
    site.answers = [(302, {"Location": target})]
    with pytest.raises(InputError, match=r"not https|cannot be downloaded"):
        get(one(site))
    with pytest.raises(InputError, match=r"not https|cannot be downloaded"):
        get(adapter(RemoteFile(target, "x")))


def test_a_redirect_on_this_machine_is_followed(site: Site, cache: Path) -> None:
    site.answers = [(302, {"Location": site.url})]
    get(one(site))
    assert left(cache) == ["data.bin"]


def test_another_content_than_pinned_is_not_put_in_place(site: Site, cache: Path) -> None:
    site.content = b"tampered"
    with pytest.raises(InputError, match=f"expected {DIGEST}"):
        get(one(site))
    assert left(cache) == []


def test_without_a_pinned_digest_the_first_one_binds(site: Site, cache: Path) -> None:
    get(one(site, sha256=None))
    (cache / "data.bin").unlink()
    assert cached(one(site, sha256=None)) is None
    site.content = b"changed at its home"
    with pytest.raises(InputError, match=f"expected {DIGEST}"):
        get(one(site, sha256=None))
    assert left(cache) == []


def zipped(members: dict[str, bytes], mode: int = 0) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return stream.getvalue()


def tarred(members: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.size, entry.linkname = kind, len(content), "/etc/passwd"
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def packed(site: Site) -> Adapter:
    return adapter(RemoteFile(site.url, "data.pack", None, ("example/*.csv",)))


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_only_the_wanted_members_are_unpacked(
    site: Site, cache: Path, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    site.content = pack({"example/a.csv": b"a", "example/deep/b.csv": b"b", "example/c.exe": b"c"})
    get(packed(site))
    assert left(cache) == ["example/a.csv", "example/deep/b.csv"]
    assert cached(packed(site)) == cache
    (cache / "example/a.csv").unlink()
    assert cached(packed(site)) is None


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize("name", ["../evil.csv", "/evil.csv", "example/../../evil.csv", "C:\\evil.csv"])
def test_members_that_lead_out_of_the_folder_are_refused(
    site: Site, cache: Path, pack: Callable[[dict[str, bytes]], bytes], name: str
) -> None:
    site.content = pack({"example/a.csv": b"a", name: b"evil"})
    with pytest.raises(InputError, match="leads out of the folder"):
        get(packed(site))
    assert left(cache) == ["data.pack.part"], "nothing is put in place"
    assert not list(cache.parent.parent.rglob("evil*"))


def test_links_are_refused(site: Site) -> None:
    for content in (
        tarred({"example/a.csv": b""}, tarfile.SYMTYPE),
        tarred({"example/a.csv": b""}, tarfile.LNKTYPE),
        zipped({"example/a.csv": b"/etc/passwd"}, 0o120777),
    ):
        site.content = content
        with pytest.raises(InputError, match="is no plain file"):
            get(packed(site))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"neither", "is no zip or tar archive"),
        (zipped({"example/a.csv": b"a" * 5000})[:-40], "archive"),
        (tarred({"example/a.csv": os.urandom(50_000)})[:-20_000], "damaged archive"),
        (zipped({"other.csv": b"a"}), r"holds no example/\*\.csv"),
    ],
    ids=["no archive", "cut zip", "cut tar", "nothing wanted"],
)
def test_damaged_and_wrong_archives_are_refused(site: Site, content: bytes, reason: str) -> None:
    site.content = content
    with pytest.raises(InputError, match=reason):
        get(packed(site))


def test_a_bomb_is_stopped_while_it_unpacks(site: Site, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("normsuite.adapters.homes.MOST_BYTES", 1000)
    site.content = zipped({"example/a.csv": b"0" * 900, "example/b.csv": b"0" * 900})
    with pytest.raises(InputError, match="unpacks to more than is allowed"):
        get(packed(site))
    assert not (cache / "example").exists()


def test_an_unwritable_cache_is_one_clear_line(site: Site, cache: Path) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_text("a file where the folder should be")
    with pytest.raises(InputError, match="cannot write"):
        get(one(site))


def test_a_data_set_behind_a_form_says_what_to_do(cache: Path) -> None:
    by_hand = adapter(manual="ask the authors for table.csv")
    place = r"example: ask the authors for table\.csv \(https://example\.org\); then put it into"
    with pytest.raises(InputError, match=place):
        get(by_hand)
    assert cached(by_hand) is None
    cache.mkdir(parents=True)
    (cache / "table.csv").write_text("x")
    assert cached(by_hand) == cache


def test_damaged_records_are_refused(site: Site, cache: Path) -> None:
    get(one(site))
    (cache / "downloads.json").write_text("{")
    with pytest.raises(InputError, match=r"downloads\.json: is damaged"):
        cached(one(site))


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file in the cache of the hub's client, as that client lays it out, and no network."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    repo = tmp_path / "hub" / "datasets--owner--name"
    blob = repo / "blobs" / DIGEST
    pointer = repo / "snapshots" / commit / "folder" / "data.bin"
    for path in (blob, pointer):
        path.parent.mkdir(parents=True)
    blob.write_bytes(CONTENT)
    pointer.symlink_to(blob)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return commit


def test_files_of_the_hub_come_through_its_own_cache(hub: str, cache: Path) -> None:
    home = adapter(RemoteFile(f"hf://datasets/owner/name@{hub}/folder/data.bin", "data.bin", DIGEST))
    get(home)
    assert (cache / "data.bin").read_bytes() == CONTENT
    assert not (cache / "data.bin").is_symlink()
    assert left(cache) == ["data.bin"]


def test_what_the_hub_does_not_have_is_one_clear_line(hub: str) -> None:
    with pytest.raises(InputError, match=r"hf://datasets/owner/name@\w+/other\.bin: cannot be downloaded"):
        get(adapter(RemoteFile(f"hf://datasets/owner/name@{hub}/other.bin", "other.bin")))
    with pytest.raises(InputError, match="is not of the form hf://"):
        get(adapter(RemoteFile("hf://datasets/name", "x")))


def test_a_branch_is_resolved_to_the_commit_it_stands_at(hub: str, cache: Path, tmp_path: Path) -> None:
    repo = tmp_path / "hub" / "datasets--owner--name"
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text(hub)
    home = adapter(RemoteFile("hf://datasets/owner/name@main/folder/data.bin", "data.bin"))
    assert downloads(home) == []
    get(home)
    (record,) = downloads(home)
    assert (record.commit, record.sha256) == (hub, DIGEST)

    newer = "f" * 40  # somebody pushes; what was downloaded first stays what is downloaded
    (repo / "snapshots" / newer / "folder").mkdir(parents=True)
    (repo / "snapshots" / newer / "folder" / "data.bin").write_bytes(b"another release")
    (repo / "refs" / "main").write_text(newer)
    (cache / "data.bin").unlink()
    get(home)
    assert (cache / "data.bin").read_bytes() == CONTENT
    assert downloads(home)[0].commit == hub


def test_records_of_an_older_version_know_no_commit(site: Site, cache: Path) -> None:
    get(one(site))
    path = cache / "downloads.json"
    entries = json.loads(path.read_text())["files"]
    path.write_text(json.dumps({"files": [{k: v for k, v in e.items() if k != "commit"} for e in entries]}))
    assert [record.commit for record in downloads(one(site))] == [""]
    assert cached(one(site)) == cache
