"""A host of pictures on loopback: where the links lead that a mocked answer holds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from attrs import define, field

from tests.emulator.customer import make_png

PICTURE = make_png(64, 48)


@define(eq=False)
class FileHost:
    """Gives one picture under every name, and knows who has asked."""

    url: str
    keys: list[str | None] = field(factory=list)
    """The `Authorization` of each request: none belongs here."""


@contextmanager
def file_host() -> Iterator[FileHost]:
    """One that is there while the context is open."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.keys.append(self.headers.get("Authorization"))
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(PICTURE)))
            self.end_headers()
            self.wfile.write(PICTURE)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name that http.server has for it
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        host = FileHost(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()
