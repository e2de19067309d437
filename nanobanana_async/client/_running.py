"""What exists between a client's start and its close, and how it is put together."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from typing import Self

import attrs

from nanobanana_async.gateways import Gateway
from nanobanana_async.pacing import PollBudget, Rate, Throttle
from nanobanana_async.tasks import Board, Crew, Desk, EventListener, Fetcher, Settings, TaskManager, Uploads
from nanobanana_async.transport import HttpxTransport, Transport


@attrs.frozen(kw_only=True)
class Policies:
    """What the user has chosen."""

    gateway: Gateway
    transport: Transport | None
    rate: Rate
    in_flight: int
    settings: Settings
    on_event: EventListener | None
    seed: int | None
    clock: Callable[[], float]


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
        if running._own_transport is not None:
            await running._own_transport.warm_up(running.gateway.address)
        return running

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
        return cls(gateway, TaskManager(desk, Uploads(desk), Crew(loop), loop), Fetcher(desk), own)

    async def aclose(self, grace: float) -> None:
        """End the work, then close the transport, where it is the client's own."""
        try:
            await self.manager.aclose(grace)
        finally:
            if self._own_transport is not None:
                await self._own_transport.aclose()
