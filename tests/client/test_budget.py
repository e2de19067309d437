"""A budget is never gone over, whatever is on its way; and what a batch would cost is known before."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async import (
    BatchPlan,
    BudgetError,
    Client,
    ConfigurationError,
    KieRequest,
    NanoBanana2,
    Outcome,
    Request,
    Skipped,
    UsageError,
)
from nanobanana_async.emulator import EmulatorOptions, Limit
from nanobanana_async.testing import Emulator

FAST = EmulatorOptions(limit=Limit(1000, per=1))


def states(outcomes: list[Outcome]) -> Counter[str]:
    return Counter(outcome.state for outcome in outcomes)


async def test_what_does_not_fit_is_skipped_and_costs_nothing() -> None:
    """Five of four credits each in a budget of 22; the rest says why, and what would help."""
    emulator = Emulator(FAST)

    async with emulator.client() as client:
        outcomes = await client.generate_all((f"banana {n}" for n in range(9)), budget=22)
    skipped = [outcome for outcome in outcomes if isinstance(outcome, Skipped)]

    assert states(outcomes) == {"succeeded": 5, "skipped": 4}
    assert {outcome.reason for outcome in skipped} == {"budget"}
    assert all(isinstance(outcome.error, BudgetError) for outcome in skipped)
    assert emulator.ledger.paid == 20


async def test_what_fails_gives_back_what_it_reserved() -> None:
    """Half of the tasks fail and cost nothing: others take their place, up to the budget and not over it."""
    emulator = Emulator(FAST, faults=["fail,kind=policy,every=2"])

    async with emulator.client() as client:
        outcomes = await client.generate_all((f"banana {n}" for n in range(40)), budget=40)

    assert states(outcomes)["succeeded"] == 10
    assert emulator.ledger.paid == 40


async def test_a_lost_create_counts_as_spent() -> None:
    """It may have been charged, and so the budget is that much smaller."""
    emulator = Emulator(FAST, faults=["closed,nth=2/3"])

    async with emulator.client() as client:
        outcomes = await client.generate_all((f"banana {n}" for n in range(9)), budget=20)

    assert states(outcomes) == {"succeeded": 3, "unknown": 2, "skipped": 4}
    assert emulator.ledger.paid <= 20


async def test_what_the_record_says_was_consumed_is_what_was_spent() -> None:
    """The documented price is a guess of the day before: a cheaper picture leaves more for the others."""
    emulator = Emulator(FAST)
    items = [KieRequest("nano-banana-2", input={"prompt": f"b {n}"}, credits=20) for n in range(3)]

    async with emulator.client() as client:
        outcomes = await client.generate_all(items, budget=36)

    assert states(outcomes) == {"succeeded": 3}  # 20 are reserved for each, 8 are taken


async def test_a_price_that_nobody_knows_has_no_place_in_a_budget() -> None:
    """The item fails, the error says how to give the price, and the others go on."""
    emulator = Emulator(FAST)
    items: list[Request] = [KieRequest("nano-banana-2", input={"prompt": "new"}), NanoBanana2("a banana")]

    async with emulator.client() as client:
        unpriced, priced = await client.generate_all(items, budget=100)

    assert isinstance(unpriced.error, UsageError)
    assert "credits=" in unpriced.error.remedy
    assert priced.ok
    assert len(emulator.ledger.creates) == 1


async def test_a_stop_ends_the_wait_for_credits() -> None:
    """The key is refused while the feeder waits for what is reserved: the rest is skipped for that."""
    emulator = Emulator(FAST)

    async with emulator.client() as client, client.batch((f"b {n}" for n in range(9)), budget=8) as batch:
        emulator.faults.add("unauthorized,on=recordInfo")
        outcomes = [outcome async for outcome in batch]

    assert states(outcomes) == {"pending": 2, "skipped": 7}


async def test_a_budget_of_nothing_sends_nothing() -> None:
    """What is left of one may be nothing."""
    emulator = Emulator(FAST)

    async with emulator.client() as client:
        outcomes = await client.generate_all(["a", "b"], budget=0)

    assert states(outcomes) == {"skipped": 2}
    assert not emulator.ledger.creates


@pytest.mark.parametrize("budget", [-5, float("nan")])
async def test_a_budget_that_is_none_is_refused(budget: float) -> None:
    """With its value."""
    async with Emulator().client() as client:
        with pytest.raises(ConfigurationError, match="budget"):
            client.batch(["a"], budget=budget)


@given(st.lists(st.sampled_from([4, 8, 12, 18, 24]), max_size=30), st.integers(1, 200), st.integers(0, 5))
async def test_a_budget_is_never_gone_over(prices: list[int], budget: int, seed: int) -> None:
    """Whatever the prices, with failures, losses and refusals among them."""
    emulator = Emulator(
        EmulatorOptions(seed=seed, limit=Limit(1000, per=1)),
        faults=["fail,probability=0.2", "closed,probability=0.1", "server-error,probability=0.2"],
    )
    models = {4: ("google/nano-banana", None), 8: ("nano-banana-2", "1K"), 12: ("nano-banana-2", "2K")}
    models |= {18: ("nano-banana-2", "4K"), 24: ("nano-banana-pro", "4K")}

    async with emulator.client() as client:
        items = []
        for number, price in enumerate(prices):
            model, resolution = models[price]
            said = {"prompt": f"{number}", **({"resolution": resolution} if resolution else {})}
            items.append(KieRequest(model, input=said, credits=price))
        await client.generate_all(items, budget=budget)

    assert emulator.ledger.paid <= budget


def test_a_plan_is_made_offline() -> None:
    """No key, no loop: how many, for how much, and how long the limits make it last."""
    plan = Client().plan([f"banana {n}" for n in range(500)], model="nano-banana-2", resolution="2K")

    assert isinstance(plan, BatchPlan)
    assert (plan.count, plan.price.credits, plan.price.dollars) == (500, 6000, 30.0)
    assert (plan.least_seconds, plan.about_seconds) == (240, 240 + 22.5)
    assert str(plan) == "500 images | 6000 credits (30.00 USD) | at least 240 s, about 262 s"


def test_a_plan_names_what_cannot_be_sent() -> None:
    """By its place in the input; and says which prices nobody knows."""
    plan = Client().plan(["fine", "", KieRequest("a-model", input={"prompt": "x"}), 7])  # type: ignore[list-item]  # on purpose

    assert (plan.count, sorted(plan.invalid), plan.price.unpriced) == (2, [1, 3], 1)
    assert "2 can't be sent" in str(plan)


def test_few_slots_make_a_batch_last() -> None:
    """Ten tasks at a time of half a minute each: the rate is not what holds it back."""
    client = Client(in_flight=10)

    slow, fast = client.plan([f"b {n}" for n in range(200)]), Client().plan([f"b {n}" for n in range(200)])

    assert slow.least_seconds > 5 * fast.least_seconds


@pytest.mark.parametrize(("in_flight", "count"), [(1, 5), (2, 30), (300, 50)])
async def test_a_plan_is_never_outdone(in_flight: int, count: int) -> None:
    """What it calls the least is no more than it took; what it calls about is of the order of that."""
    emulator = Emulator(seed=1)
    items = [NanoBanana2(f"banana {n}") for n in range(count)]

    async with emulator.client(in_flight=in_flight) as client:
        began = asyncio.get_running_loop().time()
        await client.generate_all(items)
        took = asyncio.get_running_loop().time() - began
        plan = client.plan(items)

    assert plan.least_seconds <= took
    assert 0.5 * took < plan.about_seconds < 2 * took


@pytest.mark.parametrize("items", ["one prompt", 7])
def test_a_plan_of_what_is_no_list_is_refused(items: object) -> None:
    """A lone prompt would be read letter by letter."""
    with pytest.raises(UsageError, match="iterable"):
        Client().plan(items)  # type: ignore[arg-type]  # on purpose
