"""The name of the gateway that a journal is of: its kind, and the address that creates go to.

An address may be written in several ways that lead to one place. Whoever writes it differently the next time has not
gone to another gateway, and what he has paid for must be found.
"""

from __future__ import annotations

from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def same_gateway(one: str, other: str) -> bool:
    """Whether two names are of one gateway: scheme and host in any letters, with the usual port or without it."""
    return one == other or _plain(one) == _plain(other)


def _plain(name: str) -> tuple[object, ...]:
    kind, _, address = name.partition(" ")
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return (name,)
    return (kind, parts.scheme, parts.hostname, port, parts.path.rstrip("/")) if parts.hostname else (name,)
