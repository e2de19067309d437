"""What a client restores on opening: what counts against the limits, and what is in flight."""

from __future__ import annotations

from nanobanana_async.journal import InFlight, Sent, Standing
from tests.journal.conftest import AnyJournal
from tests.journal.steps import SCOPE, A, S, answered, change, intent, renewing


async def test_what_the_vendor_counts_is_told_in_order(journal: AnyJournal) -> None:
    """What was accepted, answered, lost or is on the wire, since then; never what was refused or not sent."""
    ends = [S.ACCEPTED, S.SUCCEEDED, S.UNKNOWN, S.NEW, None]
    for number, to in reversed(list(enumerate(ends))):
        await journal.claim(intent(str(number), at=100.0 + number))
        if to is not None:
            await journal.record(answered(str(number), to, at=110.0 + number))
    await journal.claim(intent("k", at=108.0))
    await journal.record(change("k", S.NEW, attempt=("k-1", A.NOT_SENT), at=120.0))

    REFUSED = Sent(103.0, 113.0)  # noqa: N806  for its words perhaps, which counts
    all_of_it, late = await journal.standing(110.0), await journal.standing(111.5)

    assert all_of_it.sent == (Sent(100.0, 110.0), Sent(101.0, 111.0), Sent(102.0, 112.0), REFUSED, Sent(104.0))
    assert late.sent == (Sent(102.0, 112.0), REFUSED, Sent(104.0))


async def test_what_was_told_to_be_sent_again_counts_still(journal: AnyJournal) -> None:
    """The vendor may have counted the one that was lost; when that was is not moved by what is said of it later."""
    await journal.claim(intent("k"))
    await journal.record(answered("k", S.UNKNOWN))
    await journal.record(change("k", S.NEW, attempt=("k-1", A.ABANDONED), at=150.0))

    assert await journal.standing(101.0) == Standing(sent=(Sent(100.0, 101.0),))
    assert await journal.standing(101.5) == Standing()


async def test_what_is_not_over_is_in_flight(journal: AnyJournal) -> None:
    """Of all batches and generations, in the order in which it was sent, with what is known of each task."""
    for number, path in enumerate(
        [(S.ACCEPTED,), (S.ACCEPTED, S.PENDING), (S.UNKNOWN,), (S.ACCEPTED, S.SUCCEEDED), ()]
    ):
        key, scope = str(number), "even" if number % 2 == 0 else "odd"
        await journal.claim(intent(key, scope=scope, model=f"m{number}", at=100.0 - number // 2))
        for to in path:
            is_answer = to in (S.ACCEPTED, S.UNKNOWN)
            said = {"task_id": f"t{number}"} if to is S.ACCEPTED else {}
            await journal.record((answered if is_answer else change)(key, to, scope=scope, **said))
    await journal.claim(renewing(S.ACCEPTED, "0", scope="even", at=120.0))
    await journal.record(change("0", S.FAILED, scope="even", generation=2, attempt=("0-2", A.REFUSED)))

    standing = await journal.standing(1e9)

    assert [(one.scope, one.key, one.state, one.task_id, one.accepted_at) for one in standing.in_flight] == [
        ("even", "4", S.SENDING, None, None),
        ("even", "2", S.UNKNOWN, None, None),
        ("even", "0", S.ACCEPTED, "t0", 101.0),
        ("odd", "1", S.PENDING, "t1", 101.0),
    ]
    assert standing.in_flight[2] == InFlight(
        scope="even", key="0", state=S.ACCEPTED, task_id="t0", model="m0", sent_at=100.0, accepted_at=101.0
    )


async def test_what_the_dead_had_on_the_wire_counts_from_now(journal: AnyJournal, other: AnyJournal) -> None:
    """It was given up when it was found: nobody knows when it arrived."""
    await journal.claim(intent("k"))
    journal.abandon()
    await other.reap()

    assert (await other.standing(250.0)).sent == (Sent(100.0, 300.0),)
    await journal.open("kie https://api.example.com")
    assert await journal.find(SCOPE, "k") is not None
