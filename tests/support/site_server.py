"""Serve a built site on this machine as a host would: compressed, and with its page for 404.

``make serve`` runs it as ``python -m support.site_server FOLDER``.
"""

import gzip
import io
import sys
from contextlib import suppress
from functools import lru_cache, partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

HOST = "127.0.0.1"  # This machine alone.
COMPRESSED = ("text/", "application/json", "image/svg+xml")
# What hosts of pages use: GitHub Pages sends gzip at this level or one like it.
LEVEL = 6
PORT = 8000  # The default of `python -m http.server`.


class Handler(SimpleHTTPRequestHandler):
    """Answer with a file of the site."""

    protocol_version = "HTTP/1.1"  # A browser keeps the connection, as it does to a host.
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".js": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".svg": "image/svg+xml",
        ".json": "application/json",
        ".ipynb": "application/x-ipynb+json",
        ".xml": "application/xml",
        ".txt": "text/plain; charset=utf-8",
    }

    def handle(self) -> None:
        """Answer until the browser hangs up, which it may do at any time."""
        with suppress(ConnectionError):
            super().handle()

    def send_head(self) -> BinaryIO | None:
        """Send the head of the answer; return its body."""
        file = Path(self.translate_path(self.path))
        if file.is_dir():
            if not self.path.partition("?")[0].endswith("/"):
                return super().send_head()  # It sends the reader on to the address with a slash.
            file /= "index.html"
        status = HTTPStatus.OK
        if not file.is_file():
            status, file = HTTPStatus.NOT_FOUND, Path(self.directory) / "404.html"
        if not file.is_file():
            self.send_error(status)
            return None
        kind = self.guess_type(file)
        accepted = self.headers.get("Accept-Encoding", "")
        compress = kind.startswith(COMPRESSED) and "gzip" in accepted
        body = _body(file, file.stat().st_mtime_ns, compress)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", self.date_time_string(file.stat().st_mtime))
        self.send_header("Cache-Control", "max-age=600")
        self.send_header("Vary", "Accept-Encoding")
        if compress:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        return io.BytesIO(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


@lru_cache(maxsize=256)
def _body(file: Path, changed: int, compress: bool) -> bytes:
    body = file.read_bytes()
    return gzip.compress(body, LEVEL, mtime=0) if compress else body


def server(site: Path, port: int = 0) -> ThreadingHTTPServer:
    """Return a server of the folder *site* on this machine; port 0 takes a free one."""
    return ThreadingHTTPServer((HOST, port), partial(Handler, directory=str(site)))


if __name__ == "__main__":
    with server(Path(sys.argv[1]), PORT) as running:
        print(f"Open http://{HOST}:{PORT}/ and press Ctrl+C to stop.", flush=True)
        with suppress(KeyboardInterrupt):
            running.serve_forever()
