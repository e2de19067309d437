"""The key stands in nothing that we say, whoever said it first."""

from __future__ import annotations

import logging
import traceback

import httpx
import pytest

from nanobanana_async.errors import NetworkError
from nanobanana_async.transport import HttpxTransport
from nanobanana_async.transport._evidence import Evidence
from nanobanana_async.transport._redaction import chain_of, redact
from nanobanana_async.transport._requests import Encoder
from nanobanana_async.transport._targets import target_of
from nanobanana_async.values import WireRequest
from tests.transport.loopback import KEY, Visit, answering, create, get, reply, serving


async def test_an_answer_that_echoes_the_key_loses_it(transport: HttpxTransport) -> None:
    """In its headers and in its body."""
    body = f'{{"you sent": "Bearer {KEY}"}}'.encode()
    async with serving(answering(reply(body, f"X-Echo: {KEY}"))) as server:
        answer = await transport.send(create(server.url()))

    assert answer.body == b'{"you sent": "Bearer ***"}'
    assert answer.headers["x-echo"] == "***"


async def test_the_headers_of_a_stream_lose_it_and_a_file_stays_as_it_is(transport: HttpxTransport) -> None:
    """A file that happens to hold those bytes is not changed."""
    echo = reply(KEY.encode(), f"X-Echo: {KEY}")
    async with serving(answering(echo)) as server, transport.stream(get(server.url())) as stream:
        body = b"".join([chunk async for chunk in stream.chunks()])

    assert stream.headers["x-echo"] == "***"
    assert body == KEY.encode()


@pytest.mark.parametrize("key", ["k", "0", "data"])
async def test_a_short_key_does_not_garble_answers(transport: HttpxTransport, key: str) -> None:
    """The k of a test is no secret, and taskId has one in it."""
    body = b'{"code": 200, "data": {"taskId": "09e4"}}'
    async with serving(answering(reply(body, f"X-Echo: Bearer {key}"))) as server:
        answer = await transport.send(get(server.url(), bearer=key))

    assert answer.body == body
    assert answer.headers["x-echo"] == "***"


@pytest.mark.parametrize(
    "line", ["HTTP/1.1 {key}\r\n\r\n", "HTTP/1.1 200 OK\r\nbad header {key}\r\n\r\n", "{key}\r\n\r\n"]
)
async def test_an_answer_that_breaks_on_the_key_is_not_quoted(transport: HttpxTransport, line: str) -> None:
    """Neither by the error, nor by any of the exceptions below it."""

    async def breaks(visit: Visit) -> None:
        await visit.request()
        await visit.say(line.format(key=KEY).encode())

    async with serving(breaks) as server:
        with pytest.raises(NetworkError) as caught:
            await transport.send(create(server.url()))

    said = "".join(traceback.format_exception(caught.value))
    assert KEY not in said
    assert KEY not in repr(list(chain_of(caught.value)))
    assert "RemoteProtocolError" in said


async def test_a_key_in_the_url_is_not_quoted(transport: HttpxTransport) -> None:
    """Should a gateway want it there: the path loses it, and the query is left out anyway."""
    url = f"http://user:{KEY}@127.0.0.1:1/{KEY}/x?key={KEY}"
    with pytest.raises(NetworkError) as caught:
        await transport.send(create(url))

    assert str(caught.value).startswith("POST http://127.0.0.1:1/***/x: ")


async def test_the_log_holds_no_key(transport: HttpxTransport, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG: what was asked and what became of it, ours and that of the libraries below."""
    caplog.set_level(logging.DEBUG)

    async def answers_then_hangs_up(visit: Visit) -> None:
        await visit.request()
        await visit.say(reply())
        await visit.request()

    async with serving(answers_then_hangs_up) as server:
        await transport.send(create(server.url(f"/{KEY}?key=1")))
        with pytest.raises(NetworkError):
            await transport.send(create(server.url()))

    ours = [record.getMessage() for record in caplog.records if record.name == "nanobanana_async.transport"]
    assert ours == [f"POST {server.url('/***')}: 200", f"POST {server.url()}: cut short"]
    assert KEY not in caplog.text


async def test_values_show_no_key(transport: HttpxTransport) -> None:
    """Requests, transports, and what they hold."""
    async with serving(answering()) as server:
        request = create(server.url())
        await transport.send(request)
    outgoing = Encoder().encode(request, target_of(request.url), Evidence(request))

    assert KEY.encode() in dict(outgoing.head.headers)[b"authorization"]
    assert KEY not in repr(outgoing)
    assert KEY not in repr(request)
    assert KEY not in repr(transport)
    assert KEY not in repr(vars(transport))


def test_nothing_is_taken_out_without_a_key() -> None:
    """No key, or an empty one: the text as it is."""
    assert redact("Bearer ", None) == redact("Bearer ", "") == "Bearer "


def test_a_chain_is_walked_once() -> None:
    """Groups, causes, contexts, and circles among them."""
    inner = ValueError("inner")
    group = ExceptionGroup("group", [inner, OSError("other")])
    group.__cause__ = inner
    inner.__context__ = group

    assert {type(link) for link in chain_of(group)} == {ExceptionGroup, ValueError, OSError}
    assert len(list(chain_of(group))) == 3


async def test_an_unfit_header_is_named_not_quoted(transport: HttpxTransport) -> None:
    """Its value may be anything."""
    with pytest.raises(NetworkError, match="the header 'X-Note' holds a character") as caught:
        await transport.send(WireRequest("GET", "http://127.0.0.1:1/", headers={"x-note": "secret\r\nX: y"}))

    assert "secret" not in str(caught.value)


async def test_a_mocked_failure_that_quotes_the_key_loses_it(
    transport: HttpxTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever layer below puts it into its words."""

    async def handle(self: object, request: httpx.Request) -> httpx.Response:
        raise httpx.LocalProtocolError(f"Illegal header value b'Bearer {KEY}'") from ValueError(KEY, 42)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle)
    with pytest.raises(NetworkError) as caught:
        await transport.send(create("http://gateway.invalid/"))

    assert KEY not in "".join(traceback.format_exception(caught.value))
