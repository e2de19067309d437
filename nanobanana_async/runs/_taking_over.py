"""A folder of an earlier release: what its manifest holds as paid for is written into the journal, at first.

Nothing of it is sent, and nothing is paid again. A row that the journal knows is left as it is there: the journal is
what counts, and a manifest only tells of it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import attrs

from nanobanana_async.errors import ConfigurationError, UsageError
from nanobanana_async.journal import (
    Change,
    Claimed,
    Contents,
    Entry,
    Intent,
    Journal,
    MemoryJournal,
    Spent,
    read_journal,
)
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.runs._journal_place import JournalPlace
from nanobanana_async.runs._manifest import JSONL, read_manifest
from nanobanana_async.runs._record import Record
from nanobanana_async.runs._run_journal import RunJournal
from nanobanana_async.storage import run_to_end
from nanobanana_async.values import JSON

TAKEN_OVER: Final = "manifest"
"""The fingerprint of a request of which nothing is known but what a manifest tells."""

_AT_ONCE = 500


async def taken_over(journal: RunJournal, folder: Path, dialect: str) -> Contents:
    """What `journal` knows once what only the manifest of `folder` knows is in it, too.

    A manifest doesn't tell in which `dialect` it was asked for: it is taken to be the one that the gateway speaks.
    What a take-over was killed in the middle of is taken up again.

    Raises:
        ConfigurationError: the manifest is damaged. What was paid for would be paid again, so nothing is guessed.
        StorageError: the disk is full or broken. What is missing is taken over the next time.
    """
    place = journal.place
    contents = await run_to_end(read_journal, place.path, place.scope)
    missing = await run_to_end(_missing, folder, contents)
    if not missing:
        return contents
    await _take_all(journal, place.scope, missing, since=await run_to_end(_age, folder), dialect=dialect)
    return await run_to_end(read_journal, place.path, place.scope)


async def as_if_taken_over(place: JournalPlace, folder: Path, dialect: str) -> Contents:
    """What the journal there would know if that was done. Nothing is written, there need not even be one."""
    contents = await run_to_end(read_journal, place.path, place.scope)
    missing = await run_to_end(_missing, folder, contents)
    if not missing:
        return contents
    memory = MemoryJournal()
    await memory.open(contents.gateway or "none")
    await _take_all(memory, place.scope, missing, since=await run_to_end(_age, folder), dialect=dialect)
    taken, spent = [entry async for entry in memory.entries(place.scope)], await memory.spent(place.scope)
    fields = {name: getattr(spent, name) + getattr(contents.spent, name) for name in attrs.fields_dict(Spent)}
    entries = {entry.key: entry for entry in (*contents.entries, *taken)}
    return attrs.evolve(contents, entries=tuple(entries.values()), spent=Spent(**fields))


def _missing(folder: Path, contents: Contents) -> list[Record]:
    """The rows of the manifest of `folder` that were sent once, and of which the journal doesn't know, or knows less.

    So it is after a take-over that was cut short, and after a run on a disk that has kept the manifest alone.
    """
    known = {entry.key: entry for entry in contents.entries}
    try:
        records = read_manifest(folder).values()
    except ConfigurationError:
        if not known:
            raise
        return []  # the journal knows better, and the manifest will be made anew
    tasks = {entry.task_id for entry in contents.entries} | {attempt.task_id for attempt in contents.others}
    return [record for record in records if _was_sent(record) and _is_missing(record, known.get(record.key), tasks)]


def _was_sent(record: Record) -> bool:
    """Whether anything was ever asked for; a setting of then that was wrong is no failure for good."""
    was_never = record.charged == "no" and bool(record.error and record.error["reason"] == UsageError.reason)
    return record.state != "skipped" and not was_never


def _is_missing(record: Record, entry: Entry | None, tasks: Collection[str | None]) -> bool:
    """Whether the journal, which knows these `tasks`, has nothing of `record`, or not what became of its create."""
    if entry is None:
        return True
    is_lost = entry.state is ItemState.UNKNOWN or (entry.state is ItemState.SENDING and not entry.is_owned)
    return is_lost and record.task_id is not None and record.task_id not in tasks and record.state != "unknown"


def _age(folder: Path) -> float:
    return (folder / JSONL).stat().st_mtime


async def _take_all(journal: Journal, scope: str, records: Iterable[Record], *, since: float, dialect: str) -> None:
    waiting = iter(records)
    while some := list(islice(waiting, _AT_ONCE)):
        await asyncio.gather(*(_take(journal, scope, record, since=since, dialect=dialect) for record in some))


async def _take(journal: Journal, scope: str, record: Record, *, since: float, dialect: str) -> None:
    at = record.created_at.timestamp() if record.created_at is not None else since
    intent = Intent(
        scope=scope,
        key=record.key,
        fingerprint=TAKEN_OVER,
        request=record.request,
        data=record.data,
        model=record.model or "",
        dialect=dialect,
        price=record.price,
        at=at,
        token=secrets.token_hex(13),
    )
    said = await journal.claim(intent)
    token = intent.token if isinstance(said, Claimed) else said.token
    assert token is not None
    for to, attempt, fields in _steps(record, dialect):
        change = Change(
            scope=scope,
            key=record.key,
            generation=said.generation,
            at=at,
            to=to,
            attempt=None if attempt is None else (token, attempt),
            **fields,
        )
        await journal.record(change)


def _steps(record: Record, dialect: str) -> Iterator[tuple[ItemState, AttemptState | None, dict[str, Any]]]:
    """The states that lead to what a manifest tells of a row, as if it had been sent from here."""
    over: dict[str, Any] = {
        "credits": record.credits,
        "charged": record.charged,
        "completed_at": _at(record.completed_at),
    }
    if record.state == "unknown":
        yield ItemState.UNKNOWN, AttemptState.UNKNOWN, {"charged": "unknown", "error": record.error}
        return
    if record.state == "failed" and record.task_id is None and record.charged == "unknown":  # it was given up
        yield ItemState.UNKNOWN, AttemptState.UNKNOWN, {"charged": "unknown", "error": record.error}
        yield ItemState.DROPPED, AttemptState.ABANDONED, {}
        return
    if record.state == "failed" and record.task_id is None:
        said = {**over, "created_at": _at(record.created_at), "error": _error(record)}
        yield ItemState.FAILED, AttemptState.REFUSED, said
        return
    accepted = {"task_id": record.task_id, "charged": "yes", "created_at": _at(record.created_at)}
    yield ItemState.ACCEPTED, AttemptState.ACCEPTED, accepted
    if record.state == "pending":
        yield ItemState.PENDING, None, {"error": record.error}
    elif record.state == "failed":
        yield ItemState.FAILED, None, {**over, "error": _error(record)}
    else:
        yield ItemState.SUCCEEDED, None, {**over, "charged": "yes", "raw": _answer(record, dialect)}
        if record.files:
            yield ItemState.SAVED, None, {"files": record.files}


def _error(record: Record) -> Mapping[str, JSON]:
    return {**(record.error or {"message": "no reason was written down"}), "task_id": record.task_id}


def _at(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()


def _answer(record: Record, dialect: str) -> str:
    """What the gateway would tell of the task (PROTOCOL §1.2, §3): its pictures can be fetched again by it."""
    if dialect == "images":
        return json.dumps({"data": [{"url": url} for url in record.urls]})
    told = {
        "taskId": record.task_id,
        "model": record.model,
        "state": "success",
        "resultJson": json.dumps({"resultUrls": list(record.urls)}),
        "creditsConsumed": record.credits,
    }
    return json.dumps({"code": 200, "msg": "success", "data": told})
