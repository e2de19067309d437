"""The client: one image at a time, or many; each method reads like what it does."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, overload

from nanobanana_async.client._asking import check_positive, request_of, task_of
from nanobanana_async.client._running import Policies, Running
from nanobanana_async.errors import ClientClosedError, ConfigurationError, NoResultError
from nanobanana_async.gateways import Gateway, Kie
from nanobanana_async.outcomes import Outcome
from nanobanana_async.pacing import OnServerError, Polling, Rate
from nanobanana_async.storage import Target, suffix_differs, target_for
from nanobanana_async.tasks import (
    AHEAD,
    Batch,
    EventListener,
    Namer,
    OnUnknown,
    Row,
    Saver,
    Settings,
    Source,
    Statistics,
    ask,
    ask_status,
    names_in,
)
from nanobanana_async.transport import Transport
from nanobanana_async.values import JSON, ImageData, ImageSource, Item, Request, Result, Task

logger = logging.getLogger("nanobanana_async")


class Client:
    """Makes images through a gateway: one at a time with `generate`, many with `batch`.

    Construction does no I/O and needs no loop and no key. Use it as ``async with Client() as client:``, or call `start`
    and `aclose`. It lives on the loop it was started on.

    Args:
        gateway: where to send requests; None is `Kie`, with the key in ``KIE_API_KEY``.
        api_key: with `base_url`, a short way to a `Kie` gateway.
        base_url: see `api_key`.
        model: the model for plain prompts, in the place of the gateway's default.
        transport: what carries the bytes; None is an `HttpxTransport` of its own, closed with the client.
        rate: at most so many new tasks in any so many seconds; the vendor's limit is 20 in 10 (PROTOCOL §1.4).
        in_flight: at most so many tasks between their create and their result: 2 creates a second times the longest
            usual task.
        polling: when to look at tasks.
        deadline: how long a task may take from its acceptance, in seconds, before it is left as pending.
        on_unknown: what to do when the answer to a create is lost: ``"hold"`` it, or ``"resend"`` at most twice and
            perhaps pay twice.
        on_server_error: what to do when the gateway itself says that a create failed: ``"repeat"`` it at most twice, or
            ``"hold"`` it as unknown.
        on_event: called with each event of `nanobanana_async.events`, synchronously.
        seed: of the jitter in waits; None is another one each time.
        clock: the time of day, in seconds since the epoch; a test on virtual time gives its own.

    Raises:
        ConfigurationError: a setting is out of its range.
    """

    def __init__(
        self,
        gateway: Gateway | None = None,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        model: str | None = None,
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
        check_positive(in_flight=in_flight, deadline=deadline)
        self._model = model
        self._policies = Policies(
            gateway=gateway if gateway is not None else Kie(api_key, base_url=base_url),
            transport=transport,
            rate=rate,
            in_flight=in_flight,
            settings=Settings(
                polling=polling, deadline=float(deadline), on_server_error=on_server_error, on_unknown=on_unknown
            ),
            on_event=on_event,
            seed=seed,
            clock=clock,
        )
        self._running: Running | None = None
        self._closing: asyncio.Task[None] | None = None
        self._closed = False

    # --- lifetime ---------------------------------------------------------------------------------------------

    async def start(self) -> Self:
        """Start it on the running loop. Nothing is sent yet.

        Raises:
            ConfigurationError: there is no key, or a URL in the environment is none.
            ClientClosedError: it was started before.
        """
        if self._running is not None or self._closed:
            raise ClientClosedError("a client starts once", remedy="Make a new Client for each start.")
        self._running = await Running.begin(self._policies)
        return self

    async def aclose(self, *, grace: float = 10) -> None:
        """Send nothing more, wait up to `grace` seconds for the creates on the wire, and leave. Safe to call twice.

        What was paid for and not collected is logged, with its task id.
        """
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

    # --- one image --------------------------------------------------------------------------------------------

    @overload
    async def generate(
        self, request: Request, /, *, key: str | None = None, data: JSON = None, timeout: float | None = None
    ) -> Result: ...

    @overload
    async def generate(
        self,
        prompt: str,
        /,
        *,
        model: str | None = None,
        images: Sequence[ImageSource] | ImageSource = (),
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        output_format: str | None = None,
        key: str | None = None,
        data: JSON = None,
        timeout: float | None = None,
    ) -> Result: ...

    async def generate(
        self,
        request: Request | str,
        /,
        *,
        key: str | None = None,
        data: JSON = None,
        timeout: float | None = None,
        **fields: JSON,
    ) -> Result:
        """Make what is asked for and wait for it. `timeout` is in seconds, the client's deadline where it is None.

        A caller that is cancelled takes itself off: the create on the wire is read to its end, and `TaskDetached` and
        `TaskAccepted` tell the task's id.

        Raises:
            InvalidRequestError, ConfigurationError: it can't be asked for like this; nothing was sent.
            RequestError: it was refused: a parameter, an image, the content policy.
            AccountError: credits, or the key.
            BusyError, ServiceError, NetworkError: it was not made; see `charged`.
            StillRunningError: not finished in time; `task_id` tells what to wait for.
            UnknownOutcomeError: the answer to the create was lost; perhaps it was charged.
            NoResultError: it succeeded without an image.
        """
        manager = self._open().manager
        row = Row(Item(request, key=key, data=data), self._request(request, fields))
        return await manager.finished(row, timeout=self._timeout(timeout))

    @overload
    async def submit(
        self, request: Request, /, *, key: str | None = None, data: JSON = None, timeout: float | None = None
    ) -> Task: ...

    @overload
    async def submit(
        self,
        prompt: str,
        /,
        *,
        model: str | None = None,
        images: Sequence[ImageSource] | ImageSource = (),
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        output_format: str | None = None,
        key: str | None = None,
        data: JSON = None,
        timeout: float | None = None,
    ) -> Task: ...

    async def submit(
        self,
        request: Request | str,
        /,
        *,
        key: str | None = None,
        data: JSON = None,
        timeout: float | None = None,
        **fields: JSON,
    ) -> Task:
        """Send it and wait until it is accepted, and so paid for. `wait` gets its result. Raises as `generate` does."""
        manager = self._open().manager
        row = Row(Item(request, key=key, data=data), self._request(request, fields))
        return await manager.submitted(row, timeout=self._timeout(timeout))

    async def wait(self, task: Task | str, *, timeout: float | None = None, dialect: str = "jobs") -> Result:
        """The result of a task, given as such or by its id. Raises as `generate` does."""
        manager, seconds = self._open().manager, self._timeout(timeout)
        return await manager.finished(manager.adopt(task_of(task, dialect)), timeout=seconds)

    async def status(self, task: Task | str, *, dialect: str = "jobs") -> Task:
        """What the gateway says of a task now.

        Raises:
            InvalidRequestError: it has no record of it.
            NanoBananaError: it could not be asked.
        """
        return await ask_status(self._open().manager.desk, task_of(task, dialect))

    async def balance(self) -> float:
        """The credits left on the account. Raises: KeyRefusedError, ServiceError, NetworkError."""
        running = self._open()
        return await ask(running.manager.desk, running.gateway.ask_balance(), running.gateway.read_balance)

    # --- many images ------------------------------------------------------------------------------------------

    def batch(
        self,
        items: Source,
        *,
        model: str | None = None,
        save_to: str | Path | Namer | None = None,
        ordered: bool = False,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        output_format: str | None = None,
    ) -> Batch:
        """A batch of any iterable or async iterable of prompts, requests or Items; use it with ``async with``.

        Outcomes come as they finish, or in input order with `ordered`. `save_to` is a folder, or a function from
        (item, place in the input) to the path of its picture without extension. `model` and the fields hold for
        plain prompts. Memory holds what is in flight, whatever the number of items.
        """
        running = self._open()
        fields = {"aspect_ratio": aspect_ratio, "resolution": resolution, "output_format": output_format}
        namer = names_in(Path(save_to)) if isinstance(save_to, str | Path) else save_to
        return Batch(
            items,
            running.manager,
            partial(request_of, fields={"model": model, **fields}, gateway=running.gateway, model=self._model),
            Saver(running.manager.desk, running.fetcher, namer) if namer is not None else None,
            ordered,
            self._policies.in_flight + AHEAD,
        )

    async def generate_all(
        self,
        items: Source,
        *,
        model: str | None = None,
        save_to: str | Path | Namer | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        output_format: str | None = None,
    ) -> list[Outcome]:
        """The outcomes of all items, in input order. Never raises for an item."""
        batch = self.batch(
            items,
            model=model,
            save_to=save_to,
            ordered=True,
            aspect_ratio=aspect_ratio,
            resolution=resolution,
            output_format=output_format,
        )
        outcomes: list[Outcome] = []
        try:
            async with batch:
                async for outcome in batch:
                    outcomes.append(outcome)
        except BaseException:
            paid = [outcome.task_id for outcome in outcomes if outcome.charged == "yes" and outcome.task_id]
            if paid:
                logger.warning("generate_all was cut short; these tasks are paid for and done: %s", ", ".join(paid))
            raise
        return outcomes

    # --- pictures ---------------------------------------------------------------------------------------------

    async def save(self, result: Result, path: str | Path | Target) -> list[Path]:
        """Fetch the images of `result` to `path`; the paths that were written.

        A path is obeyed to the letter, with a warning in the log where the image is of another type; a folder is
        accepted, and a `Target` made elsewhere. Several images get ``-2``, ``-3``.

        Raises:
            ResultExpiredError: the image is no longer there.
            StorageError: it can't be written, or is no whole image.
            NetworkError, ServiceError: it can't be fetched.
        """
        fetcher = self._open().fetcher
        target = path if isinstance(path, Target) else target_for(path, stem=result.task_id or "image")
        # A file named by the task's id is the task's own: saved again, it is the same picture.
        is_shared = target.made and (isinstance(path, Target) or result.task_id is None)
        saved = await fetcher.save(result, target, if_exists="beside" if is_shared else "replace")
        for picture in saved:
            if suffix_differs(picture.path, picture.image.extension):
                logger.warning("%s holds a %s, in spite of its name", picture.path, picture.image.extension)
        return [picture.path for picture in saved]

    async def read(self, result: Result) -> ImageData:
        """The image of `result` in memory. Raises as `save` does; NoResultError where it has not exactly one image."""
        if len(result.urls) != 1:
            raise NoResultError(
                f"task {result.task_id!r} has {len(result.urls)} images, not one",
                task_id=result.task_id,
                remedy="Use read_all.",
            )
        return (await self.read_all(result))[0]

    async def read_all(self, result: Result) -> list[ImageData]:
        """All images of `result` in memory. Raises as `save` does."""
        return await self._open().fetcher.read(result)

    # --- itself -----------------------------------------------------------------------------------------------

    def statistics(self) -> Statistics:
        """What is going on right now: items queued, tasks in flight, exchanges on the wire."""
        return self._open().manager.statistics()

    def __repr__(self) -> str:
        if self._running is None or self._closed:
            return f"<Client [{'closed' if self._closed else 'not started'} | {self._policies.gateway.address}]>"
        now = self._running.manager.statistics()
        where = f"{self._policies.rate} | {self._running.gateway.address}"
        return f"<Client [{now.in_flight} running, {now.queued} queued | {where}]>"

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
        check_positive(timeout=timeout)
        return timeout
