"""A client of sockets and bytes, that hides nothing of what comes."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import define, field

from tests.evidence import PATIENCE

CREATE = {"model": "nano-banana-2", "input": {"prompt": "a banana"}}


@define
class RawClient:
    """One connection."""

    connection: socket.socket
    _received: bytes = field(default=b"", init=False)

    def create(self) -> None:
        """Send a createTask."""
        self._send("POST", "/api/v1/jobs/createTask", json.dumps(CREATE).encode())

    def post(self, path: str, body: bytes) -> None:
        """Send a POST."""
        self._send("POST", path, body)

    def get(self, path: str) -> None:
        """Send a GET."""
        self._send("GET", path, b"")

    def head(self) -> tuple[int, dict[str, str]]:
        """The status and the headers of the next answer."""
        while b"\r\n\r\n" not in self._received:
            self._receive()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = (line.split(": ", 1) for line in lines)
        return int(first.split(" ")[1]), {name.lower(): value for name, value in headers}

    def body(self, length: int) -> bytes:
        """So many bytes of the body; fewer if the connection ends before."""
        try:
            while len(self._received) < length:
                self._receive()
        except EOFError:
            pass
        body, self._received = self._received[:length], self._received[length:]
        return body

    def chunks(self) -> Iterator[bytes]:
        """The chunks of a body of no announced length."""
        while True:
            while b"\r\n" not in self._received:
                self._receive()
            size, _, self._received = self._received.partition(b"\r\n")
            chunk = self.body(int(size, 16) + 2)[:-2]
            if not chunk:
                return
            yield chunk

    def to_the_end(self) -> bytes:
        """Everything until the connection is closed. Raises ConnectionResetError where it is reset."""
        return self.body(2**40)

    def is_quiet(self) -> bool:
        """Whether the connection is open, and nothing has come."""
        self.connection.setblocking(False)
        try:
            return not self._received and self.connection.recv(1, socket.MSG_PEEK) is None
        except BlockingIOError:
            return True
        finally:
            self.connection.settimeout(PATIENCE)

    def _send(self, method: str, path: str, body: bytes) -> None:
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer k\r\nContent-Length: {len(body)}"
        self.connection.sendall(f"{head}\r\n\r\n".encode() + body)

    def _receive(self) -> None:
        data = self.connection.recv(1024 * 1024)
        if not data:
            raise EOFError
        self._received += data


@contextmanager
def connected(port: int) -> Iterator[RawClient]:
    """A client with a connection to this machine."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        yield RawClient(connection)
