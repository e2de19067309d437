"""Who is at work: a run from its opening to its end, and what is done on behalf of the dead."""

from __future__ import annotations

import asyncio

import pytest

from nanobanana_async.errors import BatchBusyError, ClientClosedError, ConfigurationError, UsageError
from tests.journal.conftest import GATEWAY, AnyJournal, Journals
from tests.journal.steps import SCOPE, A, S, answered, bring, intent


async def test_what_the_dead_were_sending_is_unknown(journals: Journals) -> None:
    """From the next opening on; what they had accepted stays as it is."""
    dead, heir = journals(), journals()
    await dead.open(GATEWAY)
    await dead.claim(intent("on the wire"))
    await bring(dead, "accepted", S.ACCEPTED, task_id="t1")
    dead.abandon()
    await heir.open(GATEWAY, clock=lambda: 300.0)
    lost, accepted = await heir.find(SCOPE, "on the wire"), await heir.find(SCOPE, "accepted")
    [attempt] = await heir.attempts(SCOPE, "on the wire")
    await heir.aclose()

    assert lost is not None
    assert (lost.state, lost.charged, lost.updated_at, lost.is_owned) == (S.UNKNOWN, "unknown", 300.0, False)
    assert (attempt.state, attempt.answered_at, attempt.charged) == (A.UNKNOWN, 300.0, "unknown")
    assert accepted is not None
    assert (accepted.state, accepted.task_id, accepted.is_owned) == (S.ACCEPTED, "t1", False)


async def test_the_living_are_left_alone(journal: AnyJournal, other: AnyJournal) -> None:
    """Who is still at work will hear his answers himself; once he is gone, they are told of."""
    await journal.claim(intent("k"))
    before = await other.reap()
    journal.abandon()
    left = await other.find(SCOPE, "k")
    reaped = await other.reap()

    assert before == []
    assert left is not None
    assert (left.state, left.is_owned) == (S.SENDING, False)
    assert reaped == [await other.find(SCOPE, "k")]
    assert reaped[0].state is S.UNKNOWN
    assert await other.reap() == []


async def test_nobody_reaps_himself(journal: AnyJournal) -> None:
    """What this run is sending is on the wire."""
    await journal.claim(intent("k"))

    assert await journal.reap() == []


async def test_what_is_left_at_a_close_is_unknown_too(journal: AnyJournal, other: AnyJournal) -> None:
    """A run that has ended in order hears no answers either."""
    await journal.claim(intent("k"))
    await journal.aclose()

    assert [entry.key for entry in await other.reap()] == ["k"]


async def test_a_journal_is_of_one_gateway(journals: Journals, journal: AnyJournal) -> None:
    """Another one is refused, and both are named; the refusal leaves nothing open."""
    stranger = journals()

    with pytest.raises(ConfigurationError, match=r"gateway 'kie https://api\.example\.com'.* speaks to 'emulator'"):
        await stranger.open("emulator")
    with pytest.raises(ClientClosedError):
        await stranger.find(SCOPE, "k")
    await stranger.open(GATEWAY)
    await stranger.aclose()


async def test_a_journal_serves_one_client_at_a_time(journal: AnyJournal) -> None:
    """A second opening on a living loop is refused; after a close it may be opened again."""
    with pytest.raises(UsageError, match="open already"):
        await journal.open(GATEWAY)

    await journal.claim(intent("k"))
    await journal.aclose()
    await journal.open(GATEWAY)
    entry = await journal.find(SCOPE, "k")
    assert entry is not None
    assert entry.state is S.UNKNOWN


def test_a_client_may_die_with_its_loop(journals: Journals) -> None:
    """The journal is opened again on the next one, and the run of the dead is over."""
    journal = journals()

    async def die() -> None:
        await journal.open(GATEWAY)
        await journal.hold(SCOPE)
        await journal.claim(intent("k"))

    async def take_over() -> object:
        await journal.open(GATEWAY)
        await journal.hold(SCOPE)
        entry = await journal.find(SCOPE, "k")
        await journal.aclose()
        return entry and entry.state

    asyncio.run(die())

    assert asyncio.run(take_over()) is S.UNKNOWN


async def test_a_closed_journal_says_so(journals: Journals) -> None:
    """Before its opening and after its end; to close it twice is nothing."""
    journal = journals()
    with pytest.raises(ClientClosedError, match="not open"):
        await journal.claim(intent("k"))
    await journal.open(GATEWAY)
    assert "| closed" not in repr(journal)
    await journal.aclose()
    await journal.aclose()
    journal.abandon()

    assert "| closed" in repr(journal)
    assert journal.broken is None
    with pytest.raises(ClientClosedError):
        await journal.hold(SCOPE)


async def test_what_was_handed_in_is_durable_at_the_close(journals: Journals) -> None:
    """Also what nobody waits for any more."""
    journal = journals()
    await journal.open(GATEWAY)
    claims = [asyncio.ensure_future(journal.claim(intent(str(number)))) for number in range(20)]
    await asyncio.sleep(0)
    claims[3].cancel()
    await journal.aclose()
    await asyncio.gather(*claims, return_exceptions=True)
    await journal.open(GATEWAY)

    assert await journal.counts(SCOPE) == {S.UNKNOWN: 20}
    await journal.aclose()


@pytest.mark.usefixtures("_impatient")
async def test_a_batch_has_one_holder(journal: AnyJournal, other: AnyJournal) -> None:
    """Another one is refused and told who it is; other names are free; to hold it twice is nothing."""
    await journal.hold(SCOPE)
    await journal.hold(SCOPE)
    await other.hold("another")

    with pytest.raises(BatchBusyError, match=r"the batch 'b' is at work already .*process"):
        await other.hold(SCOPE)
    await journal.let_go(SCOPE)
    await journal.let_go(SCOPE)
    await other.hold(SCOPE)
    await journal.let_go(SCOPE)
    with pytest.raises(BatchBusyError):
        await journal.hold(SCOPE)


async def test_a_dying_holder_is_waited_for(journal: AnyJournal, other: AnyJournal) -> None:
    """Who lets go within the time is followed at once; who ends his run lets go of all."""
    await journal.hold(SCOPE)
    asyncio.get_running_loop().call_later(0.02, journal.abandon)
    await other.hold(SCOPE)
    await other.aclose()
    await other.open(GATEWAY)
    await journal.open(GATEWAY)
    await journal.hold(SCOPE)
    await other.hold("another")

    assert journal.broken is None


async def test_a_journal_is_of_a_gateway_from_the_first_create_that_was_taken(journal: AnyJournal) -> None:
    """Until then the address may have been a mistake: nothing of it is anywhere."""
    await journal.claim(intent("k"))
    await journal.record(answered("k", S.NEW))
    await journal.aclose()
    await journal.open("kie https://right")
    await journal.claim(intent("k", token="k-2"))
    await journal.record(answered("k", S.UNKNOWN, token="k-2"))
    await journal.aclose()

    with pytest.raises(ConfigurationError, match="is of the gateway 'kie https://right'"):
        await journal.open(GATEWAY)
    await journal.open("kie https://right")
