"""What a trace proves."""

from __future__ import annotations

import pytest

from nanobanana_async.transport._evidence import Evidence
from nanobanana_async.values import WireRequest

CREATE = WireRequest("POST", "http://x/", body=b"{}")
QUESTION = WireRequest("GET", "http://x/")


class Connect:
    method = b"CONNECT"


class Post:
    method = b"POST"


@pytest.mark.parametrize(
    ("request_", "events", "proof"),
    [
        (CREATE, [], False),
        (CREATE, ["connection.connect_tcp.started"], True),
        (CREATE, ["http11.send_request_headers.started"], True),
        (CREATE, ["http11.send_request_headers.started", "http11.send_request_headers.failed"], True),
        (CREATE, ["http11.send_request_headers.complete", "http11.send_request_body.started"], False),
        (CREATE, ["http11.send_request_body.started", "http11.send_request_body.failed"], False),
        (CREATE, ["http2.send_request_headers.started"], True),
        (CREATE, ["http2.send_request_body.started"], False),
        (CREATE, ["http11.send_request_body.started", "connection.connect_tcp.started"], False),
        (QUESTION, ["connection.connect_tcp.started"], True),
        (QUESTION, ["http11.send_request_headers.started"], False),
    ],
)
async def test_what_the_steps_prove(request_: WireRequest, events: list[str], *, proof: bool) -> None:
    """A body that was never begun is proof, an empty trace is none; a question is out with its head."""
    evidence = Evidence(request_)
    evidence.handed_over = True
    for event in events:
        await evidence(event, {"request": Post()})

    assert evidence.proves_not_sent is proof


async def test_a_connect_is_not_the_request() -> None:
    """Its head and its body open the tunnel."""
    evidence = Evidence(CREATE)
    evidence.handed_over = True
    await evidence("http11.send_request_body.started", {"request": Connect()})
    assert evidence.proves_not_sent
    await evidence("http11.send_request_body.started", {"request": Post()})
    assert not evidence.proves_not_sent


def test_what_was_never_handed_over_was_not_sent() -> None:
    """That needs no trace."""
    assert Evidence(CREATE).proves_not_sent
