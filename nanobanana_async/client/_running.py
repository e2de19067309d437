"""What exists between a client's start and its close, and how it is put together."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from typing import Any, Self

import attrs

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.gateways import Gateway
from nanobanana_async.journal import Journal, SQLiteJournal
from nanobanana_async.pacing import A_RATE, PollBudget, Rate, Throttle
from nanobanana_async.settings import COUNT, LISTENER, WHOLE, refused
from nanobanana_async.tasks import (
    Board,
    Crew,
    Desk,
    EventListener,
    Fetcher,
    Keeper,
    Settings,
    TaskManager,
    Uploads,
    nothing_charged,
    restore,
)
from nanobanana_async.transport import HttpxTransport, Transport


def _is_gateway(_: object, __: object, value: Any) -> None:
    """ConfigurationError for what is no gateway. It is not shown: who gives a text there gives the key."""
    if isinstance(value, type) or not isinstance(value, Gateway):
        what = f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"
        raise ConfigurationError(
            f"gateway is {what}, and no gateway",
            remedy="Give a gateway, such as Kie(); a key alone goes in as Client(api_key=…).",
        )


def _is_transport(_: object, __: object, value: Any) -> None:
    """ConfigurationError for what is no transport."""
    if value is None:
        return
    if type(value).__module__.partition(".")[0] == "httpx":
        raise ConfigurationError(
            f"transport={value!r} is httpx's, and no transport of ours",
            remedy="Wrap an httpx.AsyncClient: transport=HttpxTransport(async_client).",
        )
    if isinstance(value, type) or not isinstance(value, Transport):
        raise refused("transport", value, "an object with send, stream and aclose, such as HttpxTransport()")


def _is_journal(_: object, __: object, value: Any) -> None:
    """ConfigurationError for what is neither a path nor a journal."""
    if value is None or isinstance(value, str | os.PathLike):
        return
    if isinstance(value, type) or not all(callable(getattr(value, name, None)) for name in ("open", "claim", "record")):
        raise refused("journal", value, "the path of a file, or a journal such as MemoryJournal(), or None")


@attrs.frozen(kw_only=True)
class Policies:
    """What the user has chosen.

    Raises:
        ConfigurationError: a setting is out of its range.
    """

    gateway: Gateway = attrs.field(validator=_is_gateway)
    journal: str | os.PathLike[str] | Journal | None = attrs.field(validator=_is_journal)
    transport: Transport | None = attrs.field(validator=_is_transport)
    rate: Rate = attrs.field(validator=A_RATE)
    in_flight: int = attrs.field(validator=COUNT)
    settings: Settings
    on_event: EventListener | None = attrs.field(validator=LISTENER.or_none())
    seed: int | None = attrs.field(validator=WHOLE.or_none())
    clock: Callable[[], float] = attrs.field(validator=LISTENER)


@attrs.frozen
class Running:
    """A client at work on one loop."""

    gateway: Gateway
    manager: TaskManager
    fetcher: Fetcher
    _own_transport: HttpxTransport | None

    @classmethod
    async def begin(cls, policies: Policies) -> Self:
        """What `assemble` puts together, warm. Raises: ConfigurationError."""
        running = cls.assemble(policies)
        try:
            if running._own_transport is not None:
                await running._own_transport.warm_up(running.gateway.address)
            if running.manager.desk.keeper is not None:
                await running._resume(running.manager.desk.keeper, policies)
        except BaseException:
            await running._release()
            raise
        return running

    async def _resume(self, keeper: Keeper, policies: Policies) -> None:
        """Take up where earlier runs have left: what they have sent lately, and what is in flight, counts."""
        await keeper.open(f"{self.gateway.kind} {self.gateway.address}", clock=policies.clock)
        restore(self.manager.desk, await keeper.journal.standing(policies.clock() - policies.rate.per))

    @classmethod
    def assemble(cls, policies: Policies) -> Self:
        """Put together what `policies` ask for, on the running loop. Raises: ConfigurationError."""
        loop = asyncio.get_running_loop()
        gateway = policies.gateway.resolved(os.environ)
        own = HttpxTransport() if policies.transport is None else None
        transport = own if own is not None else policies.transport
        assert transport is not None
        polling = policies.settings.polling
        desk = Desk(
            board=Board(Throttle(policies.rate, policies.in_flight), PollBudget(polling.per_second)),
            gateway=gateway,
            transport=transport,
            settings=policies.settings,
            now=loop.time,
            wall=policies.clock,
            random=random.Random(policies.seed).random,  # noqa: S311  jitter, no secret
            on_event=policies.on_event,
        )
        if policies.journal is not None:
            desk.keeper = Keeper(_journal(policies.journal), desk.wall, secret=getattr(gateway, "api_key", None) or "")
            desk.keeper.on_broken = lambda error: desk.stop(nothing_charged(error), "storage")
        manager = TaskManager(desk, Uploads(desk), Crew(loop), loop)
        desk.contested = manager.contested
        return cls(gateway, manager, Fetcher(desk), own)

    async def aclose(self, grace: float) -> None:
        """End the work, then close the transport, where it is the client's own."""
        try:
            await self.manager.aclose(grace)
        finally:
            await self._release()

    async def _release(self) -> None:
        try:
            if self.manager.desk.keeper is not None:
                await self.manager.desk.keeper.aclose()
        finally:
            if self._own_transport is not None:
                await self._own_transport.aclose()


def _journal(given: str | os.PathLike[str] | Journal) -> Journal:
    """The journal that was given, or that of the path that was."""
    return SQLiteJournal(given) if isinstance(given, str | os.PathLike) else given
