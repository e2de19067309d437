"""Callbacks over a real socket, to a receiver on this machine and to no other."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
from typing import Any

import pytest

from nanobanana_async.emulator import Delivery, EmulatorOptions, EmulatorServer, World, post_on_loopback
from tests.transport.loopback import Visit, answering, reply, serving

pytestmark = pytest.mark.wall_clock


def delivery(url: str, body: bytes = b"{}") -> Delivery:
    return Delivery("task", url, body, 0.0, headers={"X-Webhook-Signature": "signed"})


async def test_the_status_of_the_answer_comes_back() -> None:
    """The body, the headers and the address arrive as they were meant."""
    async with serving(answering(reply(status="204 No Content"))) as server:
        status = await post_on_loopback(delivery(server.url("/hook?a=b&nb_attempt=7"), b'{"code":200}'))

    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert status == 204
    assert body == b'{"code":200}'
    assert head.split(b"\r\n") == [
        b"POST /hook?a=b&nb_attempt=7 HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}".encode(),
        b"X-Webhook-Signature: signed",
        b"Content-Length: 12",
        b"Connection: close",
    ]


@pytest.mark.parametrize("host", ["localhost", "hooks.localhost", "user:secret@localhost"])
async def test_names_of_this_machine_are_not_looked_up(host: str) -> None:
    """Loopback is tried by its numbers, the fourth version first."""
    async with serving(answering()) as server:
        status = await post_on_loopback(delivery(server.url(host=host)))

    assert status == 200
    assert f"Host: {host.rpartition('@')[2]}:{server.port}\r\n".encode() in server.requests[0]
    assert b"secret" not in server.requests[0]


async def test_a_receiver_on_the_sixth_version_is_found() -> None:
    """`localhost` may be `::1` only."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply())
        writer.close()

    try:
        listener = await asyncio.start_server(answer, "::1", 0)
    except OSError:
        pytest.skip("no loopback of IPv6 here")
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        assert await post_on_loopback(delivery(f"http://localhost:{port}/")) == 200


async def test_a_path_is_sent_as_ascii() -> None:
    """Whatever a client wrote into its address can't end a line, nor break the encoding."""
    async with serving(answering()) as server:
        await post_on_loopback(delivery(server.url("/\u00e9 \ud800?q=\x00%20")))
        await post_on_loopback(delivery(server.url("")))

    assert [request.partition(b" HTTP")[0] for request in server.requests] == [
        b"POST /%C3%A9%20%3F?q=%00%20",
        b"POST /",
    ]


async def test_a_redirect_is_not_followed() -> None:
    """It is an answer like any other."""
    target = reply(b"", "Location: http://127.0.0.1:9/", status="302 Found")
    async with serving(answering(target)) as server:
        assert await post_on_loopback(delivery(server.url())) == 302

    assert len(server.requests) == 1


async def test_an_answer_that_is_only_on_the_way_is_waited_out() -> None:
    """`100 Continue` is not the answer."""
    async with serving(answering(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")) as server:
        assert await post_on_loopback(delivery(server.url())) == 200


async def hangs_up(visit: Visit) -> None:
    await visit.request()


async def says_nothing(visit: Visit) -> None:
    await visit.request()
    await visit.until_gone()


async def speaks_something_else(visit: Visit) -> None:
    await visit.say(b"220 mail.example ESMTP\r\n\r\n")
    await visit.until_gone()


async def never_ends_its_head(visit: Visit) -> None:
    await visit.say(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000)
    await visit.until_gone()


@pytest.mark.parametrize("handler", [hangs_up, says_nothing, speaks_something_else, never_ends_its_head])
async def test_no_answer_is_none(handler: Any) -> None:
    """Silence, a closed connection, and what is no HTTP; nothing is raised, and no connection left open."""
    async with serving(handler) as server:
        status = await post_on_loopback(delivery(server.url()), seconds=0.2)
        await server.until(lambda: server.open == 0)

    assert status is None


async def test_a_certificate_that_nobody_vouches_for_is_no_answer() -> None:
    """https is spoken, and verified."""
    async with serving(answering(), certificate="loopback.pem") as server:
        assert await post_on_loopback(delivery(server.url())) is None

    assert not server.requests


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "http://192.0.2.1/",
        "http://localhost.example.com/",
        "http://127.0.0.1@192.0.2.1/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:port/",
        "http://[::1/",
        "http:///",
        pytest.param(f"http://127.0.0.1:{free_port()}/", id="nobody listens"),
    ],
)
async def test_what_can_not_be_reached_here_is_none(url: str) -> None:
    """Other machines above all: no connection is tried, no name looked up."""
    assert await post_on_loopback(delivery(url)) is None


def created(server: EmulatorServer, callback: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    body = json.dumps({"model": "nano-banana-2", "callBackUrl": callback, "input": {"prompt": "a banana"}})
    connection.request("POST", "/api/v1/jobs/createTask", body, {"Authorization": "Bearer k"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return str(answer["data"]["taskId"])


async def test_a_server_sends_its_callbacks_itself() -> None:
    """From createTask to the receiver, over TCP both ways; a receiver that fails is asked again."""
    refuse = [reply(status="503 Service Unavailable")]

    async def refuses_first(visit: Visit) -> None:
        await visit.request()
        await visit.say(refuse.pop() if refuse else reply())

    options = EmulatorOptions(speed=1000, webhook_key="sesame")
    async with serving(refuses_first) as receiver:
        with EmulatorServer(World(options)) as server:
            task_id = await asyncio.to_thread(created, server, receiver.url("/hook"))
            await receiver.until(lambda: len(receiver.requests) == 2 and receiver.open == 0)
            await asyncio.to_thread(server.stop)
            seen = list(server.world.ledger.callbacks)

    first, second = (request.partition(b"\r\n\r\n") for request in receiver.requests)
    said = json.loads(second[2])
    assert first[2] == second[2]
    assert b"X-Webhook-Signature: " in first[0]
    assert (said["data"]["taskId"], said["data"]["state"]) == (task_id, "success")
    assert said["data"]["response"]["resultUrls"] == [f"{server.base_url}/files/results/{task_id}.jpg"]
    assert [each.status for each in seen][:1] == [503]
