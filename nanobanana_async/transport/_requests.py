"""A `WireRequest` as httpx's request: headers, body, and what travels beside them."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from nanobanana_async.errors import NetworkError
from nanobanana_async.transport._evidence import Evidence
from nanobanana_async.transport._failures import UnsendableError, never_sent
from nanobanana_async.transport._targets import rough_label
from nanobanana_async.values import WireRequest

if TYPE_CHECKING:
    import httpx

CONNECT_WITHIN = 10.0
"""Seconds for a connection to come about, if the request's deadline isn't nearer than twice that. An own bound, because
a connect that times out is proof that nothing was sent and a deadline alone is not."""

MOST_HEADS = 256


class Encoder:
    """Makes httpx's requests, and remembers the heads that it made: a run sends thousands with the same four."""

    def __init__(self) -> None:
        self._heads: dict[object, httpx.Headers] = {}

    def encode(self, request: WireRequest, url: httpx.URL, evidence: Evidence) -> httpx.Request:
        """The request for our own connections.

        Raises:
            UnsendableError: a header, or the key, holds what a header can't.
        """
        import httpx  # noqa: PLC0415 - loads late (DESIGN §2, rule 5)

        if request.form or request.files:
            return httpx.Request(request.method, url, **everything(request, evidence))
        body = httpx.ByteStream(request.body or b"")
        head = self._head(request, url)
        made = httpx.Request(request.method, url, headers=head, stream=body, extensions=extensions(request, evidence))
        if request.body or made.method in {"POST", "PUT", "PATCH"}:
            made.headers["Content-Length"] = str(len(request.body or b""))
        return made

    def _head(self, request: WireRequest, url: httpx.URL) -> httpx.Headers:
        import httpx  # noqa: PLC0415 - loads late (DESIGN §2, rule 5)

        name = (url.netloc, request.bearer, tuple(request.headers.items()))
        head = self._heads.get(name)
        if head is None:
            if len(self._heads) >= MOST_HEADS:
                self._heads.clear()
            head = self._heads[name] = httpx.Headers({"Host": url.netloc.decode("ascii"), **headers(request)})
        return head


def everything(request: WireRequest, evidence: Evidence) -> dict[str, Any]:
    """The arguments of `httpx.Request`, and of a client's `build_request`, that say all of `request` but where to.

    Raises:
        UnsendableError: a header, or the key, holds what a header can't.
    """
    files = [(part.name, (part.filename, part.content, part.media_type)) for part in request.files]
    return {
        "headers": headers(request),
        "content": request.body,
        "data": dict(request.form) or None,
        "files": files or None,
        "extensions": extensions(request, evidence),
    }


def extensions(request: WireRequest, evidence: Evidence) -> dict[str, Any]:
    """What travels beside the request: its witness, and the bounds on connecting. The deadline bounds the rest."""
    patience = min(CONNECT_WITHIN, request.deadline / 2)
    return {"trace": evidence, "timeout": {"connect": patience, "pool": patience}}


def headers(request: WireRequest) -> dict[str, str]:
    """The headers of `request`, ours where it has none of its own.

    Authorization comes from the bearer alone, so that no header can carry a key to a host that has no right to it; a
    multipart body names its own type, because the boundary stands in it.

    Raises:
        UnsendableError: a header, or the key, holds what a header can't.
    """
    not_theirs = {"authorization", "content-type"} if request.files else {"authorization"}
    theirs = {name.title(): value for name, value in request.headers.items() if name.lower() not in not_theirs}
    made = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": user_agent(), **theirs}
    if request.bearer is not None:
        made["Authorization"] = f"Bearer {request.bearer}"
    for name, value in made.items():
        if not (name.isascii() and value.isascii() and value.isprintable()):
            holds = "holds a character that can't stand in a header (a line break, a letter beyond ASCII)"
            raise UnsendableError(f"{_called(name)} {holds}")
        if value != value.strip():
            raise UnsendableError(f"{_called(name)} is empty, or begins or ends with a space")
    return made


def unsendable(request: WireRequest) -> NetworkError | None:
    """The error of a request that no network would take, for whoever writes a transport; None where one would."""
    try:
        headers(request)
    except UnsendableError as failure:
        return never_sent(failure, request, rough_label(request.url))
    return None


@cache
def user_agent() -> str:
    """Our own name: result hosts refuse some of the usual ones with 403 (PROTOCOL §1.8)."""
    from importlib import metadata  # noqa: PLC0415 - costs as much as all of this package, and is needed once

    try:
        version = metadata.version("nanobanana-async")
    except metadata.PackageNotFoundError:  # run from a source tree that was never installed
        version = "0"
    return f"nanobanana-async/{version} (python {sys.version_info.major}.{sys.version_info.minor})"


def _called(name: str) -> str:
    return "the API key" if name == "Authorization" else f"the header {name!r}"
