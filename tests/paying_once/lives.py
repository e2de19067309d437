"""Clients of a scripted gateway that live one after the other on one journal, some of them killed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import attrs

from nanobanana_async import Client, Polling, StorageError
from nanobanana_async.journal import Claimed, Entry, Intent, MemoryJournal, SQLiteJournal
from nanobanana_async.lifecycle import AttemptState
from tests.scripted_kie import ScriptedKie

AnyJournal = MemoryJournal | SQLiteJournal


class PatientKie(ScriptedKie):
    """A scripted gateway whose clients look as seldom as they do in life: hours pass in few steps."""

    @asynccontextmanager
    async def client(self, **policies: Any) -> AsyncIterator[Client]:
        """A client of this gateway."""
        async with super().client(**{"polling": Polling(), **policies}) as client:
            yield client


@asynccontextmanager
async def doomed(kie: ScriptedKie, journal: AnyJournal, **policies: Any) -> AsyncIterator[Client]:
    """A client whose process is killed at the end: nothing more comes into its journal."""
    async with kie.client(journal=journal, **policies) as client:
        yield client
        journal.abandon()


async def no_room(intent: Intent) -> Entry | Claimed:
    """The `claim` of a journal on a disk that is full just then."""
    raise StorageError(f"the disk is full: no room for {intent.key!r}", charged="no")


async def entry_of(journal: AnyJournal, key: str, *, scope: str = "") -> Entry:
    """What stands in the journal for a key, read as by another process."""
    await journal.open("kie https://api.kie.ai")
    entry = await journal.find(scope, key)
    await journal.aclose()
    assert entry is not None
    return entry


async def attempts_of(journal: AnyJournal, key: str, *, scope: str = "") -> list[AttemptState]:
    """The states of all attempts that were made for a key."""
    await journal.open("kie https://api.kie.ai")
    attempts = await journal.attempts(scope, key)
    await journal.aclose()
    return [attempt.state for attempt in attempts]


def assert_idle(client: Client, **but: int) -> None:
    """Nothing is left behind: all counts are at zero, `but` those."""
    counts = attrs.asdict(client.statistics(), filter=lambda field, _: field.name not in ("rate", "learned"))
    assert counts == dict.fromkeys(counts, 0) | but
