"""The fake that ships: its script, and what it says when the script has no line for a request."""

from __future__ import annotations

import json

import pytest

from nanobanana_async.errors import NetworkError
from nanobanana_async.transport import ScriptedTransport, UnscriptedRequestError, json_reply
from nanobanana_async.values import WireReply, WireRequest
from tests.transport.loopback import KEY, create, get

BASE = "https://gateway.invalid"
CREATE = f"{BASE}/api/v1/jobs/createTask"
RECORD = f"{BASE}/api/v1/jobs/recordInfo?taskId=t1"


async def test_one_answer_is_given_every_time() -> None:
    """And every request is kept."""
    transport = ScriptedTransport().on("post", "/api/v1/jobs/createTask", json_reply({"code": 200}))

    answers = [await transport.send(create(CREATE)) for _ in range(3)]

    assert [json.loads(answer.body) for answer in answers] == [{"code": 200}] * 3
    assert [request.url for request in transport.requests] == [CREATE] * 3
    assert answers[0].headers == {"content-type": "application/json"}


async def test_a_list_is_used_up() -> None:
    """An answer a request; exceptions are raised as they are."""
    lost = NetworkError("reset", sent="no")
    transport = ScriptedTransport()
    transport.on("GET", "*/recordInfo", [json_reply({"state": "waiting"}, 201), lost, lambda request: WireReply(204)])

    assert (await transport.send(get(RECORD))).status == 201
    with pytest.raises(NetworkError) as caught:
        await transport.send(get(RECORD))
    assert caught.value is lost
    assert (await transport.send(get(RECORD))).status == 204
    with pytest.raises(UnscriptedRequestError, match=r"GET https://gateway\.invalid/api/v1/jobs/recordInfo\?taskId=t1"):
        await transport.send(get(RECORD))


async def test_the_first_line_that_fits_answers_and_then_the_handler() -> None:
    """So a test can write down the exception to the rule and leave the rule to a function."""

    async def handler(request: WireRequest) -> WireReply:
        return WireReply(200, {}, request.method.encode())

    transport = ScriptedTransport(handler)
    transport.on("GET", "https://files.invalid/*", [WireReply(404)]).on("GET", "/a.png", WireReply(410))

    assert (await transport.send(get("https://files.invalid/a.png?signature=1"))).status == 404
    assert (await transport.send(get("https://files.invalid/a.png?signature=1"))).status == 410
    assert (await transport.send(create(CREATE))).body == b"POST"


async def test_a_request_without_a_line_is_named() -> None:
    """With what the script does have, and without the key."""
    transport = ScriptedTransport().on("GET", "/a", WireReply(200)).on("GET", "/b", [WireReply(200)])

    with pytest.raises(AssertionError) as caught:
        await transport.send(create(CREATE))
    with pytest.raises(UnscriptedRequestError, match="nothing"):
        await ScriptedTransport().send(get(RECORD))

    assert "no answer for POST https://gateway.invalid/api/v1/jobs/createTask" in str(caught.value)
    assert "GET /a (always)" in str(caught.value)
    assert "GET /b (1 left)" in str(caught.value)
    assert KEY not in str(caught.value)


async def test_a_stream_comes_in_pieces() -> None:
    """Of 64 KiB, as a file would."""
    transport = ScriptedTransport().on("GET", "/a.png", WireReply(200, {"x": "y"}, bytes(150_000)))

    async with transport.stream(get(f"{BASE}/a.png")) as stream:
        sizes = [len(chunk) async for chunk in stream.chunks()]

    assert sizes == [65536, 65536, 18928]
    assert (stream.status, stream.headers) == (200, {"x": "y"})


def test_its_repr_counts() -> None:
    """What came, and how long the script is."""
    transport = ScriptedTransport().on("GET", "/a", WireReply(200))

    assert repr(transport) == "<ScriptedTransport [0 requests | 1 lines of script]>"


async def test_a_poll_that_is_lost_is_not_charged() -> None:
    """Only a create that pays is unknown."""
    transport = ScriptedTransport(lambda request: WireReply(200, {}, b"too long"))

    with pytest.raises(NetworkError) as caught:
        await transport.send(get(RECORD, max_bytes=1))

    assert caught.value.charged == "no"
