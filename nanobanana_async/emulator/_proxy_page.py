"""What stands in front of a gateway or a file host, and speaks HTML: proxies and content networks."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from nanobanana_async.emulator._calls import Page


def page(status: int, *, title: str | None = None, headers: Mapping[str, str] | None = None) -> Page:
    """A short page of a proxy, with a status of its own."""
    words = title or f"{status} {_phrase(status)}".strip()
    said = (
        f"<html>\r\n<head><title>{words}</title></head>\r\n<body>\r\n<center><h1>{words}</h1></center>\r\n"
        "<hr><center>emulated proxy</center>\r\n</body>\r\n</html>\r\n"
    )
    return Page(said.encode(), "text/html", status, headers or {})


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
