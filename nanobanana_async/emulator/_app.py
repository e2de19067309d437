"""The thin shell: HTTP in, a `Call`; a `Reply`, HTTP out.

It knows the paths, reports every exchange, and moves the making of files into a thread. What anything means is the
world's business, or the page's. No middleware, no models of bodies, no logic: it is measured in hundreds of requests a
second.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection

from attrs import field, frozen
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from nanobanana_async.emulator._bodies import BodyTooLargeError, read_said
from nanobanana_async.emulator._calls import (
    Answer,
    Call,
    Cut,
    Drip,
    FileAnswer,
    HangUp,
    Immediate,
    Later,
    RefusedError,
    Reply,
    Whole,
)
from nanobanana_async.emulator._envelopes import not_served
from nanobanana_async.emulator._exchanges import Exchange
from nanobanana_async.emulator._faults import Fault
from nanobanana_async.emulator._operations import Operation
from nanobanana_async.emulator._page import PageDesk, is_by_itself
from nanobanana_async.emulator._places import is_authority
from nanobanana_async.emulator._routes import GET, GET_BELOW, POST, subject_at, tidied, told_beside
from nanobanana_async.emulator._wire import BrokenResponse, LateResponse
from nanobanana_async.emulator._world import World

_logger = logging.getLogger("nanobanana_async.emulator")
_RECENT = 100
"""How many exchanges the page shows."""
_BODILESS = (204, 304)
"""Statuses whose answers have no body, whatever was meant to stand in it."""


def create_app(
    world: World,
    *,
    on_request: Callable[[Exchange], None] | None = None,
    threads: bool = True,
    hosts: Collection[str] | None = (),
) -> Starlette:
    """The world as an ASGI application.

    Callbacks are sent by the emulator's own server, or by whoever runs `deliver_callbacks` beside this. Faults that
    hang up need a connection of that server, too; elsewhere they raise `ConnectionResetError`.

    Args:
        world: What answers.
        on_request: Called with each exchange, on the event loop: be quick. What it raises is logged, and no more.
        threads: Paint in a thread, so that the loop stays free. Turn it off on virtual time, where waiting for
            a thread would be jumped over.
        hosts: Names under which its page, its ledger and its faults may be asked for, beside those of loopback and
            the public URL's; None lets in any.
    """
    shell = _Shell(world, on_request, threads, hosts)
    routes = [
        Route("/", shell.home, methods=["GET"]),
        Route("/faults", shell.faults, methods=["GET", "POST", "DELETE"]),
        Route("/ledger", shell.ledger, methods=["GET"]),
        Route("/thumbnails/{task_id}.jpg", shell.thumbnail, methods=["GET"]),
        *(Route(path, shell.asking(operation), methods=["GET"]) for path, operation in GET.items()),
        *(Route(f"{path}{{rest:path}}", shell.asking(each), methods=["GET"]) for path, each in GET_BELOW.items()),
        *(Route(path, shell.sending(operation), methods=["POST"]) for path, operation in POST.items()),
    ]
    handlers = {HTTPException: shell.not_served, BodyTooLargeError: shell.too_large, ClientDisconnect: _gone}
    app = _Application(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False  # paths are tidied; a redirect to an untidy one would go in circles
    return app


class _Application(Starlette):
    """Starlette, which takes paths as real clients join them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (path := tidied(scope["path"])) != scope["path"]:
            scope = {**scope, "path": path}
        await super().__call__(scope, receive, send)


def _recent() -> deque[Exchange]:
    return deque(maxlen=_RECENT)


@frozen
class _Shell:
    world: World
    on_request: Callable[[Exchange], None] | None
    threads: bool
    hosts: Collection[str] | None
    recent: deque[Exchange] = field(factory=_recent, init=False)
    page: PageDesk = field(init=False)

    @page.default
    def _page(self) -> PageDesk:
        return PageDesk(self.world, self.recent, self.hosts)

    async def home(self, request: Request) -> Response:
        return await self._shown(request, self.page.home(request, self._base_url(request)))

    async def faults(self, request: Request) -> Response:
        reply: Immediate | None = self.page.turned_away(request)
        if reply is None and request.method == "POST":
            reply = await self.page.change_faults(request, self._base_url(request))
        elif reply is None:
            reply = self.page.withdraw_faults(request) if request.method == "DELETE" else self.page.faults()
        return await self._shown(request, reply)

    async def ledger(self, request: Request) -> Response:
        return await self._shown(request, self.page.turned_away(request) or self.page.ledger(request))

    async def thumbnail(self, request: Request) -> Response:
        return await self._response(self.page.thumbnail(request.path_params["task_id"], self._base_url(request)))

    def asking(self, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return await self._exchange(request, operation)

        return endpoint

    def sending(self, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return await self._exchange(request, operation, await read_said(request, operation))

        return endpoint

    async def _exchange(self, request: Request, operation: Operation, body: object = None) -> Response:
        began = time.perf_counter()
        headers, query = request.headers, request.scope["query_string"].decode("latin-1")
        rest = request.path_params.get("rest")
        call = Call(
            operation,
            subject=subject_at(operation, query) if rest is None else rest,
            body=body,
            authorization=headers.get("authorization"),
            base_url=self._base_url(request),
            user_agent=headers.get("user-agent", ""),
            query=told_beside(operation, query),
        )
        reply = self.world.serve(call)
        return await self._sent(request, reply, began, self.world.faults.latest)

    async def not_served(self, request: Request, error: Exception) -> Response:
        """A path or method that is not there, in the gateway's envelope."""
        status, detail = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, "")
        answer = not_served(request.scope["path"], RefusedError(status, detail))
        return await self._sent(request, answer, time.perf_counter())

    async def too_large(self, request: Request, error: Exception) -> Response:
        """A body that was not read to its end."""
        answer = not_served(request.scope["path"], RefusedError(413, str(error)))
        return await self._sent(request, answer, time.perf_counter())

    async def _sent(self, request: Request, reply: Reply, began: float, struck: tuple[Fault, ...] = ()) -> Response:
        if isinstance(reply, Later):
            return self._late(request, reply, began, struck)
        response = await self._response(reply)
        self._note(request, reply, began, struck)
        return response

    def _late(self, request: Request, later: Later, began: float, struck: tuple[Fault, ...]) -> Response:
        """What is to be sent when its time has come, if somebody still waits for it then."""

        async def in_time() -> Response:
            return await self._sent(request, later.reply, began, struck)

        def hung_up() -> None:
            self.world.hung_up(later)
            self._note(request, HangUp(code="client hung up"), began, struck)

        return LateResponse(later.seconds, in_time, hung_up)

    def _note(self, request: Request, reply: Reply, began: float, struck: tuple[Fault, ...]) -> None:
        exchange = self._exchanged(request, reply, began, struck)
        self.recent.append(exchange)
        self._tell(exchange)

    async def _shown(self, request: Request, reply: Immediate) -> Response:
        """An answer to somebody who looks at the emulator itself: no matter for the page to list."""
        began = time.perf_counter()
        response = await self._response(reply)
        if not is_by_itself(request):
            self._tell(self._exchanged(request, reply, began))
        return response

    def _tell(self, exchange: Exchange) -> None:
        """Whoever listens can't spoil an answer: it is given already."""
        if self.on_request is None:
            return
        try:
            self.on_request(exchange)
        except Exception:
            _logger.exception("on_request raised at %s", exchange)

    def _exchanged(self, request: Request, reply: Reply, began: float, struck: tuple[Fault, ...] = ()) -> Exchange:
        return Exchange(
            request.method,
            request.scope["path"],
            reply.status,
            reply.code,
            time.perf_counter() - began,
            fault=", ".join(fault.name for fault in struck) or None,
            spoiled=any(fault.spec.kind in ("wire", "file") for fault in struck),
            at=self.world.clock(),
        )

    def _base_url(self, request: Request) -> str:
        return self.world.options.public_url or _base_url(request)

    async def _response(self, reply: Immediate) -> Response:
        if isinstance(reply, Whole):
            return await self._whole(reply)
        whole = await self._whole(reply.reply) if isinstance(reply, Cut | Drip) else None
        return BrokenResponse(reply, whole)

    async def _whole(self, reply: Whole) -> Response:
        if reply.status in _BODILESS:
            return Response(None, reply.status, reply.headers)
        if isinstance(reply, FileAnswer):
            content = await run_in_threadpool(reply.produce) if self.threads else reply.produce()
            return Response(content, reply.status, reply.headers, reply.media_type)
        media_type = "application/json" if isinstance(reply, Answer) else reply.media_type
        return Response(reply.content, reply.status, reply.headers, media_type)


def _base_url(request: Request) -> str:
    host = request.headers.get("host")
    if host and not is_authority(host):
        raise HTTPException(400, "Bad Request: the Host header is no host")
    if not host:
        name, port = request.scope.get("server") or ("127.0.0.1", None)
        host = f"{name}:{port}" if port else name
    return f"{request.scope['scheme']}://{host}"


async def _gone(_request: Request, _error: Exception) -> Response:
    """The client left in the middle of its body; nobody reads this."""
    return Response(status_code=400)
