"""The headers of an answer, which are the same by whichever way it came."""

from __future__ import annotations

import pytest

from nanobanana_async.transport import HttpxTransport
from tests.transport.loopback import answering, get, reply, serving


async def test_names_are_in_lower_case_and_values_of_one_name_joined(either: HttpxTransport) -> None:
    """In the order in which they came."""
    async with serving(answering(reply(b"", "X-Two: a", "X-One: 1", "x-two: b"))) as server:
        headers = (await either.send(get(server.url()))).headers

    assert headers == {"content-type": "application/json", "content-length": "0", "x-two": "a, b", "x-one": "1"}


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
async def test_letters_beyond_ascii_are_understood(either: HttpxTransport, charset: str) -> None:
    """As UTF-8 where that is what it is, else as the old standard has it."""
    head = "HTTP/1.1 200 OK\r\nX-Name: Müller\r\nContent-Length: 0\r\n\r\n".encode(charset)
    async with serving(answering(head)) as server:
        headers = (await either.send(get(server.url()))).headers

    assert headers["x-name"] == "Müller"
