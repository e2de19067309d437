"""A gateway for benchmarks: HTTP on the loopback interface, in a process of its own.

What a server costs is not what its client costs, so the two share no process. A benchmark says what its gateway answers
(a kind of `Gateway`, which `serve` serves when its file is started with ``--serve``) and asks it by `server_process`.

The gateway must never be what is waited for: of a request it reads where it ends, and leaves the rest to who answers.
It counts on clients that send the next request on a connection after the answer to the one before, as all of ours do.
"""

from __future__ import annotations

import asyncio
import random
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

HOST = "127.0.0.1"


def json_reply(body: bytes) -> bytes:
    """A whole answer: 200, and this JSON."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


class Gateway(asyncio.Protocol):
    """One connection: reads a request, and the next once that one has its answer."""

    transport: asyncio.Transport

    def asked(self, head: bytes, /) -> None:
        """A request is here, its body too; the head is as it came, without the empty line."""
        raise NotImplementedError

    def answer_after(self, seconds: float, reply: bytes) -> None:
        """Sends it then, give or take a quarter, as long as somebody is there to hear it."""
        asyncio.get_running_loop().call_later(seconds * random.uniform(0.75, 1.25), self._answer, reply)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._waiting = b""

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        head, end, rest = self._waiting.partition(b"\r\n\r\n")
        if not end:
            return
        size = 0 if head.startswith(b"GET ") else length_of_body(head)
        if len(rest) >= size:
            self._waiting = rest[size:]
            self.asked(head)

    def _answer(self, reply: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(reply)


def length_of_body(head: bytes) -> int:
    """In bytes, as the head announces it."""
    _, found, length = head.lower().partition(b"\r\ncontent-length: ")
    return int(length.split(b"\r\n", 1)[0]) if found else 0


async def serve(gateway: type[Gateway]) -> None:
    """Until the process ends, on a port that is free; its number is a line on stdout."""
    server = await asyncio.get_running_loop().create_server(gateway, HOST, 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def allow_many_connections() -> None:
    """As many open files as the system lets a process have; a connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextmanager
def server_process(file: str, *arguments: str) -> Iterator[str]:
    """The base URL of what `file` serves, started with ``--serve`` and these, for as long as the `with`."""
    command = [sys.executable, file, "--serve", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://{HOST}:{int(process.stdout.readline())}"
        finally:
            process.kill()
