"""A small hub on this machine: it answers what the hub's own client asks in order to push a data set."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest

TOKEN = "hf_ThisIsNoRealToken"
COMMIT = "c" * 40


@dataclass
class Repo:
    """One repository: whether it is private, and the files of each branch."""

    private: bool
    branches: dict[str, dict[str, bytes]] = field(default_factory=lambda: {"main": {".gitattributes": b""}})


@dataclass
class Hub:
    """What the hub holds, whom it lets in, and what it was asked."""

    url: str = ""
    repos: dict[str, Repo] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    token: str = TOKEN
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)  # path's beginning -> status, message
    asked: list[str] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append(f"{self.command} {path}")
        for start, (status, message) in self.hub.answers.items():
            if path.startswith(start):
                return self.reply({"error": message}, status, {"X-Error-Message": message})
        if not path.startswith("/lfs/") and self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            return self.reply({"error": "Invalid credentials in Authorization header"}, 401)
        if path.startswith("/lfs/"):
            self.hub.blobs[path.removeprefix("/lfs/")] = body
            return self.reply({})
        if path == "/api/repos/create":
            return self.create(json.loads(body))
        if path == "/api/validate-yaml":
            return self.reply({"errors": [], "warnings": []})
        if path.endswith(".git/info/lfs/objects/batch"):
            return self.batch(json.loads(body))
        if path.startswith("/api/datasets/"):
            owner, name, *rest = path.removeprefix("/api/datasets/").split("/")
            repo = self.hub.repos.get(f"{owner}/{name}")
            if repo is not None:
                return self.in_repo(f"{owner}/{name}", repo, rest, body)
        return self.reply({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})

    do_GET = do_POST = do_PUT = handle_any  # noqa: N815

    def create(self, asked: dict[str, str]) -> None:
        name = f"{asked['organization']}/{asked['name']}"
        status = 409 if name in self.hub.repos else 200
        self.hub.repos.setdefault(name, Repo(asked.get("visibility") == "private"))
        self.reply({"url": f"{self.hub.url}/datasets/{name}"}, status)

    def in_repo(self, name: str, repo: Repo, rest: list[str], body: bytes) -> None:
        action, branch = rest if rest else ("info", "main")
        if action == "branch":
            status = 409 if branch in repo.branches else 200
            repo.branches.setdefault(branch, dict(repo.branches["main"]))
            return self.reply({}, status)
        if branch not in repo.branches:
            return self.reply({"error": "Invalid rev id"}, 404, {"X-Error-Code": "RevisionNotFound"})
        files = repo.branches[branch]
        if action in ("info", "revision"):
            return self.reply({"id": name, "private": repo.private, "sha": COMMIT})
        if action == "tree":
            listed = [{"type": "file", "path": path, "size": 1, "oid": "0"} for path in files]
            return self.reply(listed)
        if action == "preupload":
            wanted = [file["path"] for file in json.loads(body)["files"]]
            modes = [
                {
                    "path": path,
                    "uploadMode": "lfs" if path.endswith(".parquet") else "regular",
                    "shouldIgnore": False,
                }
                for path in wanted
            ]
            return self.reply({"files": modes})
        assert action == "commit"
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.blobs[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        self.reply({"commitUrl": f"{self.hub.url}/datasets/{name}/commit/{COMMIT}", "commitOid": COMMIT})

    def batch(self, asked: dict[str, list[dict[str, str]]]) -> None:
        objects = [
            one | {"actions": {"upload": {"href": f"{self.hub.url}/lfs/{one['oid']}"}}}
            for one in asked["objects"]
        ]
        self.reply({"transfer": "basic", "objects": objects})

    def reply(self, content: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        sent = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def running_hub() -> Iterator[Hub]:
    """A hub that answers until the block ends."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Handler,), {"hub": hub}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    yield hub
    server.shutdown()
    thread.join()
    server.server_close()


def log_in(patch: pytest.MonkeyPatch, url: str, token: str = TOKEN) -> None:
    """What HF_ENDPOINT, HF_TOKEN and HF_HUB_DISABLE_XET do when the client is first imported."""
    patch.setattr("huggingface_hub.constants.ENDPOINT", url)
    patch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    patch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    patch.setenv("HF_TOKEN", token)


def digest(content: bytes) -> str:
    """The sha256 of a file's content."""
    return hashlib.sha256(content).hexdigest()
