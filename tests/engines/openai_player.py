"""A small real server that plays an OpenAI-compatible one, and every kind of trouble such a one can make."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]
Fault = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """One connection; the player decides what is answered."""

    protocol_version = "HTTP/1.1"
    player: Player

    def do_GET(self) -> None:
        self.player.answer(self, None)

    def do_POST(self) -> None:
        self.player.answer(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def send(self, status: int, body: object, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


def status(code: int, message: str = "trouble", **headers: str) -> Fault:
    return lambda handler: handler.send(code, {"error": {"message": message, "code": None}}, **headers)


def raw(content: bytes, code: int = 200) -> Fault:
    return lambda handler: handler.send(code, content)


def drop(handler: Handler) -> None:
    """Close the connection without an answer."""
    handler.close_connection = True


def half(handler: Handler) -> None:
    """Promise a thousand bytes, send ten, and close."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices"')
    handler.close_connection = True


@dataclass
class Player:
    """What the server has, and what it will do next.

    Attributes:
        top: log-probabilities of the first token of any answer, as printed.
        ids: the same, by token id, for prompts in token ids; None: the server tells no ids.
        text: what it answers in text; a function of the request's body.
        message: more fields of a chat answer's message.
        refuses: fields of a request that it answers with 400.
        missing: paths that it does not have.
        faults: what happens to the next requests in place of an answer; models are always told.
        trouble: what happens to a request in place of an answer, or None; asked before ``faults``.
        seen: (path, body) of each request.
        times: when each came, by ``time.monotonic``.
    """

    models: list[Body] = field(default_factory=lambda: [{"id": "played", "max_model_len": 512}])
    top: dict[str, float] | None = None
    ids: dict[int, float] | None = None
    text: Callable[[Body], str] = lambda body: "Yes"
    message: Body = field(default_factory=dict)
    refuses: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    ignores_ids: bool = False
    echoes: bool = False
    vector: list[float] | None = None
    key: str | None = None
    faults: list[Fault] = field(default_factory=list)
    trouble: Callable[[Body], Fault | None] = lambda body: None
    seen: list[tuple[str, Body | None]] = field(default_factory=list)
    headers: list[Message] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    takes_s: float = 0.0
    port: int = 0
    _lock: Any = field(default_factory=threading.Lock)
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def up(self) -> None:
        """Listen; on the same port again after having been down."""

        class Server(ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # clients that go away are part of the play

        handler = type("Played", (Handler,), {"player": self})
        self._server = Server(("127.0.0.1", self.port), handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        """Stop listening; connections that are kept open get nothing any more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, handler: Handler, body: Body | None) -> None:
        path = handler.path.removeprefix("/v1")
        with self._lock:
            self.seen.append((path, body))
            self.headers.append(handler.headers)
            self.times.append(time.monotonic())
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            fault = None if body is None else self.trouble(body)
            if fault is None and body is not None and self.faults:
                fault = self.faults.pop(0)
        time.sleep(self.takes_s)
        with self._lock:
            self.at_once -= 1
        if self._server is None:
            drop(handler)
        elif fault is not None:
            fault(handler)
        else:
            self._answer(handler, path, body)

    def _answer(self, handler: Handler, path: str, body: Body | None) -> None:
        if self.key is not None and handler.headers["Authorization"] != f"Bearer {self.key}":
            return status(401, f"Incorrect API key provided: {handler.headers['Authorization']}")(handler)
        if path in self.missing:
            return handler.send(404, {"detail": "Not Found"})
        if body is None:
            return handler.send(200, {"object": "list", "data": self.models})
        refused = self.refuses & body.keys()
        if refused:
            return status(400, f"Unrecognized request argument supplied: {sorted(refused)}")(handler)
        answers = {
            "/completions": self._completion,
            "/chat/completions": self._chat,
            "/embeddings": self._embedding,
        }
        return handler.send(200, answers[path](body))

    def _completion(self, body: Body) -> Body:
        in_ids = isinstance(body["prompt"], list)
        choice: Body = {"index": 0, "text": self.text(body), "finish_reason": "stop", "logprobs": None}
        told = self._told(body)
        if "logprobs" in body and told:
            generated = max(told, key=told.__getitem__)
            tokens, values = [generated], [told[generated]]
            tops: list[Any] = [told]
            if body.get("echo") and self.echoes:
                prompt = body["prompt"]
                tokens = [f"token_id:{token}" for token in prompt] + tokens
                values = [None, *(-token / 10 for token in prompt[1:]), *values]
                # Odd tokens are the most probable of their place.
                likelier = [{} if token % 2 else {"other": -token / 20} for token in prompt[1:]]
                own = [{f"token_id:{token}": -token / 10} for token in prompt[1:]]
                tops = [None, *(one | other for one, other in zip(own, likelier, strict=True)), *tops]
            choice["logprobs"] = {"tokens": tokens, "token_logprobs": values, "top_logprobs": tops}
        size = len(body["prompt"]) if in_ids and not self.ignores_ids else 3
        return {"choices": [choice] * body.get("n", 1), "usage": {"prompt_tokens": size}}

    def _told(self, body: Body) -> dict[str, float]:
        if self.ids is not None and body.get("return_tokens_as_token_ids"):
            if "logprob_token_ids" in body:
                wanted = body["logprob_token_ids"]
                best = max(self.ids, key=self.ids.__getitem__)
                return {f"token_id:{token}": self.ids.get(token, -15.0) for token in [best, *wanted]}
            ranked = sorted(self.ids.items(), key=lambda told: -told[1])[: body["logprobs"]]
            return {f"token_id:{token}": value for token, value in ranked}
        return dict(list((self.top or {}).items())[: body.get("logprobs", 0)])

    def _chat(self, body: Body) -> Body:
        message = {"role": "assistant", "content": self.text(body), **self.message}
        choice: Body = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        if body.get("logprobs") and self.top:
            ranked = [{"token": token, "logprob": value} for token, value in self.top.items()]
            best = max(ranked, key=lambda token: token["logprob"])
            choice["logprobs"] = {"content": [{**best, "top_logprobs": ranked[: body["top_logprobs"]]}]}
        return {"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}

    def _embedding(self, body: Body) -> Body:
        return {"data": [{"index": 0, "embedding": self.vector}], "usage": {"prompt_tokens": 3}}


@contextmanager
def playing(**options: Any) -> Iterator[Player]:
    """A player that listens on loopback."""
    player = Player(**options)
    player.up()
    try:
        yield player
    finally:
        player.down()
