"""Where a URL points: to our own file host, to this machine, or away from it.

It decides what the emulator accepts, and that callbacks, the only requests it sends, stay on this machine. It matters
because a double that took `https://…` addresses would let a test pass that hands customers' pictures to strangers.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

FILES = "/files/"


def is_web_url(url: str) -> bool:
    """Whether it is an http or https address with a host."""
    scheme, host = _scheme_and_host(url)
    return scheme in ("http", "https") and bool(host)


def is_authority(said: str) -> bool:
    """Whether it is a host, with a port or without, as a `Host` header has it."""
    return is_web_url(f"http://{said}") and urlsplit(f"http://{said}").netloc == said


def is_loopback(url: str) -> bool:
    """Whether the host of the address is this machine by name or by number."""
    return is_loopback_host(host_of(url))


def host_of(url: str) -> str:
    """The host of the address in small letters, without a port; empty where there is none."""
    _, host = _scheme_and_host(url)
    return host


def is_loopback_host(host: str) -> bool:
    """Whether the name or number is this machine's own; other names are never looked up."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def path_on_file_host(url: str, base_url: str) -> str | None:
    """The path below `/files/`, whatever the host; None where the address is not of that form.

    The path that `base_url` has of its own, under a proxy that takes it off, may stand before it.
    """
    if not is_web_url(url):
        return None
    path = unquote(urlsplit(url).path)
    for below in (f"{unquote(urlsplit(base_url).path)}{FILES}", FILES):
        if path.startswith(below):
            return path.removeprefix(below)
    return None


def same_place(url: str, base_url: str) -> bool:
    """Whether both have the same host and port; a proxy may have changed the scheme."""
    return urlsplit(url).netloc.lower() == urlsplit(base_url).netloc.lower()


def _scheme_and_host(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        return parts.scheme, (parts.hostname or "").lower()
    except ValueError:
        return "", ""
