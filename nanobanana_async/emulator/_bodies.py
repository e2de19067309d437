"""Reading what a client sends: within bounds, and in whatever form real clients have it.

JSON is read whatever its media type says, with a byte-order mark or without. A part of a multipart body is a file
whether or not it has a file name or a media type. What can't be read is None, or an upload without a file: the
world refuses that like any other wrong body.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from nanobanana_async.emulator._calls import Operation, Upload

JSON_MAX = 1024 * 1024
UPLOAD_MAX = 100 * 1024 * 1024


class BodyTooLargeError(Exception):
    """More was sent than this path takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body exceeds {limit} bytes")


def limit_of(operation: Operation) -> int:
    """How many bytes its path takes."""
    return UPLOAD_MAX if operation.endswith("-upload") else JSON_MAX


def parsed_json(content: bytes) -> object:
    """What a body says; None where it is no JSON, or deeper than can be read."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


async def read_body(request: Request, limit: int) -> bytes:
    """All of it. Raises BodyTooLargeError beyond `limit` bytes."""
    content = bytearray()
    async for chunk in _bounded(request, limit):
        content += chunk
    return bytes(content)


async def read_json(request: Request, limit: int) -> object:
    """The parsed body; None where it is no JSON."""
    return parsed_json(await read_body(request, limit))


async def read_upload(request: Request, limit: int) -> Upload:
    """The parts of a multipart body; none of them where it isn't one."""
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/"):
        return Upload()
    try:
        # Latin-1 stands for every byte: a part without a file name would otherwise be read as text, and spoilt.
        headers = Headers({"content-type": f"{content_type}; charset=latin-1"})
        parser = MultiPartParser(headers, _bounded(request, limit), max_fields=20, max_part_size=limit)
        parser.spool_max_size = limit  # all in memory: writing to a disk would take a thread
        form = await parser.parse()
    except MultiPartException:
        return Upload()
    try:
        content, name = await _file(form)
        return Upload(content, _text(form, "uploadPath"), _text(form, "fileName") or name)
    finally:
        await form.close()


async def _file(form: FormData) -> tuple[bytes | None, str | None]:
    """The content of the part `file`, and the name it has of its own."""
    file = form.get("file")
    if isinstance(file, UploadFile):
        return await file.read(), _as_utf8(file.filename or "") or None
    return (None if file is None else file.encode("latin-1")), None


def _text(form: FormData, name: str) -> str | None:
    value = form.get(name)
    return _as_utf8(value) if isinstance(value, str) else None


def _as_utf8(text: str) -> str:
    content = text.encode("latin-1")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return text


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
