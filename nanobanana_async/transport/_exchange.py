"""One exchange, from the first byte out to the last byte in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import suppress
from typing import Self, TypeVar

import anyio
import anyio.lowlevel

from nanobanana_async.transport._bodies import Intake
from nanobanana_async.transport._evidence import Evidence
from nanobanana_async.transport._failures import explained, timed_out, wire_failures
from nanobanana_async.transport._messages import Incoming
from nanobanana_async.transport._pool import CLOSE_WITHIN
from nanobanana_async.transport._redaction import redact, redact_bytes
from nanobanana_async.transport._routes import Route
from nanobanana_async.transport._targets import Origin, Target, rough_label, target_of
from nanobanana_async.values import WireReply, WireRequest

Done = TypeVar("Done")

logger = logging.getLogger("nanobanana_async.transport")

MOST_REMEMBERED = 1024


class Answer:
    """The answer to an exchange: its head, and its body while that comes."""

    def __init__(self, incoming: Incoming, request: WireRequest) -> None:
        self._incoming = incoming
        self.status = incoming.status
        self.headers = {name: redact(value, request.bearer) for name, value in incoming.headers.items()}
        self._max_bytes = request.max_bytes
        self.is_whole = False

    async def whole(self) -> bytes:
        """The body, decoded and bounded; the connection is free for the next request."""
        intake, body = Intake(self.headers, self._max_bytes), list[bytes]()
        while (taken := await self._next(intake)) is not None:
            body += taken
        return b"".join(body)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The same, piece by piece."""
        intake = Intake(self.headers, self._max_bytes)
        while (taken := await self._next(intake)) is not None:
            for piece in taken:
                yield piece

    async def aclose(self) -> None:
        """Read no further. Shielded, because the connection would stay open else."""
        with anyio.move_on_after(CLOSE_WITHIN, shield=True), suppress(*wire_failures()):
            await self._incoming.aclose()

    async def _next(self, intake: Intake) -> Iterable[bytes] | None:
        chunk = await self._incoming.chunk()
        if chunk is not None:
            return intake.take(chunk)
        intake.end()
        await self._incoming.aclose()
        self.is_whole = True
        return None


class Exchange:
    """A request on its way and the answer to it; leaving the `async with` gives back, or throws away, what it used.

    The deadline runs from the construction on. Whatever does I/O is `watched`.
    """

    def __init__(self, route: Route, request: WireRequest, reached: set[Origin]) -> None:
        self._until = asyncio.get_running_loop().time() + request.deadline
        self._route = route
        self._request = request
        self._reached = reached
        self._target: Target | None = None
        self._evidence = Evidence(request)
        self._answer: Answer | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        answer = self._answer
        if answer is not None and answer.is_whole:
            await self._route.finish()
        else:
            await self._cut(answer)
        if logger.isEnabledFor(logging.DEBUG):
            ending = "cut short" if answer is None or not answer.is_whole else f"{answer.status}"
            logger.debug("%s %s: %s", self._request.method, redact(self._label, self._request.bearer), ending)

    async def watched(self, work: Awaitable[Done]) -> Done:
        """What `work` brings, under the deadline, and with what goes wrong in it translated.

        Raises:
            NetworkError: anything went wrong on the wire.
        """
        try:
            with anyio.CancelScope(deadline=self._until):
                return await work
        except wire_failures() as failure:
            was_reached = self._target is not None and self._target.origin in self._reached
            raise explained(failure, self._request, self._label, self._evidence, was_reached=was_reached) from failure
        raise timed_out(self._request, self._label, self._evidence)

    async def open(self) -> Answer:
        """Send the request and wait for the head of the answer."""
        self._target = target = target_of(self._request.url)
        await anyio.lowlevel.checkpoint_if_cancelled()  # with no time left, nothing is handed over: that is proof
        self._answer = Answer(await self._route.open(self._request, target, self._evidence), self._request)
        if len(self._reached) < MOST_REMEMBERED:
            self._reached.add(target.origin)
        return self._answer

    async def whole(self) -> WireReply:
        """Send the request and wait for all of the answer. A key that this echoes is taken out of it."""
        answer = await self.open()
        body = await answer.whole()
        return WireReply(answer.status, answer.headers, redact_bytes(body, self._request.bearer))

    @property
    def _label(self) -> str:
        return rough_label(self._request.url) if self._target is None else self._target.label

    async def _cut(self, answer: Answer | None) -> None:
        try:
            if answer is not None:
                await answer.aclose()
        finally:  # a second cancellation, too, leaves nothing open
            await self._route.cut()
