"""A client's life: opened here and closed there, on one loop, and nothing paid for lost at its end."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from nanobanana_async import (
    Client,
    ClientClosedError,
    ConfigurationError,
    Kie,
    NanoBananaError,
    Outcome,
    Result,
    StillRunningError,
    UnknownOutcomeError,
    WrongLoopError,
)
from tests.scripted_kie import FAST, ScriptedKie, on_the_wire, until


@pytest.fixture
async def kie_and_client() -> AsyncIterator[tuple[ScriptedKie, Client]]:
    """Opened by one task and closed by another, as pytest-asyncio does it."""
    kie = ScriptedKie()
    async with kie.client() as client:
        yield kie, client


async def test_a_fixture_may_open_it(kie_and_client: tuple[ScriptedKie, Client]) -> None:
    """The workers live in no scope of the task that opened it."""
    kie, client = kie_and_client

    await client.generate("a banana")

    assert kie.prompts == ["a banana"]


async def test_one_task_opens_it_and_another_closes_it() -> None:
    """With work going on in between."""
    kie = ScriptedKie()
    client = Client(Kie("k"), transport=kie.transport, polling=FAST)

    await asyncio.create_task(client.start())
    result = await asyncio.create_task(client.generate("a banana"))
    await asyncio.create_task(client.aclose())

    assert result.urls


async def test_an_applications_lifespan_holds_it() -> None:
    """FastAPI starts and stops it in a task of its own, and serves requests from others."""
    kie = ScriptedKie()
    held: list[Client] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with kie.client() as client:
            held.append(client)
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/image")
    async def image(prompt: str) -> str:
        return (await held[0].generate(prompt)).image

    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://app") as web:
        answers = await asyncio.gather(*(web.get("/image", params={"prompt": f"b {n}"}) for n in range(10)))

    assert [answer.status_code for answer in answers] == [200] * 10
    assert len(kie.accepted) == 10


def test_each_asyncio_run_takes_a_new_client() -> None:
    """Two in a row, each with its own."""

    async def one() -> Result:
        kie = ScriptedKie()
        async with kie.client() as client:
            return await client.generate("a banana")

    assert [asyncio.run(one()).task_id for _ in range(2)] == ["task0", "task0"]


async def test_another_threads_loop_is_refused() -> None:
    """A client lives on one loop; used from another it says so, and sends nothing."""
    kie = ScriptedKie()
    errors: list[BaseException] = []

    async with kie.client() as client:

        def other_thread() -> None:
            try:
                asyncio.run(client.generate("a banana"))
            except NanoBananaError as error:
                errors.append(error)

        thread = threading.Thread(target=other_thread)
        thread.start()
        await asyncio.to_thread(thread.join)

    assert [type(error) for error in errors] == [WrongLoopError]
    assert not kie.prompts


def test_construction_needs_no_loop_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module may make one at its top."""
    monkeypatch.delenv("KIE_API_KEY", raising=False)

    client = Client()

    assert repr(client) == "<Client [not started | https://api.kie.ai]>"


async def test_no_key_is_said_at_the_start_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the variable to set."""
    monkeypatch.delenv("KIE_API_KEY", raising=False)

    with pytest.raises(ConfigurationError, match="KIE_API_KEY"):
        await Client().start()


async def test_before_the_start_and_after_the_end_it_says_so() -> None:
    """And it starts only once."""
    kie = ScriptedKie()
    client = Client(Kie("k"), transport=kie.transport)

    with pytest.raises(ClientClosedError, match="async with"):
        await client.generate("a banana")
    async with client:
        with pytest.raises(ClientClosedError, match="starts once"):
            await client.start()
    await client.aclose()
    with pytest.raises(ClientClosedError, match="was closed"):
        await client.generate("a banana")
    with pytest.raises(ClientClosedError, match="starts once"):
        await client.start()
    assert repr(client).startswith("<Client [closed")


@pytest.mark.parametrize("policy", [{"in_flight": 0}, {"deadline": 0}, {"deadline": -1}])
def test_a_policy_out_of_its_range_is_named(policy: dict[str, float]) -> None:
    """On construction, with its value."""
    with pytest.raises(ConfigurationError, match=next(iter(policy))):
        Client(Kie("k"), **policy)  # type: ignore[arg-type]  # one test for policies of several types


def test_a_gateway_and_a_key_beside_it_are_one_too_many() -> None:
    """Which of the two would hold?"""
    with pytest.raises(ConfigurationError, match="beside it"):
        Client(Kie("k"), api_key="other")


async def test_closing_waits_for_creates_on_the_wire_and_names_what_is_paid_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The caller gets the task's id, and so does the log."""
    kie = ScriptedKie()
    kie.state = "generating"
    kie.answering.clear()

    async with kie.client() as client:
        caller = asyncio.ensure_future(client.generate("a banana"))
        await until(lambda: kie.prompts)
        asyncio.get_running_loop().call_later(0.01, kie.answering.set)
    with pytest.raises(StillRunningError) as caught:
        await caller

    assert caught.value.task_id == "task0"
    assert "paid for and not collected; wait for these ids later: task0" in caplog.text


async def test_a_create_that_outlasts_the_grace_is_unknown() -> None:
    """Nobody knows whether it was taken, and the caller is told just that."""
    kie = ScriptedKie()
    client, caller = await on_the_wire(kie)

    await client.aclose(grace=0)

    with pytest.raises(UnknownOutcomeError):
        await caller


async def test_what_was_not_sent_at_the_close_is_told_to_whoever_waits() -> None:
    """A batch gets its skips, a single caller an error; neither hangs."""
    kie = ScriptedKie()
    kie.answering.clear()
    client = await Client(Kie("k"), transport=kie.transport, polling=FAST).start()
    outcomes: list[Outcome] = []

    async def consume() -> None:
        async with client.batch(f"b {n}" for n in range(3)) as batch:
            async for outcome in batch:
                outcomes.append(outcome)

    consumer = asyncio.ensure_future(consume())
    await until(lambda: kie.prompts)
    caller = asyncio.ensure_future(client.generate("later"))
    await until(lambda: client.statistics().queued == 3)
    await client.aclose(grace=0)
    await asyncio.wait_for(consumer, 5)
    with pytest.raises(ClientClosedError):
        await caller

    assert sorted(outcome.state for outcome in outcomes) == ["skipped", "skipped", "unknown"]


async def test_a_transport_of_the_users_is_left_open() -> None:
    """Who makes it closes it."""
    kie = ScriptedKie()

    async with kie.client() as client:
        await client.generate("a banana")

    assert await kie.transport.send(kie.transport.requests[0])


async def test_the_key_is_in_no_repr_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """Of client, gateway, request or event, at any level."""
    caplog.set_level(logging.DEBUG)
    kie = ScriptedKie()
    shown: list[str] = []

    async with kie.client(on_event=lambda event: shown.append(repr(event))) as client:
        await client.generate("a banana")
        shown += [repr(client), repr(client._policies.gateway), repr(kie.transport.requests), caplog.text]

    assert kie.transport.requests[0].bearer == "secret-key-0123456789"
    assert "secret-key" not in "".join(shown)
