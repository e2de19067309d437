"""https: whom we trust, and what is said when we don't."""

from __future__ import annotations

import pytest

from nanobanana_async.errors import NetworkError
from nanobanana_async.transport import HttpxTransport
from nanobanana_async.transport._targets import Origin
from tests.transport.loopback import Visit, answering, create, get, serving, trusting


async def test_a_trusted_server_is_spoken_to() -> None:
    """All connections share one context, and are kept alive like any other."""
    transport = HttpxTransport(verify=trusting("loopback.pem"))
    async with serving(answering(), certificate="loopback.pem") as server:
        for _ in range(2):
            assert (await transport.send(create(server.url()))).status == 200

        assert server.accepted == 1
        await transport.aclose()


async def test_the_usual_authorities_are_the_default(transport: HttpxTransport) -> None:
    """A certificate that vouches for itself is refused, for good, and nothing was sent."""
    async with serving(answering(), certificate="loopback.pem") as server:
        with pytest.raises(NetworkError, match="CERTIFICATE_VERIFY_FAILED") as caught:
            await transport.send(create(server.url()))

        assert not server.requests

    assert (caught.value.sent, caught.value.permanent, caught.value.retryable) == ("no", True, False)
    assert "verify" in caught.value.remedy


async def test_a_certificate_for_another_name_is_refused() -> None:
    """A trusted certificate is good for its own name only."""
    transport = HttpxTransport(verify=trusting("elsewhere.pem"))
    async with serving(answering(), certificate="elsewhere.pem") as server:
        with pytest.raises(NetworkError, match="CERTIFICATE_VERIFY_FAILED") as caught:
            await transport.send(create(server.url()))
    await transport.aclose()

    assert (caught.value.sent, caught.value.permanent) == ("no", True)


async def test_verification_can_be_turned_off() -> None:
    """For a test server of one's own."""
    transport = HttpxTransport(verify=False)
    async with serving(answering(), certificate="elsewhere.pem") as server:
        assert (await transport.send(get(server.url()))).status == 200
        await transport.aclose()


async def test_https_to_a_port_that_speaks_http_is_permanent_until_it_was_reached() -> None:
    """A wrong scheme in the base URL; once the host has answered it is taken for a passing trouble."""

    async def speaks_plainly(visit: Visit) -> None:
        await visit.reader.readexactly(1)
        await visit.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await visit.until_gone()

    transport = HttpxTransport(verify=trusting("loopback.pem"))
    async with serving(speaks_plainly) as plain:
        url = plain.url().replace("http:", "https:")
        with pytest.raises(NetworkError, match="ConnectError") as first:
            await transport.send(create(url))
        transport._reached.add(Origin("https", "127.0.0.1", plain.port))
        with pytest.raises(NetworkError, match="ConnectError") as later:
            await transport.send(create(url))
    await transport.aclose()

    assert (first.value.sent, first.value.permanent) == ("no", True)
    assert (later.value.sent, later.value.permanent) == ("no", False)
    assert "https" in first.value.remedy


async def test_one_context_serves_all_hosts_and_none_is_built_for_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """Building one costs 19 ms."""
    import httpx

    built: list[object] = []

    def create_ssl_context(**settings: object) -> object:
        built.append(settings)
        return trusting("loopback.pem")

    monkeypatch.setattr(httpx, "create_ssl_context", create_ssl_context)
    transport = HttpxTransport()
    async with serving(answering()) as plain:
        await transport.send(get(plain.url()))
        assert not built
    async with (
        serving(answering(), certificate="loopback.pem") as first,
        serving(answering(), certificate="loopback.pem") as second,
    ):
        await transport.send(get(first.url()))
        await transport.send(get(second.url()))
        await transport.aclose()

    assert len(built) == 1
