"""Whether somebody has put something of their own in the place of what httpx and httpcore do.

A test that uses respx, pytest-httpx, vcrpy or a patch of its own believes that no request leaves; OpenTelemetry,
Datadog or Sentry expect to see each of them. All of them replace a method of httpx's or httpcore's. Our own way onto
the wire passes few of those methods, so it is left, for the way that passes all of them, as soon as one is replaced.

What a function *says* of itself proves nothing: `functools.wraps` and wrapt's proxies repeat the name and the module of
what they replace. The globals that it runs with can't be repeated.
"""

from __future__ import annotations

import sys
from types import FunctionType, ModuleType

CLIENT = (
    ("AsyncClient", "send"),
    ("AsyncClient", "_send_single_request"),
    ("AsyncClient", "_transport_for_url"),
)
"""What httpx's clients do with a request before a transport has it."""

TRANSPORT = (("AsyncHTTPTransport", "handle_async_request"),)
"""What httpx's own transport does with it."""

IN_HTTPX = CLIENT + TRANSPORT

IN_HTTPCORE = (
    ("AsyncConnectionPool", "handle_async_request"),
    ("AsyncHTTPConnection", "handle_async_request"),
    ("AsyncHTTP11Connection", "handle_async_request"),
    ("AnyIOBackend", "connect_tcp"),
)
"""What httpcore does with it below httpx's transport."""


def is_client_replaced() -> bool:
    """True when only a client's `send` would be seen by whoever wants to see it."""
    import httpx  # noqa: PLC0415 - loads late (DESIGN §2, rule 5)

    return _is_any_replaced(httpx, CLIENT)


def is_anything_replaced() -> bool:
    """True when a request must go through all of httpx, and all of httpcore."""
    import httpx  # noqa: PLC0415 - loads late (DESIGN §2, rule 5)

    httpcore = sys.modules.get("httpcore")  # nobody has replaced a part of what nobody has loaded
    return _is_any_replaced(httpx, IN_HTTPX) or (httpcore is not None and _is_any_replaced(httpcore, IN_HTTPCORE))


def _is_any_replaced(package: ModuleType, methods: tuple[tuple[str, str], ...]) -> bool:
    for owner, name in methods:
        method = vars(getattr(package, owner)).get(name)
        if type(method) is not FunctionType or method.__globals__["__name__"].split(".")[0] != package.__name__:
            return True
    return False
