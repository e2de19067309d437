"""Creates whose answer was lost: what is known of them, and what a person says became of them, written down."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import attrs

from nanobanana_async.errors import UsageError
from nanobanana_async.journal import Change, Contents, Entry, read_journal
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.runs._known import record_of_entry
from nanobanana_async.runs._manifest import write_manifest
from nanobanana_async.runs._rebuilding import known_records
from nanobanana_async.runs._record import Record
from nanobanana_async.runs._run_journal import SCOPE, RunJournal, journal_of
from nanobanana_async.storage import run_to_end
from nanobanana_async.values import Task


@attrs.frozen
class Lost:
    """A create whose answer was lost: its `record`, when it was `sent_at` (None: nobody knows), its `price`."""

    record: Record
    sent_at: float | None
    price: float | None

    @property
    def key(self) -> str:
        """The key of its row."""
        return self.record.key


def lost_in(folder: Path, journal: Path | None = None) -> list[Lost]:
    """Those of `folder`, in the order in which they were first sent. It blocks; nothing is written.

    Raises:
        ConfigurationError: the journal can't be read.
    """
    contents = read_journal(journal_of(folder, journal), SCOPE)
    return [
        Lost(record_of_entry(entry, folder), entry.sent_at, entry.price)
        for entry in contents.entries
        if entry.state in (ItemState.UNKNOWN, ItemState.SENDING)
    ]


@attrs.frozen(kw_only=True)
class Verdicts:
    """What is said of lost creates, by their keys: to be sent again, to be the task of that id, or to be given up."""

    resend: Collection[str] = ()
    adopt: Mapping[str, Task] = attrs.field(factory=dict)
    drop: Collection[str] = ()

    def changes(self, entries: Mapping[str, Entry]) -> list[Change]:
        """The steps in the journal. Raises: UsageError, where one of them can't be made; then none may be."""
        keys = [*self.resend, *self.adopt, *self.drop]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise UsageError(f"two things are said of the key {twice[0]!r}", remedy="Say one.")
        found = {key: _unknown(key, entries.get(key)) for key in keys}
        return [
            *(_change(found[key], ItemState.NEW, None) for key in self.resend),
            *(
                _change(found[key], ItemState.ACCEPTED, AttemptState.ACCEPTED, task_id=task.id, charged="yes")
                for key, task in self.adopt.items()
            ),
            *(_change(found[key], ItemState.DROPPED, AttemptState.ABANDONED) for key in self.drop),
        ]


async def settle(folder: Path, verdicts: Verdicts, *, identity: str | None = None, journal: Path | None = None) -> None:
    """Write down what is said of lost creates, all of it or nothing. Nothing is sent; the next run goes by it.

    `identity` is the gateway that was asked for the tasks, where one was.

    Raises:
        UsageError: it can't be said of that key, or the task is known to be another key's.
        BatchBusyError: a run is at work in the folder.
        ConfigurationError: there is no journal there, or it is of another gateway.
        StorageError: it can't be written down.
    """
    book = RunJournal(journal_of(folder, journal), folder)
    contents = await run_to_end(read_journal, book.place, SCOPE)
    if contents.gateway is None:
        raise UsageError(f"{str(folder)!r} has no journal", remedy="Name the -o of a batch that was run.")
    await book.begin(identity or contents.gateway)
    try:
        contents = await run_to_end(read_journal, book.place, SCOPE)
        refuse_known_tasks(verdicts.adopt, contents)
        for change in verdicts.changes({entry.key: entry for entry in contents.entries}):
            await book.record(change)
        found = await run_to_end(known_records, folder, journal)
        await run_to_end(write_manifest, folder, found.records.values())
    finally:
        await book.end()


def refuse_known_tasks(adopt: Mapping[str, Task], contents: Contents) -> None:
    """Raises: UsageError, where a task is known to be that of another key, or is given to two."""
    owners = {entry.task_id: entry.key for entry in contents.entries if entry.task_id is not None}
    owners |= {attempt.task_id: "an earlier create" for attempt in contents.others if attempt.task_id is not None}
    for key, task in adopt.items():
        owner = owners.setdefault(task.id, key)
        if owner != key:
            raise UsageError(
                f"the task {task.id!r} can't be that of {key!r}: it is that of {owner!r}",
                remedy="Look for another one in the vendor's log.",
            )


def _unknown(key: str, entry: Entry | None) -> Entry:
    if entry is None or entry.state is not ItemState.UNKNOWN:
        state = "there is no such key" if entry is None else f"it is {entry.state.value}"
        raise UsageError(f"{key!r} is not unknown: {state}; nothing was changed", remedy="Name a key that is listed.")
    return entry


def _change(entry: Entry, to: ItemState, attempt: AttemptState | None, **said: Any) -> Change:
    """The step for `entry`; what was sent stays what it is where nothing is said of it."""
    named = (entry.token, attempt) if attempt is not None and entry.token is not None else None
    key, generation = entry.key, entry.generation
    return Change(scope=SCOPE, key=key, generation=generation, at=time.time(), to=to, attempt=named, **said)
