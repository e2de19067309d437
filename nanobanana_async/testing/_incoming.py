"""An answer on its way to a client in the same process: what a network would have brought of it, byte by byte.

A reply of the world becomes a head and a body here, with whatever breaks on the way, and nothing that HTTP has no room
for: an answer to HEAD has no body, nor has a 204.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import assert_never

from attrs import field, frozen

from nanobanana_async.emulator import Answer, Cut, Drip, FileAnswer, Flood, Page, Whole
from nanobanana_async.errors import NetworkError
from nanobanana_async.testing._virtual_time import VirtualTimeLoop
from nanobanana_async.transport import lost_answer
from nanobanana_async.values import WireRequest

PIECE = 64 * 1024
_BODILESS = (204, 304)


@frozen(kw_only=True)
class _Body:
    """What comes after the head."""

    content: bytes = b""
    """What comes of it; all of it but for a flood."""
    pace: float = 0.0
    """Seconds between two bytes."""
    breaks: bool = False
    flood: int = 0
    """How many spaces follow."""

    def pieces(self) -> Iterator[bytes]:
        size = 1 if self.pace else PIECE
        for start in range(0, len(self.content), size):
            yield self.content[start : start + size]
        for start in range(0, self.flood, PIECE):
            yield b" " * min(PIECE, self.flood - start)


@frozen
class Incoming:
    """An answer whose head has come: status, headers, and the body with what the network does to it."""

    _request: WireRequest
    _until: float
    status: int
    headers: Mapping[str, str]
    _body: _Body = field(repr=False)

    @property
    def whole(self) -> bytes | None:
        """The body, where all of it is there already."""
        body = self._body
        at_once = not (body.pace or body.breaks or body.flood or len(body.content) > self._request.max_bytes)
        return body.content if at_once else None

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body in pieces; see `WireStream.chunks`."""
        received = 0
        loop = asyncio.get_running_loop()
        for piece in self._body.pieces():
            if self._body.pace:
                await asyncio.sleep(min(self._body.pace, max(0.0, self._until - loop.time())))
            if loop.time() >= self._until:
                raise out_of_time(self._request)
            received += len(piece)
            if received > self._request.max_bytes:
                bound = f"the {self._request.max_bytes} bytes that are read of it"
                raise lost_answer(self._request, f"the answer is longer than {bound}")
            yield piece
        if self._body.breaks:
            raise lost_answer(self._request, "closed in the middle of the answer")


async def incoming(request: WireRequest, until: float, reply: Whole | Cut | Drip | Flood) -> Incoming:
    """What comes of `reply`, which has to be read before the loop's clock stands at `until`."""
    if isinstance(reply, Flood):
        return _flooded(request, until, reply)
    whole = reply.reply if isinstance(reply, Cut | Drip) else reply
    if whole.status in _BODILESS:
        return Incoming(request, until, whole.status, _own_headers(whole), _Body())
    content = await _content(whole)
    body = _Body() if request.method == "HEAD" else _on_its_way(reply, content)
    return Incoming(request, until, whole.status, _headers(whole, content), body)


def out_of_time(request: WireRequest) -> NetworkError:
    """The error of a request whose deadline has come."""
    return lost_answer(request, f"no whole answer within {request.deadline:g} s")


def _flooded(request: WireRequest, until: float, reply: Flood) -> Incoming:
    coding = {"content-encoding": "gzip"} if reply.packed else {}
    body = _Body(flood=0 if request.method == "HEAD" else reply.size)
    return Incoming(request, until, reply.status, {"content-type": reply.media_type, **coding}, body)


def _on_its_way(reply: Whole | Cut | Drip, content: bytes) -> _Body:
    match reply:
        case Answer() | FileAnswer() | Page():
            return _Body(content=content)
        case Cut():
            half = content[: int(len(content) * reply.share)]
            return _Body(content=half, breaks=len(half) < len(content))
        case Drip():
            return _Body(content=content, pace=reply.seconds)
        case _:
            assert_never(reply)


async def _content(reply: Whole) -> bytes:
    if not isinstance(reply, FileAnswer):
        return reply.content
    # On virtual time a thread would only be waited for; elsewhere painting would block the loop.
    is_virtual = isinstance(asyncio.get_running_loop(), VirtualTimeLoop)
    return reply.produce() if is_virtual else await asyncio.to_thread(reply.produce)


def _headers(reply: Whole, content: bytes) -> Mapping[str, str]:
    media_type = "application/json" if isinstance(reply, Answer) else reply.media_type
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    return {"content-length": str(len(content)), "content-type": f"{media_type}{charset}", **_own_headers(reply)}


def _own_headers(reply: Whole) -> Mapping[str, str]:
    return {name.lower(): value for name, value in reply.headers.items()}
