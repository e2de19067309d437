"""One run in a folder that is held and looked over: send, follow, collect, and write down what came of it.

Theory of operation
===================
1. What is to be done is one batch, for which the client takes from the journal what is there of each key. What is
   done, held or changed is not among it, so the batch is told to take up whatever stands under a key.
2. However it ends, the client is closed first: it reads the answers of creates that are on the wire, for as long as a
   create may take. Then nothing of this run is under way any more, and the journal holds all that is known.
3. From that the manifest is written, in a thread that is waited for even by a caller that is cancelled again. Where an
   item has an outcome of this run, that is told: it says why, and it is there even where the disk has failed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import anyio
import attrs

from nanobanana_async.client import Client
from nanobanana_async.errors import KeyRefusedError, NanoBananaError, StorageError
from nanobanana_async.events import Event, LookFailed, RunStopped
from nanobanana_async.outcomes import Outcome, Skipped
from nanobanana_async.pacing import Rate
from nanobanana_async.runs._costs import costs_of
from nanobanana_async.runs._fates import Rules
from nanobanana_async.runs._links import renew_links
from nanobanana_async.runs._litter import sweep
from nanobanana_async.runs._manifest import write_manifest
from nanobanana_async.runs._rebuilding import Rebuilt, rebuilt
from nanobanana_async.runs._run_journal import SCOPE, RunJournal
from nanobanana_async.runs._run_report import RunReport
from nanobanana_async.runs._survey import Survey
from nanobanana_async.storage import run_to_end
from nanobanana_async.tasks import Batch, EventListener, Report
from nanobanana_async.values import JSON, Item

logger = logging.getLogger("nanobanana_async")

OutcomeListener = Callable[[Outcome], None]

GRACE, LONG_GRACE = 60.0, 200.0
"""Seconds for the answers on the wire once a run is cut short: a create's own deadline, where a gateway accepts tasks,
and where it answers with the picture."""


@attrs.define(eq=False, kw_only=True)
class Run:
    """A run, from its survey to its report. Cut short, it waits `grace` seconds for the answers on the wire."""

    survey: Survey
    journal: RunJournal
    rules: Rules
    rate: Rate
    download: bool
    budget: float | None
    is_elsewhere_each_time: bool
    finish: asyncio.Event | None
    grace: float = GRACE
    on_event: EventListener | None
    on_outcome: OutcomeListener | None
    on_start: Callable[[Client], None] | None = None
    on_left: Callable[[dict[str, JSON]], None] | None = None
    _kept_rate: Rate | None = attrs.field(default=None, init=False)
    _stopped_by: NanoBananaError | None = attrs.field(default=None, init=False)
    _outcomes: dict[str, Outcome] = attrs.field(factory=dict, init=False)
    _told: set[str] = attrs.field(factory=set, init=False)
    _places: dict[str, int] = attrs.field(init=False)
    _known: Rebuilt = attrs.field(factory=Rebuilt, init=False)
    _batch: Batch | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._places = {row.key: row.index - 1 for row in self.survey.rows.rows}

    def hear(self, event: Event) -> None:
        """The client's listener: what stops the run is noted, then the user's is told."""
        match event:
            case RunStopped(error=error) | LookFailed(error=KeyRefusedError() as error):
                self._stopped_by = self._stopped_by or error
            case _:
                pass
        if self.on_event is not None:
            self.on_event(event)

    async def carry_out(self, client: Client | None) -> RunReport:
        """Do it all. `client` is closed."""
        try:
            for row in self.survey.changed():
                self._settle(Skipped(item=row.item, reason="changed"))
            if client is not None:
                await self._with(client)
        finally:
            manifest = await self._write_down()
            self._tell_left()
        return self._report(manifest)

    async def _with(self, client: Client) -> None:
        try:
            await client.start()
            if self.on_start is not None:
                self.on_start(client)
            for key in self.survey.to_renew():
                await self.journal.renew(SCOPE, key)
            if self.is_elsewhere_each_time:
                await renew_links(client, self.journal, self.survey.to_fetch())
            await self._send(client)
        except BaseExceptionGroup as errors:  # what a listener of the user's raised comes out as it is
            raise _first(errors) from None
        finally:
            with anyio.CancelScope(shield=True):
                await client.aclose(grace=self.grace)

    async def _send(self, client: Client) -> None:
        items = [row.item for row in self.survey.to_do()]
        left = None if self.budget is None else max(0.0, self.budget - self.survey.unsaid)
        self._batch = client.batch(
            items,
            save_to=self._place if self.download else None,
            budget=left,
            name=SCOPE,
            on_change="keep",
            retry_failed=self.rules.retry_failed,
        )
        try:
            async with self._batch as batch, anyio.create_task_group() as group:
                if self.finish is not None:
                    group.start_soon(self._stop_sending, self.finish, batch)
                async for outcome in batch:
                    self._settle(outcome)
                group.cancel_scope.cancel()
        finally:
            self._kept_rate = client.statistics().rate

    async def _stop_sending(self, finish: asyncio.Event, batch: Batch) -> None:
        await finish.wait()
        batch.stop_sending()

    def _place(self, item: Item, _: int) -> Path:
        assert item.key is not None
        return self.survey.place(item.key)

    def _settle(self, outcome: Outcome) -> None:
        key = outcome.item.key
        assert key is not None
        outcome = attrs.evolve(outcome, index=self._places[key])
        self._outcomes[key] = outcome
        if isinstance(outcome, Skipped):
            self._stopped_by = self._stopped_by or outcome.error
        self._told.add(key)
        if self.on_outcome is not None:
            self.on_outcome(outcome)

    async def _write_down(self) -> Path:
        for outcome in self._batch.uncollected if self._batch is not None else ():
            assert outcome.item.key is not None
            self._outcomes.setdefault(outcome.item.key, outcome)
        return await run_to_end(self._rebuild)  # in one piece: between two, a caller may be cancelled again

    def _rebuild(self) -> Path:
        sweep(self.survey.folder)
        self._known = rebuilt(self.survey, self.journal.place, self._outcomes)
        try:
            return write_manifest(self.survey.folder, self._known.records.values())
        except StorageError:
            self._tell_log()
            raise

    def _tell_left(self) -> None:
        """Say what the manifest says of those that came to no outcome, because the run was cut short."""
        for row in self.survey.to_do():
            if self.on_left is not None and row.key not in self._told:
                self.on_left(self._known.records[row.key].row())

    def _tell_log(self) -> None:
        """The last place for what is paid for and stands in no manifest."""
        for record in self._known.records.values():
            if record.task_id is not None and record != self.survey.records.get(record.key):
                logger.error("not in the manifest: key %s, task %s, %s", record.key, record.task_id, record.state)

    def _report(self, manifest: Path) -> RunReport:
        rows, known = self.survey.rows, self._known
        records = [known.records[row.key] for row in rows.rows]
        return RunReport(
            counts=self.survey.states(known.records),
            changed=self.survey.plan.changed,
            unsaved=sum(self.download and record.state == "succeeded" and not record.files for record in records),
            invalid=rows.invalid,
            retryable=sum(record.state == "failed" and record.is_retryable for record in records),
            expired=sum(record.is_expired for record in records),
            missing=sum(record.is_missing for record in records),
            costs=costs_of([*known.records.values(), *known.others]),
            gone=self.survey.gone,
            left_out=self.survey.left_out,
            kept_rate=self._kept_rate if self._kept_rate != self.rate else None,
            report=self._batch.report() if self._batch is not None else Report(),
            stopped_by=self._stopped_by,
            manifest=manifest,
        )


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
