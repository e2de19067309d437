"""Who may look, and who may change something: programs, and this page; never another page in the same browser.

A web page anywhere can make a browser post a form to loopback. Browsers say so, in one of two headers that a page can't
set; a program sends neither. And a page may have its own name lead to loopback, so that the browser takes both for one
place (DNS rebinding): then the `Host` that it asks for is a name that is none of ours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from nanobanana_async.emulator._places import host_of, is_loopback_host


def is_foreign(headers: Mapping[str, str]) -> bool:
    """Whether the request was made by a page that is not ours."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    except ValueError:
        return True


def strange_host(headers: Mapping[str, str], hosts: Collection[str] | None) -> str | None:
    """The `Host` asked for, where it is neither of loopback nor among `hosts`; None of these lets in any."""
    said = headers.get("host")
    if hosts is None or not said:
        return None
    host = host_of(f"http://{said}").rstrip(".")
    return None if is_loopback_host(host) or host in map(str.lower, hosts) else said
