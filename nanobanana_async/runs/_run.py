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
from nanobanana_async.errors import BudgetError, StorageError
from nanobanana_async.events import Event
from nanobanana_async.outcomes import Outcome, Skipped
from nanobanana_async.pacing import Rate
from nanobanana_async.pricing import price_of, written
from nanobanana_async.runs._adopting import Adoption
from nanobanana_async.runs._costs import costs_of
from nanobanana_async.runs._manifest import write_manifest
from nanobanana_async.runs._plan import Fate
from nanobanana_async.runs._record import Record
from nanobanana_async.runs._run_report import RunReport
from nanobanana_async.runs._survey import Survey
from nanobanana_async.storage import run_to_end
from nanobanana_async.tasks import Batch, EventListener, Report, Tally
from nanobanana_async.values import JSON, Item, Request

logger = logging.getLogger("nanobanana_async")

OutcomeListener = Callable[[Outcome], None]


@attrs.define(eq=False, kw_only=True)
class Run:
    """A run, from its survey to its report."""

    survey: Survey
    rate: Rate
    download: bool
    budget: float | None
    finish: asyncio.Event | None
    on_event: EventListener | None
    on_outcome: OutcomeListener | None
    on_start: Callable[[Client], None] | None = None
    on_left: Callable[[dict[str, JSON]], None] | None = None
    _kept_rate: Rate | None = attrs.field(default=None, init=False)
    _told: set[str] = attrs.field(factory=set, init=False)
    _places: dict[str, int] = attrs.field(init=False)
    _tally: Tally = attrs.field(init=False)
    _batch: Batch | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
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
                    if self.on_start is not None:
                        self.on_start(client)
                    await self._work(client, at_once)
            finally:
                if client is not None:
                    with anyio.CancelScope(shield=True):
                        await client.aclose()
        finally:
            manifest = await self._write_down()
            self._tell_left()
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
        finally:
            self._kept_rate = client.statistics().rate

    async def _send(self, client: Client) -> None:
        items = [row.item for row in self.survey.with_fate(Fate.SEND)]
        left = None if self.budget is None else max(0.0, self.budget - self.survey.plan.spent)
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
        key, request = outcome.item.key, outcome.item.request
        assert key is not None
        assert not isinstance(request, str)
        outcome = self._in_words_of_all(attrs.evolve(outcome, index=self._places[key]))
        self.survey.ledger.settle(outcome)
        self._tally.add(outcome)
        self._tally.settled(outcome, price_of(request))
        self._told.add(key)
        if self.on_outcome is not None:
            self.on_outcome(outcome)

    def _in_words_of_all(self, outcome: Outcome) -> Outcome:
        """Where the budget is spent, the batch names what was left for it: here all runs of the folder count."""
        spent = self.survey.plan.spent
        if not spent or self.budget is None or not isinstance(outcome, Skipped) or outcome.reason != "budget":
            return outcome
        assert isinstance(outcome.item.request, Request)
        price = written(price_of(outcome.item.request) or 0.0)
        error = BudgetError(
            f"the budget of {written(self.budget)} credits is spent: {written(spent)} were, or may have been, spent by "
            f"earlier runs, and what is left does not reach for this one, which costs {price}"
        )
        return attrs.evolve(outcome, error=error)

    async def _write_down(self) -> Path:
        for outcome in self._batch.uncollected if self._batch is not None else ():
            self.survey.ledger.settle(outcome)
        records = list(self.survey.ledger.in_order())
        try:
            return await run_to_end(write_manifest, self.survey.folder, records)
        except StorageError:
            self._tell_log(records)
            raise

    def _tell_left(self) -> None:
        """Say what the manifest says of those that came to no outcome, because the run was cut short."""
        for row in self.survey.with_fate(Fate.SEND, Fate.ADOPT, Fate.FETCH):
            if self.on_left is not None and row.key not in self._told:
                self.on_left(self.survey.ledger.records[row.key].row())

    def _tell_log(self, records: list[Record]) -> None:
        """The last place for what is paid for and stands in no manifest."""
        for record in records:
            if record.task_id is not None and record != self.survey.records.get(record.key):
                logger.error("not in the manifest: key %s, task %s, %s", record.key, record.task_id, record.state)

    def _report(self, manifest: Path) -> RunReport:
        ledger, rows = self.survey.ledger, self.survey.rows
        now = asyncio.get_running_loop().time()
        self._tally.end(now)
        records = [ledger.records[row.key] for row in rows.rows]
        return RunReport(
            counts=ledger.states(),
            changed=self.survey.plan.changed,
            unsaved=sum(self.download and record.state == "succeeded" and not record.files for record in records),
            invalid=rows.invalid,
            retryable=sum(record.state == "failed" and record.is_retryable for record in records),
            costs=costs_of(ledger.records.values()),
            gone=self.survey.gone,
            left_out=self.survey.left_out,
            kept_rate=self._kept_rate if self._kept_rate != self.rate else None,
            report=self._with_times(self._tally.report(now)),
            stopped_by=ledger.stopped_by,
            manifest=manifest,
        )

    def _with_times(self, report: Report) -> Report:
        """With where the time went, as the batch has it: adopted tasks took theirs in an earlier run.

        So what the limits allow is said where there are no others: they were under no limit of this run.
        """
        if self._batch is None:
            return report
        times = self._batch.report()
        return attrs.evolve(
            report,
            allowed_per_minute=times.allowed_per_minute if times.succeeded == report.succeeded else None,
            possible_duplicates=times.possible_duplicates,
            held=times.held,
            generation=times.generation,
            poll_delay=times.poll_delay,
            saving=times.saving,
            consumer=times.consumer,
        )


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
