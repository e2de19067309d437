"""The emulator behind a socket: in a thread beside a test, or in the foreground for the command line.

Loopback only, unless told twice (a host and `expose`): whoever reaches it can read every prompt sent to it.
It never touches signal handlers in a thread, and logs nothing but its own faults.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Collection, Iterator
from types import FrameType, TracebackType
from typing import NoReturn, Self

import uvicorn
from attrs import define, field

from nanobanana_async.emulator._app import create_app
from nanobanana_async.emulator._callbacks import post_on_loopback
from nanobanana_async.emulator._courier import deliver_callbacks
from nanobanana_async.emulator._exchanges import Exchange
from nanobanana_async.emulator._listening import base_url, listen
from nanobanana_async.emulator._wire import Protocol
from nanobanana_async.emulator._world import World

_KEEP_ALIVE_SECONDS = 60
_GRACE_SECONDS = 1
"""For answers that are under way when the server is to stop."""
_PATIENCE_SECONDS = 5
"""For requests that have lost their clients; only the painting of a picture takes any time then."""


@define
class EmulatorServer:
    """Serves a world from a thread of its own while the context is open.

    Args:
        world: What answers; a fresh one if left out.
        host: The address to listen on.
        port: The port, or 0 for any free one.
        expose: Allow a host that is not loopback, and let its page and its ledger be asked for by any name.
        on_request: Called with each exchange, in the server's thread.

    Raises:
        CannotListenError: On entering, when the port is taken.
        ExposedHostError: On entering, when the host is not loopback and `expose` is not set; a ValueError.
    """

    world: World = field(factory=World, repr=False)
    host: str = field(default="127.0.0.1", kw_only=True)
    port: int = field(default=0, kw_only=True)
    expose: bool = field(default=False, kw_only=True)
    on_request: Callable[[Exchange], None] | None = field(default=None, kw_only=True, repr=False)
    _server: _Server | None = field(default=None, init=False, repr=False)
    _thread: threading.Thread | None = field(default=None, init=False, repr=False)

    @property
    def base_url(self) -> str:
        """The address that clients are given, without a slash at the end; known once started."""
        return base_url(self.host, self.port)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, and return when requests are answered."""
        listener = _listen_for(self.world, self.host, self.port, expose=self.expose)
        self.port = listener.getsockname()[1]
        server = _Server(_config(self.world, self.on_request, None if self.expose else (self.host,)), self.world)
        thread = threading.Thread(target=server.run, args=([listener],), name="nanobanana-emulator", daemon=True)
        thread.start()
        server.ready.wait()
        self._server, self._thread = server, thread

    def stop(self) -> None:
        """Stop listening and wait for the thread; may be called twice."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join()
        self._server = self._thread = None
        self.world.close()


def serve(
    world: World,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    expose: bool = False,
    report: Callable[[Exchange], None] | None = None,
    on_started: Callable[[str], None] | None = None,
) -> None:
    """Serve a world in the foreground until SIGINT or SIGTERM, then return. For the main thread.

    Args:
        world: What answers.
        host: The address to listen on.
        port: The port, or 0 for any free one.
        expose: Allow a host that is not loopback, and let its page and its ledger be asked for by any name.
        report: Called with each exchange; `print` will do, for an exchange is a line as a string.
        on_started: Called with the base URL as soon as clients can connect.

    Raises:
        CannotListenError: The port is taken.
        ExposedHostError: The host is not loopback and `expose` is not set; a ValueError.
    """
    listener = _listen_for(world, host, port, expose=expose)
    server = _Server(_config(world, report, None if expose else (host,)), world)
    try:
        with _stopped_by_signals(server):
            if on_started is not None:
                on_started(base_url(host, listener.getsockname()[1]))
            server.run([listener])
    finally:
        world.close()


class _Server(uvicorn.Server):
    """uvicorn's server, which sends callbacks, says when it is ready and leaves signals to its caller."""

    def __init__(self, config: uvicorn.Config, world: World) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._world = world
        self._courier: asyncio.Task[NoReturn] | None = None

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            super().run(sockets)
        finally:
            self.ready.set()  # nobody waits for a server that failed

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._courier = asyncio.create_task(deliver_callbacks(self._world, post_on_loopback))
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._courier is not None:
            self._courier.cancel()
            await asyncio.wait((self._courier,))
        grace = asyncio.get_running_loop().call_later(_GRACE_SECONDS, self._leave_everybody)
        await super().shutdown(sockets)
        grace.cancel()
        self._leave_everybody()  # a second signal does not wait for the grace to be over
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=_GRACE_SECONDS)

    def _leave_everybody(self) -> None:
        """Close what is still open. A request that lost its client ends by itself; one that is cancelled complains."""
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(
    world: World, on_request: Callable[[Exchange], None] | None, hosts: Collection[str] | None
) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(world, on_request=on_request, hosts=hosts),
        http=Protocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_PATIENCE_SECONDS,
    )


@contextlib.contextmanager
def _stopped_by_signals(server: _Server) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        server.force_exit = server.should_exit  # the second one doesn't wait for anybody
        server.should_exit = True

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _listen_for(world: World, host: str, port: int, *, expose: bool) -> socket.socket:
    """The socket to listen on. A world that can't be served lets go of its state folder, for another to try."""
    try:
        return listen(host, port, expose=expose)
    except BaseException:
        world.close()
        raise
