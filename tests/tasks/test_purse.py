"""What a batch may spend: reserved for each create, settled by what it took."""

from __future__ import annotations

import asyncio

import pytest

from nanobanana_async import BudgetError, Item, KieRequest, OpenAIGeneration, Result, UsageError
from nanobanana_async.errors import PolicyError, ServiceError, UnknownOutcomeError
from nanobanana_async.outcomes import Failed, Outcome, Succeeded, Unknown
from nanobanana_async.pricing import Budget
from nanobanana_async.tasks import Purse


def request(credits: float | None) -> KieRequest:
    return KieRequest("m", input={"prompt": "a banana"}, credits=credits)


ITEM = Item(request(4))


def succeeded(index: int, credits: float | None) -> Outcome:
    return Succeeded(item=ITEM, index=index, result=Result("t", "m", ("https://x/a.png",), credits))


def lost(index: int) -> Outcome:
    return Unknown(item=ITEM, index=index, error=UnknownOutcomeError("no answer"))


async def test_what_is_on_its_way_is_waited_for() -> None:
    """It may give back what it has reserved; where nothing can, there is no waiting."""
    purse = Purse(Budget(4))
    await purse.reserve(0, request(4))
    second = asyncio.ensure_future(purse.reserve(1, request(4)))
    await asyncio.sleep(0)
    waited = not second.done()
    purse.settle(Failed(item=ITEM, index=0, error=PolicyError("no")))
    await second
    purse.settle(succeeded(1, 4))

    assert waited
    with pytest.raises(BudgetError, match="the budget of 4 credits is spent: 0 are left, and this one costs 4"):
        await purse.reserve(2, request(4))


async def test_a_create_that_is_sent_again_is_paid_for_again() -> None:
    """The lost one may have been charged, and counts as spent, whatever becomes of the other."""
    purse = Purse(Budget(12))
    await purse.reserve(0, request(4))

    allowed = [purse.reserve_again(0) for _ in range(3)]
    before = [purse.budget.spent, purse.budget.reserved]
    purse.settle(succeeded(0, 4))

    assert allowed == [True, True, False]
    assert before == [8, 4]
    assert [purse.budget.spent, purse.budget.reserved] == [12, 0]


async def test_it_is_not_sent_again_out_of_what_others_have_reserved() -> None:
    """Nor without a reservation of its own; and what was refused changes nothing."""
    purse = Purse(Budget(11))
    await purse.reserve(0, request(4))
    await purse.reserve(1, request(4))

    assert not purse.reserve_again(0)
    assert not purse.reserve_again(7)
    assert (purse.budget.spent, purse.budget.reserved) == (0, 8)


async def test_the_last_attempt_settles_by_its_own_outcome() -> None:
    """Refused for nothing: what was lost before stays spent. Lost as well: that is one more."""
    refused, unknown = Purse(Budget(20)), Purse(Budget(20))
    for purse in (refused, unknown):
        await purse.reserve(0, request(4))
        assert purse.reserve_again(0)
    refused.settle(Failed(item=ITEM, index=0, error=ServiceError("away")))
    unknown.settle(lost(0))

    assert (refused.budget.spent, unknown.budget.spent) == (4, 8)
    assert refused.budget.reserved == unknown.budget.reserved == 0


async def test_a_failure_is_settled_with_what_its_record_says_it_cost() -> None:
    """A failed task is documented as free, and a record that says otherwise is believed."""
    purse = Purse(Budget(20))
    await purse.reserve(0, request(4))
    purse.settle(Failed(item=ITEM, index=0, error=PolicyError("no", charged="yes", credits=9.0)))

    assert (purse.budget.spent, purse.budget.reserved) == (9, 0)


async def test_what_was_never_reserved_is_not_settled() -> None:
    """An item that could not be asked for has its outcome, and no price."""
    purse = Purse(Budget(20))

    purse.settle(succeeded(3, 4))

    assert purse.budget.spent == 0


async def test_a_price_that_is_none_is_told_with_its_value() -> None:
    """And with what would help."""
    with pytest.raises(UsageError, match="credits=None") as caught:
        await Purse(Budget(20)).reserve(0, request(None))

    assert "credits=" in caught.value.remedy


FOR_EACH = OpenAIGeneration("a banana", credits=4)
"""A request for a gateway that has a price for each picture."""


def several(index: int, count: int, credits: float | None = None) -> Outcome:
    urls = tuple(f"https://x/{n}.png" for n in range(count))
    return Succeeded(item=ITEM, index=index, result=Result(None, "m", urls, credits))


async def test_an_answer_with_several_pictures_costs_the_price_of_each() -> None:
    """Unless its record says what it took."""
    purse = Purse(Budget(100))
    for index in range(3):
        await purse.reserve(index, FOR_EACH)
    purse.settle(several(0, 4), FOR_EACH)
    purse.settle(several(1, 4, credits=5.0), FOR_EACH)
    purse.settle(several(2, 1), FOR_EACH)

    assert (purse.budget.spent, purse.budget.reserved) == (16 + 5 + 4, 0)


async def test_a_task_costs_what_it_costs_whatever_it_makes() -> None:
    """Kie's price is that of a task."""
    purse = Purse(Budget(100))
    await purse.reserve(0, request(4))
    purse.settle(several(0, 4), request(4))
    await purse.reserve(1, request(4))

    assert (purse.budget.spent, purse.budget.reserved) == (4, 4)


async def test_who_has_made_several_is_taken_to_do_so_again() -> None:
    """As much is reserved for what is on its way, and for what comes; of that model, and from then on."""
    purse = Purse(Budget(70))
    other = OpenAIGeneration("a banana", model="another", credits=4)
    await purse.reserve(0, FOR_EACH)
    await purse.reserve(1, FOR_EACH)
    await purse.reserve(2, other)
    before = purse.budget.reserved
    purse.settle(several(0, 4), FOR_EACH)
    after = purse.budget.reserved
    purse.settle(several(1, 2), FOR_EACH)
    await purse.reserve(3, FOR_EACH)

    assert (before, after) == (12, 16 + 4)
    assert (purse.budget.spent, purse.budget.reserved) == (16 + 8, 4 + 16)
    assert purse.reserve_again(3)
    assert (purse.budget.spent, purse.budget.reserved) == (28, 4 + 16)
    purse.found(3)
    purse.settle(lost(3))
    purse.settle(several(2, 1), other)
    assert (purse.budget.spent, purse.budget.reserved) == (24 + 4 + 4, 0)


async def test_who_waits_for_room_waits_for_what_it_costs_by_then() -> None:
    """The answer that makes room is the one that says that pictures come by fours."""
    purse = Purse(Budget(12))
    await purse.reserve(0, FOR_EACH)
    await purse.reserve(1, FOR_EACH)
    await purse.reserve(2, FOR_EACH)
    waiting = asyncio.ensure_future(purse.reserve(3, FOR_EACH))
    await asyncio.sleep(0)
    purse.settle(several(0, 2), FOR_EACH)

    with pytest.raises(BudgetError, match="this one costs 8"):
        await waiting


async def test_what_an_earlier_run_has_sent_costs_what_it_was_sent_at_for_each() -> None:
    """Today's price is for what is sent today."""
    purse = Purse(Budget(100, spent=4))
    purse.adopt(0, 4.0)
    purse.settle(several(0, 3), OpenAIGeneration("a banana", credits=9))

    assert (purse.budget.spent, purse.budget.reserved) == (12, 0)
