"""From what a request says to the call it is: for shells that have no HTTP library in front of them.

It reads as the server does, by the same tables and within the same bounds, so that a test in process meets what a test
over a socket does.
"""

from __future__ import annotations

from urllib.parse import unquote

from nanobanana_async.emulator._bodies import (
    BodyTooLargeError,
    form_in,
    is_multipart,
    is_urlencoded,
    limit_of,
    parsed_json,
    upload_in,
)
from nanobanana_async.emulator._calls import Answer, Call, Form, RefusedError, Upload
from nanobanana_async.emulator._envelopes import not_served
from nanobanana_async.emulator._operations import Operation
from nanobanana_async.emulator._routes import is_served, operation_at, rest_of, subject_at, tidied, told_beside


def read_call(
    method: str,
    path: str,
    query: str = "",
    *,
    body: bytes | Form = b"",
    media_type: str = "",
    authorization: str | None = None,
    base_url: str = "http://127.0.0.1",
    user_agent: str = "",
) -> Call | Answer:
    """The call behind a request; the answer to it where it is none: 404, 405, 413.

    Args:
        method: In capitals.
        path: As it stands in the URL, percent-encoded.
        query: What follows the question mark.
        body: The bytes, or the parts of a multipart body.
        media_type: Of the bytes, where it matters what they are.
        authorization: The header of that name.
        base_url: Scheme and host under which links to our own files are made.
        user_agent: The header of that name.
    """
    path = tidied(unquote(path))
    operation = operation_at(method, path)
    if operation is None:
        return not_served(path, RefusedError(405, "Method Not Allowed") if is_served(path) else _NOT_FOUND)
    if method == "POST" and _size(body) > limit_of(operation):
        return not_served(path, RefusedError(413, str(BodyTooLargeError(limit_of(operation)))))
    rest = rest_of(path)
    return Call(
        operation,
        subject=subject_at(operation, query) if rest is None else rest,
        body=_read(operation, body, media_type) if method == "POST" else None,
        authorization=authorization,
        base_url=base_url,
        user_agent=user_agent,
        query=told_beside(operation, query),
    )


_NOT_FOUND = RefusedError(404, "Not Found")


def _read(operation: Operation, body: bytes | Form, media_type: str) -> object:
    if operation == "stream-upload":
        return upload_in(body) if isinstance(body, Form) else Upload()
    if operation == "edits":
        return _read_edit(body, media_type)
    return None if isinstance(body, Form) else parsed_json(body)


def _read_edit(body: bytes | Form, media_type: str) -> object:
    """Any form, or JSON. Bytes that are said to be multipart are not taken apart: their parts are asked for."""
    if isinstance(body, Form) or is_multipart(media_type):
        return body if isinstance(body, Form) else None
    return form_in(body) if is_urlencoded(media_type) else parsed_json(body)


def _size(body: bytes | Form) -> int:
    return len(body) if isinstance(body, bytes) else sum(len(part.content) for part in body.parts)
