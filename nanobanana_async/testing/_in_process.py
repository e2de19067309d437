"""The way to an emulator in the same process: a transport without sockets, that fails as the real one would.

It turns a `WireRequest` into the emulator's `Call`, and its `Reply` into what a client would see of it on a network:
an answer, an answer that breaks off, or none. Every wait is on the loop's clock, so on virtual time all of it takes
none. What has been sent arrives, whether or not the sender still waits: a cancelled create may be paid for, as in life.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import assert_never
from urllib.parse import parse_qs, unquote, urlsplit

from attrs import define, field, frozen

from nanobanana_async.emulator import (
    Answer,
    Call,
    Cut,
    Drip,
    FileAnswer,
    Flood,
    HangUp,
    Page,
    Reply,
    Silence,
    Upload,
    Whole,
    World,
    operation_at,
)
from nanobanana_async.errors import ClientClosedError, NetworkError
from nanobanana_async.testing._latency import Latency
from nanobanana_async.testing._virtual_time import VirtualTimeLoop
from nanobanana_async.transport import WireStream, lost_answer, user_agent
from nanobanana_async.values import WireReply, WireRequest

BASE_URL = "http://emulator.localhost"
"""Where an emulator in process is: a name of this machine, should it ever get out."""

PIECE = 64 * 1024


@define(eq=False)
class EmulatorTransport:
    """A `Transport` that leads to a `World` in this process, and nowhere else.

    Args:
        world: what answers.
        latency: how long requests and answers are on their way; by default no time.
        seed: of the latency.
        base_url: the address under which the world is reached; requests to any other go nowhere.
    """

    _world: World
    _latency: Latency = field(factory=Latency, kw_only=True)
    seed: int = field(default=0, kw_only=True)
    base_url: str = field(default=BASE_URL, kw_only=True)
    _random: Random = field(init=False, repr=False)
    _closed: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._random = Random(self.seed)  # noqa: S311  to be repeated, not secret

    async def send(self, request: WireRequest) -> WireReply:
        """The world's answer.

        Raises:
            NetworkError: no whole answer came.
            ClientClosedError: the transport is closed.
        """
        incoming = await self._open(request)
        if incoming.is_whole:
            return WireReply(incoming.status, incoming.headers, incoming.content)
        body = b"".join([piece async for piece in incoming.chunks()])
        return WireReply(incoming.status, incoming.headers, body)

    @asynccontextmanager
    async def stream(self, request: WireRequest) -> AsyncIterator[WireStream]:
        """The world's answer, its body in pieces. Raises as `send` does."""
        yield await self._open(request)

    async def aclose(self) -> None:
        """Take no more requests. May be called twice."""
        self._closed = True

    async def _open(self, request: WireRequest) -> _Incoming:
        """Send `request` and wait for the head of its answer."""
        if self._closed:
            raise ClientClosedError("the transport is closed")
        loop = asyncio.get_running_loop()
        until = loop.time() + request.deadline
        reply = await self._exchanged(self._call(request), loop, until)
        if reply is None or isinstance(reply, Silence):
            await asyncio.sleep(until - loop.time())
            raise _out_of_time(request)
        if isinstance(reply, HangUp):
            raise lost_answer(request, "the connection was reset" if reply.reset else "closed without an answer")
        return _Incoming(request, until, *await _rendered(reply, loop))

    async def _exchanged(self, call: Call | None, loop: asyncio.AbstractEventLoop, until: float) -> Reply | None:
        """What `call` is answered with; None where that comes after the deadline. `None` asks for what isn't there."""
        out, back = self._latency.draw(self._random), self._latency.draw(self._random)
        if loop.time() + out + back >= until:
            loop.call_later(out, self._serve, call)
            return None
        if not out and not back:
            reply = self._serve(call)
            await asyncio.sleep(0)  # an exchange always lets the others go on
            return reply
        answered: asyncio.Future[Reply] = loop.create_future()
        loop.call_later(out, self._arrive, call, answered)
        await asyncio.sleep(out + back)
        return await answered

    def _arrive(self, call: Call | None, answered: asyncio.Future[Reply]) -> None:
        try:
            reply = self._serve(call)
        except Exception as error:
            if answered.cancelled():
                raise
            answered.set_exception(error)
        else:
            if not answered.cancelled():
                answered.set_result(reply)

    def _serve(self, call: Call | None) -> Reply:
        if call is None:
            return Answer({"code": 404, "msg": "Not Found", "data": None}, status=404)
        return self._world.serve(call)

    def _call(self, request: WireRequest) -> Call | None:
        """The request as the world reads it; None where nothing is served. NetworkError for another host."""
        url = urlsplit(request.url)
        if f"{url.scheme}://{url.netloc}" not in (self.base_url, self._world.options.public_url):
            raise NetworkError(
                f"{request.method} {request.url}: an emulator in process reaches only itself, at {self.base_url}",
                sent="no",
            )
        operation = operation_at(request.method, url.path)
        if operation is None:
            return None
        is_file = operation == "file"
        return Call(
            operation,
            subject=unquote(url.path).removeprefix("/files/") if is_file else _task_id(url.query),
            body=_body(request) if request.method == "POST" else None,
            authorization=None if request.bearer is None else f"Bearer {request.bearer}",
            base_url=self._world.options.public_url or self.base_url,
            user_agent=request.headers.get("user-agent") or user_agent(),
        )


@frozen
class _Incoming:
    """An answer whose head has come: status, headers, and the body with what the network does to it."""

    _request: WireRequest
    _until: float
    status: int
    headers: Mapping[str, str]
    content: bytes
    """What comes of the body; all of it but for a flood."""
    _pace: float = 0.0
    """Seconds between two bytes."""
    _breaks: bool = False
    _flood: int = 0
    """How many spaces follow."""

    @property
    def is_whole(self) -> bool:
        """Whether all of it is there already."""
        return not (self._pace or self._breaks or self._flood or len(self.content) > self._request.max_bytes)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body in pieces; see `WireStream.chunks`."""
        received = 0
        loop = asyncio.get_running_loop()
        for piece in self._pieces():
            if self._pace:
                await asyncio.sleep(min(self._pace, max(0.0, self._until - loop.time())))
            if loop.time() >= self._until:
                raise _out_of_time(self._request)
            received += len(piece)
            if received > self._request.max_bytes:
                raise lost_answer(self._request, f"the answer is longer than {self._request.max_bytes} bytes")
            yield piece
        if self._breaks:
            raise lost_answer(self._request, "closed in the middle of the answer")

    def _pieces(self) -> Iterator[bytes]:
        size = 1 if self._pace else PIECE
        for start in range(0, len(self.content), size):
            yield self.content[start : start + size]
        for start in range(0, self._flood, PIECE):
            yield b" " * min(PIECE, self._flood - start)


_Rendered = tuple[int, Mapping[str, str], bytes, float, bool, int]
"""The fields of `_Incoming` after the first two."""


async def _rendered(
    reply: Answer | FileAnswer | Page | Cut | Drip | Flood, loop: asyncio.AbstractEventLoop
) -> _Rendered:
    match reply:
        case Answer() | FileAnswer() | Page():
            return (reply.status, _headers(reply), await _content(reply, loop), 0.0, False, 0)
        case Cut(whole, share):
            content = await _content(whole, loop)
            return (whole.status, _headers(whole), content[: int(len(content) * share)], 0.0, True, 0)
        case Drip(whole, seconds):
            return (whole.status, _headers(whole), await _content(whole, loop), seconds, False, 0)
        case Flood(size):
            return (reply.status, {"content-type": reply.media_type}, b"", 0.0, False, size)
        case _:
            assert_never(reply)


async def _content(reply: Whole, loop: asyncio.AbstractEventLoop) -> bytes:
    if not isinstance(reply, FileAnswer):
        return reply.content
    # On virtual time a thread would only be waited for; elsewhere painting would block the loop.
    return reply.produce() if isinstance(loop, VirtualTimeLoop) else await asyncio.to_thread(reply.produce)


def _headers(reply: Whole) -> Mapping[str, str]:
    media_type = "application/json" if isinstance(reply, Answer) else reply.media_type
    return {"content-type": media_type, **{name.lower(): value for name, value in reply.headers.items()}}


def _task_id(query: str) -> str:
    return parse_qs(query).get("taskId", [""])[0] if query else ""


def _body(request: WireRequest) -> object:
    """Parsed JSON, or the parts of an upload; None where it is neither."""
    if request.files:
        file = request.files[0]
        name = request.form.get("fileName") or file.filename
        return Upload(file.content, request.form.get("uploadPath"), name)
    try:
        return json.loads(request.body or b"")
    except ValueError:
        return None


def _out_of_time(request: WireRequest) -> NetworkError:
    return lost_answer(request, f"no whole answer within {request.deadline:g} s")
