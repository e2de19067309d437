"""One run in a folder that is locked and looked over: send, adopt, collect, and write down what came of it.

Theory of operation
===================
1. The batch and the adoptions share one client, and so its limits; whatever settles goes through `_settle`.
2. However it ends, the client is closed first: it reads the answers of creates that are on the wire.
3. Then the manifest is written, in a thread that is waited for even by a caller that is cancelled again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path

import anyio
import attrs

from nanobanana_async.client import Client
from nanobanana_async.errors import StorageError
from nanobanana_async.events import Event
from nanobanana_async.outcomes import Outcome, Skipped
from nanobanana_async.runs._adopting import Adoption
from nanobanana_async.runs._manifest import write_manifest
from nanobanana_async.runs._plan import Fate
from nanobanana_async.runs._record import Record
from nanobanana_async.runs._run_report import RunReport
from nanobanana_async.runs._survey import Survey
from nanobanana_async.storage import run_to_end
from nanobanana_async.tasks import Batch, EventListener, Report, Tally
from nanobanana_async.values import Item

logger = logging.getLogger("nanobanana_async")

OutcomeListener = Callable[[Outcome], None]


@attrs.define(eq=False, kw_only=True)
class Run:
    """A run, from its survey to its report."""

    survey: Survey
    download: bool
    budget: float | None
    finish: asyncio.Event | None
    on_event: EventListener | None
    on_outcome: OutcomeListener | None
    _spent: float = attrs.field(init=False)
    _places: dict[str, int] = attrs.field(init=False)
    _tally: Tally = attrs.field(init=False)
    _batch: Batch | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._spent = self.survey.spent()  # before anything of this run is noted
        self._places = {row.key: row.index - 1 for row in self.survey.rows.rows}
        self._tally = Tally(asyncio.get_running_loop().time())

    @property
    def needs_client(self) -> bool:
        """Whether there is anything to send, to wait for or to fetch."""
        return bool(self.survey.with_fate(Fate.SEND, Fate.ADOPT, Fate.FETCH))

    def hear(self, event: Event) -> None:
        """The client's listener: the ledger first, then the user's."""
        self.survey.ledger.hear(event)
        if self.on_event is not None:
            self.on_event(event)

    async def carry_out(self, client: Client | None, *, at_once: int) -> RunReport:
        """Do it all; at most `at_once` adopted tasks are waited for at the same time. `client` is closed."""
        try:
            try:
                for row in self.survey.with_fate(Fate.CHANGED):
                    self._settle(Skipped(item=row.item, reason="changed"))
                if client is not None:
                    await client.start()
                    await self._work(client, at_once)
            finally:
                if client is not None:
                    with anyio.CancelScope(shield=True):
                        await client.aclose()
        finally:
            manifest = await self._write_down()
        return self._report(manifest)

    async def _work(self, client: Client, at_once: int) -> None:
        adoptions = deque(self.survey.adoptions(download=self.download))
        try:
            async with anyio.create_task_group() as group:
                for _ in range(min(at_once, len(adoptions))):
                    group.start_soon(self._adopt, client, adoptions)
                await self._send(client)
        except BaseExceptionGroup as errors:  # what a listener of the user's raised comes out as it is
            raise _first(errors) from None

    async def _send(self, client: Client) -> None:
        items = [row.item for row in self.survey.with_fate(Fate.SEND)]
        left = None if self.budget is None else max(0.0, self.budget - self._spent)
        self._batch = client.batch(items, save_to=self._place if self.download else None, budget=left)
        async with self._batch as batch, anyio.create_task_group() as group:
            if self.finish is not None:
                group.start_soon(self._stop_sending, self.finish, batch)
            async for outcome in batch:
                self._settle(outcome)
            group.cancel_scope.cancel()

    async def _stop_sending(self, finish: asyncio.Event, batch: Batch) -> None:
        await finish.wait()
        batch.stop_sending()

    async def _adopt(self, client: Client, adoptions: deque[Adoption]) -> None:
        while adoptions:
            self._settle(await adoptions.popleft().outcome(client))

    def _place(self, item: Item, _: int) -> Path:
        assert item.key is not None
        return self.survey.folder / self.survey.stems[item.key]

    def _settle(self, outcome: Outcome) -> None:
        assert outcome.item.key is not None
        outcome = attrs.evolve(outcome, index=self._places[outcome.item.key])
        self.survey.ledger.settle(outcome)
        self._tally.add(outcome)
        if self.on_outcome is not None:
            self.on_outcome(outcome)

    async def _write_down(self) -> Path:
        for outcome in self._batch.uncollected if self._batch is not None else ():
            self.survey.ledger.settle(outcome)
        records = list(self.survey.ledger.in_order())
        try:
            return await run_to_end(write_manifest, self.survey.folder, records)
        except StorageError:
            self._tell_log(records)
            raise

    def _tell_log(self, records: list[Record]) -> None:
        """The last place for what is paid for and stands in no manifest."""
        for record in records:
            if record.task_id is not None and record != self.survey.records.get(record.key):
                logger.error("not in the manifest: key %s, task %s, %s", record.key, record.task_id, record.state)

    def _report(self, manifest: Path) -> RunReport:
        ledger, rows = self.survey.ledger, self.survey.rows
        self._tally.ended = asyncio.get_running_loop().time()
        records = [ledger.records[row.key] for row in rows.rows]
        return RunReport(
            counts=ledger.states(),
            changed=self.survey.plan.changed,
            unsaved=sum(self.download and record.state == "succeeded" and not record.files for record in records),
            invalid=rows.invalid,
            credits=sum(record.credits or 0.0 for record in records if record.charged == "yes"),
            report=self._with_times(self._tally.report(self._tally.ended)),
            stopped_by=ledger.stopped_by,
            manifest=manifest,
        )

    def _with_times(self, report: Report) -> Report:
        """With where the time went, as the batch has it: adopted tasks took theirs in an earlier run."""
        if self._batch is None:
            return report
        times = self._batch.report()
        return attrs.evolve(
            report,
            allowed_per_minute=times.allowed_per_minute,
            held=times.held,
            generation=times.generation,
            poll_delay=times.poll_delay,
            saving=times.saving,
            consumer=times.consumer,
        )


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
