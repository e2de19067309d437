"""One run in a folder that is held and looked over: send, follow, collect, and write down what came of it.

Theory of operation
===================
1. What is to be done is one batch, for which the client takes from the journal what is there of each key. What is
   done or held is not among it; what is to be made anew comes out of the journal as another request, and is put away by
   the very step that makes its create durable. So what is not sent after all stays as it was.
2. However it ends, the client is closed first: it reads the answers of creates that are on the wire, for as long as a
   create may take. Then nothing of this run is under way any more, and the journal holds all that is known.
3. From that the manifest is written, in a thread that is waited for even by a caller that is cancelled again. Where an
   item has an outcome of this run, that is told: it says why, and it is there even where the disk has failed.
4. What was to be made anew is forgotten, so that the same command asks for it once more, as the last step of a run that
   has come to its end: whoever is told that it was cut short runs the same command to go on.
5. Where the folder is moved or removed under it, nothing more is sent, and nothing is put in its place: what is paid
   for is told, and stands in the journal, wherever that is by now.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import anyio
import attrs

from nanobanana_async.client import Client
from nanobanana_async.errors import KeyRefusedError, NanoBananaError, StorageError
from nanobanana_async.events import Event, LookFailed, RunStopped
from nanobanana_async.journal import Change
from nanobanana_async.outcomes import Outcome, Skipped, Succeeded
from nanobanana_async.pacing import Rate
from nanobanana_async.runs._costs import costs_of
from nanobanana_async.runs._fates import Rules
from nanobanana_async.runs._leftovers import Leftovers, leftovers
from nanobanana_async.runs._links import renew_links
from nanobanana_async.runs._litter import sweep
from nanobanana_async.runs._manifest import write_manifest
from nanobanana_async.runs._rebuilding import Rebuilt, rebuilt
from nanobanana_async.runs._record import error_row
from nanobanana_async.runs._run_journal import RunJournal
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
    _began: float = attrs.field(factory=time.time, init=False)
    _kept_rate: Rate | None = attrs.field(default=None, init=False)
    _stopped_by: NanoBananaError | None = attrs.field(default=None, init=False)
    _outcomes: dict[str, Outcome] = attrs.field(factory=dict, init=False)
    _told: set[str] = attrs.field(factory=set, init=False)
    _places: dict[str, int] = attrs.field(init=False)
    _known: Rebuilt = attrs.field(factory=Rebuilt, init=False)
    _left: Leftovers = attrs.field(factory=Leftovers, init=False)
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
        if self._left.redone:  # not where the run was cut short: it is the same command that is to go on
            self.journal.forget_at_the_end(self.survey.redoing.others)
        return self._report(manifest)

    async def _with(self, client: Client) -> None:
        try:
            await client.start()
            if self.on_start is not None:
                self.on_start(client)
            self.journal.decide(self.survey.standing(), unsaid=self.survey.unsaid)
            await self.journal.note(self.survey.redoing.to_note)
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
        self._batch = client.batch(
            items,
            save_to=self._place if self.download else None,
            budget=self.budget,
            name=self.journal.place.scope,
            on_change="regenerate",  # what is to be kept or held is not another request here, or not here at all
            retry_failed=self.rules.retry_failed,
            redo=self.survey.to_redo(),
        )
        try:
            async with self._batch as batch, anyio.create_task_group() as group:
                if self.finish is not None:
                    group.start_soon(self._stop_sending, self.finish, batch)
                async for outcome in batch:
                    self._settle(outcome)
                await self._note_unsaved()
                group.cancel_scope.cancel()
        finally:
            self._kept_rate = client.statistics().rate

    async def _stop_sending(self, finish: asyncio.Event, batch: Batch) -> None:
        await finish.wait()
        batch.stop_sending()

    def _place(self, item: Item, _: int) -> Path:
        """Where the pictures of `item` go. Raises: StorageError, where the folder is gone; then nothing is sent."""
        assert item.key is not None
        try:
            self.journal.folder_hold.refuse_if_gone()
        except StorageError as error:
            self._stopped_by = self._stopped_by or error
            if self._batch is not None:
                self._batch.stop_sending()
            raise
        return self.survey.place(item.key)

    def _settle(self, outcome: Outcome) -> None:
        key = outcome.item.key
        assert key is not None
        outcome = attrs.evolve(outcome, index=self._places[key])
        if isinstance(outcome, Succeeded) and outcome.file_error is not None:
            outcome.file_error.task_id = outcome.task_id  # by which it can be fetched, whatever went wrong
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

    async def _note_unsaved(self) -> None:
        """Write down why pictures are not here, so that a run that doesn't ask for them tells so, too."""
        for key, outcome in self._outcomes.items():
            if not isinstance(outcome, Succeeded) or outcome.file_error is None:
                continue
            entry = await self.journal.find(self.journal.place.scope, key)
            if entry is not None:
                generation, why = entry.generation, error_row(outcome.file_error)
                change = Change(scope=entry.scope, key=key, generation=generation, at=time.time(), error=why)
                with suppress(StorageError):  # the manifest of this run has it
                    await self.journal.record(change)

    def _rebuild(self) -> Path:
        self._known = rebuilt(self.survey, self.journal.place, self._outcomes)
        try:
            self.journal.folder_hold.refuse_if_gone()
            sweep(self.survey.folder, journal=self.journal.place.path, since=self._began)
            manifest = write_manifest(self.survey.folder, self._known.records.values())
        except StorageError:
            self._tell_log()
            raise
        known = self._known
        self._left = leftovers(
            self.survey, known.records, known.contents, self.rules, folder=self._pictures, outcomes=self._outcomes
        )
        return manifest

    @property
    def _pictures(self) -> Path | None:
        """Where pictures are looked for, if they are wanted."""
        return self.survey.folder if self.download else None

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
        left = self._left
        return RunReport(
            counts=self.survey.states(known.records),
            changed=self.survey.plan.changed,
            not_renewed=len(self.survey.not_renewed(known.entries)) - len(left.kept),
            unsaved=sum(self.download and record.state == "succeeded" and not record.files for record in records),
            invalid=rows.invalid,
            retryable=len(left.retried),
            left=left,
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
