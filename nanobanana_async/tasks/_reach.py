"""How far a host is that a gateway or a file host names: on the public network, in our own, or on this machine.

A URL in an answer is somebody else's word. Followed blindly it would have this machine ask its neighbours, which trust
it. No name is ever looked up for this: what it leads to may change before it is connected to. So a host is told by how
it is written, and an address in every form in which the system's own resolver reads one.

The rule: a host may lead to itself, to hosts that are as far from us as it is, and to public ones. A gateway on this
machine may be a relay of somebody's, or be told what to say by whom it asks: it names this machine, and not our
network. Nobody ever leads to an address of the link, where clouds hand out their secrets.
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
_THIS_MACHINE = {"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "localhost4", "localhost6"}
"""What the hosts files of Linux and macOS call it."""
_OWN_NETWORKS = (
    *(".local", ".localdomain", ".lan", ".home", ".home.arpa", ".fritz.box"),
    *(".internal", ".intranet", ".corp", ".private", ".svc", ".consul", ".test"),
)
"""Ends of names that no public server gives out: those of home networks, and those of companies and clusters."""
_OWN_ADDRESSES = tuple(map(ipaddress.IPv4Network, ("100.64.0.0/10", "192.0.0.0/24", "168.63.129.16/32")))
"""Addresses of carriers and tunnels (RFC 6598), of protocols (RFC 6890), and one where a cloud talks to its machines:
not public, whether or not this version of Python calls them global.
"""
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
    if host in _THIS_MACHINE or host.endswith(".localhost"):
        return "loopback"
    return "public" if _is_public_name(host) else "private"


def may_lead(source: str, target: str) -> bool:
    """Whether the URL `source` may lead to `target`: by naming it as where a picture is, or by a redirect."""
    if host_of(source) == host_of(target):
        return True
    reach = reach_of(target)
    return reach == "public" or (reach == reach_of(source) and not _is_of_the_link(target))


def _is_of_the_link(url: str) -> bool:
    address = _address(host_of(url))
    if isinstance(address, IPv6Address):
        address = _leads_to(address) or address
    return address is not None and address.is_link_local


def _is_public_name(host: str) -> bool:
    # A name without a dot is one of our own network, and no public name ends in a number: it is a misspelt address.
    return (
        "." in host
        and "%" not in host
        and host.isprintable()
        and not _NUMBER.fullmatch(host.rpartition(".")[2])
        and not f".{host}".endswith(_OWN_NETWORKS)
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
    if address.is_loopback or address.is_unspecified:  # to connect to 0.0.0.0 is to connect to this machine
        return "loopback"
    is_ours = address.is_multicast or address.is_reserved or getattr(address, "is_site_local", False)
    if is_ours or any(address in network for network in _OWN_ADDRESSES):
        return "private"
    return "public" if address.is_global else "private"


def _leads_to(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a mapped, a tunnelled or a translated one stands for."""
    if any(address in network for network in _LEADS_ON):
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
