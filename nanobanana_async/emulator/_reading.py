"""From what a request says to the call it is: for shells that have no HTTP library in front of them.

It reads as the server does, by the same tables and within the same bounds, so that a test in process meets what a test
over a socket does.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote

from nanobanana_async.emulator._bodies import BodyTooLargeError, limit_of, parsed_json
from nanobanana_async.emulator._calls import Answer, Call, Operation, Upload
from nanobanana_async.emulator._places import FILES
from nanobanana_async.emulator._routes import is_served, operation_at, tidied


def read_call(
    method: str,
    path: str,
    query: str = "",
    *,
    body: bytes | Upload = b"",
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
        authorization: The header of that name.
        base_url: Scheme and host under which links to our own files are made.
        user_agent: The header of that name.
    """
    path = tidied(unquote(path))
    operation = operation_at(method, path)
    if operation is None:
        return _refused(405, "Method Not Allowed") if is_served(path) else _refused(404, "Not Found")
    if method == "POST" and _size(body) > limit_of(operation):
        return _refused(413, str(BodyTooLargeError(limit_of(operation))))
    return Call(
        operation,
        subject=_subject(operation, path, query),
        body=_read(operation, body) if method == "POST" else None,
        authorization=authorization,
        base_url=base_url,
        user_agent=user_agent,
    )


def _refused(status: int, msg: str) -> Answer:
    return Answer({"code": status, "msg": msg, "data": None}, status=status)


def _subject(operation: Operation, path: str, query: str) -> str:
    if operation == "file":
        return path.removeprefix(FILES)
    if operation == "recordInfo":
        return dict(parse_qsl(query, keep_blank_values=True)).get("taskId", "")
    return ""


def _read(operation: Operation, body: bytes | Upload) -> object:
    if operation == "stream-upload":
        return body if isinstance(body, Upload) else Upload()
    return None if isinstance(body, Upload) else parsed_json(body)


def _size(body: bytes | Upload) -> int:
    return len(body) if isinstance(body, bytes) else len(body.content or b"")
