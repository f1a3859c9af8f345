"""A site on this machine's loopback, for a look: no listing, nothing hidden, nothing outside its folder."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from normsuite.errors import InputError
from normsuite.leaderboard.site.folder import LISTING

LOOPBACK: Final = "127.0.0.1"
_NAMES: Final = (LOOPBACK, "localhost")
_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".xml": "application/atom+xml; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
}


class _Handler(SimpleHTTPRequestHandler):
    """Files of one folder, by GET and HEAD."""

    extensions_map = dict(_TYPES)  # noqa: RUF012 - as in the class above

    def send_head(self) -> Any:
        """The file that is asked for, or 404."""
        # A page elsewhere may point a name of its own at this machine: it is not answered.
        if urlsplit(f"//{self.headers.get('Host', '')}").hostname not in _NAMES:
            self.send_error(HTTPStatus.FORBIDDEN)
            return None
        root, path = Path(self.directory).resolve(), Path(self.translate_path(self.path))
        if path.is_dir() and self.path.partition("?")[0].endswith("/"):
            path = path / "index.html"
        hidden = any(part.startswith(".") for part in unquote(urlsplit(self.path).path).split("/"))
        if hidden or not path.is_file() or not path.resolve().is_relative_to(root):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def end_headers(self) -> None:
        """What is sent is what it says it is, and is asked for anew."""
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the terminal is the person's."""


def site_server(root: Path, port: int = 0) -> ThreadingHTTPServer:
    """A server of a site; ``serve_forever`` runs it.

    Args:
        root: the site's folder.
        port: to listen on; 0 is any that is free.

    Raises:
        InputError: no site is there, or the port cannot be had.
    """
    if not (root / LISTING).is_file():
        raise InputError("is no site", file=root, fix="build one with `normsuite leaderboard build`")
    try:
        return ThreadingHTTPServer((LOOPBACK, port), partial(_Handler, directory=str(root)))
    except (OSError, OverflowError) as error:
        raise InputError(f"port {port} cannot be had ({error})", field="--port") from None
