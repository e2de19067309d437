"""`run_batch`: a batch file in, a folder of pictures out."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

import attrs
from anyio.to_thread import run_sync

from nanobanana_async.client import Client
from nanobanana_async.errors import ConfigurationError, StorageError, UsageError
from nanobanana_async.gateways import Gateway, Kie, OpenAIImages
from nanobanana_async.journal import read_journal, refuse_other_gateway
from nanobanana_async.pacing import A_RATE, OnServerError, Polling, Rate
from nanobanana_async.pricing import A_BUDGET
from nanobanana_async.runs._fates import Rules
from nanobanana_async.runs._folder_hold import at_work_in
from nanobanana_async.runs._folder_note import read_note
from nanobanana_async.runs._journal_place import journal_place
from nanobanana_async.runs._manifest import CSV, JSONL
from nanobanana_async.runs._plan import Plan
from nanobanana_async.runs._problems import BadFileError
from nanobanana_async.runs._reading import read_items
from nanobanana_async.runs._rows import Rows
from nanobanana_async.runs._run import GRACE, LONG_GRACE, OutcomeListener, Run
from nanobanana_async.runs._run_journal import RunJournal
from nanobanana_async.runs._run_report import RunReport
from nanobanana_async.runs._survey import survey
from nanobanana_async.runs._taking_over import as_if_taken_over, taken_over
from nanobanana_async.settings import LISTENER
from nanobanana_async.storage import ensure_writable, run_to_end
from nanobanana_async.tasks import EventListener, OnChange, OnUnknown, RetryFailed
from nanobanana_async.transport import Transport
from nanobanana_async.values import JSON


async def run_batch(
    source: str | Path | Rows,
    folder: str | Path,
    *,
    gateway: Gateway | None = None,
    rate: Rate = Rate(20, per=10),  # noqa: B008  frozen: one value serves all runs
    in_flight: int = 300,
    polling: Polling = Polling(),  # noqa: B008  frozen: one value serves all runs
    deadline: float = 900,
    budget: float | None = None,
    model: str | None = None,
    prompt: str | None = None,
    key_column: str | None = None,
    limit: int | None = None,
    only: Collection[str] = (),
    aspect_ratio: str | None = None,
    resolution: str | None = None,
    output_format: str | None = None,
    skip_invalid: bool = False,
    download: bool = True,
    name: str | None = None,
    transport: Transport | None = None,
    finish: asyncio.Event | None = None,
    journal: str | Path | None = None,
    identity: str | None = None,
    on_change: OnChange = "hold",
    retry_failed: RetryFailed = "transient",
    on_unknown: OnUnknown = "hold",
    on_server_error: OnServerError = "repeat",
    redo: Collection[str] = (),
    on_event: EventListener | None = None,
    on_plan: Callable[[Plan], None] | None = None,
    on_outcome: OutcomeListener | None = None,
    on_start: Callable[[Client], None] | None = None,
    on_left: Callable[[dict[str, JSON]], None] | None = None,
) -> RunReport:
    """Make a picture for each row of a batch file, and say what the folder has come to.

    Run again with the same folder, it carries on, however the last run ended, killed or not: what is done is not made
    again, tasks that were accepted are waited for, missing pictures are fetched, and only what failed in passing, or
    was never sent, is sent. What it goes by is the journal, ``run.db`` in the folder, in which each create stands
    before it is sent. ``manifest.jsonl`` and ``manifest.csv`` tell of each key what it has come to; they are made anew
    from the journal at the end, and when a run is cancelled or fails, too. A folder of a release that had no journal is
    taken over by its manifest.

    Pictures are named by the key where the user gave one, else by place and prompt: ``00001-a-banana-in-orbit.png``.

    Args:
        source: a batch file, as `read_items` takes it, or what that has read.
        folder: where the pictures and the manifest go; made where it is missing.
        gateway: where to send requests; None is `Kie`, with the key in ``KIE_API_KEY``.
        rate: at most so many new tasks in any so many seconds.
        in_flight: at most so many tasks between create and result.
        polling: when to look at tasks.
        deadline: how long a task may take from its acceptance, in seconds, before it is left as pending.
        budget: the most that the folder may cost in all its runs, in credits; what may have been charged counts. What
            doesn't fit is skipped, and the run has stopped early.
        model: how the file is to be read; so are `prompt`, `key_column`, `limit`, `only`, `aspect_ratio`, `resolution`
            and `output_format`: see `read_items`. Not beside `Rows`.
        skip_invalid: leave out bad lines, in the place of sending nothing.
        download: False leaves the pictures where the gateway put them.
        name: a template for the names of pictures: ``{model}/{index:05}-{data[colour]}``, of ``index``, ``key``,
            ``prompt``, ``model`` and ``data``.
        transport: what carries the bytes; None is one of its own.
        journal: where the journal is, if not in the folder; on a disk of this machine. The folder notes it, and goes by
            it from then on; another one is refused once there is anything to lose.
        identity: what the journal is of; None is the gateway's kind and URL. For a gateway whose address is another one
            each time, and which is the same all the same.
        on_change: what to do with a key that was paid for with another request: ``"hold"`` it back, ``"regenerate"``,
            or ``"keep"`` what there is.
        retry_failed: which failures are sent again: ``"transient"`` for those that may pass, ``"all"`` or ``"none"``.
        on_unknown: what to do where the answer to a create was lost, in this run or an earlier one: ``"hold"`` it, or
            ``"resend"`` and perhaps pay twice.
        on_server_error: what to do where the gateway itself says that a create failed: ``"repeat"`` it at most twice,
            as it is documented to cost nothing, or ``"hold"`` it as unknown.
        redo: keys that are to be made anew, and paid for anew. One that is on its way is waited for instead; and after
            a run that was cut short only those are made anew that were not yet.
        finish: once it is set, nothing more is sent; what is paid for is finished and saved, and the rest is skipped.
        on_event: called with each event of `nanobanana_async.events`.
        on_plan: called once with what is about to be done, before anything is sent; what it raises ends the run.
        on_outcome: called with each outcome of this run; what it raises ends the run.
        on_start: called with the client, once it is started: it can be asked for its `statistics`. What it raises ends
            the run.
        on_left: called at the end of a run that is cut short, once the manifest is written, with the manifest's row of
            each item that has no outcome of this run: what is pending, and what was never sent.

    Raises:
        BadFileError: lines of the file are bad; nothing was sent. With `skip_invalid`, only where all are.
        ConfigurationError: there is no such file, no key, the folder can't be written to, its journal is of another
            gateway or none at all, the manifest to be taken over is damaged, a setting can't be used, or there is a
            budget and nobody knows what the folder has cost so far; nothing was sent.
        BatchBusyError: another run is at work in the folder; nothing was sent.
        UsageError: options for reading stand beside `Rows`.
        StorageError: the journal can't be opened, and nothing was sent; or the manifest could not be written at the
            end, and the log names what was paid for.
    """
    A_BUDGET.check(budget=budget)
    A_RATE.check(rate=rate)
    listeners = {"on_event": on_event, "on_plan": on_plan, "on_outcome": on_outcome}
    LISTENER.or_none().check(**listeners, on_start=on_start, on_left=on_left)
    rules = Rules(on_change=on_change, retry_failed=retry_failed, on_unknown=on_unknown, redo=frozenset(redo))
    reading = {
        "model": model,
        "prompt": prompt,
        "key_column": key_column,
        "limit": limit,
        "only": only or (),
        "aspect_ratio": aspect_ratio,
        "resolution": resolution,
        "output_format": output_format,
    }
    rows = await _read(source, gateway, reading)
    if rows.problems and not (skip_invalid and rows.rows):
        raise BadFileError.listing(rows.problems, are_all=not rows.rows)
    place = await ensure_writable(folder)
    refuse_own_manifest(rows, place)
    book = await RunJournal.begun(place, journal, partial(_identity, identity, gateway))
    try:
        look = partial(
            survey,
            rows,
            place,
            await taken_over(book, place, (gateway or Kie()).default_dialect),
            rules,
            rate=rate,
            budget=budget,
        )
        noted = (await run_to_end(read_note, place)).redo
        found = await run_to_end(partial(look, download=download, name=name, noted=noted))
        run = Run(
            survey=found,
            journal=book,
            rules=rules,
            rate=rate,
            download=download,
            budget=budget,
            is_elsewhere_each_time=identity is not None,
            finish=finish,
            grace=grace_of(gateway),
            on_event=on_event,
            on_outcome=on_outcome,
            on_start=on_start,
            on_left=on_left,
        )
        client = Client(
            _resolved(gateway) if found.to_do() else gateway,
            journal=book,
            transport=transport,
            rate=rate,
            in_flight=in_flight,
            polling=polling,
            deadline=deadline,
            on_unknown=on_unknown,
            on_server_error=on_server_error,
            on_event=run.hear,
        )
        if on_plan is not None:
            on_plan(found.plan)
        report = await run.carry_out(client if found.to_do() else None)
    finally:
        failure = await _ended(book)
    return attrs.evolve(report, stopped_by=report.stopped_by or failure)


async def plan_batch(
    rows: Rows,
    folder: str | Path,
    *,
    gateway: Gateway | None = None,
    identity: str | None = None,
    journal: str | Path | None = None,
    rate: Rate = Rate(20, per=10),  # noqa: B008  frozen: one value serves all runs
    budget: float | None = None,
    download: bool = True,
    name: str | None = None,
    on_change: OnChange = "hold",
    retry_failed: RetryFailed = "transient",
    on_unknown: OnUnknown = "hold",
    redo: Collection[str] = (),
) -> Plan:
    """What `run_batch` would do with the same settings. Nothing is sent and nothing is written; no key is needed.

    Where a run is at work in the folder, it is what that would leave if it was killed at this moment.

    Raises:
        ConfigurationError: as `run_batch`, but that the folder may be one that can't be written to.
    """
    A_BUDGET.check(budget=budget)
    A_RATE.check(rate=rate)
    rules = Rules(on_change=on_change, retry_failed=retry_failed, on_unknown=on_unknown, redo=frozenset(redo))
    place = Path(folder).expanduser()
    book = await run_to_end(journal_place, place, journal)
    contents = await as_if_taken_over(book, place, (gateway or Kie()).default_dialect)
    if contents.gateway is not None:
        asked = identity or _address(gateway) or contents.gateway
        refuse_other_gateway(contents.gateway, asked, place=f"the journal {str(book.path)!r}")
    look = partial(survey, rows, place, contents, rules, rate=rate, budget=budget)
    noted = (await run_to_end(read_note, place)).redo
    found = await run_to_end(partial(look, download=download, name=name, noted=noted))
    return attrs.evolve(found.plan, at_work=await run_to_end(at_work_in, place))


async def _ended(book: RunJournal) -> StorageError | None:
    """Let the next run in; the error, where some steps could not be written down: the log has them."""
    try:
        await book.end()
    except StorageError as error:
        return error
    return None


def _address(gateway: Gateway | None) -> str | None:
    """What a journal of `gateway` is of, for which no key is needed; None where no address is known."""
    no_keys = dict.fromkeys(("KIE_API_KEY", "NANOBANANA_IMAGES_API_KEY"), "no-key-to-look")
    try:
        found = (gateway if gateway is not None else Kie()).resolved(no_keys | dict(os.environ))
    except ConfigurationError:
        return None
    return f"{found.kind} {found.address}"


def _identity(given: str | None, gateway: Gateway | None, journal: Path) -> str:
    """What the journal is of; without a key, with which nothing could be sent, it stays what it is."""
    if given is not None:
        return given
    try:
        found = _resolved(gateway)
    except ConfigurationError:
        recorded = read_journal(journal, "").gateway
        if recorded is None:
            raise
        return recorded
    return f"{found.kind} {found.address}"


def grace_of(gateway: Gateway | None) -> float:
    """How long the answers on the wire are waited for when a run is cut short, in seconds: a create's own deadline."""
    is_long = isinstance(gateway, OpenAIImages) and gateway.mode == "sync"
    return LONG_GRACE if is_long else GRACE


def _resolved(gateway: Gateway | None) -> Gateway:
    """The gateway with its key, or the error that there is none, before anything is said of a plan."""
    return (gateway if gateway is not None else Kie()).resolved(os.environ)


async def _read(source: str | Path | Rows, gateway: Gateway | None, reading: dict[str, Any]) -> Rows:
    if not isinstance(source, Rows):
        return await run_sync(partial(read_items, source, gateway=gateway, **reading), abandon_on_cancel=True)
    given = [name for name, value in reading.items() if value not in (None, ())]
    if given:
        raise UsageError(f"{', '.join(given)} can't be given beside Rows", remedy="Give them to read_items.")
    return source


def refuse_own_manifest(rows: Rows, folder: Path) -> None:
    """Raises: ConfigurationError, where the batch file would be overwritten by the manifest of `folder`."""
    source = Path(rows.source)
    if source.name in (JSONL, CSV) and source.expanduser().resolve().parent == folder.resolve():
        raise ConfigurationError(
            f"the batch file {rows.source!r} is where the manifest goes; nothing was sent",
            remedy="Choose another folder, or another name for the file.",
        )
