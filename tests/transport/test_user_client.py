"""A client of the user's: what stays theirs, and what the seam promises all the same."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator

import httpx
import pytest

from nanobanana_async.errors import ClientClosedError, NetworkError
from nanobanana_async.transport import HttpxTransport
from nanobanana_async.values import FilePart, WireRequest
from tests.transport.loopback import KEY, answering, create, get, is_silent, reply, serving, trusting


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client with much of what a client may have."""
    async with httpx.AsyncClient(
        auth=("user", "password"),
        headers={"Authorization": "Bearer theirs", "X-Team": "pictures"},
        cookies={"session": "42"},
        follow_redirects=True,
        timeout=0.001,
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    ) as client:
        yield client


async def test_requests_go_through_the_client(client: httpx.AsyncClient) -> None:
    """With its headers and cookies; with our key, our deadline, our name, and no coding."""
    transport = HttpxTransport(client)
    async with serving(answering()) as server:
        answer = await transport.send(create(server.url()))
        head = server.requests[0].decode()

    assert answer.status == 200
    assert "X-Team: pictures\r\n" in head
    assert "Cookie: session=42\r\n" in head
    assert f"Authorization: Bearer {KEY}\r\n" in head
    assert "Accept-Encoding: identity\r\n" in head
    assert "User-Agent: nanobanana-async/" in head
    assert "theirs" not in head


async def test_no_key_goes_where_none_was_meant(client: httpx.AsyncClient) -> None:
    """A result host gets neither our key nor the one in the client's headers, nor its auth."""
    transport = HttpxTransport(client)
    async with serving(answering()) as server:
        await transport.send(get(server.url(), bearer=None))
        async with transport.stream(get(server.url(), bearer=None)) as stream:
            assert [chunk async for chunk in stream.chunks()]

        assert not any(b"authorization" in request.lower() for request in server.requests)


@pytest.mark.parametrize(("theirs", "sent"), [("our-bot/2", "our-bot/2"), ("python-httpx/0.28.1", "nanobanana-async/")])
async def test_a_name_that_the_user_gave_the_client_is_kept(theirs: str, sent: str) -> None:
    """httpx's own name is not one."""
    async with (
        httpx.AsyncClient(headers={"User-Agent": theirs}) as client,
        serving(answering()) as server,
    ):
        await HttpxTransport(client).send(get(server.url()))

        assert f"User-Agent: {sent}".encode() in server.requests[0]


async def test_redirects_are_not_followed_through_a_client_that_would(client: httpx.AsyncClient) -> None:
    """The seam's promise holds."""
    transport = HttpxTransport(client)
    async with serving(answering(reply(b"", "Location: /elsewhere", status="307 Temporary Redirect"))) as server:
        answer = await transport.send(create(server.url()))

        assert len(server.requests) == 1

    assert answer.status == 307


async def test_the_deadline_holds_and_the_connection_is_given_up(client: httpx.AsyncClient) -> None:
    """The trace works through a client as well: what was cut in its body may have arrived."""
    transport = HttpxTransport(client)
    async with serving(is_silent) as server:
        send = asyncio.create_task(transport.send(create(server.url(), deadline=1)))
        await server.until(lambda: len(server.requests) == 1)
        assert repr(transport) == "<HttpxTransport [1 busy, 0 idle | 1 hosts]>"
        with pytest.raises(NetworkError, match="no whole answer") as caught:
            await send
        await server.until(lambda: server.open == 0)

    assert caught.value.sent == "perhaps"
    assert repr(transport) == "<HttpxTransport [0 busy, 0 idle | 0 hosts]>"


async def test_bounds_hold_and_the_connection_is_given_up(client: httpx.AsyncClient) -> None:
    """The client's pool gets its place back."""
    transport = HttpxTransport(client)
    async with serving(answering(reply(b"x" * 100_000))) as server:
        with pytest.raises(NetworkError, match="longer than the 1000 bytes"):
            await transport.send(create(server.url(), max_bytes=1000))
        await server.until(lambda: server.open == 0)


async def test_a_full_pool_is_not_sent(client: httpx.AsyncClient) -> None:
    """PoolTimeout is proof, so waiting for a place has a bound that is nearer than the deadline."""
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=1)) as narrow, serving(is_silent) as server:
        transport = HttpxTransport(narrow)
        first = asyncio.create_task(transport.send(create(server.url())))
        await server.until(lambda: len(server.requests) == 1)
        with pytest.raises(NetworkError, match="PoolTimeout") as caught:
            await transport.send(create(server.url(), deadline=0.4))
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)

    assert caught.value.sent == "no"


class TriesElsewhere(httpx.AsyncBaseTransport):
    """A transport of the user's that sends, loses the answer, and then can't connect to its second address."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        trace = request.extensions["trace"]
        await trace("http11.send_request_body.started", {"request": request})
        raise httpx.ConnectError("the second address refused", request=request)


async def test_a_failed_connection_proves_nothing_once_a_body_was_out() -> None:
    """A client may try again by itself: the last failure is not the whole story."""
    async with httpx.AsyncClient(transport=TriesElsewhere()) as client:
        with pytest.raises(NetworkError, match="ConnectError") as caught:
            await HttpxTransport(client).send(create("http://gateway.invalid/"))

    assert caught.value.sent == "perhaps"


async def test_the_clients_tls_is_used() -> None:
    """Their context, their trust."""
    async with (
        httpx.AsyncClient(verify=trusting("loopback.pem")) as client,
        serving(answering(), certificate="loopback.pem") as server,
    ):
        assert (await HttpxTransport(client).send(get(server.url()))).status == 200


async def test_files_go_through_the_client(client: httpx.AsyncClient) -> None:
    """As multipart."""
    request = WireRequest("POST", "", files=(FilePart("file", "a.png", b"picture", "image/png"),), bearer=KEY)
    transport = HttpxTransport(client)
    async with serving(answering()) as server:
        url = server.url()
        await transport.send(WireRequest("POST", url, files=request.files, form={"uploadPath": "images"}))

        assert b'name="file"; filename="a.png"' in server.requests[0]


async def test_the_client_is_never_closed(client: httpx.AsyncClient) -> None:
    """It stays the user's; a transport over a closed one says so."""
    transport = HttpxTransport(client)
    await transport.aclose()
    assert not client.is_closed
    with pytest.raises(ClientClosedError, match="the transport is closed"):
        await transport.send(get("http://127.0.0.1:1/"))

    other = HttpxTransport(client)
    await client.aclose()
    with pytest.raises(ClientClosedError, match=r"httpx\.AsyncClient"):
        await other.send(get("http://127.0.0.1:1/"))
