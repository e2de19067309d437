"""Which path asks for what: the one table that every shell reads, behind a socket or in process."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote

from nanobanana_async.emulator._operations import Operation
from nanobanana_async.emulator._places import FILES

GET: dict[str, Operation] = {
    "/api/v1/jobs/recordInfo": "recordInfo",
    "/api/v1/playground/recordInfo": "recordInfo",
    "/api/v1/nano-banana/record-info": "record-info",
    "/api/v1/chat/credit": "credit",
    "/v1/models": "models",
}
GET_BELOW: dict[str, Operation] = {
    FILES: "file",
    "/v1/images/tasks/": "images-task",
    "/v1/models/": "models",
}
"""The rest of the path says what is asked for."""
POST: dict[str, Operation] = {
    "/api/v1/jobs/createTask": "createTask",
    "/api/v1/playground/createTask": "createTask",
    "/api/v1/nano-banana/generate": "generate",
    "/v1/images/generations": "generations",
    "/v1/images/edits": "edits",
    "/api/v1/common/download-url": "download-url",
    "/api/file-stream-upload": "stream-upload",
    "/api/file-base64-upload": "base64-upload",
    "/api/file-url-upload": "url-upload",
}
_BY_QUERY: tuple[Operation, ...] = ("recordInfo", "record-info")
_TOLD_BESIDE: tuple[Operation, ...] = ("generations", "edits")


def operation_at(method: str, path: str) -> Operation | None:
    """What a request of this method to this path asks for; None where nothing is served."""
    if method == "POST":
        return POST.get(path)
    if method not in ("GET", "HEAD"):
        return None
    return GET.get(path) or _below(path)


def is_served(path: str) -> bool:
    """Whether there is a method by which this path can be asked."""
    return path in GET or path in POST or _below(path) is not None


def subject_at(operation: Operation, query: str) -> str:
    """The task that a query names; empty where it names none, or another operation is asked for."""
    return _fields(query).get("taskId", "") if operation in _BY_QUERY else ""


def rest_of(path: str) -> str | None:
    """What stands below one of the paths that are no more than a beginning; None where it is another path."""
    return next((path.removeprefix(start) for start in GET_BELOW if path.startswith(start)), None)


def told_beside(operation: Operation, query: str) -> dict[str, str]:
    """What the query tells a create; empty for all else."""
    return _fields(query) if operation in _TOLD_BESIDE else {}


def path_of(operation: Operation, subject: str = "") -> str:
    """The path, and the query where there is one, that asks for this; the usual one where there are several."""
    if subject and operation in GET_BELOW.values():
        start = next(start for start, served in GET_BELOW.items() if served == operation)
        return f"{start}{quote(subject, errors='replace')}"
    path = next(path for path, served in (GET | POST | GET_BELOW).items() if served == operation)
    return f"{path}?taskId={quote(subject, safe='', errors='replace')}" if operation in _BY_QUERY else path


def tidied(path: str) -> str:
    """The path without the doubled and trailing slashes that clients make when they join URLs."""
    if "//" not in path and not path.endswith("/"):
        return path
    return "/" + "/".join(step for step in path.split("/") if step)


def _below(path: str) -> Operation | None:
    return next((operation for start, operation in GET_BELOW.items() if path.startswith(start)), None)


def _fields(query: str) -> dict[str, str]:
    return dict(parse_qsl(query, keep_blank_values=True))
