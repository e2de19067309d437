"""The emulator as tests want it: in their own process, on their own clock, with a client for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

from attrs import define, field

from nanobanana_async.client import Client
from nanobanana_async.emulator import EmulatorOptions, Fault, Faults, Ledger, Post, World, deliver_callbacks
from nanobanana_async.gateways import Kie
from nanobanana_async.pacing import Polling, Rate
from nanobanana_async.testing._clock import LoopClock
from nanobanana_async.testing._in_process import BASE_URL, EmulatorTransport
from nanobanana_async.testing._latency import Latency


@define(eq=False)
class Emulator:
    """A gateway in this process: no port, no key, no network, and virtual time where the loop has it.

    ::

        emulator = Emulator(faults=["too-many,probability=0.3"])
        async with emulator.client() as client:
            await client.generate("a banana")
        assert not emulator.ledger.charged_twice()

    Args:
        options: how the gateway behaves; a seed among it.
        faults: what goes wrong on purpose; `emulator.faults` takes more while it runs.
        latency: how long messages are on their way.
    """

    options: EmulatorOptions = field(factory=EmulatorOptions)
    _faults: Iterable[Fault | str] = field(default=(), kw_only=True)
    latency: Latency = field(factory=Latency, kw_only=True)
    world: World = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.world = World(self.options, clock=LoopClock(), faults=Faults(self._faults, seed=self.options.seed))

    @property
    def faults(self) -> Faults:
        """What goes wrong now: `add`, `remove`, `clear`."""
        return self.world.faults

    @property
    def ledger(self) -> Ledger:
        """What the gateway saw."""
        return self.world.ledger

    def transport(self) -> EmulatorTransport:
        """A new way to this emulator, for a `Client` of your own."""
        return EmulatorTransport(self.world, latency=self.latency, seed=self.options.seed, base_url=self.base_url)

    @property
    def base_url(self) -> str:
        """The address under which clients reach it, in this process only."""
        return BASE_URL

    @asynccontextmanager
    async def callbacks_to(self, post: Post) -> AsyncIterator[None]:
        """While the context is open, hand every callback that falls due to `post`, which returns its HTTP status.

        ::

            async with emulator.callbacks_to(receive), emulator.client() as client:
                ...

        Nothing is sent over a network: `post` gets a `Delivery` with url, headers and body. None, or a status other
        than 2xx, has it repeated. What `post` raises is raised on leaving, in an ExceptionGroup.
        """
        courier = asyncio.ensure_future(deliver_callbacks(self.world, post))
        try:
            yield
        finally:
            courier.cancel()
            with suppress(asyncio.CancelledError):
                await courier

    def client(self, api_key: str = "test", **policies: Any) -> Client:
        """A new client of this emulator, for ``async with`` or `start`.

        Rate, polling and jitter are those that fit the emulator: its limit, its speed, its seed. `policies` are those
        of `Client`, and go first. Raises as `Client` does.
        """
        fitting = {"seed": self.options.seed, "clock": self.world.clock, "transport": self.transport()}
        return client_of(self.options, api_key, base_url=self.base_url, **{**fitting, **policies})


def client_of(options: EmulatorOptions, api_key: str = "test", *, base_url: str, **policies: Any) -> Client:
    """A client whose rate and polling fit an emulator with these options, reached at `base_url`."""
    fitting = {
        "rate": Rate(options.limit.count, per=options.limit.per),
        "polling": Polling(speed=options.speed),
    }
    return Client(Kie(api_key, base_url=base_url), **{**fitting, **policies})


def emulated_client(
    *, seed: int = 0, speed: float = 20.0, faults: Iterable[Fault | str] = (), **policies: Any
) -> Client:
    """A client whose gateway is an emulator of its own: for a notebook, a script, a test, anywhere.

    ::

        async with emulated_client(seed=1) as client:
            result = await client.generate("a banana")

    Args:
        seed: the same seed gives the same task ids, times and pictures.
        speed: generation times are divided by this: a few seconds each instead of a minute.
        faults: what goes wrong on purpose, as in ``["silent,nth=3"]``.
        policies: those of `Client`.

    To ask afterwards what the gateway saw, make an `Emulator` and take its `client()`.
    """
    return Emulator(EmulatorOptions(seed=seed, speed=speed), faults=faults).client(**policies)
