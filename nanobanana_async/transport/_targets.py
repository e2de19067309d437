"""Where a request goes: its URL, taken apart once and remembered."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import attrs

from nanobanana_async.transport._failures import UnsendableError

if TYPE_CHECKING:
    import httpx


class Origin(NamedTuple):
    """What a connection can be shared by."""

    scheme: str
    host: str
    port: int


@attrs.frozen
class Target:
    """A URL, ready to be sent to: `netloc` and `path`, query included, stand in the request, `host` is connected to.

    `label` names it in messages: no query (it may be signed), no user, no password.
    """

    url: httpx.URL
    origin: Origin
    host: str
    netloc: str
    path: bytes
    label: str


@lru_cache(maxsize=1024)  # the parsing costs a tenth of a request, and polls ask for the same thousand over and over
def target_of(url: str) -> Target:
    """The target that `url` names.

    Raises:
        UnsendableError: it isn't an http(s) URL.
    """
    import httpx  # noqa: PLC0415 - loads late (DESIGN §2, rule 5)

    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UnsendableError(f"not a URL: {error}") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise UnsendableError("not an http or https URL with a host")
    origin = Origin(parsed.scheme, parsed.host, parsed.port or (443 if parsed.scheme == "https" else 80))
    host, netloc, path = parsed.raw_host.decode("ascii"), parsed.netloc.decode("ascii"), parsed.raw_path
    label = f"{parsed.scheme}://{netloc}{path.partition(b'?')[0].decode('ascii')}"
    return Target(parsed, origin, host, netloc, path, label)


def rough_label(url: str) -> str:
    """What to call a URL that can't be parsed: the same parts of it are left out."""
    return re.sub(r"//[^/@]*@", "//", url.partition("?")[0])[:200]
