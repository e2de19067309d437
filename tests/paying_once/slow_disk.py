"""Journals on a disk that somebody else keeps busy: a claim takes its time, and who made it may leave meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from nanobanana_async.journal import Claimed, Entry, Intent, MemoryJournal
from tests.paying_once.lives import AnyJournal

SLOW = 3.0


class SlowJournal(MemoryJournal):
    """A journal that takes so many seconds to have a claim, and as many until it says so."""

    seconds = SLOW

    async def claim(self, intent: Intent) -> Entry | Claimed:
        await asyncio.sleep(self.seconds)
        said = await super().claim(intent)
        await asyncio.sleep(self.seconds)
        return said


@contextmanager
def slow_to_say(journal: AnyJournal) -> Iterator[None]:
    """For as long as the `with`, this journal has a claim at once, and says so a second later."""
    claim = journal.claim

    async def slow(intent: Intent) -> Entry | Claimed:
        claimed = await claim(intent)
        await asyncio.sleep(1)
        return claimed

    journal.claim = slow  # type: ignore[method-assign]  # a slow disk
    yield
    journal.claim = claim  # type: ignore[method-assign]  # it has time again
