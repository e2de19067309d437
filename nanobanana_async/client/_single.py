"""One image at a time: asked for, submitted, waited for, asked about."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import overload

from nanobanana_async.client._asking import checked_wait, failed_to_retry, no_journal, task_of
from nanobanana_async.client._lifetime import ClientLifetime
from nanobanana_async.client._older_endpoint import naming_the_older_endpoint
from nanobanana_async.gateways import DialectName
from nanobanana_async.tasks import KeyRules, Past, RetryFailed, Row, ask, ask_status, place_of, under_way
from nanobanana_async.values import JSON, ImageSource, Item, Request, Result, Task


class SingleImages(ClientLifetime):
    """`generate`, `submit`, `wait`, `watch`, `status` and `balance`."""

    @overload
    async def generate(
        self,
        request: Request,
        /,
        *,
        key: str | None = None,
        data: JSON = None,
        retry_failed: RetryFailed | bool = False,
        timeout: float | None = None,
        queue_timeout: float | None = None,
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
        response_format: str | None = None,
        extra: Mapping[str, JSON] | None = None,
        key: str | None = None,
        data: JSON = None,
        retry_failed: RetryFailed | bool = False,
        timeout: float | None = None,
        queue_timeout: float | None = None,
    ) -> Result: ...

    async def generate(
        self,
        request: Request | str,
        /,
        *,
        key: str | None = None,
        data: JSON = None,
        retry_failed: RetryFailed | bool = False,
        timeout: float | None = None,
        queue_timeout: float | None = None,
        **fields: JSON,
    ) -> Result:
        """Make what is asked for and wait for it. `timeout` is in seconds, the client's deadline where it is None.

        Beside a prompt stand the fields of its model's request, under their own names: `output_format` at `Kie`, where
        most models have it, `response_format` and `extra` at `OpenAIImages`. What a model has not is refused by name.

        `queue_timeout` is how long it may wait for its turn under the account's limits, in seconds: where that is
        known to take longer it is refused at once, and nothing is sent.

        With a journal, a `key` stands for one image, whoever asks for it and how often: what is made is given again,
        what runs is waited for, and what has failed fails again, unless `retry_failed` says that it is sent again: true
        for any failure, ``"transient"`` for those that may pass and cost nothing. Safe after a crash, and from several
        processes.

        A caller that is cancelled takes itself off: the create on the wire is read to its end, and `TaskDetached` and
        `TaskAccepted` tell the task's id.

        Raises:
            InvalidRequestError, ConfigurationError: it can't be asked for like this; nothing was sent.
            KeyConflictError: the key stands for another request already.
            RequestError: it was refused: a parameter, an image, the content policy.
            AccountError: credits, or the key.
            QueueFullError: its turn would come later than `queue_timeout` allows; see `expected_wait`.
            BusyError, ServiceError, NetworkError: it was not made; see `charged`.
            StillRunningError: not finished in time; `task_id` tells what to wait for.
            UnknownOutcomeError: the answer to the create was lost; perhaps it was charged.
            NoResultError: it succeeded without an image.
        """
        manager = self._open().manager
        row = await self._row(self._request(request, fields), Item(request, key=key, data=data), again=retry_failed)
        return await manager.finished(row, timeout=self._timeout(timeout), queue_timeout=checked_wait(queue_timeout))

    @overload
    async def submit(
        self,
        request: Request,
        /,
        *,
        key: str | None = None,
        data: JSON = None,
        retry_failed: RetryFailed | bool = False,
        timeout: float | None = None,
        queue_timeout: float | None = None,
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
        response_format: str | None = None,
        extra: Mapping[str, JSON] | None = None,
        key: str | None = None,
        data: JSON = None,
        retry_failed: RetryFailed | bool = False,
        timeout: float | None = None,
        queue_timeout: float | None = None,
    ) -> Task: ...

    async def submit(
        self,
        request: Request | str,
        /,
        *,
        key: str | None = None,
        data: JSON = None,
        retry_failed: RetryFailed | bool = False,
        timeout: float | None = None,
        queue_timeout: float | None = None,
        **fields: JSON,
    ) -> Task:
        """Send it and wait until it is accepted, and so paid for. `wait` gets its result. Raises as `generate` does.

        A gateway that answers at once has accepted it only with the finished picture, after up to 200 s. The task has
        its result then and mostly an empty `id`: hand the task itself to `wait`.
        """
        manager = self._open().manager
        row = await self._row(self._request(request, fields), Item(request, key=key, data=data), again=retry_failed)
        return await manager.submitted(row, timeout=self._timeout(timeout), queue_timeout=checked_wait(queue_timeout))

    async def wait(
        self, task: Task | str, *, timeout: float | None = None, dialect: DialectName | str | None = None
    ) -> Result:
        """The result of a task, given as such or by its id. Raises as `generate` does.

        `dialect` is that of an id, where it is not the gateway's usual one: ``"generate"`` for a task of the older
        endpoint at `Kie`.
        """
        manager, seconds, asked = self._open().manager, self._timeout(timeout), self._task(task, dialect)
        if manager.desk.keeper is not None and asked.result is None:
            await Past(manager, manager.desk.keeper).take_up(asked.id)
        with naming_the_older_endpoint(manager.desk.gateway, task, dialect):
            return await manager.result(asked, timeout=seconds)

    async def watch(
        self, task: Task | str, *, timeout: float | None = None, dialect: DialectName | str | None = None
    ) -> AsyncIterator[Task]:
        """The task as it is now, and again each time its state has changed; the last one is its end.

        ::

            async for seen in client.watch(task):
                print(seen.state)

        It looks no more often than the client does anyway. A task that failed is told as such, not raised. `dialect` as
        in `wait`.

        Raises:
            StillRunningError: it was not over within `timeout` seconds (the client's deadline where it is None).
            KeyRefusedError, ServiceError, NetworkError: it can't be asked about any more.
        """
        manager, seconds = self._open().manager, self._timeout(timeout)
        async with aclosing(manager.watched(self._task(task, dialect), timeout=seconds)) as states:
            with naming_the_older_endpoint(manager.desk.gateway, task, dialect):
                async for seen in states:
                    yield seen

    async def status(self, task: Task | str, *, dialect: DialectName | str | None = None) -> Task:
        """What the gateway says of a task now. `dialect` as in `wait`.

        Raises:
            InvalidRequestError: it has no record of it.
            NanoBananaError: it could not be asked.
        """
        asked, desk = self._task(task, dialect), self._open().manager.desk
        with naming_the_older_endpoint(desk.gateway, task, dialect):
            return asked if asked.result is not None else await ask_status(desk, asked)

    async def balance(self) -> float:
        """The credits left on the account. Raises: KeyRefusedError, ServiceError, NetworkError."""
        running = self._open()
        return await ask(running.manager.desk, running.gateway.ask_balance(), running.gateway.read_balance)

    def _task(self, task: Task | str, dialect: str | None) -> Task:
        return task_of(task, dialect if dialect is not None else self._policies.gateway.default_dialect)

    async def _row(self, request: Request, item: Item, *, again: RetryFailed | bool) -> Row:
        """The row of a single call: the one that is under way under its key, or a new one.

        Raises:
            KeyConflictError: the key stands for another request.
            ConfigurationError: there is a key, and no journal in which it could stand.
        """
        manager = self._open().manager
        rules = KeyRules(retry_failed=failed_to_retry(again))
        if manager.desk.keeper is None:
            if item.key is not None or rules.retry_failed != "none":
                what = f"key={item.key!r}" if item.key is not None else f"retry_failed={again!r}"
                raise no_journal(f"{what} is kept in a journal, and this client has none")
            return Row(item, request)
        key = item.key if item.key is not None else f"call-{secrets.token_hex(8)}"  # whatever the seed: it has no other
        place = await place_of(request, manager.desk.keeper, scope="", key=key, data=item.data)
        row = under_way(manager.desk, place) if item.key is not None else None
        if row is None:
            row = Row(item, request, place=place, rules=rules, is_keyed=item.key is not None)
        return row
