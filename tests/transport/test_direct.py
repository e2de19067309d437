"""HTTP/1.1 on connections of our own: what may be used again, what is closed, what is no answer."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any

import h11
import pytest

from nanobanana_async.errors import NetworkError
from nanobanana_async.transport import HttpxTransport
from nanobanana_async.transport._direct import DirectCarrier
from nanobanana_async.transport._evidence import NOTHING_MORE, Evidence
from nanobanana_async.transport._messages import Outgoing
from nanobanana_async.transport._requests import Encoder
from nanobanana_async.transport._targets import target_of
from nanobanana_async.values import WireRequest
from tests.transport.loopback import (
    KEY,
    PATIENCE,
    Visit,
    answering,
    create,
    get,
    reply,
    server_context,
    serving,
    trusting,
)

STRAY = reply(b'{"code":200,"data":{"taskId":"of-somebody-else"}}')


class Steps(Evidence):
    """What was told, by name."""

    def __init__(self, request: WireRequest) -> None:
        super().__init__(request)
        self.names: list[str] = []

    def note(self, name: str, info: Mapping[str, Any] = NOTHING_MORE) -> None:
        self.names.append(name)


@pytest.fixture
def direct() -> DirectCarrier:
    return DirectCarrier(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def out(request: WireRequest, evidence: Evidence | None = None) -> Outgoing:
    return Encoder().encode(request, target_of(request.url), evidence or Evidence(request))


@pytest.mark.parametrize("with_the_answer", [True, False])
async def test_a_stray_answer_is_never_taken_for_the_next_ones(
    transport: HttpxTransport, *, with_the_answer: bool
) -> None:
    """Neither one that follows the answer at once nor one that comes while the connection idles."""
    strayed = asyncio.Event()

    async def answers_twice(visit: Visit) -> None:
        await visit.request()
        await visit.say(reply(b"first") + (STRAY if with_the_answer else b""))
        await asyncio.sleep(0)
        if not with_the_answer:
            await visit.say(STRAY)
        strayed.set()
        await visit.request()
        await visit.say(reply(b"second"))

    async with serving(answers_twice) as server:
        first = await transport.send(get(server.url()))
        await strayed.wait()
        second = await transport.send(WireRequest("POST", server.url("/other"), body=b"{}", deadline=PATIENCE))

        assert server.accepted == 2

    assert first.body == b"first"
    assert b"somebody-else" not in second.body


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
    ],
)
async def test_a_server_that_closes_after_its_answer_is_connected_to_anew(
    transport: HttpxTransport, head: bytes
) -> None:
    """It says so, or speaks HTTP/1.0, or ends its answer by closing; our side is closed as well."""

    async def answers_once(visit: Visit) -> None:
        await visit.request()
        await visit.say(head)

    async with serving(answers_once) as server:
        for _ in range(2):
            assert (await transport.send(get(server.url()))).body == b"{}"
        await server.until(lambda: server.open == 0)

        assert server.accepted == 2


async def test_hints_before_the_answer_are_passed_over(transport: HttpxTransport) -> None:
    """100, 102 and 103 are not the answer."""
    hints = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
    async with serving(answering(hints + reply(b"answer"))) as server:
        answer = await transport.send(create(server.url()))

    assert (answer.status, answer.body) == (200, b"answer")


async def test_a_switch_of_protocols_that_nobody_asked_for_is_no_answer(transport: HttpxTransport) -> None:
    """101 ends HTTP/1.1; what follows would mean nothing."""
    async with serving(answering(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\n\r\n")) as server:
        with pytest.raises(NetworkError, match="RemoteProtocolError") as caught:
            await transport.send(create(server.url()))

    assert caught.value.sent == "perhaps"


async def test_a_request_that_http_cannot_say_closes_its_connection(direct: DirectCarrier) -> None:
    """A length that is not the body's; the next request has a new one."""
    async with serving(answering()) as server:
        with pytest.raises(h11.LocalProtocolError):
            await direct.send(out(WireRequest("GET", server.url(), headers={"Content-Length": "2"})))
        answer = await direct.send(out(create(server.url())))

        assert await answer.chunk() == b'{"code": 200}'
        assert await answer.chunk() is None
        assert server.accepted == 2
        await direct.aclose()


@pytest.mark.parametrize(("method", "headers"), [("GE T", {}), ("GET", {"X Y": "1"})])
async def test_a_request_that_is_no_http_is_not_sent(
    transport: HttpxTransport, method: str, headers: dict[str, str]
) -> None:
    """Nobody is even connected to."""
    async with serving(answering()) as server:
        with pytest.raises(NetworkError, match="LocalProtocolError: Illegal") as caught:
            await transport.send(WireRequest(method, server.url(), headers=headers))

        assert server.accepted == 0

    assert caught.value.sent == "no"


async def test_a_refusal_that_comes_while_the_body_is_written_is_an_answer(transport: HttpxTransport) -> None:
    """A server that has seen enough answers and closes; the rest of the body has nowhere to go."""

    async def has_seen_enough(visit: Visit) -> None:
        await visit.reader.readuntil(b"\r\n\r\n")
        await visit.say(reply(b"too large", "Connection: close", status="413 Content Too Large"))
        visit.writer.write_eof()
        await asyncio.Event().wait()

    async with serving(has_seen_enough) as server:
        upload = WireRequest("POST", server.url(), body=bytes(30_000_000), deadline=PATIENCE)
        answer = await transport.send(upload)

    assert (answer.status, answer.body) == (413, b"too large")


@pytest.mark.parametrize("how", ["cancelled", "left"])
async def test_an_exchange_that_does_not_end_by_itself_closes_its_connection(direct: DirectCarrier, how: str) -> None:
    """Cancelled before its answer, or left in the middle of it."""

    async def stops(visit: Visit) -> None:
        await visit.request()
        if how == "left":
            await visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await visit.until_gone()

    async with serving(stops) as server:
        sending = asyncio.create_task(direct.send(out(get(server.url()))))
        await server.until(lambda: len(server.requests) == 1)
        if how == "cancelled":
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        else:
            await (await sending).aclose()

        await server.until(lambda: server.open == 0)


async def test_closing_before_anything_was_sent_is_nothing(direct: DirectCarrier) -> None:
    """There is no connection yet."""
    await direct.aclose()


async def test_a_request_tells_its_steps(direct: DirectCarrier) -> None:
    """By httpcore's names, and before the bytes leave: they are what proves how far it came."""
    async with serving(answering()) as server:
        request = create(server.url())
        steps = Steps(request)
        for _ in range(2):
            answer = await direct.send(out(request, steps))
            while await answer.chunk():
                pass
            await answer.aclose()
        await direct.aclose()

    sending = ["http11.send_request_headers.started", "http11.send_request_body.started"]
    assert steps.names == ["connection.connect_tcp.started", *sending, *sending]


async def test_http11_is_what_is_agreed_on_with_tls() -> None:
    """A server that would rather speak HTTP/2 is told that we don't."""
    agreed: list[str | None] = []
    context = server_context("loopback.pem")
    context.set_alpn_protocols(["h2", "http/1.1"])

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        agreed.append(writer.get_extra_info("ssl_object").selected_alpn_protocol())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply())
        await reader.read()
        writer.close()

    listener = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    transport = HttpxTransport(verify=trusting("loopback.pem"))
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        assert (await transport.send(get(f"https://127.0.0.1:{port}/"))).status == 200
        await transport.aclose()

    assert agreed == ["http/1.1"]


async def use_everything() -> None:
    """Plain and encrypted, kept alive, cut short, refused, broken off."""

    async def is_odd(visit: Visit) -> None:
        while request := await visit.request():
            if b"/resets" in request:
                visit.reset()
            elif b"/silent" not in request:
                await visit.say(reply(bytes(1_000_000)))

    transport = HttpxTransport(verify=trusting("loopback.pem"))
    for certificate in (None, "loopback.pem"):
        async with serving(is_odd, certificate=certificate) as server:
            large = WireRequest("POST", server.url(), body=bytes(3_000_000), bearer=KEY, deadline=PATIENCE)
            for _ in range(3):
                assert len((await transport.send(large)).body) == 1_000_000
            assert server.accepted == 1
            with pytest.raises(NetworkError):
                await transport.send(create(server.url("/resets")))
            for _ in range(20):
                task = asyncio.create_task(transport.send(get(server.url("/silent"))))
                await asyncio.sleep(0.001)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            await server.until(lambda: server.open == transport.statistics().idle)
        with pytest.raises(NetworkError, match="Connect"):
            await transport.send(create(server.url()))
    await transport.aclose()


def test_it_works_on_asyncios_own_loop() -> None:
    """The scenario below on the loop that everybody has."""
    asyncio.run(use_everything())


def test_it_works_on_uvloop() -> None:
    """The same on the loop that web servers like to run."""
    uvloop = pytest.importorskip("uvloop")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(use_everything())
