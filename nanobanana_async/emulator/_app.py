"""The thin shell: HTTP in, a `Call`; a `Reply`, HTTP out.

It reads bodies within bounds, parses JSON and multipart, and moves the making of files into a thread. What
anything means is the world's business. No middleware, no models of bodies, no logic: it is measured in
hundreds of requests a second.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable

from attrs import frozen
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from nanobanana_async.emulator._calls import Answer, Call, FileAnswer, Operation, Reply, Upload
from nanobanana_async.emulator._world import World

_JSON_MAX = 1024 * 1024
_UPLOAD_MAX = 100 * 1024 * 1024
_GET: tuple[tuple[str, Operation], ...] = (
    ("/api/v1/jobs/recordInfo", "recordInfo"),
    ("/api/v1/playground/recordInfo", "recordInfo"),
    ("/api/v1/chat/credit", "credit"),
)
_POST: tuple[tuple[str, Operation], ...] = (
    ("/api/v1/jobs/createTask", "createTask"),
    ("/api/v1/playground/createTask", "createTask"),
    ("/api/v1/common/download-url", "download-url"),
    ("/api/file-stream-upload", "stream-upload"),
    ("/api/file-base64-upload", "base64-upload"),
    ("/api/file-url-upload", "url-upload"),
)


@frozen
class Exchange:
    """A request that has been answered; as a string, a line for a terminal."""

    method: str
    path: str
    status: int
    code: object
    """The code in the body, where the truth is (PROTOCOL §1.3)."""
    seconds: float
    """From reading the request to having the answer."""

    def __str__(self) -> str:
        said = f"{self.code}" if self.code == self.status else f"{self.code} (HTTP {self.status})"
        return f"{self.method:<4} {self.path}  {said}  {self.seconds * 1000:.1f} ms"


class BodyTooLargeError(Exception):
    """More was sent than this path takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body exceeds {limit} bytes")


def create_app(
    world: World, *, on_request: Callable[[Exchange], None] | None = None, threads: bool = True
) -> Starlette:
    """The world as an ASGI application.

    Args:
        world: What answers.
        on_request: Called with each exchange, on the event loop: be quick.
        threads: Paint in a thread, so that the loop stays free. Turn it off on virtual time, where waiting for
            a thread would be jumped over.
    """
    shell = _Shell(world, on_request, threads)
    routes = [
        Route("/", shell.home, methods=["GET"]),
        Route("/files/{path:path}", shell.file, methods=["GET"]),
        *(Route(path, shell.asking(operation), methods=["GET"]) for path, operation in _GET),
        *(Route(path, shell.sending(operation), methods=["POST"]) for path, operation in _POST),
    ]
    handlers = {HTTPException: shell.not_served, BodyTooLargeError: shell.too_large, ClientDisconnect: _gone}
    return Starlette(routes=routes, exception_handlers=handlers)


@frozen
class _Shell:
    world: World
    on_request: Callable[[Exchange], None] | None
    threads: bool

    async def home(self, request: Request) -> Response:
        world = self.world
        page = (
            "nanobanana emulator\n"
            f"accounts {len(world.accounts)}, tasks {len(world.tasks)}, uploads {len(world.files)}\n"
            f"createTask at {_base_url(request)}/api/v1/jobs/createTask\n"
        )
        return await self._sent(request, FileAnswer("text/plain", page.encode), time.perf_counter())

    async def file(self, request: Request) -> Response:
        return await self._exchange(request, "file", subject=request.path_params["path"])

    def asking(self, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return await self._exchange(request, operation, subject=request.query_params.get("taskId", ""))

        return endpoint

    def sending(self, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        limit = _UPLOAD_MAX if operation.endswith("-upload") else _JSON_MAX
        read = _read_upload if operation == "stream-upload" else _read_json

        async def endpoint(request: Request) -> Response:
            body = await read(request, limit)
            return await self._exchange(request, operation, body=body)

        return endpoint

    async def _exchange(
        self, request: Request, operation: Operation, *, subject: str = "", body: object = None
    ) -> Response:
        began = time.perf_counter()
        headers = request.headers
        call = Call(
            operation,
            subject=subject,
            body=body,
            authorization=headers.get("authorization"),
            base_url=self.world.options.public_url or _base_url(request),
            user_agent=headers.get("user-agent", ""),
        )
        return await self._sent(request, self.world.serve(call), began)

    async def not_served(self, request: Request, error: Exception) -> Response:
        """A path or method that is not there, in the gateway's envelope."""
        status, detail = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, "")
        answer = Answer({"code": status, "msg": detail, "data": None}, status=status)
        return await self._sent(request, answer, time.perf_counter())

    async def too_large(self, request: Request, error: Exception) -> Response:
        """A body that was not read to its end."""
        answer = Answer({"code": 413, "msg": str(error), "data": None}, status=413)
        return await self._sent(request, answer, time.perf_counter())

    async def _sent(self, request: Request, reply: Reply, began: float) -> Response:
        response = await self._response(reply)
        if self.on_request is not None:
            took = time.perf_counter() - began
            self.on_request(Exchange(request.method, request.url.path, reply.status, reply.code, took))
        return response

    async def _response(self, reply: Reply) -> Response:
        if isinstance(reply, Answer):
            return _json(reply)
        content = await run_in_threadpool(reply.produce) if self.threads else reply.produce()
        return Response(content, reply.status, dict(reply.headers), reply.media_type)


def _json(answer: Answer) -> Response:
    # Non-ASCII is escaped: a lone surrogate in a prompt has no UTF-8.
    content = json.dumps(answer.payload, separators=(",", ":")).encode()
    return Response(content, answer.status, dict(answer.headers), "application/json")


def _base_url(request: Request) -> str:
    host = request.headers.get("host")
    if not host:
        name, port = request.scope.get("server") or ("127.0.0.1", None)
        host = f"{name}:{port}" if port else name
    return f"{request.scope['scheme']}://{host}"


async def _read_json(request: Request, limit: int) -> object:
    """The parsed body; None where it is no JSON, which the world refuses like any other wrong body."""
    content = bytearray()
    async for chunk in _bounded(request, limit):
        content += chunk
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


async def _read_upload(request: Request, limit: int) -> Upload:
    if not request.headers.get("content-type", "").startswith("multipart/"):
        return Upload()
    try:
        parser = MultiPartParser(request.headers, _bounded(request, limit), max_fields=20)
        parser.spool_max_size = limit  # all in memory: writing to a disk would take a thread
        form = await parser.parse()
    except MultiPartException:
        return Upload()
    try:
        file = form.get("file")
        content = await file.read() if isinstance(file, UploadFile) else None
        named = file.filename if isinstance(file, UploadFile) else None
        return Upload(content, _text(form, "uploadPath"), _text(form, "fileName") or named)
    finally:
        await form.close()


def _text(form: FormData, name: str) -> str | None:
    value = form.get(name)
    return value if isinstance(value, str) else None


async def _bounded(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise BodyTooLargeError(limit)
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > limit:
            raise BodyTooLargeError(limit)
        yield chunk


async def _gone(_request: Request, _error: Exception) -> Response:
    """The client left in the middle of its body; nobody reads this."""
    return Response(status_code=400)
