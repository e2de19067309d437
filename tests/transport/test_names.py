"""Host names that don't resolve. No name is looked up here: the resolver is a fake."""

from __future__ import annotations

import socket

import pytest

from nanobanana_async.errors import NetworkError
from nanobanana_async.transport import HttpxTransport
from tests.transport.loopback import answering, create, get, serving

NO_SUCH_NAME = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
NO_ADDRESS = socket.gaierror(getattr(socket, "EAI_NODATA", socket.EAI_NONAME), "No address associated with hostname")
RESOLVER_AWAY = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | Exception]:
    """What the resolver says: an address or an error for each name that a test puts in."""
    names: dict[str, str | Exception] = {}

    def getaddrinfo(host: str | bytes, port: int, *args: object, **kwargs: object) -> list[object]:
        answer = names[host.decode() if isinstance(host, bytes) else host]
        if isinstance(answer, Exception):
            raise answer
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answer, port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return names


@pytest.mark.parametrize(
    ("failure", "permanent"), [(NO_SUCH_NAME, True), (NO_ADDRESS, True), (RESOLVER_AWAY, False)], ids=str
)
async def test_a_name_that_does_not_exist_is_permanent(
    transport: HttpxTransport, resolver: dict[str, str | Exception], failure: Exception, *, permanent: bool
) -> None:
    """A resolver that is out of reach is not: it may come back."""
    resolver["gateway.invalid"] = failure

    with pytest.raises(NetworkError, match="ConnectError") as caught:
        await transport.send(create("https://gateway.invalid/api/v1/jobs/createTask"))

    assert (caught.value.sent, caught.value.permanent) == ("no", permanent)
    assert caught.value.retryable is not permanent


async def test_a_name_that_once_resolved_is_not_given_up(
    transport: HttpxTransport, resolver: dict[str, str | Exception]
) -> None:
    """A resolver that forgets for a moment what it knew does not stop a run."""
    resolver["gateway.invalid"] = "127.0.0.1"
    async with serving(answering()) as server:
        url = server.url(host="gateway.invalid")
        await transport.send(get(url))
        await server.aclose()
        resolver["gateway.invalid"] = NO_SUCH_NAME
        with pytest.raises(NetworkError) as caught:
            await transport.send(create(url))

    assert (caught.value.sent, caught.value.permanent) == ("no", False)


async def test_a_name_that_cannot_be_one_is_permanent(
    transport: HttpxTransport, resolver: dict[str, str | Exception]
) -> None:
    """The resolver refuses to encode it."""
    resolver["gateway.invalid"] = UnicodeError("label empty or too long")

    with pytest.raises(NetworkError, match="label empty or too long") as caught:
        await transport.send(create("http://gateway.invalid/"))

    assert (caught.value.sent, caught.value.permanent) == ("no", True)


async def test_a_name_with_several_dead_addresses_is_not_sent(
    transport: HttpxTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The addresses are tried one after the other; the failures come as a group."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{last}", port)) for last in (1, 2)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: addresses)
        with pytest.raises(NetworkError, match="ConnectError") as caught:
            await transport.send(create(f"http://gateway.invalid:{port}/"))

    assert (caught.value.sent, caught.value.permanent) == ("no", False)
