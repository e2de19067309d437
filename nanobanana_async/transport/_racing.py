"""Happy eyeballs (RFC 8305): a name may have several addresses, and a silent one must not hold up the rest.

On its own because asyncio's loses a socket when it is cancelled at a bad moment, and uvloop has none.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

import anyio

HEAD_START = 0.25
"""Seconds that an address is given before the next one is tried beside it (RFC 8305 §5)."""

Address = tuple[str, int]
"""An IP address and a port."""

Opened = TypeVar("Opened")


async def addresses_of(host: str, port: int) -> list[Address]:
    """Where `host` is: in the resolver's order, but with IPv4 and IPv6 taking turns.

    Raises:
        socket.gaierror: there is no such name, or the resolver is out of reach.
        UnicodeError: it can't be a name.
    """
    if _is_address(host):
        return [(host, port)]
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    of_its_family: Counter[int] = Counter()
    turns: list[tuple[int, Address]] = []
    for family, _, _, _, address in found:
        turns.append((of_its_family[family], (str(address[0]), port)))
        of_its_family[family] += 1
    return [address for _, address in sorted(turns, key=lambda turn: turn[0])]


async def first_to_open(
    addresses: Sequence[Address],
    open_one: Callable[[str, int], Awaitable[Opened]],
    abort: Callable[[Opened], None],
) -> Opened:
    """What `open_one` makes of the first address that it can open; whatever else it opened is aborted.

    Raises:
        OSError: it could open none of them.
    """
    if len(addresses) == 1:
        return await open_one(*addresses[0])
    opened: list[Opened] = []
    failures: list[OSError] = []

    async def attempt(address: Address, over: anyio.Event) -> None:
        try:
            opened.append(await open_one(*address))
            race.cancel_scope.cancel()
        except OSError as failure:
            failures.append(failure)
        over.set()

    try:
        async with anyio.create_task_group() as race:
            for address in addresses:
                race.start_soon(attempt, address, over := anyio.Event())
                with anyio.move_on_after(HEAD_START):
                    await over.wait()
    except BaseException:  # a cancellation: nobody takes the winner
        _each(abort, opened)
        raise
    _each(abort, opened[1:])
    if not opened:
        raise OSError("none of its addresses takes a connection") from ExceptionGroup("each of them", failures)
    return opened[0]


def _each(abort: Callable[[Opened], None], opened: Iterable[Opened]) -> None:
    for one in opened:
        abort(one)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
