"""The pool: connections side by side, each used by one request at a time.

Theory of operation
===================
httpx has a pool. At a hundred requests at once each pays 1.9 ms of CPU to it, at five hundred 4 ms, because it goes
over all connections and all waiting requests whenever one begins or ends; and one in six requests that are cancelled at
a bad moment keeps its place for ever. So this pool is ours:

1. A *line* is a carrier with one connection. The pool is a stack of lines for each host. Straight to the host that is
   `DirectCarrier`; through a proxy it is httpx's own transport, whose pool has room for one connection: the only size
   at which neither of the above can happen.
2. A line serves one request at a time and belongs to it while it does. Taking and giving back are plain list operations
   with no `await` between them: nothing can be cancelled half way.
3. How many lines there are at once is not bounded here: it is the number of callers. Nobody waits for a line.
4. The line that was used last is taken first, so few stay warm and the others can expire.
5. A line that has idled for more than `PAYS_IDLE` is not given to a request that pays. A server may close an idle
   connection at the very moment in which a request leaves on it, and a create that meets this is an unknown one.
6. A line whose exchange did not end by itself (cancelled, timed out, broken, too long) is thrown away and closed: what
   state its connection is in is nobody's guess.
7. Idle lines are closed when they expire, and the oldest ones when there are more than `max_idle`. That is done on the
   way in, before the next request is sent: never between an answer and the one who waits for it.
8. Closing is shielded from cancellation and bounded in time. It begins before the first `await` in it, so even one that
   is cut short has closed its connection.
9. Closing the pool closes what idles. What is under way runs to its end, which has a deadline, and closes then: a
   create on the wire may be paid for.
10. A connection lives on the loop that opened it. A transport of the user's may outlive its loop (two `asyncio.run` in
    a row): what idled on the old one can neither be used nor closed any more, and is forgotten.
11. A request that a test believes mocked must not leave. From the moment at which somebody has replaced a part of httpx
    or httpcore, every line is httpx's own transport, for as long as that lasts; lines of the other kind are closed. It
    is asked in `take`, and between that and the sending there is no `await`.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio
import attrs

from nanobanana_async.transport._failures import wire_failures
from nanobanana_async.transport._messages import Carrier
from nanobanana_async.transport._opening import KEEP_ALIVE, Opener
from nanobanana_async.transport._replaced import is_anything_replaced
from nanobanana_async.transport._seam import TransportStatistics
from nanobanana_async.transport._targets import Origin

if TYPE_CHECKING:
    import httpx

PAYS_IDLE = 2.0
"""Seconds. Servers close idle connections after 5 s at the earliest (uvicorn, node); this leaves room for the clocks
and for the way there."""

MAX_IDLE = 128
"""A worker for each connection (DESIGN §5: 64) twice over."""

CLOSE_WITHIN = 5.0
TIDY_EVERY = 1.0
MOST_HOSTS = 256


@attrs.define(eq=False)
class Host:
    """The lines to one origin, and the way there. The line used last is at the right end."""

    origin: Origin
    proxy: httpx.Proxy | None
    idle: deque[Line] = attrs.field(factory=deque)
    busy: int = 0


@attrs.define(eq=False)
class Line:
    """One connection, or the promise of one."""

    host: Host
    carrier: Carrier
    through_httpx: bool
    idle_since: float = 0.0


class Pool:
    """Gives out lines and takes them back. See the theory of operation above."""

    def __init__(
        self, opener: Opener, *, max_idle: int = MAX_IDLE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._opener = opener
        self._max_idle = max_idle
        self._clock = clock
        self._hosts: dict[Origin, Host] = {}
        self._idle = 0
        self._retired: list[Line] = []
        self._tidy_at = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._through_httpx = False
        self._closed = False

    def take(self, origin: Origin, *, pays: bool) -> Line:
        """A line to `origin` for one request: a warm one where there is one that may be used, else a new one."""
        self._choose_way(through_httpx=is_anything_replaced())
        host = self._host(origin)
        line = self._warm(host, PAYS_IDLE if pays else KEEP_ALIVE) or self._open(host)
        host.busy += 1
        return line

    async def give_back(self, line: Line) -> None:
        """Take a line back whose exchange ended by itself, for the next request."""
        if self._closed or line.through_httpx is not self._through_httpx:
            await self.throw_away(line)
            return
        line.host.busy -= 1
        line.idle_since = self._clock()
        line.host.idle.append(line)
        self._idle += 1
        if self._idle > self._max_idle:
            self._retire_oldest()

    async def throw_away(self, line: Line) -> None:
        """Close a line that nobody may use again."""
        line.host.busy -= 1
        await _close(line)

    async def tidy(self) -> None:
        """Close what has expired or is too many."""
        self._settle(asyncio.get_running_loop())
        now = self._clock()
        if now >= self._tidy_at:
            self._tidy_at = now + TIDY_EVERY
            self._retire_expired(now)
        while self._retired:
            await _close(self._retired.pop())

    async def aclose(self) -> None:
        """Close every idle line now, and every busy one when it is released."""
        self._closed = True
        self._retire_all()
        while self._retired:
            await _close(self._retired.pop())

    def statistics(self) -> TransportStatistics:
        """How many lines are in use, how many wait, to how many hosts."""
        hosts = self._hosts.values()
        used = sum(1 for host in hosts if host.busy or host.idle)
        return TransportStatistics(busy=sum(host.busy for host in hosts), idle=self._idle, hosts=used)

    def _settle(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop not in {None, loop}:
            self._hosts.clear()
            self._retired.clear()
            self._idle = 0
        self._loop = loop

    def _choose_way(self, *, through_httpx: bool) -> None:
        if through_httpx is not self._through_httpx:
            self._through_httpx = through_httpx
            self._retire_all()

    def _open(self, host: Host) -> Line:
        carrier = self._opener.open(host.origin, host.proxy, through_httpx=self._through_httpx)
        return Line(host, carrier, self._through_httpx)

    def _host(self, origin: Origin) -> Host:
        host = self._hosts.get(origin)
        if host is None:
            if len(self._hosts) >= MOST_HOSTS:
                self._hosts = {known: kept for known, kept in self._hosts.items() if kept.busy or kept.idle}
            host = self._hosts[origin] = Host(origin, self._opener.proxy_for(origin))
        return host

    def _warm(self, host: Host, longest: float) -> Line | None:
        if not host.idle or self._clock() - host.idle[-1].idle_since > longest:
            return None
        self._idle -= 1
        return host.idle.pop()

    def _retire(self, host: Host, count: int) -> None:
        self._idle -= count
        self._retired += [host.idle.popleft() for _ in range(count)]

    def _retire_all(self) -> None:
        for host in self._hosts.values():
            self._retire(host, len(host.idle))

    def _retire_oldest(self) -> None:
        self._retire(
            min((host for host in self._hosts.values() if host.idle), key=lambda host: host.idle[0].idle_since), 1
        )

    def _retire_expired(self, now: float) -> None:
        for host in self._hosts.values():
            self._retire(host, sum(1 for line in host.idle if now - line.idle_since > KEEP_ALIVE))


async def _close(line: Line) -> None:
    with anyio.move_on_after(CLOSE_WITHIN, shield=True), suppress(*wire_failures()):
        await line.carrier.aclose()
