"""A client's life: put together without a loop, started on one, closed once."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from nanobanana_async.client._asking import request_of
from nanobanana_async.client._running import Policies, Running
from nanobanana_async.errors import ClientClosedError, ConfigurationError
from nanobanana_async.gateways import Gateway, Kie
from nanobanana_async.journal import Journal
from nanobanana_async.pacing import OnServerError, Polling, Rate
from nanobanana_async.settings import ABOVE_ZERO, FROM_ZERO, TEXT
from nanobanana_async.tasks import EventListener, OnUnknown, Settings, Statistics
from nanobanana_async.transport import Transport
from nanobanana_async.values import JSON, Request


class ClientLifetime:
    """What the parts of a client stand on: its policies, and what runs between its start and its close."""

    def __init__(
        self,
        gateway: Gateway | None = None,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        model: str | None = None,
        journal: str | os.PathLike[str] | Journal | None = None,
        transport: Transport | None = None,
        rate: Rate = Rate(20, per=10),  # noqa: B008  frozen: one value serves all clients
        in_flight: int = 300,
        polling: Polling = Polling(),  # noqa: B008  frozen: one value serves all clients
        deadline: float = 900,
        on_unknown: OnUnknown = "hold",
        on_server_error: OnServerError = "repeat",
        on_event: EventListener | None = None,
        seed: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if gateway is not None and (api_key is not None or base_url is not None):
            raise ConfigurationError(
                "a gateway was given, and an api_key or base_url beside it", remedy="Give them to the gateway."
            )
        TEXT.or_none().check(model=model)
        self._model = model
        self._policies = Policies(
            gateway=gateway if gateway is not None else Kie(api_key, base_url=base_url),
            journal=journal,
            transport=transport,
            rate=rate,
            in_flight=in_flight,
            settings=Settings(
                polling=polling, deadline=deadline, on_server_error=on_server_error, on_unknown=on_unknown
            ),
            on_event=on_event,
            seed=seed,
            clock=clock,
        )
        self._running: Running | None = None
        self._closing: asyncio.Task[None] | None = None
        self._closed = False

    async def start(self) -> Self:
        """Start it on the running loop. Nothing is sent yet.

        Raises:
            ConfigurationError: there is no key, a URL is none, or the journal is that of another gateway.
            StorageError: the journal can't be written.
            ClientClosedError: it was started before.
        """
        if self._running is not None or self._closed:
            raise ClientClosedError("a client starts once", remedy="Make a new Client for each start.")
        self._running = await Running.begin(self._policies)
        return self

    async def aclose(self, *, grace: float = 10) -> None:
        """Send nothing more, wait up to `grace` seconds for the creates on the wire, and leave. Safe to call twice.

        What was paid for and not collected is logged, with its task id.

        Raises:
            ConfigurationError: `grace` is no time; the client goes on.
        """
        FROM_ZERO.check(grace=grace)
        if self._running is None:
            self._closed = True
            return
        self._running.manager.check_loop()
        self._closed = True
        if self._closing is None:
            # A task of its own: whoever calls may be cancelled, or be one of several, and the close goes on to its end.
            self._closing = asyncio.create_task(self._running.aclose(grace))
        await asyncio.shield(self._closing)

    async def __aenter__(self) -> Self:
        """Start it; see `start`."""
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it; see `aclose`."""
        await self.aclose()

    def statistics(self) -> Statistics:
        """What is going on right now: items queued, tasks in flight, exchanges on the wire."""
        return self._open().manager.statistics()

    def __repr__(self) -> str:
        if self._running is None or self._closed:
            return f"<Client [{'closed' if self._closed else 'not started'} | {self._policies.gateway.address}]>"
        now = self._running.manager.statistics()
        pace = str(self._running.manager.desk.board.throttle)
        cooldown = f" | cooldown {now.cooldown:.0f} s" if now.cooldown else ""
        where = self._running.gateway.address
        return f"<Client [{now.in_flight} running, {now.queued} queued | {pace}{cooldown} | {where}]>"

    def _open(self) -> Running:
        if self._running is None or self._closed:
            how = "was closed" if self._closed else "was not started: use `async with Client() as client`"
            raise ClientClosedError(f"this client {how}")
        self._running.manager.check_loop()
        return self._running

    def _request(self, asked: Request | str, fields: dict[str, JSON]) -> Request:
        return request_of(asked, fields, gateway=self._open().gateway, model=self._model)

    def _timeout(self, timeout: float | None) -> float:
        if timeout is None:
            return self._policies.settings.deadline
        ABOVE_ZERO.check(timeout=timeout)
        return timeout
