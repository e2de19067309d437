"""`run_batch`: a batch file in, a folder of pictures out."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

from anyio.to_thread import run_sync

from nanobanana_async.client import Client
from nanobanana_async.errors import UsageError
from nanobanana_async.gateways import Gateway, Kie
from nanobanana_async.pacing import A_RATE, Polling, Rate
from nanobanana_async.pricing import A_BUDGET
from nanobanana_async.runs._lock import FolderLock
from nanobanana_async.runs._plan import Plan
from nanobanana_async.runs._problems import BadFileError
from nanobanana_async.runs._reading import read_items
from nanobanana_async.runs._rows import Rows
from nanobanana_async.runs._run import OutcomeListener, Run
from nanobanana_async.runs._run_report import RunReport
from nanobanana_async.runs._survey import survey
from nanobanana_async.settings import LISTENER
from nanobanana_async.storage import ensure_writable, run_to_end
from nanobanana_async.tasks import EventListener
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
    on_event: EventListener | None = None,
    on_plan: Callable[[Plan], None] | None = None,
    on_outcome: OutcomeListener | None = None,
    on_start: Callable[[Client], None] | None = None,
    on_left: Callable[[dict[str, JSON]], None] | None = None,
) -> RunReport:
    """Make a picture for each row of a batch file, and say what the folder has come to.

    Run again with the same folder, it carries on: what is done is not made again, tasks that were accepted are waited
    for, missing pictures are fetched, and only what failed in passing, or was never sent, is sent. What each key has
    come to stands in ``manifest.jsonl`` and ``manifest.csv``, which are written at the end, and when a run is cancelled
    or fails, too. (A process that is killed writes nothing.)

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
        ConfigurationError: there is no such file, no key, the folder can't be written to or is in use by another run,
            its manifest is damaged, a setting can't be used, or there is a budget and nobody knows what the folder has
            cost so far; nothing was sent.
        UsageError: options for reading stand beside `Rows`.
        StorageError: the manifest could not be written; the log names what was paid for.
    """
    A_BUDGET.check(budget=budget)
    A_RATE.check(rate=rate)
    listeners = {"on_event": on_event, "on_plan": on_plan, "on_outcome": on_outcome}
    LISTENER.or_none().check(**listeners, on_start=on_start, on_left=on_left)
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
    lock = FolderLock(await ensure_writable(folder))
    try:
        await run_to_end(lock.acquire)
        found = await run_to_end(
            partial(survey, rows, lock.folder, rate=rate, download=download, name=name, budget=budget)
        )
        run = Run(
            survey=found,
            rate=rate,
            download=download,
            budget=budget,
            finish=finish,
            on_event=on_event,
            on_outcome=on_outcome,
            on_start=on_start,
            on_left=on_left,
        )
        client = Client(
            _resolved(gateway) if run.needs_client else gateway,
            transport=transport,
            rate=rate,
            in_flight=in_flight,
            polling=polling,
            deadline=deadline,
            on_event=run.hear,
        )
        if on_plan is not None:
            on_plan(found.plan)
        return await run.carry_out(client if run.needs_client else None, at_once=in_flight)
    finally:
        lock.release()


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
