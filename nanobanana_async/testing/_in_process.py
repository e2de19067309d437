"""The way to an emulator in the same process: a transport without sockets, that fails as the real one would.

It turns a `WireRequest` into the emulator's `Call`, and its `Reply` into what a client would see of it on a network:
an answer, an answer that breaks off, or none. Every wait is on the loop's clock, so on virtual time all of it takes
none. What has been sent arrives, whether or not the sender still waits: a cancelled create may be paid for, as in life.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from random import Random

from attrs import define, field

from nanobanana_async.emulator import Answer, Call, HangUp, Immediate, Later, Reply, Silence, World
from nanobanana_async.errors import ClientClosedError
from nanobanana_async.testing._incoming import Incoming, incoming, out_of_time
from nanobanana_async.testing._latency import Latency
from nanobanana_async.testing._outgoing import Outlet
from nanobanana_async.transport import WireStream, lost_answer
from nanobanana_async.values import WireReply, WireRequest

BASE_URL = "http://emulator.localhost"
"""Where an emulator in process is: a name of this machine, should it ever get out."""


@define(eq=False)
class EmulatorTransport:
    """A `Transport` that leads to a `World` in this process, and nowhere else.

    What the emulator's server shows to people, its page above all, is not to be had this way.

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
    _outlet: Outlet = field(init=False, repr=False)
    _random: Random = field(init=False, repr=False)
    _closed: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._outlet = Outlet(self.base_url, self._world.options.public_url)
        self._random = Random(self.seed)  # noqa: S311  to be repeated, not secret

    async def send(self, request: WireRequest) -> WireReply:
        """The world's answer.

        Raises:
            NetworkError: no whole answer came.
            ClientClosedError: the transport is closed.
        """
        answer = await self._open(request)
        body = answer.whole
        if body is None:
            body = b"".join([piece async for piece in answer.chunks()])
        return WireReply(answer.status, answer.headers, body)

    @asynccontextmanager
    async def stream(self, request: WireRequest) -> AsyncIterator[WireStream]:
        """The world's answer, its body in pieces. Raises as `send` does."""
        yield await self._open(request)

    async def aclose(self) -> None:
        """Take no more requests. May be called twice."""
        self._closed = True

    async def _open(self, request: WireRequest) -> Incoming:
        """Send `request` and wait for the head of its answer."""
        if self._closed:
            raise ClientClosedError("the transport is closed")
        loop = asyncio.get_running_loop()
        until = loop.time() + request.deadline
        reply = await self._exchanged(self._outlet.call(request), loop, until)
        if isinstance(reply, Later):
            reply = await self._kept_waiting(reply, loop, until)
        if reply is None or isinstance(reply, Silence):
            await asyncio.sleep(until - loop.time())
            raise out_of_time(request)
        if isinstance(reply, HangUp):
            raise lost_answer(request, "the connection was reset" if reply.reset else "closed without an answer")
        return await incoming(request, until, reply)

    async def _exchanged(self, call: Call | Answer, loop: asyncio.AbstractEventLoop, until: float) -> Reply | None:
        """What `call` is answered with; None where that comes after the deadline. An `Answer` is what it will be."""
        out, back = self._latency.draw(self._random), self._latency.draw(self._random)
        if loop.time() + out + back >= until:
            loop.call_later(out, self._arrive_unheard, call)
            return None
        if not out and not back:
            reply = self._serve(call)
            with self._waiting_for(reply):
                await asyncio.sleep(0)  # an exchange always lets the others go on
            return reply
        answered: asyncio.Future[Reply] = loop.create_future()
        loop.call_later(out, self._arrive, call, answered)
        with self._waiting_for(answered):
            await asyncio.sleep(out + back)
        return await answered

    async def _kept_waiting(self, later: Later, loop: asyncio.AbstractEventLoop, until: float) -> Immediate | None:
        """What comes in the end; None where that is after the deadline."""
        if loop.time() + later.seconds >= until:
            with self._waiting_for(later):
                await asyncio.sleep(until - loop.time())
            self._leave(later)
            return None
        with self._waiting_for(later):
            await asyncio.sleep(later.seconds)
        return later.reply

    @contextmanager
    def _waiting_for(self, reply: Reply | asyncio.Future[Reply]) -> Iterator[None]:
        """Whoever is cancelled in here has left without the answer."""
        try:
            yield
        except asyncio.CancelledError:
            if not isinstance(reply, asyncio.Future):
                self._leave(reply)
            elif not reply.cancel():
                self._leave(reply.result())
            raise

    def _leave(self, reply: Reply) -> None:
        """What was paid for and not waited for is noted."""
        if isinstance(reply, Later):
            self._world.hung_up(reply)

    def _arrive(self, call: Call | Answer, answered: asyncio.Future[Reply]) -> None:
        if answered.cancelled():
            self._arrive_unheard(call)
            return
        try:
            answered.set_result(self._serve(call))
        except Exception as error:  # noqa: BLE001  it is raised where somebody waits for the answer
            answered.set_exception(error)

    def _arrive_unheard(self, call: Call | Answer) -> None:
        self._leave(self._serve(call))

    def _serve(self, call: Call | Answer) -> Reply:
        return call if isinstance(call, Answer) else self._world.serve(call)
