"""What a person says became of creates whose answer was lost, written down: the next run goes by it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs

from nanobanana_async.errors import UsageError
from nanobanana_async.journal import Attempt, Change, Contents, Entry, SQLiteJournal
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.runs._adopting import refuse_known_tasks, refuse_other_tasks
from nanobanana_async.runs._lost import Books
from nanobanana_async.runs._manifest import write_manifest
from nanobanana_async.runs._rebuilding import known_records
from nanobanana_async.runs._run_journal import RunJournal
from nanobanana_async.storage import run_to_end
from nanobanana_async.values import Task


@attrs.frozen(kw_only=True)
class Verdicts:
    """What is said of lost creates, by their keys.

    They are to be sent again (`resend`), and perhaps paid twice; they were `not_taken`, and are sent at no risk; they
    are the task of that id (`adopt`); or they are given up (`drop`), and perhaps paid for.
    """

    resend: Collection[str] = ()
    not_taken: Collection[str] = ()
    adopt: Mapping[str, Task] = attrs.field(factory=dict)
    drop: Collection[str] = ()

    @property
    def keys(self) -> list[str]:
        """All of them. Raises: UsageError, where two things are said of one."""
        keys = [*self.resend, *self.not_taken, *self.adopt, *self.drop]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise UsageError(f"two things are said of the key {twice[0]!r}", remedy="Say one.")
        return keys


async def settle(
    place: Path,
    verdicts: Verdicts,
    *,
    name: str | None = None,
    identity: str | None = None,
    journal: Path | None = None,
) -> None:
    """Write down what is said of lost creates of a folder, or of a journal, all of it or nothing. Nothing is sent.

    `name` is what their batch is called in the journal, ``""`` for single calls: needed where a key stands in several.
    `identity` is the gateway that was asked for the tasks, where one was.

    Raises:
        UsageError: it can't be said of that key, or the task is known to be another's, or there is no journal yet.
        BatchBusyError: a run is at work on them.
        ConfigurationError: there is no such folder or journal, or it is of another gateway.
        StorageError: it can't be written down.
    """
    keys = verdicts.keys
    books = await run_to_end(Books.of, place, journal)
    known = await run_to_end(books.contents)
    gateway = next((contents.gateway for contents in known.values() if contents.gateway is not None), None)
    if gateway is None:
        raise UsageError(
            f"{str(place)!r} has no journal yet", remedy="Run its batch once: it takes over what the manifest tells."
        )
    async with _opened(books, identity or gateway) as book:
        found = named(keys, await run_to_end(books.contents), name)
        for scope in sorted({entry.scope for entry in found.values()} - {""}):
            await book.hold(scope)
        contents = await run_to_end(books.contents)  # what was found may have been somebody's until now
        found = named(keys, contents, name)
        refuse_known_tasks(verdicts.adopt, contents.values())
        refuse_other_tasks({key: (found[key], task) for key, task in verdicts.adopt.items()})
        attempts = {key: await book.attempts(entry.scope, key) for key, entry in found.items()}
        for change in _changes(verdicts, found, attempts):
            await book.record(change)
        if books.folder is not None and any(entry.scope == books.place.scope for entry in found.values()):
            rebuilt = await run_to_end(known_records, books.folder, journal)
            await run_to_end(write_manifest, books.folder, rebuilt.records.values())


def named(keys: Collection[str], contents: Mapping[str, Contents], name: str | None) -> dict[str, Entry]:
    """The lost entries of `keys`, in the batch of that `name`. Raises: UsageError, where it is none, or one of several.

    None is whichever has it.
    """
    entries = [entry for known in contents.values() for entry in known.entries if name in (None, entry.scope)]
    return {key: _named(key, [entry for entry in entries if entry.key == key]) for key in keys}


def _named(key: str, entries: list[Entry]) -> Entry:
    lost = [entry for entry in entries if entry.state is ItemState.UNKNOWN]
    if len(lost) == 1:
        return lost[0]
    if lost:
        names = ", ".join(repr(entry.scope) for entry in lost)
        raise UsageError(f"{key!r} is unknown in several batches: {names}; nothing was changed", remedy="Give --name.")
    state = f"it is {entries[0].state.value}" if entries else "there is no such key"
    raise UsageError(f"{key!r} is not unknown: {state}; nothing was changed", remedy="Name a key that is listed.")


@asynccontextmanager
async def _opened(books: Books, gateway: str) -> AsyncIterator[SQLiteJournal]:
    """The journal, open for writing: with its folder, where it is that of one."""
    if books.folder is not None:
        run = await RunJournal.begun(books.folder, books.place.path, lambda _: gateway)
        try:
            yield run
        finally:
            await run.end()
        return
    book = SQLiteJournal(books.place.path)
    await book.open(gateway)
    try:
        yield book
    finally:
        await book.aclose()


def _changes(
    verdicts: Verdicts, found: Mapping[str, Entry], attempts: Mapping[str, Collection[Attempt]]
) -> Iterator[Change]:
    """The steps in the journal."""
    for key in verdicts.resend:
        yield _change(found[key], ItemState.NEW, None)
    for key in verdicts.not_taken:
        entry = found[key]
        for attempt in attempts[key]:
            is_lost = attempt.generation == entry.generation and attempt.state is AttemptState.UNKNOWN
            if is_lost and attempt.token != entry.token:
                yield attrs.evolve(
                    _change(entry, None, None), attempt=(attempt.token, AttemptState.ABANDONED), charged="no"
                )
        yield _change(entry, ItemState.NEW, AttemptState.ABANDONED, charged="no")
    for key, task in verdicts.adopt.items():
        yield _change(found[key], ItemState.ACCEPTED, AttemptState.ACCEPTED, task_id=task.id, charged="yes")
    for key in verdicts.drop:
        yield _change(found[key], ItemState.DROPPED, AttemptState.ABANDONED)


def _change(entry: Entry, to: ItemState | None, attempt: AttemptState | None, **said: Any) -> Change:
    """The step for `entry`; what was sent stays what it is where nothing is said of it."""
    named = (entry.token, attempt) if attempt is not None and entry.token is not None else None
    key, generation = entry.key, entry.generation
    return Change(scope=entry.scope, key=key, generation=generation, at=time.time(), to=to, attempt=named, **said)
