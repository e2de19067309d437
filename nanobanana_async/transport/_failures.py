"""Whatever goes wrong on the wire, translated into `NetworkError` in one table.

What is not in the table (an assertion of a mock, a mistake in the code) is a programming error and goes through.
"""

from __future__ import annotations

import socket
from functools import cache
from typing import Literal

import anyio

from nanobanana_async.errors import NetworkError
from nanobanana_async.transport._evidence import Evidence
from nanobanana_async.transport._redaction import chain_of, redact, redact_exceptions
from nanobanana_async.values import WireRequest

LONGEST_MESSAGE = 400
"""In characters: a server can put as much as it likes into what our exceptions quote of it."""

UNKNOWN_NAMES = frozenset(getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name))
"""The resolver's word that there is no such name; EAI_AGAIN, a resolver out of reach, is not among them."""

NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"})
"""OpenSSL's words for an answer that isn't TLS at all: https:// to a port that speaks plain http."""


class UnsendableError(Exception):
    """The request can't be put on the wire as it is, now or later: nothing was sent."""


class UnusableBodyError(Exception):
    """The answer came and can't be used: too long, cut short, or in a coding that was not asked for."""


@cache
def wire_failures() -> tuple[type[Exception], ...]:
    """What may come out of httpx and h11, and of the layers that they let through, when the network is at fault."""
    import h11  # noqa: PLC0415 - loads late (DESIGN §2, rule 5)
    import httpx  # noqa: PLC0415 - loads late (DESIGN §2, rule 5)

    return (
        httpx.HTTPError,
        httpx.InvalidURL,
        httpx.StreamError,
        h11.LocalProtocolError,
        OSError,
        ValueError,  # UnicodeError above all: a host name that can't be encoded, found by the resolver
        anyio.BrokenResourceError,
        anyio.ClosedResourceError,
        anyio.EndOfStream,
        UnsendableError,
        UnusableBodyError,
    )


def explained(
    failure: Exception, request: WireRequest, label: str, evidence: Evidence, *, was_reached: bool
) -> NetworkError:
    """The error to raise for `failure`, which loses the key on the way. `was_reached`: this host answered before."""
    redact_exceptions(failure, request.bearer)
    sent = _sent(failure, evidence)
    remedy = _permanent_remedy(failure, was_reached=was_reached)
    return _network_error(request, f"{label}: {_words(failure)}", sent=sent, remedy=remedy)


def never_sent(failure: UnsendableError, request: WireRequest, label: str) -> NetworkError:
    """The error to raise for a request that can't be put on the wire."""
    remedy = _permanent_remedy(failure, was_reached=False)
    return _network_error(request, f"{label}: {failure}", sent="no", remedy=remedy)


def timed_out(request: WireRequest, label: str, evidence: Evidence) -> NetworkError:
    """The error to raise when the request's own deadline has come."""
    sent: Literal["no", "perhaps"] = "no" if evidence.proves_not_sent else "perhaps"
    return _network_error(request, f"{label}: no whole answer within {request.deadline:g} s", sent=sent, remedy=None)


def _network_error(
    request: WireRequest, text: str, *, sent: Literal["no", "perhaps"], remedy: str | None
) -> NetworkError:
    lost = request.pays and sent == "perhaps"
    message = redact(f"{request.method} {text}", request.bearer)
    error = NetworkError(
        message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…",
        sent=sent,
        permanent=remedy is not None,
        charged="unknown" if lost else "no",
        remedy=remedy,
    )
    error.retryable = not lost and remedy is None
    return error


def _sent(failure: Exception, evidence: Evidence) -> Literal["no", "perhaps"]:
    import httpx  # noqa: PLC0415 - loads late (DESIGN §2, rule 5)

    never_connected = isinstance(failure, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
    return "no" if evidence.proves_not_sent or (never_connected and not evidence.may_be_out) else "perhaps"


def _permanent_remedy(failure: Exception, *, was_reached: bool) -> str | None:
    """What to change, when sending again can't help; None when it may."""
    import ssl  # noqa: PLC0415 - loads late (DESIGN §2, rule 5)

    for link in chain_of(failure):
        match link:
            case UnsendableError():
                return "Correct what the message names; nothing was sent."
            case ssl.SSLCertVerificationError():
                return "Check the base URL, this machine's clock, and the certificate (HttpxTransport(verify=...))."
            case socket.gaierror(errno=errno) if errno in UNKNOWN_NAMES and not was_reached:
                return "Check the host name in the base URL: it does not exist."
            case UnicodeError() if not was_reached:
                return "Check the host name in the base URL: it is not a valid name."
            case ssl.SSLError(reason=reason) if reason in NOT_TLS and not was_reached:
                return "Check the base URL: https:// was used on a port that doesn't speak it."
    return None


def _words(failure: Exception) -> str:
    """The failure's own words, and those of what caused it in the first place."""
    text = str(failure).strip()
    if not isinstance(failure, (UnsendableError, UnusableBodyError)):
        text = f"{type(failure).__name__}: {text}" if text else type(failure).__name__
    root = _root(failure)
    cause = str(root).strip() or type(root).__name__
    return text if cause in text else f"{text} ({cause})"


def _root(failure: BaseException) -> BaseException:
    while failure.__cause__ is not None or isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0] if isinstance(failure, BaseExceptionGroup) else failure.__cause__ or failure
    return failure
