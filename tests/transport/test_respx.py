"""Users who mock httpx with respx in their tests see our requests, in both of its modes."""

from __future__ import annotations

from typing import Literal

import httpx
import pytest
import respx

from nanobanana_async.errors import NetworkError
from nanobanana_async.transport import HttpxTransport
from tests.transport.loopback import KEY, answering, create, get, serving

Using = Literal["httpcore", "httpx"]
URL = "https://gateway.invalid/api/v1/jobs/createTask"


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
async def test_a_mocked_route_answers(either: HttpxTransport, using: Using) -> None:
    """No name is looked up, nothing is sent."""
    with respx.mock(using=using) as router:
        route = router.post(URL).mock(return_value=httpx.Response(200, json={"code": 200}))
        for _ in range(2):
            answer = await either.send(create(URL))

        sent = route.calls.last.request

    assert (answer.status, answer.body) == (200, b'{"code":200}')
    assert route.call_count == 2
    assert sent.headers["Authorization"] == f"Bearer {KEY}"
    assert b"nano-banana-2" in sent.content


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
@pytest.mark.parametrize(
    ("failure", "sent"),
    [
        (httpx.ConnectError, "no"),
        (httpx.ConnectTimeout, "no"),
        (httpx.PoolTimeout, "no"),
        (httpx.ReadError, "perhaps"),
        (httpx.ReadTimeout, "perhaps"),
        (httpx.RemoteProtocolError, "perhaps"),
        (httpx.WriteError, "perhaps"),
    ],
)
async def test_only_three_exceptions_prove_anything_without_a_trace(
    either: HttpxTransport, using: Using, failure: type[httpx.HTTPError], sent: str
) -> None:
    """Under respx the trace is empty, and an empty trace proves nothing."""
    with respx.mock(using=using) as router:
        router.post(URL).mock(side_effect=failure)
        with pytest.raises(NetworkError) as caught:
            await either.send(create(URL))

    assert caught.value.sent == sent


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
async def test_a_request_that_nobody_mocked_fails_the_test(either: HttpxTransport, using: Using) -> None:
    """respx's own assertion goes through: it is no network error."""
    with respx.mock(using=using) as router:
        router.get("https://gateway.invalid/")
        router.reset()
        router._assert_all_called = False
        with pytest.raises(AssertionError, match="not mocked"):
            await either.send(create(URL))


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
async def test_a_route_can_be_passed_through(either: HttpxTransport, using: Using) -> None:
    """To a server of the test's own."""
    async with serving(answering()) as server:
        with respx.mock(using=using) as router:
            router.get(server.url()).pass_through()
            answer = await either.send(get(server.url()))

        assert len(server.requests) == 1

    assert answer.status == 200


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
async def test_a_connection_that_was_warm_before_the_mock_is_not_used_in_it(
    either: HttpxTransport, using: Using
) -> None:
    """Nor is one that the mock has opened used after it."""
    async with serving(answering()) as server:
        await either.send(get(server.url()))
        with respx.mock(using=using) as router:
            router.get(server.url()).mock(return_value=httpx.Response(418))
            mocked = await either.send(get(server.url()))
        real = await either.send(get(server.url()))

        assert len(server.requests) == 2

    assert (mocked.status, real.status) == (418, 200)


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
async def test_a_mocked_download_is_a_stream(either: HttpxTransport, using: Using) -> None:
    """Results can be mocked as well."""
    with respx.mock(using=using) as router:
        router.get("https://files.invalid/a.png").mock(return_value=httpx.Response(200, content=b"picture"))
        async with either.stream(get("https://files.invalid/a.png", bearer=None)) as stream:
            body = b"".join([chunk async for chunk in stream.chunks()])

    assert body == b"picture"
