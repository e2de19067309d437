"""Reading what a client sends: within bounds, and in whatever form real clients have it.

JSON is read whatever its media type says, with a byte-order mark or without. A part of a multipart body is a file
whether or not it has a file name or a media type. What can't be read is None, or an upload without a file: the
world refuses that like any other wrong body.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from nanobanana_async.emulator._calls import Form, FormPart, Upload
from nanobanana_async.emulator._operations import CREATES, IMAGES, UPLOADS, Operation

JSON_MAX = 1024 * 1024
UPLOAD_MAX = 100 * 1024 * 1024
_MOST_PARTS = 100


class BodyTooLargeError(Exception):
    """More was sent than this path takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body exceeds {limit} bytes")


def limit_of(operation: Operation) -> int:
    """How many bytes its path takes; pictures may stand in an upload, and in a create of the images dialect."""
    holds_pictures = operation in UPLOADS or (operation in IMAGES and operation in CREATES)
    return UPLOAD_MAX if holds_pictures else JSON_MAX


def parsed_json(content: bytes) -> object:
    """What a body says; None where it is no JSON, or deeper than can be read."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def is_multipart(media_type: str) -> bool:
    """Whether a body of this type is a form with files."""
    return media_type.strip().lower().startswith("multipart/")


def is_urlencoded(media_type: str) -> bool:
    """Whether a body of this type is a form without files."""
    return media_type.strip().lower().startswith("application/x-www-form-urlencoded")


def form_in(content: bytes) -> Form | None:
    """The fields of an urlencoded body; None where there are too many."""
    said = content.decode("utf-8", "replace")
    try:
        fields = parse_qsl(said, keep_blank_values=True, max_num_fields=_MOST_PARTS)
    except ValueError:
        return None
    return Form(tuple(FormPart(name, value.encode()) for name, value in fields))


def upload_in(form: Form) -> Upload:
    """The file in a form, with where it is to lie."""
    file, path, name = form.last("file"), form.last("uploadPath"), form.last("fileName")
    return Upload(
        file.content if file else None,
        _field(path),
        _field(name) or (file.file_name if file else None) or None,
    )


async def read_body(request: Request, limit: int) -> bytes:
    """All of it. Raises BodyTooLargeError beyond `limit` bytes."""
    content = bytearray()
    async for chunk in _bounded(request, limit):
        content += chunk
    return bytes(content)


async def read_said(request: Request, operation: Operation) -> object:
    """What a POST says, in the form in which its path is to be told.

    Raises:
        BodyTooLargeError: It says more than its path takes.
    """
    media_type, limit = request.headers.get("content-type", ""), limit_of(operation)
    if operation == "stream-upload":
        form = await _multipart(request, limit) if is_multipart(media_type) else None
        return Upload() if form is None else upload_in(form)
    if operation == "edits":
        if is_multipart(media_type):
            return await _multipart(request, limit)
        if is_urlencoded(media_type):
            return form_in(await read_body(request, limit))
    return parsed_json(await read_body(request, limit))


async def _multipart(request: Request, limit: int) -> Form | None:
    """The parts of a multipart body; None where it isn't one."""
    try:
        # Latin-1 stands for every byte: a part without a file name would otherwise be read as text, and spoilt.
        headers = Headers({"content-type": f"{request.headers['content-type']}; charset=latin-1"})
        parser = MultiPartParser(
            headers, _bounded(request, limit), max_files=_MOST_PARTS, max_fields=_MOST_PARTS, max_part_size=limit
        )
        parser.spool_max_size = limit  # all in memory: writing to a disk would take a thread
        form = await parser.parse()
    except MultiPartException:
        return None
    try:
        return Form(tuple([await _part(name, value) for name, value in form.multi_items()]))
    finally:
        await form.close()


async def _part(name: str, value: UploadFile | str) -> FormPart:
    if isinstance(value, str):
        return FormPart(_as_utf8(name), value.encode("latin-1"))
    return FormPart(_as_utf8(name), await value.read(), _as_utf8(value.filename or ""))


def _field(part: FormPart | None) -> str | None:
    return part.text if part and part.file_name is None else None


def _as_utf8(text: str) -> str:
    return FormPart("", text.encode("latin-1")).text


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
