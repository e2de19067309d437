"""A `WireRequest`, made ready for the wire: headers, body, and what travels beside them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from nanobanana_async.errors import NetworkError
from nanobanana_async.transport._evidence import Evidence
from nanobanana_async.transport._failures import UnsendableError, never_sent
from nanobanana_async.transport._messages import Outgoing
from nanobanana_async.transport._targets import Target, rough_label
from nanobanana_async.values import FilePart, WireRequest

if TYPE_CHECKING:
    import h11

CONNECT_WITHIN = 10.0
"""Seconds for a connection to come about, if the request's deadline isn't nearer than twice that. An own bound, because
a connect that times out is proof that nothing was sent and a deadline alone is not."""

Lines = list[tuple[str, str]] | list[tuple[bytes, bytes]]
"""Headers in their order."""

MOST_HEADS = 512
"""As many as there are tasks in flight, and some."""


class Encoder:
    """Makes requests for our own connections, and remembers their heads: h11 takes its time over each line."""

    def __init__(self) -> None:
        self._heads: dict[object, h11.Request] = {}

    def encode(self, request: WireRequest, target: Target, evidence: Evidence) -> Outgoing:
        """The request as it will stand on the wire.

        Raises:
            UnsendableError: a header, or the key, holds what a header can't.
            h11.LocalProtocolError: it can't be said in HTTP/1.1.
        """
        if request.form or request.files:
            lines, body = _composed(request, target, evidence)
            return Outgoing(target, _head(request, target, lines), body, evidence, patience(request))
        plain = (request.body,) if request.body else ()
        return Outgoing(target, self._known_head(request, target), plain, evidence, patience(request))

    def _known_head(self, request: WireRequest, target: Target) -> h11.Request:
        length = len(request.body or b"")
        name = (request.method, request.url, length, request.bearer, tuple(request.headers.items()))
        head = self._heads.get(name)
        if head is None:
            if len(self._heads) >= MOST_HEADS:
                self._heads.clear()
            lines = {"Host": target.netloc, **headers(request)}
            if length or request.method.upper() in {"POST", "PUT", "PATCH"}:
                lines["Content-Length"] = str(length)
            head = self._heads[name] = _head(request, target, list(lines.items()))
        return head


def everything(request: WireRequest, evidence: Evidence) -> dict[str, Any]:
    """The arguments of `httpx.Request`, and of a client's `build_request`, that say all of `request` but where to.

    Raises:
        UnsendableError: a header, or the key, holds what a header can't.
    """
    files = [(part.name, _file(part)) for part in request.files]
    return {
        "headers": headers(request),
        "content": request.body,
        "data": dict(request.form) or None,
        "files": files or None,
        "extensions": extensions(evidence, patience(request)),
    }


def _file(part: FilePart) -> tuple[str | None, bytes] | tuple[str, bytes, str]:
    """A part of a multipart body, as httpx takes it: what is no file has neither a name nor a type."""
    return (None, part.content) if part.filename is None else (part.filename, part.content, part.media_type)


def extensions(evidence: Evidence, connect_within: float) -> dict[str, Any]:
    """What travels beside httpx's request: its witness, and the bounds on connecting. The deadline bounds the rest."""
    return {"trace": evidence, "timeout": {"connect": connect_within, "pool": connect_within}}


def patience(request: WireRequest) -> float:
    """How long connecting may take, in seconds."""
    return min(CONNECT_WITHIN, request.deadline / 2)


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


def _head(request: WireRequest, target: Target, lines: Lines) -> h11.Request:
    import h11  # noqa: PLC0415 - loads late (DESIGN §2, rule 5)

    return h11.Request(method=request.method.upper(), target=target.path, headers=lines)


def _composed(request: WireRequest, target: Target, evidence: Evidence) -> tuple[Lines, Iterable[bytes]]:
    """The headers and the body of a form or of files, as httpx composes them."""
    import httpx  # noqa: PLC0415 - loads late (DESIGN §2, rule 5)

    made = httpx.Request(request.method, target.url, **everything(request, evidence))
    assert isinstance(made.stream, httpx.SyncByteStream)
    return made.headers.raw, made.stream
