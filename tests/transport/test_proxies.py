"""Proxies: which one is used, and what is known when it fails. No name below is looked up: the proxy is told it."""

from __future__ import annotations

import sys

import pytest

from nanobanana_async.errors import NetworkError
from nanobanana_async.transport import HttpxTransport
from nanobanana_async.transport._proxies import environment_proxy
from nanobanana_async.transport._targets import Origin
from tests.transport.loopback import (
    KEY,
    Visit,
    answering,
    create,
    get,
    is_silent,
    reply,
    server_context,
    serving,
    trusting,
)

GATEWAY = Origin("https", "api.gateway.invalid", 443)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ({"https_proxy": "http://p:1", "HTTPS_PROXY": "http://q:1"}, "http://p:1"),
        ({"HTTPS_PROXY": "p:1"}, "http://p:1"),
        ({"HTTP_PROXY": "http://p:1"}, None),
        ({"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "gateway.invalid"}, None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "other, .gateway.invalid"}, None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "api.gateway.invalid:443"}, None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "way.invalid"}, "http://p:1"),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "localhost, *"}, None),
    ],
)
def test_the_environment_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str | None
) -> None:
    """As httpx honours it."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert environment_proxy(GATEWAY) == expected


async def test_http_goes_through_the_environments_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy gets the whole URL, and its user and password, which no message shows."""
    transport = HttpxTransport()
    async with serving(answering()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://user:password@127.0.0.1:{proxy.port}")
        for _ in range(2):
            answer = await transport.send(create("http://gateway.invalid/api?x=1"))

        assert proxy.accepted == 1
        assert proxy.requests[0].startswith(b"POST http://gateway.invalid/api?x=1 HTTP/1.1\r\n")
        assert b"Proxy-Authorization: Basic " in proxy.requests[0]
        await transport.aclose()

    assert answer.status == 200
    assert "password" not in repr(transport)


async def test_an_environment_that_is_not_trusted_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """`trust_env=False` goes straight."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    transport = HttpxTransport(trust_env=False)
    async with serving(answering()) as server:
        assert (await transport.send(get(server.url()))).status == 200
        await transport.aclose()


async def test_the_loopback_interface_is_no_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes through the proxy as well, unless NO_PROXY names it."""
    async with serving(answering()) as server, serving(answering()) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")
        through = HttpxTransport()
        await through.send(get(server.url()))
        await through.aclose()
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        past = HttpxTransport()
        await past.send(get(server.url()))
        await past.aclose()

        assert (len(proxy.requests), len(server.requests)) == (1, 1)


async def tunnels(visit: Visit) -> None:
    """A proxy and, behind its CONNECT, the server itself."""
    await visit.request()
    await visit.say(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await visit.writer.start_tls(server_context("loopback.pem"))
    await answering()(visit)


async def test_https_goes_through_a_tunnel() -> None:
    """And a second request through the same one."""
    async with serving(tunnels) as proxy:
        transport = HttpxTransport(proxy=f"http://127.0.0.1:{proxy.port}", verify=trusting("loopback.pem"))
        for _ in range(2):
            assert (await transport.send(create("https://localhost/api"))).status == 200
        await transport.aclose()

        connect, *inside = proxy.requests

    assert proxy.accepted == 1
    assert connect.startswith(b"CONNECT localhost:443 ")
    assert KEY.encode() not in connect
    assert len(inside) == 2


async def test_a_create_that_is_lost_in_a_tunnel_may_have_arrived() -> None:
    """Its own body was begun."""

    async def loses(visit: Visit) -> None:
        await visit.request()
        await visit.say(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await visit.writer.start_tls(server_context("loopback.pem"))
        await visit.request()

    async with serving(loses) as proxy:
        transport = HttpxTransport(proxy=f"http://127.0.0.1:{proxy.port}", verify=trusting("loopback.pem"))
        with pytest.raises(NetworkError) as caught:
            await transport.send(create("https://localhost/api"))
        await transport.aclose()

    assert caught.value.sent == "perhaps"


@pytest.mark.parametrize("refusal", [reply(b"", status="407 Proxy Authentication Required"), b""])
async def test_a_tunnel_that_never_opened_carried_nothing(refusal: bytes) -> None:
    """The head and the body of the CONNECT are not the request's: that no others were begun is proof."""

    async def refuses(visit: Visit) -> None:
        await visit.request()
        await visit.say(refusal)

    async with serving(refuses) as proxy:
        transport = HttpxTransport(proxy=f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(NetworkError, match=r"407|disconnected") as caught:
            await transport.send(create("https://localhost/api"))
        await transport.aclose()

    assert (caught.value.sent, caught.value.permanent) == ("no", False)


async def test_a_tunnel_that_stays_silent_carried_nothing() -> None:
    """The deadline cuts the CONNECT, and its connection is closed."""
    async with serving(is_silent) as proxy:
        transport = HttpxTransport(proxy=f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(NetworkError, match="no whole answer") as caught:
            await transport.send(create("https://localhost/api", deadline=1))
        await proxy.until(lambda: proxy.open == 0)
        await transport.aclose()

    assert caught.value.sent == "no"


async def test_a_proxy_behind_tls_is_verified_like_a_server() -> None:
    """With the one context, not with one built for each connection."""
    async with serving(answering(), certificate="loopback.pem") as proxy:
        transport = HttpxTransport(proxy=f"https://127.0.0.1:{proxy.port}", verify=trusting("loopback.pem"))
        assert (await transport.send(get("http://gateway.invalid/"))).status == 200
        await transport.aclose()


async def test_a_proxy_object_of_the_users_is_taken_as_it_is() -> None:
    """With its own headers."""
    import httpx

    async with serving(answering()) as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        transport = HttpxTransport(proxy=httpx.Proxy(url, headers={"X-Team": "pictures"}))
        await transport.send(get("http://gateway.invalid/"))
        await transport.aclose()

        assert b"X-Team: pictures" in proxy.requests[0]


@pytest.mark.parametrize(
    ("proxy", "text"), [("ftp://user:password@p:1", "proxy's URL"), ("socks5://127.0.0.1:1", "socksio")]
)
async def test_a_proxy_that_cannot_be_used_is_permanent(monkeypatch: pytest.MonkeyPatch, proxy: str, text: str) -> None:
    """Said at the first request, without the password."""
    monkeypatch.setitem(sys.modules, "socksio", None)
    transport = HttpxTransport(proxy=proxy)

    with pytest.raises(NetworkError, match=text) as caught:
        await transport.send(create("https://gateway.invalid/"))

    assert (caught.value.sent, caught.value.permanent) == ("no", True)
    assert "password" not in str(caught.value)
    assert transport.statistics().busy == 0
