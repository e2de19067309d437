"""What a batch has cost, over all that was ever sent for it."""

from __future__ import annotations

from typing import Any

import pytest

from nanobanana_async.journal import Spent
from nanobanana_async.lifecycle import ItemState
from tests.journal.conftest import AnyJournal
from tests.journal.steps import PRICE, SCOPE, A, S, answered, bring, change, intent, renewing


@pytest.mark.parametrize(
    ("state", "said", "spent"),
    [
        (S.SENDING, {}, Spent(reserved=PRICE)),
        (S.ACCEPTED, {"charged": "yes"}, Spent(reserved=PRICE)),
        (S.PENDING, {"charged": "yes"}, Spent(reserved=PRICE)),
        (S.SUCCEEDED, {"charged": "yes", "credits": 3.0}, Spent(spent=3.0)),
        (S.SUCCEEDED, {"charged": "yes"}, Spent(spent=PRICE)),
        (S.SUCCEEDED, {}, Spent(spent=PRICE)),
        (S.SAVED, {"charged": "no", "credits": 0.0}, Spent()),
        (S.FAILED, {"charged": "no"}, Spent()),
        (S.FAILED, {"charged": "yes", "credits": 1.0}, Spent(spent=1.0)),
        (S.FAILED, {"charged": "unknown"}, Spent(possible=PRICE)),
        (S.UNKNOWN, {"charged": "unknown"}, Spent(possible=PRICE)),
        (S.UNKNOWN, {}, Spent(possible=PRICE)),
        (S.DROPPED, {"charged": "unknown"}, Spent(possible=PRICE)),
        (S.DROPPED, {"charged": "no"}, Spent()),
        (S.DROPPED, {"charged": "yes"}, Spent(spent=PRICE)),
        (S.NEW, {"charged": "no"}, Spent()),
    ],
)
async def test_an_item_costs_what_is_known_of_it(
    journal: AnyJournal, state: ItemState, said: dict[str, Any], spent: Spent
) -> None:
    """What the record says, else the price; reserved while it is in flight, possible where the answer was lost."""
    await bring(journal, "k", state, **said)

    assert await journal.spent(SCOPE) == spent
    assert await journal.spent("") == Spent()


async def test_a_price_that_is_known_better_is_the_one_that_counts(journal: AnyJournal) -> None:
    """An answer with several pictures costs the price of each: the attempt has it, and the entry that follows it."""
    await bring(journal, "k", S.SUCCEEDED, charged="yes")
    await journal.record(change("k", token="k-1", price=4 * PRICE))
    entry = await journal.find(SCOPE, "k")
    (attempt,) = await journal.attempts(SCOPE, "k")

    assert entry is not None
    assert (entry.price, attempt.price, entry.state) == (4 * PRICE, 4 * PRICE, S.SUCCEEDED)
    assert await journal.spent(SCOPE) == Spent(spent=4 * PRICE)


async def test_a_price_of_an_earlier_attempt_is_its_own(journal: AnyJournal) -> None:
    """What is sent anew has the price of today."""
    await bring(journal, "k", S.SUCCEEDED, charged="yes")
    await journal.record(change("k", token="k-1", price=4 * PRICE))
    await journal.claim(renewing(S.SUCCEEDED, token="k-2", over="k-1", price=PRICE))
    entry = await journal.find(SCOPE, "k")

    assert entry is not None
    assert entry.price == PRICE
    assert await journal.spent(SCOPE) == Spent(spent=4 * PRICE, reserved=PRICE)


async def test_every_attempt_costs(journal: AnyJournal) -> None:
    """One that was lost may have been charged, whatever became of the next; so may those of earlier generations."""
    await bring(journal, "k", S.UNKNOWN, charged="unknown")
    await journal.record(change("k", S.NEW, attempt=("k-1", A.ABANDONED)))
    await journal.claim(intent("k", token="k-2", price=8.0))
    await journal.record(answered("k", token="k-2"))
    await journal.record(change("k", S.FAILED, charged="no"))
    await journal.record(change("k", S.NEW))
    await journal.claim(intent("k", token="k-3", price=8.0))
    await journal.record(answered("k", token="k-3"))
    await journal.record(change("k", S.SUCCEEDED, charged="yes", credits=7.0))
    await journal.claim(renewing(S.SUCCEEDED, token="k-4", over="k-3", price=8.0))

    spent = await journal.spent(SCOPE)

    assert spent == Spent(spent=7.0, reserved=8.0, possible=PRICE)
    assert spent.total == 19.0


async def test_a_failure_before_sending_changes_no_earlier_bill(journal: AnyJournal) -> None:
    """That a picture could not be uploaded, which costs nothing, says nothing of a create that was lost before."""
    await bring(journal, "k", S.UNKNOWN, charged="unknown")
    await journal.record(change("k", S.NEW))
    await journal.record(change("k", S.FAILED, charged="no", error={"reason": "bad_image"}))

    assert await journal.spent(SCOPE) == Spent(possible=PRICE)


async def test_an_earlier_task_that_was_found_is_paid_for(journal: AnyJournal) -> None:
    """A create that was sent again in its place costs as well."""
    await bring(journal, "k", S.UNKNOWN, charged="unknown")
    await journal.record(change("k", S.NEW))
    await journal.claim(intent("k", token="k-2"))
    await journal.record(change("k", attempt=("k-1", A.ACCEPTED), task_id="t1", charged="yes"))

    assert await journal.spent(SCOPE) == Spent(spent=PRICE, reserved=PRICE)


async def test_what_has_no_price_is_counted(journal: AnyJournal) -> None:
    """Until the record says what it was."""
    await journal.claim(intent("k", price=None))
    before = await journal.spent(SCOPE)
    await journal.record(answered("k"))
    await journal.record(change("k", S.SUCCEEDED, charged="yes", credits=5.0))

    assert before == Spent(unpriced=1)
    assert await journal.spent(SCOPE) == Spent(spent=5.0)
