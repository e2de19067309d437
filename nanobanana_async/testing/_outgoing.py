"""A request on its way to an emulator in the same process: where it leads, and what would arrive there.

It is held to what a network would take: a key that no header can carry goes nowhere, nor does a request to another
host.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

from attrs import field, frozen

from nanobanana_async.emulator import Answer, Call, Form, FormPart, read_call
from nanobanana_async.errors import NetworkError
from nanobanana_async.transport import unsendable, user_agent
from nanobanana_async.values import WireRequest

_PORTS = {"http": 80, "https": 443}
_MOST_REMEMBERED = 256


@frozen
class _Place:
    """An address under which the emulator is reached: its origin, and the path that a proxy in front would take off."""

    start: tuple[str, str]
    """Scheme and netloc, as they are written mostly."""
    origin: tuple[str, str, int | None]
    path: str

    def path_below(self, url: SplitResult) -> str | None:
        """The path as the emulator sees it; None where the URL doesn't lead here."""
        is_here = url[:2] == self.start or _origin(url) == self.origin
        return url.path.removeprefix(self.path) if is_here and url.path.startswith(f"{self.path}/") else None


@frozen
class Outlet:
    """Reads requests to one emulator.

    Args:
        base_url: where clients reach it.
        public_url: where its files are linked, if that is another address.
    """

    base_url: str
    public_url: str | None
    _places: tuple[_Place, ...] = field(init=False, repr=False)
    _fit: set[object] = field(factory=set, init=False, repr=False)
    """Keys and headers that can be sent: a run sends thousands of requests with the same few."""

    @_places.default
    def _its_places(self) -> tuple[_Place, ...]:
        urls = [urlsplit(url) for url in (self.base_url, self.public_url) if url is not None]
        places = [_Place(url[:2], _origin(url), url.path) for url in urls]
        return tuple(sorted(places, key=lambda place: len(place.path), reverse=True))  # the nearer one first

    def call(self, request: WireRequest) -> Call | Answer:
        """The call that arrives; the answer to it where it is none.

        Raises:
            NetworkError: it leads to another host, or can't be sent at all.
        """
        self._check(request)
        url, path = self._target(request)
        return read_call(
            request.method.upper(),
            path,
            url.query,
            body=_body(request),
            media_type=_media_type(request),
            authorization=None if request.bearer is None else f"Bearer {request.bearer}",
            base_url=self.public_url or self.base_url,
            user_agent=_header(request, "user-agent") or user_agent(),
        )

    def _check(self, request: WireRequest) -> None:
        head = (request.bearer, *request.headers.items())
        if head in self._fit:
            return
        error = unsendable(request)
        if error is not None:
            raise error
        if len(self._fit) < _MOST_REMEMBERED:
            self._fit.add(head)

    def _target(self, request: WireRequest) -> tuple[SplitResult, str]:
        """The URL, and the path as the emulator sees it."""
        try:
            url = _without_dots(urlsplit(request.url))
            paths = [place.path_below(url) for place in self._places]
        except ValueError as error:
            raise _never_sent(request, f"not a URL: {error}") from error
        for path in paths:
            if path is not None:
                return url, path
        raise _never_sent(request, f"an emulator in process reaches only itself, at {self.base_url}")


def _without_dots(url: SplitResult) -> SplitResult:
    """The URL as HTTP clients send it: `/a/../b` is `/b`, and no path is `/`."""
    if "/." in url.path:
        return urlsplit(urljoin(url.geturl(), url.path))
    return url if url.path else url._replace(path="/")


def _origin(url: SplitResult) -> tuple[str, str, int | None]:
    return url.scheme, url.hostname or "", url.port or _PORTS.get(url.scheme)


def _body(request: WireRequest) -> bytes | Form:
    """What a form becomes on a network: multipart where there are files, urlencoded where there are none."""
    if request.files:
        fields = (FormPart(name, text.encode()) for name, text in request.form.items())
        files = (FormPart(part.name, part.content, part.filename) for part in request.files)
        return Form((*fields, *files))
    return urlencode(request.form).encode() if request.form else request.body or b""


def _media_type(request: WireRequest) -> str:
    return _header(request, "content-type") or ("application/x-www-form-urlencoded" if request.form else "")


def _header(request: WireRequest, name: str) -> str | None:
    return next((value for each, value in request.headers.items() if each.lower() == name), None)


def _never_sent(request: WireRequest, what: str) -> NetworkError:
    where = re.sub(r"//[^/@]*@", "//", request.url.partition("?")[0])
    return NetworkError(f"{request.method} {where}: {what}", sent="no")
