"""Which connection a request goes over: the pool's rules, on lines that are never connected and on real ones."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

import pytest

from nanobanana_async.errors import ClientClosedError, ConfigurationError
from nanobanana_async.transport import HttpxTransport, _pool
from nanobanana_async.transport._opening import KEEP_ALIVE, Opener
from nanobanana_async.transport._pool import MOST_HOSTS, PAYS_IDLE, Pool
from nanobanana_async.transport._targets import Origin
from tests.transport.loopback import Visit, answering, create, get, reply, serving

HERE = Origin("http", "127.0.0.1", 1)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_pool(clock: Clock) -> Callable[..., Pool]:
    opener = Opener(proxy=None, verify=True, trust_env=False)
    return lambda max_idle=128: Pool(opener, max_idle=max_idle, clock=clock)


async def test_the_line_used_last_is_taken_first(make_pool: Callable[..., Pool]) -> None:
    """So few stay warm."""
    pool = make_pool()
    first, second = pool.take(HERE, pays=False), pool.take(HERE, pays=False)
    await pool.give_back(first)
    await pool.give_back(second)

    assert pool.take(HERE, pays=False) is second
    assert pool.take(HERE, pays=False) is first
    await pool.aclose()


@pytest.mark.parametrize(("idled", "reused"), [(PAYS_IDLE, True), (PAYS_IDLE + 0.1, False)])
async def test_a_create_goes_over_no_line_that_idled(
    make_pool: Callable[..., Pool], clock: Clock, *, idled: float, reused: bool
) -> None:
    """A server may close an idle connection under it; a poll may meet that, a create may not."""
    pool = make_pool()
    line = pool.take(HERE, pays=False)
    await pool.give_back(line)
    clock.now += idled

    fresh = pool.take(HERE, pays=True)

    assert (fresh is line) is reused
    assert (pool.take(HERE, pays=False) is line) is not reused


async def test_lines_expire(make_pool: Callable[..., Pool], clock: Clock) -> None:
    """After their time they are used no more, and closed when the next request comes."""
    pool = make_pool()
    line = pool.take(HERE, pays=False)
    await pool.give_back(line)
    clock.now += KEEP_ALIVE + 0.1

    assert pool.take(HERE, pays=False) is not line
    assert pool.statistics().idle == 1
    await pool.tidy()
    assert pool.statistics().idle == 0


async def test_idle_lines_are_bounded_and_the_oldest_go_first(make_pool: Callable[..., Pool], clock: Clock) -> None:
    """Over all hosts together."""
    pool = make_pool(max_idle=2)
    elsewhere = Origin("http", "127.0.0.1", 2)
    lines = [pool.take(elsewhere, pays=False), pool.take(HERE, pays=False), pool.take(HERE, pays=False)]
    for line in lines:
        clock.now += 0.1
        await pool.give_back(line)

    assert pool.statistics().idle == 2
    assert pool.take(HERE, pays=False) is lines[2]
    assert pool.take(HERE, pays=False) is lines[1]
    assert pool.take(elsewhere, pays=False) is not lines[0]


async def test_hosts_that_are_not_in_use_are_forgotten(make_pool: Callable[..., Pool]) -> None:
    """A batch from a thousand hosts does not remember them all."""
    pool = make_pool()
    for port in range(1, MOST_HOSTS + 10):
        await pool.throw_away(pool.take(Origin("http", "127.0.0.1", port), pays=False))

    assert pool.statistics().hosts == 0
    assert len(pool._hosts) <= MOST_HOSTS


async def test_connections_are_kept_alive(transport: HttpxTransport) -> None:
    """A second request goes over the first one's connection."""
    async with serving(answering()) as server:
        for _ in range(3):
            await transport.send(get(server.url()))
        await transport.send(create(server.url()))

        assert (server.accepted, len(server.requests)) == (1, 4)

    assert repr(transport) == "<HttpxTransport [0 busy, 1 idle | 1 hosts]>"


async def test_a_create_opens_a_connection_when_the_warm_one_has_idled(
    transport: HttpxTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a poll still takes the warm one."""
    monkeypatch.setattr(_pool, "PAYS_IDLE", -1.0)
    async with serving(answering()) as server:
        await transport.send(get(server.url()))
        await transport.send(create(server.url()))
        await transport.send(get(server.url()))

        assert server.accepted == 2


async def test_a_connection_that_the_server_closed_is_replaced(transport: HttpxTransport) -> None:
    """httpcore sees the close before it sends."""

    async def answers_once(visit: Visit) -> None:
        await visit.request()
        await visit.say(reply())

    async with serving(answers_once) as server:
        for count in (1, 2):
            await transport.send(get(server.url()))
            await server.until(lambda: server.open == 0)
            await asyncio.sleep(0.01)  # for the close to cross the loopback interface

            assert server.accepted == count


async def test_requests_at_once_have_a_connection_each(transport: HttpxTransport) -> None:
    """Nobody waits for a line."""
    everyone = asyncio.Event()

    async def waits_for_all(visit: Visit) -> None:
        await visit.request()
        await everyone.wait()
        await visit.say(reply())
        await visit.until_gone()

    async with serving(waits_for_all) as server:
        sends = [asyncio.create_task(transport.send(get(server.url()))) for _ in range(50)]
        await server.until(lambda: len(server.requests) == 50)
        assert transport.statistics().busy == 50
        everyone.set()
        await asyncio.gather(*sends)

    assert repr(transport) == "<HttpxTransport [0 busy, 50 idle | 1 hosts]>"


async def test_closing_closes_what_idles_and_lets_what_is_under_way_end() -> None:
    """A create on the wire may be paid for: its answer is read, and then its connection is closed."""
    transport = HttpxTransport()
    answer_now = asyncio.Event()

    async def answers_late(visit: Visit) -> None:
        while request := await visit.request():
            if b"POST" in request:
                await answer_now.wait()
            await visit.say(reply())

    async with serving(answers_late) as server:
        await transport.send(get(server.url()))
        late = asyncio.create_task(transport.send(create(server.url())))
        idle = asyncio.create_task(transport.send(get(server.url())))
        await idle
        await server.until(lambda: len(server.requests) == 3)

        await transport.aclose()
        await transport.aclose()
        await server.until(lambda: server.open == 1)
        answer_now.set()

        assert (await late).status == 200
        await server.until(lambda: server.open == 0)

    with pytest.raises(ClientClosedError):
        await transport.send(get("http://127.0.0.1:1/"))
    with pytest.raises(ClientClosedError):
        async with transport.stream(get("http://127.0.0.1:1/")):
            pass


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_transport_outlives_its_loop() -> None:
    """What idled on the old loop is forgotten; on the new one everything is new."""
    transport = HttpxTransport()

    async def asks() -> int:
        async with serving(answering()) as server:
            return (await transport.send(get(server.url()))).status

    async def asks_and_closes() -> int:
        status = await asks()
        assert transport.statistics().idle == 1
        await transport.aclose()
        return status

    statuses = asyncio.run(asks()), asyncio.run(asks_and_closes())
    gc.collect()

    assert statuses == (200, 200)


def test_a_transport_is_built_without_a_loop() -> None:
    """Construction does no I/O."""
    assert repr(HttpxTransport()) == "<HttpxTransport [0 busy, 0 idle | 0 hosts]>"


def test_settings_for_our_connections_do_not_go_with_a_client() -> None:
    """They would have no effect, and that is said."""
    import httpx

    with pytest.raises(ConfigurationError, match="belong to the client"):
        HttpxTransport(httpx.AsyncClient(), proxy="http://127.0.0.1:1")
