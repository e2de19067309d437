"""Opening lines: one carrier for one connection, all of them with the same SSL context."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from nanobanana_async.transport._failures import UnsendableError
from nanobanana_async.transport._messages import Carrier
from nanobanana_async.transport._proxies import environment_proxy
from nanobanana_async.transport._targets import Origin

if TYPE_CHECKING:
    import ssl

    import httpx

KEEP_ALIVE = 15.0
"""Seconds that a connection may wait for its next request. Servers and proxies in front of them close theirs after 60 s
and more as a rule; one that closed earlier is noticed, because the socket is looked at before it is used."""


class Opener:
    """Makes carriers that hold one connection each, which is opened at their first request."""

    def __init__(self, *, proxy: str | httpx.Proxy | None, verify: bool | ssl.SSLContext, trust_env: bool) -> None:
        self._proxy = proxy
        self._verify = verify
        self._trust_env = trust_env
        self._contexts: dict[bool, ssl.SSLContext] = {}

    def proxy_for(self, origin: Origin) -> httpx.Proxy | None:
        """The proxy on the way to `origin`: the one that was given, else the environment's.

        Raises:
            UnsendableError: it isn't a proxy that httpx can use.
        """
        import httpx  # noqa: PLC0415 - loads late (DESIGN §2, rule 5)

        proxy = self._proxy or (environment_proxy(origin) if self._trust_env else None)
        if proxy is None:
            return None
        try:
            known = proxy if isinstance(proxy, httpx.Proxy) else httpx.Proxy(proxy)
        except (ValueError, httpx.InvalidURL):
            raise UnsendableError("the proxy's URL can't be used: is it http://host:port?") from None
        if known.url.scheme != "https" or known.ssl_context is not None:
            return known
        return httpx.Proxy(known.url, ssl_context=self._context(trusting=True), auth=known.auth, headers=known.headers)

    def prepare(self, origin: Origin) -> None:
        """Load and build whatever the first line to `origin` needs, so that opening one takes no time. It blocks."""
        with suppress(UnsendableError):  # the first request tells it, and to whoever sends that
            self.open(origin, self.proxy_for(origin), through_httpx=False)

    def open(self, origin: Origin, proxy: httpx.Proxy | None, *, through_httpx: bool) -> Carrier:
        """A carrier for one connection to `origin`. A proxy needs all of httpx, and so does a mock of it.

        Raises:
            UnsendableError: the proxy speaks SOCKS and the package for that is missing.
        """
        import httpx  # noqa: PLC0415 - loads late (DESIGN §2, rule 5)

        from nanobanana_async.transport._direct import DirectCarrier  # noqa: PLC0415 - it imports httpx at its head
        from nanobanana_async.transport._through_httpx import HttpxCarrier  # noqa: PLC0415 - and so does this

        context = self._context(trusting=origin.scheme == "https")
        if proxy is None and not through_httpx:
            return DirectCarrier(context)
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEP_ALIVE)
        try:
            return HttpxCarrier(httpx.AsyncHTTPTransport(verify=context, limits=limits, proxy=proxy))
        except ImportError as error:
            raise UnsendableError(str(error)) from error

    def _context(self, *, trusting: bool) -> ssl.SSLContext:
        """The one context of its kind. Plain http gets an empty one, which trusts nobody and is built in no time."""
        import ssl  # noqa: PLC0415 - loads late (DESIGN §2, rule 5)

        import httpx  # noqa: PLC0415 - loads late (DESIGN §2, rule 5)

        if trusting not in self._contexts:
            self._contexts[trusting] = (
                httpx.create_ssl_context(verify=self._verify, trust_env=self._trust_env)
                if trusting
                else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            )
        return self._contexts[trusting]
