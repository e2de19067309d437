"""Which path asks for what: the one table that every shell reads, behind a socket or in process."""

from __future__ import annotations

from urllib.parse import quote

from nanobanana_async.emulator._calls import Operation
from nanobanana_async.emulator._places import FILES

GET: dict[str, Operation] = {
    "/api/v1/jobs/recordInfo": "recordInfo",
    "/api/v1/playground/recordInfo": "recordInfo",
    "/api/v1/chat/credit": "credit",
}
POST: dict[str, Operation] = {
    "/api/v1/jobs/createTask": "createTask",
    "/api/v1/playground/createTask": "createTask",
    "/api/v1/common/download-url": "download-url",
    "/api/file-stream-upload": "stream-upload",
    "/api/file-base64-upload": "base64-upload",
    "/api/file-url-upload": "url-upload",
}


def operation_at(method: str, path: str) -> Operation | None:
    """What a request of this method to this path asks for; None where nothing is served."""
    if method == "POST":
        return POST.get(path)
    if method not in ("GET", "HEAD"):
        return None
    return "file" if path.startswith(FILES) else GET.get(path)


def is_served(path: str) -> bool:
    """Whether there is a method by which this path can be asked."""
    return path.startswith(FILES) or path in GET or path in POST


def path_of(operation: Operation, subject: str = "") -> str:
    """The path, and the query where there is one, that asks for this; the usual one where there are several."""
    if operation == "file":
        return f"{FILES}{quote(subject, errors='replace')}"
    path = next(path for path, served in (GET | POST).items() if served == operation)
    return f"{path}?taskId={quote(subject, safe='', errors='replace')}" if operation == "recordInfo" else path


def tidied(path: str) -> str:
    """The path without the doubled and trailing slashes that clients make when they join URLs."""
    if "//" not in path and not path.endswith("/"):
        return path
    return "/" + "/".join(step for step in path.split("/") if step)
