"""Who may change something: programs, and this page; never another page in the same browser.

A web page anywhere can make a browser post a form to loopback. Browsers say so, in one of two headers that a page can't
set; a program sends neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit


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
