"""An answer with several pictures, at a gateway that has a price for each: all sums are of pictures."""

from __future__ import annotations

from typing import Any

import pytest

from nanobanana_async import Client, Item, OpenAIImages, Outcome, ScriptedTransport
from nanobanana_async.journal import MemoryJournal, Spent
from nanobanana_async.transport import json_reply
from tests.scripted_images import IN_THE_ANSWER, URL, ScriptedImages, made

TWO = made(IN_THE_ANSWER, {"url": "https://files.example/b.png"})
PROMPTS = [f"banana {n}" for n in range(12)]


def two_each() -> ScriptedImages:
    """A gateway that makes two where one was asked for, at 8 credits each."""
    return ScriptedImages(*[TWO] * 40, seconds=10.0)


def states(outcomes: list[Outcome]) -> str:
    return " ".join(outcome.state for outcome in outcomes)


async def batch(client: Client, items: list[Any], budget: float | None) -> tuple[list[Outcome], str]:
    async with client.batch(items, budget=budget, ordered=True) as running:
        outcomes = [outcome async for outcome in running]
    return outcomes, str(running.report())


async def test_a_budget_is_for_pictures_and_not_for_answers() -> None:
    """40 credits are five pictures: two answers of two, and no third."""
    gateway = two_each()

    async with gateway.client(price=0.04, in_flight=1) as client:
        outcomes, report = await batch(client, PROMPTS[:4], 40)

    assert states(outcomes) == "succeeded succeeded skipped skipped"
    assert len(gateway.requests) == 2
    assert "about 32 credits (0.16 USD)" in report


async def test_only_what_was_on_its_way_may_go_over() -> None:
    """Four are sent for the price of four, and make eight; from then on each is reckoned with two."""
    gateway = two_each()

    async with gateway.client(price=0.04, in_flight=4) as client:
        outcomes, report = await batch(client, PROMPTS, 100)

    assert states(outcomes).count("succeeded") == 6
    assert "about 96 credits" in report


async def test_a_price_that_nobody_knows_stays_unknown() -> None:
    """However many it is for."""
    async with two_each().client(price=None) as client:
        _, report = await batch(client, PROMPTS[:2], None)

    assert "2 of unknown price" in report


async def test_the_next_run_knows_what_was_spent() -> None:
    """What is handed out again is not counted twice."""
    shelf, gateway = MemoryJournal(), two_each()
    items = [Item(prompt, key=prompt) for prompt in PROMPTS[:2]]

    async with gateway.client(journal=shelf, in_flight=1) as client:
        await batch(client, items, 36)
    spent = [await _spent(shelf)]
    async with gateway.client(journal=shelf.beside(), in_flight=1) as client:
        outcomes, _ = await batch(client, [*items, "one more"], 36)
    spent.append(await _spent(shelf))

    assert states(outcomes) == "succeeded succeeded skipped"
    assert spent == [Spent(spent=32.0)] * 2
    assert len(gateway.requests) == 2


async def _spent(shelf: MemoryJournal) -> Spent:
    journal = shelf.beside()
    await journal.open(f"openai-images {URL}")
    try:
        return await journal.spent("default")
    finally:
        await journal.aclose()


@pytest.mark.parametrize("price", [0.04, 0.0])
async def test_a_task_at_such_a_gateway_costs_the_same(price: float) -> None:
    """It is accepted first, and the record has the pictures. For nothing it is nothing, and charged all the same."""
    links = {"created": 1, "data": [{"url": f"https://files.example/{name}.png"} for name in "ab"]}
    told = {"code": "success", "data": {"status": "SUCCESS", "data": links}}
    transport = ScriptedTransport()
    transport.on("POST", "*/images/generations", [json_reply({"task_id": f"t{n}"}) for n in range(9)])
    transport.on("GET", "*/images/tasks/*", json_reply(told))
    shelf = MemoryJournal()

    gateway = OpenAIImages(URL, "key", price, mode="async")
    async with Client(gateway, transport=transport, in_flight=1, journal=shelf) as client:
        outcomes, report = await batch(client, PROMPTS[:4], 40)
        spent = await shelf.spent("default")

    assert states(outcomes).count("succeeded") == (2 if price else 4)
    assert {outcome.charged for outcome in outcomes if outcome.ok} == {"yes"}
    assert spent == Spent(spent=32.0 if price else 0.0)
    assert f"about {32 if price else 0} credits" in report
