"""How far a host is that a gateway or a file host names: on the public network, in our own, or on this machine.

A URL in an answer is somebody else's word. Followed blindly it would have this machine ask its neighbours, which trust
it. No name is ever looked up for this: what it leads to may change before it is connected to. So a host is told by how
it is written, and an address in every form in which the system's own resolver reads one.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from ipaddress import IPv4Address, IPv6Address
from typing import Literal
from urllib.parse import urlsplit

Reach = Literal["public", "private", "loopback"]

_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)", re.ASCII)
_OWN_NETWORKS = (".local", ".internal", ".intranet", ".localdomain", ".lan", ".home", ".corp", ".private", ".home.arpa")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_LEADS_ON = (_NAT64, _COMPATIBLE)
"""Networks of addresses whose last 32 bits are an IPv4 address that they lead to (RFC 6052 §2.1, RFC 4291 §2.5.5.1)."""


def host_of(url: str) -> str:
    """The host in `url`, in small letters, without a dot at its end; empty where there is none that can be read."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    # As resolvers read it: full-width letters and digits are the plain ones, and any full stop is a dot.
    return unicodedata.normalize("NFKC", host).replace("\u3002", ".").lower().rstrip(".")


def reach_of(url: str) -> Reach:
    """How far the host in `url` is. What can't be read as the name or the address of a public host is private."""
    host = host_of(url)
    address = _address(host)
    if address is not None:
        return _reach_of_address(address)
    if host == "localhost" or host.endswith(".localhost"):
        return "loopback"
    return "public" if _is_public_name(host) else "private"


def may_lead(source: str, target: str) -> bool:
    """Whether the URL `source` may lead to `target`: to a public host; to another only from itself.

    Nobody has any business to send us into this machine or its own network; and an emulator on this machine may send us
    about on it, but not to its neighbours.
    """
    return _is_open(target) or host_of(source) == host_of(target) or reach_of(source) == reach_of(target) == "loopback"


def may_name(gateway: str, url: str) -> bool:
    """Whether the gateway at the URL `gateway` may name `url` as where a picture is: a public host, or one as near.

    An emulator names this machine, and a gateway in our own network its neighbours: whoever set it up, set up these.
    """
    return _is_open(url) or host_of(gateway) == host_of(url) or reach_of(gateway) == reach_of(url)


def _is_open(url: str) -> bool:
    return reach_of(url) == "public"


def _is_public_name(host: str) -> bool:
    # A name without a dot is one of our own network, and no public name ends in a number: it is a misspelt address.
    return (
        "." in host
        and "%" not in host
        and host.isprintable()
        and not _NUMBER.fullmatch(host.rpartition(".")[2])
        and not host.endswith(_OWN_NETWORKS)
    )


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """The address that `host` is, where it is one."""
    if ":" not in host:
        return _as_inet_aton(host)
    try:
        return ipaddress.IPv6Address(host)
    except ValueError:
        return None


def _as_inet_aton(host: str) -> IPv4Address | None:
    """An IPv4 address of one to four numbers, each decimal, hexadecimal or octal, of which the last fills the rest."""
    parts = host.split(".")
    if len(parts) > 4 or not all(map(_NUMBER.fullmatch, parts)):
        return None
    try:
        *first, last = map(_number, parts)
        if any(number > 255 for number in first) or last >= 256 ** (5 - len(parts)):
            return None
    except ValueError:
        return None
    return IPv4Address(int.from_bytes(bytes(first)) * 256 ** (5 - len(parts)) + last)


def _number(text: str) -> int:
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") else 10)


def _reach_of_address(address: IPv4Address | IPv6Address) -> Reach:
    if isinstance(address, IPv6Address) and not address.is_loopback and not address.is_unspecified:
        leads_to = _leads_to(address)
        if leads_to is not None:
            return _reach_of_address(leads_to)
    if address.is_loopback:
        return "loopback"
    is_ours = address.is_multicast or address.is_reserved or getattr(address, "is_site_local", False)
    return "public" if address.is_global and not is_ours else "private"


def _leads_to(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a mapped, a tunnelled or a translated one stands for."""
    if any(address in network for network in _LEADS_ON):
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
