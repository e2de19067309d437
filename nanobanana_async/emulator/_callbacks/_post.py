"""Carries a callback to an address on this machine, over a socket of its own.

It never reaches another machine and never looks up a name: it connects to the numbers of loopback and to nothing else.
Redirects are not followed.
"""

from __future__ import annotations

import asyncio
from urllib.parse import SplitResult, quote, urlsplit

from nanobanana_async.emulator._callbacks._delivery import Delivery
from nanobanana_async.emulator._places import is_loopback_host

SECONDS = 15.0
"""How long a receiver has for its answer (PROTOCOL §1.6)."""

_HEAD_MAX = 64 * 1024
_NO_ANSWER = (
    OSError,  # refused, reset, timed out, a certificate that nobody vouches for
    EOFError,  # closed before the end of the head
    asyncio.LimitOverrunError,  # a head without an end
    ValueError,  # no HTTP; no port, or none of this machine
)
_SAFE = "/%:@!$&'()*+,;=~"


async def post_on_loopback(delivery: Delivery, *, seconds: float = SECONDS) -> int | None:
    """Send it and return the status of the answer; None if none came in time, or it can't be sent from here."""
    try:
        async with asyncio.timeout(seconds):
            return await _posted(urlsplit(delivery.url), delivery)
    except _NO_ANSWER:
        return None


async def _posted(url: SplitResult, delivery: Delivery) -> int:
    tls = url.scheme == "https"
    reader, writer = await _connected(url.hostname or "", url.port or (443 if tls else 80), tls=tls)
    try:
        writer.write(_head(url, delivery) + delivery.body)
        await writer.drain()
        return await _status(reader)
    finally:
        writer.close()


async def _connected(host: str, port: int, *, tls: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if not is_loopback_host(host):
        raise ValueError(f"{host!r} is not on this machine")
    name = host if tls else None
    numbers = ("127.0.0.1", "::1") if host.endswith("localhost") else (host,)
    for number in numbers[:-1]:
        try:
            return await asyncio.open_connection(number, port, ssl=tls or None, server_hostname=name, limit=_HEAD_MAX)
        except OSError:
            continue
    return await asyncio.open_connection(numbers[-1], port, ssl=tls or None, server_hostname=name, limit=_HEAD_MAX)


def _head(url: SplitResult, delivery: Delivery) -> bytes:
    path = quote(url.path or "/", _SAFE, errors="replace")
    query = "?" + quote(url.query, f"{_SAFE}?", errors="replace") if url.query else ""
    headers = {
        "Host": url.netloc.rpartition("@")[2],
        **delivery.headers,
        "Content-Length": str(len(delivery.body)),
        "Connection": "close",
    }
    lines = [f"POST {path}{query} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode()


async def _status(reader: asyncio.StreamReader) -> int:
    """The status of the answer, past any that is only on the way (100 Continue)."""
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        version, status, *_ = head.split(None, 2)
        if not version.startswith(b"HTTP/1."):
            raise ValueError("this is no HTTP")
        if int(status) >= 200:
            return int(status)
