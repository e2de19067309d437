"""The emulator as tests want it: in their own process, on their own clock, with a client for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Literal, TypeAlias, Unpack, get_args

from attrs import define, evolve, field, fields

from nanobanana_async.client import Client
from nanobanana_async.emulator import (
    EmulatorOptions,
    Fault,
    Faults,
    Ledger,
    OptionError,
    Post,
    World,
    deliver_callbacks,
)
from nanobanana_async.gateways import Kie, OpenAIImages
from nanobanana_async.pacing import Polling, Rate
from nanobanana_async.testing._clock import LoopClock
from nanobanana_async.testing._in_process import BASE_URL, EmulatorTransport
from nanobanana_async.testing._latency import Latency
from nanobanana_async.testing._policies import ClientPolicies, UnseededPolicies, check_policies

GatewayName: TypeAlias = Literal["kie", "openai-images", "openai-images-async"]
"""What an emulator can be taken for; the words are those of ``--gateway``."""


@define(eq=False, init=False)
class Emulator:
    """A gateway in this process: no port, no key, no network, and virtual time where the loop has it.

    ::

        emulator = Emulator(seed=1, faults=["too-many,probability=0.3"])
        async with emulator.client() as client:
            await client.generate("a banana")
        assert not emulator.ledger.charged_twice()

    Args:
        options: how the gateway behaves.
        seed: a short way to that option: the same seed gives the same task ids, times and pictures.
        speed: a short way to that option: generation times are divided by this.
        faults: what goes wrong on purpose, one fault or several; `emulator.faults` takes more while it runs.
        latency: how long messages are on their way; None is no time.

    Raises:
        OptionError: an option makes no sense.
        FaultError: a fault cannot be understood.
    """

    options: EmulatorOptions
    latency: Latency
    world: World = field(repr=False)

    def __init__(
        self,
        options: EmulatorOptions | None = None,
        *,
        seed: int | None = None,
        speed: float | None = None,
        faults: Faults | Fault | str | Iterable[Fault | str] | None = (),
        latency: Latency | None = None,
    ) -> None:
        whole = _checked_options(options)
        self.options = evolve(
            whole, seed=whole.seed if seed is None else seed, speed=whole.speed if speed is None else speed
        )
        self.latency = _checked_latency(latency)
        self.world = World(self.options, clock=LoopClock(), faults=faults)

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
        self.world.clock()  # its time goes on from here, also while nobody asks it anything
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

        Raises:
            RuntimeError: They are handed to somebody else already.
        """
        courier = asyncio.ensure_future(deliver_callbacks(self.world, post))
        await asyncio.sleep(0)  # it begins, or refuses to
        if courier.done():
            await courier
        try:
            yield
        finally:
            courier.cancel()
            with suppress(asyncio.CancelledError):
                await courier

    def client(
        self, api_key: str = "test", *, gateway: GatewayName = "kie", **policies: Unpack[ClientPolicies]
    ) -> Client:
        """A new client of this emulator, for ``async with`` or `start`.

        Rate, polling and jitter are those that fit the emulator: its limit, its speed, its seed. `policies` are those
        of `Client`, and go first. `gateway` is what the emulator is taken for: ``"openai-images"`` answers with the
        picture, ``"openai-images-async"`` with a task. Raises as `Client` does.
        """
        check_policies("Emulator.client()", policies)
        fitting: ClientPolicies = {
            "seed": self.options.seed,
            "clock": self.world.clock,
            "transport": self.transport(),
        }
        chosen: ClientPolicies = {**fitting, **policies}
        return client_of(self.options, api_key, base_url=self.base_url, gateway=gateway, **chosen)


def client_of(
    options: EmulatorOptions,
    api_key: str = "test",
    *,
    base_url: str,
    gateway: GatewayName = "kie",
    **policies: Unpack[ClientPolicies],
) -> Client:
    """A client whose rate and polling fit an emulator with these options, reached at `base_url`."""
    fitting: ClientPolicies = {
        "rate": Rate(options.limit.count, per=options.limit.per),
        "polling": Polling(speed=options.speed),
    }
    chosen: ClientPolicies = {**fitting, **policies}
    return Client(_gateway(gateway, api_key, base_url), **chosen)


def emulated_client(
    *,
    seed: int = 0,
    speed: float = 20.0,
    credits: float = 10_000.0,
    faults: Faults | Fault | str | Iterable[Fault | str] | None = (),
    latency: Latency | None = None,
    gateway: GatewayName = "kie",
    **policies: Unpack[UnseededPolicies],
) -> Client:
    """A client whose gateway is an emulator of its own: for a notebook, a script, a test, anywhere.

    ::

        async with emulated_client(seed=1) as client:
            result = await client.generate("a banana")

    Args:
        seed: the same seed gives the same task ids, times and pictures.
        speed: generation times are divided by this: a few seconds each instead of a minute.
        credits: what the account starts with.
        faults: what goes wrong on purpose, as in ``["silent,nth=3"]``.
        latency: how long messages are on their way; None is no time.
        gateway: what the emulator is taken for, as in `Emulator.client`.
        policies: those of `Client`.

    For other options, or to ask afterwards what the gateway saw, make an `Emulator` and take its `client()`.

    Raises:
        OptionError: an option makes no sense.
        FaultError: a fault cannot be understood.
    """
    for word in {option.name for option in fields(EmulatorOptions)}.intersection(policies):
        hint = f"write Emulator(EmulatorOptions({word}=…)).client()"
        raise TypeError(f"emulated_client() takes no {word!r}: it is an option of the emulator; {hint}")
    check_policies("emulated_client()", policies)
    options = EmulatorOptions(seed=seed, speed=speed, credits=credits)
    return Emulator(options, faults=faults, latency=latency).client(gateway=gateway, **policies)


def _gateway(name: str, api_key: str, base_url: str) -> Kie | OpenAIImages:
    match name:
        case "kie":
            return Kie(api_key, base_url=base_url)
        case "openai-images":
            return OpenAIImages(base_url, api_key)
        case "openai-images-async":
            return OpenAIImages(base_url, api_key, mode="async")
        case _:
            raise OptionError("gateway", repr(name), ", ".join(get_args(GatewayName)))


def _checked_options(said: object) -> EmulatorOptions:
    if said is None:
        return EmulatorOptions()
    if not isinstance(said, EmulatorOptions):
        allowed = "an EmulatorOptions; seed, speed, faults and latency are keywords beside it"
        raise OptionError("options", repr(said), allowed)
    return said


def _checked_latency(said: object) -> Latency:
    if said is None:
        return Latency()
    if not isinstance(said, Latency):
        raise OptionError("latency", repr(said), "a Latency, as in Latency(least=0.04, jitter=0.03), in seconds")
    return said
