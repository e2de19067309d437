"""The fake that ships: a transport whose answers are written down beforehand. No network, no httpx, no mocks."""

from __future__ import annotations

import fnmatch
import inspect
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Self
from urllib.parse import urlsplit

import anyio
import attrs

from nanobanana_async.errors import ClientClosedError
from nanobanana_async.transport._seam import WireStream, lost_answer
from nanobanana_async.values import JSON, WireReply, WireRequest

Handler = Callable[[WireRequest], WireReply | Awaitable[WireReply]]
"""A function or a coroutine function that answers a request, or raises."""

Answer = WireReply | BaseException | Handler
"""What a request is met with: a reply, an exception to raise, or a handler to ask."""

PIECE = 64 * 1024


class UnscriptedRequestError(AssertionError):
    """A request came that no line of the script answers: the test, or the code under it, is not what it should be."""


def json_reply(value: JSON, status: int = 200, *, headers: Mapping[str, str] | None = None) -> WireReply:
    """A reply with `value` as its JSON body."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return WireReply(status, {"content-type": "application/json", **(headers or {})}, body)


class ScriptedTransport:
    """A transport for tests that answers as it was told, and keeps every request in `requests`.

    ::

        transport = ScriptedTransport()
        transport.on("POST", "/api/v1/jobs/createTask", json_reply({"code": 200, "data": {"taskId": "t1"}}))
        transport.on("GET", "*/recordInfo", [json_reply(waiting), NetworkError("reset"), json_reply(success)])

    One answer is given every time; a list is used up, an answer a request. A path may hold ``*`` and ``?`` as file
    names do, and stands for a whole URL (without its query) when it begins with ``http``. The script that was written
    first goes first; where none is left, `handler` is asked. A handler gives a reply, or raises.

    Deadlines and `max_bytes` hold as they do on the wire.

    Raises:
        UnscriptedRequestError: from `send` and `stream`, for a request that nothing answers.
    """

    def __init__(self, handler: Handler | None = None) -> None:
        self.requests: list[WireRequest] = []
        self._handler = handler
        self._lines: list[_ScriptLine] = []
        self._closed = False

    def on(self, method: str, path: str, answer: Answer | Sequence[Answer]) -> Self:
        """Answer requests of `method` to `path` (a pattern) with `answer`; the transport itself, to go on with."""
        self._lines.append(_ScriptLine(method.upper(), path, answer))
        return self

    async def send(self, request: WireRequest) -> WireReply:
        """The scripted answer to `request`.

        Raises:
            NetworkError: scripted, or the answer took longer than the deadline, or is longer than `max_bytes`.
            UnscriptedRequestError: nothing answers this request.
            ClientClosedError: the transport is closed.
        """
        if self._closed:
            raise ClientClosedError("the transport is closed")
        self.requests.append(request)
        with anyio.move_on_after(request.deadline):
            return _bounded(await self._answered(request), request)
        raise lost_answer(request, f"no whole answer within {request.deadline:g} s")

    @asynccontextmanager
    async def stream(self, request: WireRequest) -> AsyncIterator[WireStream]:
        """The scripted answer as a stream, its body in pieces of 64 KiB. Raises as `send` does."""
        yield _ScriptedStream(await self.send(request))

    async def aclose(self) -> None:
        """Answer no more. May be called twice."""
        self._closed = True

    def __repr__(self) -> str:
        return f"<ScriptedTransport [{len(self.requests)} requests | {len(self._lines)} lines of script]>"

    async def _answered(self, request: WireRequest) -> WireReply:
        answer = self._next_answer(request)
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, WireReply):
            return answer
        reply = answer(request)
        return await reply if inspect.isawaitable(reply) else reply

    def _next_answer(self, request: WireRequest) -> Answer:
        for line in self._lines:
            if line.matches(request) and line.is_left:
                return line.next()
        if self._handler is not None:
            return self._handler
        script = "\n".join(f"  {line}" for line in self._lines) or "  (nothing)"
        raise UnscriptedRequestError(f"no answer for {request.method} {request.url}; the script says:\n{script}")


class _ScriptLine:
    """One line of the script: `answers` holds what is left of a list, or one answer that is given every time."""

    def __init__(self, method: str, path: str, answer: Answer | Sequence[Answer]) -> None:
        self._method = method
        self._pattern = path
        self._is_list = isinstance(answer, Sequence)
        self._answers: deque[Answer] = deque(answer if isinstance(answer, Sequence) else [answer])

    @property
    def is_left(self) -> bool:
        return bool(self._answers)

    def matches(self, request: WireRequest) -> bool:
        place = request.url.partition("?")[0] if self._pattern.startswith("http") else urlsplit(request.url).path
        return request.method.upper() == self._method and fnmatch.fnmatchcase(place, self._pattern)

    def next(self) -> Answer:
        return self._answers.popleft() if self._is_list else self._answers[0]

    def __str__(self) -> str:
        left = f"{len(self._answers)} left" if self._is_list else "always"
        return f"{self._method} {self._pattern} ({left})"


@attrs.frozen
class _ScriptedStream:
    _reply: WireReply

    @property
    def status(self) -> int:
        return self._reply.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._reply.headers

    async def chunks(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._reply.body), PIECE):
            yield self._reply.body[start : start + PIECE]


def _bounded(reply: WireReply, request: WireRequest) -> WireReply:
    if len(reply.body) > request.max_bytes:
        raise lost_answer(request, f"the answer is longer than the {request.max_bytes} bytes that are read of it")
    return reply
