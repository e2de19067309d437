"""Cancelled at any moment, nothing stays behind: no connection, no place in the pool."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import anyio
import pytest

from nanobanana_async.transport import HttpxTransport
from tests.transport.loopback import Visit, answering, create, get, is_silent, reply, serving, trusting


async def stops_in_the_body(visit: Visit) -> None:
    await visit.request()
    await visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    await visit.until_gone()


@pytest.mark.parametrize("handler", [is_silent, stops_in_the_body])
async def test_a_cancelled_request_gives_up_its_connection(
    transport: HttpxTransport, handler: Callable[[Visit], Awaitable[None]]
) -> None:
    """The caller's cancellation is a cancellation, never a network error."""
    async with serving(handler) as server:
        send = asyncio.create_task(transport.send(create(server.url())))
        await server.until(lambda: len(server.requests) == 1)
        send.cancel()

        with pytest.raises(asyncio.CancelledError):
            await send
        await server.until(lambda: server.open == 0)

    assert (transport.statistics().busy, transport.statistics().idle) == (0, 0)


async def test_a_second_cancellation_leaves_nothing_open(transport: HttpxTransport) -> None:
    """It hits the cleaning up after the first, step by step."""
    for steps in range(8):
        async with serving(stops_in_the_body) as server:
            send = asyncio.create_task(transport.send(create(server.url())))
            await server.until(lambda: bool(server.requests))
            for _ in range(20):
                await asyncio.sleep(0)
            send.cancel()
            for _ in range(steps):
                await asyncio.sleep(0)
            send.cancel()
            await asyncio.gather(send, return_exceptions=True)
            await server.until(lambda: server.open == 0)

        assert transport.statistics().busy == 0


async def test_the_callers_timeout_is_told_from_ours(transport: HttpxTransport) -> None:
    """asyncio's and anyio's time-outs around a request end as theirs."""
    async with serving(is_silent) as server:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await transport.send(create(server.url(), deadline=10))
        with anyio.move_on_after(0.2) as scope:
            await transport.send(create(server.url(), deadline=10))
        await server.until(lambda: server.open == 0)

    assert scope.cancelled_caught


async def test_five_hundred_cancellations_leave_nothing_stuck(transport: HttpxTransport) -> None:
    """Whatever step each of them hits, every connection is afterwards either idle in the pool or closed."""
    chance = random.Random(20261121)

    async def one(url: str) -> None:
        task = asyncio.create_task(transport.send(create(url) if chance.random() < 0.5 else get(url)))
        for _ in range(chance.randrange(45)):
            await asyncio.sleep(0)
        task.cancel()
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)
        task.cancel()  # and again, while it cleans up
        await asyncio.gather(task, return_exceptions=True)

    async with serving(answering()) as server:
        for _ in range(10):
            await asyncio.gather(*(one(server.url()) for _ in range(50)))
        await server.until(lambda: server.open == transport.statistics().idle)

        assert transport.statistics().busy == 0
        assert server.requests, "none of them got as far as the server: cancel later"
        answers = await asyncio.gather(*(transport.send(get(server.url())) for _ in range(100)))
        assert {answer.status for answer in answers} == {200}


async def test_five_hundred_time_outs_leave_nothing_stuck(transport: HttpxTransport) -> None:
    """The same with anyio scopes that expire while answers come."""
    pause = 0.001

    async def answers_soon(visit: Visit) -> None:
        while True:
            await visit.request()
            await asyncio.sleep(pause)
            await visit.say(reply())

    async def one(url: str, patience: float) -> None:
        with anyio.move_on_after(patience):
            await transport.send(create(url))

    async with serving(answers_soon) as server:
        for _ in range(10):
            await asyncio.gather(*(one(server.url(), number * pause / 2) for number in range(50)))
        await server.until(lambda: server.open == transport.statistics().idle)

    assert transport.statistics().busy == 0


@pytest.mark.parametrize("cut", ["cancel", "deadline"])
async def test_a_cut_tls_handshake_closes_its_socket(cut: str) -> None:
    """httpcore leaves that socket open; we don't."""

    async def never_shakes_hands(visit: Visit) -> None:
        await visit.reader.readexactly(1)
        visit._server.requests.append(b"a handshake began")
        visit._server.changed.set()
        await visit.until_gone()

    transport = HttpxTransport(verify=trusting("loopback.pem"))
    async with serving(never_shakes_hands) as server:
        url = server.url().replace("http:", "https:")
        send = asyncio.create_task(transport.send(create(url, deadline=30 if cut == "cancel" else 1)))
        await server.until(lambda: bool(server.requests))
        if cut == "cancel":
            send.cancel()
        await asyncio.gather(send, return_exceptions=True)

        await server.until(lambda: server.open == 0)
        assert isinstance(send.exception() if not send.cancelled() else None, Exception | None)
        assert send.cancelled() is (cut == "cancel")
    await transport.aclose()


async def test_a_cancelled_stream_gives_up_its_connection(transport: HttpxTransport) -> None:
    """While a chunk is waited for."""
    begun = asyncio.Event()

    async def reads(url: str) -> None:
        async with transport.stream(get(url)) as stream:
            async for _ in stream.chunks():
                begun.set()

    async with serving(stops_in_the_body) as server:
        task = asyncio.create_task(reads(server.url()))
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await server.until(lambda: server.open == 0)

    assert task.cancelled()
    assert transport.statistics().busy == 0
