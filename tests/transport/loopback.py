"""A raw server on the loopback interface: each connection is handed to a coroutine that does with it what it likes."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from nanobanana_async.values import WireRequest

KEY = "sk-0123456789abcdef"
CERTIFICATES = Path(__file__).parent / "certificates"
PATIENCE = 20
"""Seconds after which a test that waits for something gives up; nothing comes near it on a machine that works."""


class Visit:
    """One connection, seen from the server."""

    def __init__(self, server: Loopback, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._server = server

    async def request(self) -> bytes:
        """The next request, head and body; EOFError-like `IncompleteReadError` when the client is gone."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(
            (line.partition(b":")[2] for line in head.lower().split(b"\r\n") if b"content-length" in line), b"0"
        )
        whole = head + await self.reader.readexactly(int(length))
        self._server.requests.append(whole)
        self._server.changed.set()
        return whole

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """Close with a RST in the place of a FIN."""
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def until_gone(self) -> None:
        """Say nothing until the client closes the connection."""
        while await self.reader.read(65536):
            pass


Handler = Callable[[Visit], Awaitable[None]]


class Loopback:
    """The server: what came (`requests`), how many connections there were (`accepted`) and are (`open`)."""

    def __init__(self, handler: Handler, scheme: str) -> None:
        self._handler = handler
        self._scheme = scheme
        self._tasks: set[asyncio.Task[None]] = set()
        self.changed = asyncio.Event()
        self.requests: list[bytes] = []
        self.accepted = 0
        self.open = 0
        self.port = 0

    def url(self, path: str = "/api/v1/jobs/createTask", *, host: str = "127.0.0.1") -> str:
        return f"{self._scheme}://{host}:{self.port}{path}"

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until `holds()` is true; it is asked again whenever a connection or a request comes or goes."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self.changed.clear()
                await self.changed.wait()

    async def visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(task := _this_task())
        self._count(+1)
        try:
            await self._handler(Visit(self, reader, writer))
        except (asyncio.CancelledError, EOFError, OSError):
            pass  # the client is gone, or the test is over
        finally:
            self._tasks.discard(task)
            self._count(-1)
            writer.transport.abort() if writer.is_closing() else writer.close()

    async def aclose(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _count(self, by: int) -> None:
        self.accepted += max(by, 0)
        self.open += by
        self.changed.set()


@asynccontextmanager
async def serving(handler: Handler, *, certificate: str | None = None) -> AsyncIterator[Loopback]:
    server = Loopback(handler, "https" if certificate else "http")
    context = server_context(certificate) if certificate else None
    listener = await asyncio.start_server(server.visit, "127.0.0.1", 0, ssl=context, backlog=1024)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        await server.aclose()
        await asyncio.sleep(0)  # the closed connections' own last callbacks


def server_context(certificate: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / certificate)
    return context


def trusting(certificate: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(CERTIFICATES / certificate)
    return context


def reply(body: bytes = b'{"code": 200}', *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answering(data: bytes | None = None) -> Handler:
    """A handler that gives the same answer to every request on a connection."""

    async def handler(visit: Visit) -> None:
        while True:
            await visit.request()
            await visit.say(reply() if data is None else data)

    return handler


async def is_silent(visit: Visit) -> None:
    """A handler that takes the request, and says nothing."""
    await visit.request()
    await visit.until_gone()


def get(url: str, *, deadline: float = PATIENCE, max_bytes: int = 1024 * 1024, bearer: str | None = KEY) -> WireRequest:
    return WireRequest("GET", url, bearer=bearer, deadline=deadline, max_bytes=max_bytes)


def create(url: str, *, deadline: float = PATIENCE, max_bytes: int = 1024 * 1024) -> WireRequest:
    body = json.dumps({"model": "nano-banana-2", "input": {"prompt": "a banana"}}).encode()
    return WireRequest(
        "POST",
        url,
        body=body,
        headers={"Content-Type": "application/json"},
        bearer=KEY,
        pays=True,
        deadline=deadline,
        max_bytes=max_bytes,
    )


def _this_task() -> asyncio.Task[None]:
    task = asyncio.current_task()
    assert task is not None
    return task
