"""What was lost or has failed, and was told to be sent again: where nothing comes of that, nothing of it is forgotten.

Each test leaves a run in the middle of sending again, in one of the ways in which a create may come to nothing. The
next run holds, as runs do by default: it has to find what the first one had.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import pytest

from nanobanana_async import Client, Failed, NanoBananaError, PolicyError, Unknown, UnknownOutcomeError
from nanobanana_async.journal import Claimed, Entry, Intent
from nanobanana_async.lifecycle import AttemptState, ItemState
from tests.paying_once.answers import BUSY, LOST, REFUSED
from tests.paying_once.asking import generate
from tests.paying_once.conftest import Shelf
from tests.paying_once.fates import FatefulKie
from tests.paying_once.lives import AnyJournal, PatientKie, assert_idle, attempts_of, entry_of, no_room
from tests.paying_once.runs_of import KEYED, run, states
from tests.paying_once.slow_disk import slow_to_say
from tests.scripted_kie import until

Again = Callable[[PatientKie, AnyJournal, dict[str, Any]], Awaitable[None]]
"""A run that is to send it again, and does not come to that. With the policies of its client, and what it is asked."""


async def refused(kie: PatientKie, journal: AnyJournal, told: dict[str, Any]) -> None:
    """Refused for as long as anybody waits."""
    kie.creates += [BUSY] * 50
    async with kie.client(journal=journal, **told["policies"]) as client:
        with pytest.raises(NanoBananaError):
            await generate(client, timeout=20, **told["asked"])
        await asyncio.sleep(300)
        assert_idle(client, possible_duplicates=client.statistics().possible_duplicates)


async def killed_after_a_refusal(kie: PatientKie, journal: AnyJournal, told: dict[str, Any]) -> None:
    """The refusal is written down, and then the process is no more."""
    kie.creates += [BUSY] * 50
    sent = len(kie.prompts)
    async with kie.client(journal=journal, **told["policies"]) as client:
        asking = asyncio.ensure_future(generate(client, **told["asked"]))
        await until(lambda: len(kie.prompts) > sent)
        await asyncio.sleep(0.1)
        journal.abandon()
        asking.cancel()


async def claim_fails(kie: PatientKie, journal: AnyJournal, told: dict[str, Any]) -> None:
    """The disk is full."""
    async with kie.client(journal=journal, **told["policies"]) as client:
        journal.claim = no_room  # type: ignore[method-assign]  # a disk that has no room just then
        with pytest.raises(NanoBananaError):
            await generate(client, timeout=20, **told["asked"])


async def closed_while_it_claims(kie: PatientKie, journal: AnyJournal, told: dict[str, Any]) -> None:
    """The claim was granted, and nobody is there to use it."""
    async with kie.client(journal=journal, **told["policies"]) as client:
        with slow_to_say(journal):
            asking = asyncio.ensure_future(generate(client, **told["asked"]))
            await asyncio.sleep(0.5)
            assert (await attempts_within(client))[-1] is AttemptState.SENDING
            await client.aclose(grace=0)
            await asyncio.wait([asking])


async def attempts_within(client: Client) -> list[AttemptState]:
    """The states of the attempts for the key, as the journal of this client has them."""
    keeper = client._open().manager.desk.keeper
    assert keeper is not None
    return [attempt.state for attempt in await keeper.journal.attempts("", "k")]


EITHER_WAY = pytest.mark.parametrize("again", [refused, killed_after_a_refusal, claim_fails, closed_while_it_claims])


@attrs.frozen
class Before:
    """What the journal had of the key before it was to be sent again."""

    entry: Entry
    sent: int


async def before_it(kie: PatientKie, shelf: Shelf, answer: Any) -> Before:
    """The first run: its create has that answer."""
    kie.creates.append(answer)
    async with kie.client(journal=shelf()) as client:
        with pytest.raises(NanoBananaError):
            await generate(client)
    return Before(await entry_of(shelf(), "k"), len(kie.prompts))


@EITHER_WAY
async def test_a_lost_answer_is_not_forgotten(shelf: Shelf, again: Again) -> None:
    """It may be paid for: the next run tells so, sends nothing, and counts it as possibly spent."""
    kie, journal = PatientKie(), shelf()
    before = await before_it(kie, shelf, LOST)
    await again(kie, journal, {"policies": {"on_unknown": "resend"}, "asked": {}})
    kie.creates.clear()
    sent = len(kie.prompts)

    async with kie.client(journal=shelf()) as client:
        known = await client.lookup("k")
        with pytest.raises(UnknownOutcomeError) as caught:
            await generate(client)
        left = [outcome.state async for outcome in client.pending()]
    entry = await entry_of(shelf(), "k")

    assert isinstance(known, Unknown)
    assert caught.value.charged == "unknown"
    assert left == ["unknown"]
    assert len(kie.prompts) == sent
    assert (entry.state, entry.token, entry.charged) == (ItemState.UNKNOWN, before.entry.token, "unknown")
    assert entry.sent_at == before.entry.sent_at
    assert (await attempts_of(shelf(), "k"))[0] is AttemptState.UNKNOWN


@EITHER_WAY
async def test_a_failure_is_not_forgotten(shelf: Shelf, again: Again) -> None:
    """The next run tells it in the same words, and sends nothing unless it is told to."""
    kie, journal = PatientKie(), shelf()
    before = await before_it(kie, shelf, REFUSED)
    await again(kie, journal, {"policies": {}, "asked": {"retry_failed": True}})
    kie.creates.clear()
    sent = len(kie.prompts)

    async with kie.client(journal=shelf()) as client:
        known = await client.lookup("k")
        with pytest.raises(PolicyError, match="content policy") as caught:
            await generate(client)
    entry = await entry_of(shelf(), "k")

    assert isinstance(known, Failed)
    assert caught.value.charged == "no"
    assert len(kie.prompts) == sent
    assert (entry.state, entry.token, entry.error) == (ItemState.FAILED, before.entry.token, before.entry.error)


@EITHER_WAY
async def test_it_is_sent_again_by_who_is_told_to(shelf: Shelf, again: Again) -> None:
    """By the run after that one: once, and with the one that was lost it is a possible duplicate."""
    kie, journal = PatientKie(), shelf()
    await before_it(kie, shelf, LOST)
    await again(kie, journal, {"policies": {"on_unknown": "resend"}, "asked": {}})
    kie.creates.clear()
    sent = len(kie.prompts)

    async with kie.client(journal=shelf(), on_unknown="resend") as client:
        got = await generate(client)
        duplicates = client.statistics().possible_duplicates
    made = await attempts_of(shelf(), "k")

    assert got == "task0"
    assert len(kie.prompts) == sent + 1
    assert duplicates == 1
    assert (made[0], made[-1]) == (AttemptState.UNKNOWN, AttemptState.ACCEPTED)
    assert set(made[1:-1]) <= {AttemptState.REFUSED, AttemptState.NOT_SENT}


def counted(journal: AnyJournal) -> list[str]:
    """The tokens of all claims that are made from now on."""
    claim, tokens = journal.claim, list[str]()

    async def claim_and_count(intent: Intent) -> Entry | Claimed:
        tokens.append(intent.token)
        return await claim(intent)

    journal.claim = claim_and_count  # type: ignore[method-assign]  # the same, counted
    return tokens


@pytest.mark.parametrize(
    ("answer", "policies", "asked"), [(LOST, {"on_unknown": "resend"}, {}), (REFUSED, {}, {"retry_failed": True})]
)
async def test_what_is_refused_is_claimed_once_for_each_create(
    shelf: Shelf, answer: Any, policies: dict[str, Any], asked: dict[str, Any]
) -> None:
    """It is known here what it came back to: nobody has to be asked, and no claim comes to nothing."""
    kie, journal = PatientKie(), shelf()
    await before_it(kie, shelf, answer)
    kie.creates += [BUSY] * 3

    async with kie.client(journal=journal, **policies) as client:
        claims = counted(journal)
        got = await generate(client, **asked)

    assert got == "task0"
    assert len(claims) == 4
    assert len(await attempts_of(shelf(), "k")) == 5


async def test_what_is_lost_within_a_run_is_claimed_once_for_each_create(shelf: Shelf) -> None:
    """The same where the answer is lost in the very run that sends it again."""
    kie, journal = PatientKie(), shelf()
    kie.creates += [LOST, BUSY, LOST]

    async with kie.client(journal=journal, on_unknown="resend") as client:
        claims = counted(journal)
        got = await generate(client)

    assert got == "task0"
    assert len(claims) == 4
    assert await attempts_of(shelf(), "k") == [
        AttemptState.UNKNOWN,
        AttemptState.REFUSED,
        AttemptState.UNKNOWN,
        AttemptState.ACCEPTED,
    ]


async def test_a_task_that_is_made_again_is_claimed_once_for_each_create(shelf: Shelf) -> None:
    """A batch makes one anew that has failed for a passing reason; and so it does where that is refused at first."""
    kie, journal = FatefulKie(), shelf()
    kie.fail("task0")

    async with kie.client(journal=journal) as client:
        claims = counted(journal)
        running = asyncio.ensure_future(run(client, KEYED[:1]))
        await until(lambda: kie.accepted)
        kie.creates.append(BUSY)
        (outcome,), _ = await running

    assert outcome.task_id == "task1"
    assert len(claims) == 3
    assert await attempts_of(shelf(), "a", scope="default") == [
        AttemptState.ACCEPTED,
        AttemptState.REFUSED,
        AttemptState.ACCEPTED,
    ]


async def test_what_was_lost_and_then_refused_for_good_may_be_paid_for(shelf: Shelf) -> None:
    """It ends as failed, and nobody says of it that nothing was charged."""
    kie = PatientKie()
    await before_it(kie, shelf, LOST)
    kie.creates.append(REFUSED)

    async with kie.client(journal=shelf(), on_unknown="resend") as client:
        with pytest.raises(PolicyError) as first:
            await generate(client)
    async with kie.client(journal=shelf()) as client:
        with pytest.raises(PolicyError) as again:
            await generate(client)

    assert (first.value.charged, again.value.charged) == ("unknown", "unknown")
    assert len(kie.prompts) == 2


async def test_a_batch_forgets_no_lost_answer(shelf: Shelf) -> None:
    """Lost and refused within one run, which is then out of time: the next run of it holds, and its budget knows."""
    kie = PatientKie()
    kie.creates += [LOST] + [BUSY] * 500
    async with kie.client(journal=shelf(), on_unknown="resend") as client:
        running = asyncio.ensure_future(run(client, KEYED[:1], budget=8))
        await until(lambda: len(kie.prompts) > 2)
        await client.aclose()
        first, _ = await running
    kie.creates.clear()
    sent = len(kie.prompts)

    async with kie.client(journal=shelf()) as client:
        again, _ = await run(client, KEYED[:2], budget=7)

    assert states(first) == "unknown"
    assert states(again) == "unknown skipped"  # four of seven may be spent
    assert len(kie.prompts) == sent
