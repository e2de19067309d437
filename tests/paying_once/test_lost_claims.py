"""Two who claim in the same moment: who does not get it sends nothing, whatever it is that they claim."""

from __future__ import annotations

import asyncio
from typing import Any

import attrs
import pytest

from nanobanana_async import ClientClosedError
from nanobanana_async.events import CreateSent, Event
from nanobanana_async.journal import Claimed, Entry, Intent, MemoryJournal
from nanobanana_async.lifecycle import AttemptState
from tests.paying_once.answers import BUSY, LOST, REFUSED
from tests.paying_once.asking import EITHER, Ask, generate
from tests.paying_once.lives import PatientKie, assert_idle, attempts_of
from tests.scripted_kie import until


@attrs.define(eq=False)
class Meeting:
    """Where claims wait for each other: none is granted or refused before `parties` have come."""

    parties: int
    come: int = 0
    said: list[type] = attrs.field(factory=list)
    all_here: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def wait(self) -> None:
        """Come, and wait for the others."""
        self.come += 1
        if self.come == self.parties:
            self.all_here.set()
        await self.all_here.wait()


class MeetingJournal(MemoryJournal):
    """A journal whose claims go through a meeting."""

    meeting: Meeting

    @classmethod
    def of(cls, content: MemoryJournal, meeting: Meeting) -> MeetingJournal:
        """One more journal with that content."""
        journal = cls()
        journal._store, journal.meeting = content._store, meeting
        return journal

    async def claim(self, intent: Intent) -> Entry | Claimed:
        await self.meeting.wait()
        said = await super().claim(intent)
        self.meeting.said.append(type(said))
        return said


FOUND: dict[str, dict[str, Any]] = {
    "nothing": {"answer": None, "policies": {}, "again": {}},
    "failed": {"answer": REFUSED, "policies": {}, "again": {"retry_failed": True}},
    "lost": {"answer": LOST, "policies": {"on_unknown": "resend"}, "again": {}},
}


async def left_by_an_earlier_run(answer: Any) -> MemoryJournal:
    """A journal in which the key has come to what that answer means; an empty one where there was none."""
    kie, journal = PatientKie(), MemoryJournal()
    if answer is not None:
        kie.creates.append(answer)
        async with kie.client(journal=journal) as client:
            with pytest.raises(Exception, match=r"content policy|no answer came"):
                await generate(client)
    return journal


@EITHER
@pytest.mark.parametrize("found", FOUND.values(), ids=FOUND)
async def test_who_does_not_get_the_claim_sends_nothing(ask: Ask, found: dict[str, Any]) -> None:
    """Both have found the same, and both claim: one create leaves, and both have its task."""
    kie, meeting, events = PatientKie(), Meeting(2), list[Event]()
    content = await left_by_an_earlier_run(found["answer"])
    one, other = MeetingJournal.of(content, meeting), MeetingJournal.of(content, meeting)

    policies = {"on_event": events.append, **found["policies"]}
    async with kie.client(journal=one, **policies) as a, kie.client(journal=other, **policies) as b:
        got = await asyncio.gather(*(ask(client, **found["again"]) for client in (a, b)))
        await asyncio.sleep(300)
        duplicates = [client.statistics().possible_duplicates for client in (a, b)]
        for client, count in zip((a, b), duplicates, strict=True):
            assert_idle(client, possible_duplicates=count)

    assert meeting.said == [Claimed, Entry]
    assert got == ["task0", "task0"]
    assert kie.prompts == ["a banana"]
    assert len([event for event in events if isinstance(event, CreateSent)]) == 1
    assert sum(duplicates) == (found["answer"] is LOST)


async def test_who_does_not_get_the_claim_hears_that_it_failed() -> None:
    """The create of the other was refused: nobody is told to send it again, and it is not."""
    kie, meeting, content = PatientKie(), Meeting(2), MemoryJournal()
    kie.creates.append(REFUSED)

    async with (
        kie.client(journal=MeetingJournal.of(content, meeting)) as a,
        kie.client(journal=MeetingJournal.of(content, meeting)) as b,
    ):
        errors = await asyncio.gather(generate(a), generate(b), return_exceptions=True)

    assert meeting.said == [Claimed, Entry]
    assert ["content policy" in str(error) for error in errors] == [True, True]
    assert kie.prompts == ["a banana"]


async def test_what_the_other_gives_back_is_claimed_anew() -> None:
    """His create was refused for the moment, and he was closed: it is new again, and this time it is ours."""
    kie, meeting, content = PatientKie(), Meeting(2), MemoryJournal()
    kie.creates.append(BUSY)

    async with kie.client(journal=MeetingJournal.of(content, meeting)) as b:
        async with kie.client(journal=MeetingJournal.of(content, meeting)) as a:
            first, second = (asyncio.ensure_future(generate(client)) for client in (a, b))
            await until(lambda: kie.prompts and not a.statistics().creating)
        with pytest.raises(ClientClosedError):
            await first
        result = await second

    assert meeting.said == [Claimed, Entry, Claimed]
    assert result == "task0"
    assert len(kie.prompts) == 2
    assert await attempts_of(content, "k") == [AttemptState.REFUSED, AttemptState.ACCEPTED]
