"""Clients of a scripted gateway that live one after the other on one journal, some of them killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import attrs

from nanobanana_async import Client, Polling, StorageError
from nanobanana_async.journal import Attempt, Claimed, Entry, Intent, MemoryJournal, Spent, SQLiteJournal
from nanobanana_async.lifecycle import AttemptState
from tests.paying_once.asking import generate
from tests.scripted_kie import ScriptedKie, until

AnyJournal = MemoryJournal | SQLiteJournal
GATEWAY = "kie https://api.kie.ai"
"""Of a scripted gateway, as the journal has it."""


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


async def killed_on_the_wire(kie: ScriptedKie, journal: AnyJournal) -> None:
    """A process that is killed while its create for the key ``k`` is on the wire: it never hears the answer."""
    kie.answering.clear()
    async with doomed(kie, journal) as client:
        asking = asyncio.ensure_future(generate(client))
        await until(lambda: kie.prompts)
        journal.abandon()
        asking.cancel()


async def no_room(intent: Intent) -> Entry | Claimed:
    """The `claim` of a journal on a disk that is full just then."""
    raise StorageError(f"the disk is full: no room for {intent.key!r}", charged="no")


@asynccontextmanager
async def opened(journal: AnyJournal) -> AsyncIterator[AnyJournal]:
    """The journal, open as in another process."""
    await journal.open(GATEWAY)
    try:
        yield journal
    finally:
        await journal.aclose()


async def entry_of(journal: AnyJournal, key: str, *, scope: str = "") -> Entry:
    """What stands in the journal for a key, read as by another process."""
    async with opened(journal):
        entry = await journal.find(scope, key)
    assert entry is not None
    return entry


async def made_for(journal: AnyJournal, key: str = "k", *, scope: str = "") -> Sequence[Attempt]:
    """All attempts for a key, read as by another process."""
    async with opened(journal):
        return await journal.attempts(scope, key)


async def attempts_of(journal: AnyJournal, key: str, *, scope: str = "") -> list[AttemptState]:
    """The states of all attempts for a key, read as by another process."""
    return [attempt.state for attempt in await made_for(journal, key, scope=scope)]


async def spent_on(journal: AnyJournal, scope: str) -> Spent:
    """What the books have for a batch, read as by another process."""
    async with opened(journal):
        return await journal.spent(scope)


def assert_idle(client: Client, **but: int) -> None:
    """Nothing is left behind: all counts are at zero, `but` those."""
    counts = attrs.asdict(client.statistics(), filter=lambda field, _: field.name not in ("rate", "learned"))
    assert counts == dict.fromkeys(counts, 0) | but
