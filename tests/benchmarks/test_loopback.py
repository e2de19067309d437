"""The gateway of the benchmarks: where a request ends, and the process that serves it."""

from __future__ import annotations

import asyncio
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from benchmarks import transport_cpu
from benchmarks.loopback import Gateway, server_process

GET = b"GET /a HTTP/1.1\r\nHost: here"
POST = b"POST /b HTTP/1.1\r\nX-Content-Length: 9\r\ncontent-length: 4\r\nHost: here"
END = b"\r\n\r\n"


class Heard(Gateway):
    """Keeps what it is asked, and says nothing."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []

    def asked(self, head: bytes, /) -> None:
        self.heads.append(head)


def heard(*parts: bytes) -> list[bytes]:
    gateway = Heard()
    gateway.connection_made(asyncio.Transport())
    for part in parts:
        gateway.data_received(part)
    return gateway.heads


@pytest.mark.parametrize("whole", [GET + END, POST + END + b"body"], ids=["get", "post"])
def test_a_request_is_there_with_its_last_byte(whole: bytes) -> None:
    """In whatever two pieces it comes: else a gateway would answer a create before it has been sent."""
    head = whole.partition(END)[0]

    for place in range(1, len(whole)):
        assert heard(whole[:place]) == []
        assert heard(whole[:place], whole[place:]) == [head]


def test_a_connection_is_asked_again() -> None:
    """The end of one request is the beginning of the next, a body or none."""
    assert heard(GET + END, POST + END + b"body", GET + END) == [GET, POST, GET]


@pytest.mark.wall_clock
def test_a_server_lives_as_long_as_it_is_asked() -> None:
    """It answers at the address that it has given, and nobody does after the `with`."""
    with server_process(transport_cpu.__file__) as base:
        address = urlsplit(base).netloc
        said = answer_of(address)

    assert said == transport_cpu.RECORD
    with pytest.raises(ConnectionRefusedError):
        answer_of(address)


def answer_of(address: str) -> bytes:
    connection = HTTPConnection(address, timeout=20)
    try:
        connection.request("GET", "/0/api/v1/jobs/recordInfo")
        return connection.getresponse().read()
    finally:
        connection.close()
