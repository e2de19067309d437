"""What goes in and what comes out of the emulator's core: plain values, no HTTP library.

A `Call` is a request that the shell has already read; an `Answer` (JSON) or a `FileAnswer` (bytes, made
when they are wanted) is what it has to send back. `RefusedError` is how a desk says no in the middle of a check;
the world turns it into an answer in one place. Nothing here knows Starlette, so the same core runs in
process on virtual time and behind a socket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from attrs import field, frozen

Operation: TypeAlias = Literal[
    "createTask",
    "recordInfo",
    "credit",
    "download-url",
    "stream-upload",
    "base64-upload",
    "url-upload",
    "file",
]


@frozen
class Upload:
    """The parts of a multipart upload, as far as they were sent (PROTOCOL §4)."""

    content: bytes | None = field(default=None, repr=False)
    upload_path: str | None = None
    file_name: str | None = None


@frozen
class Call:
    """One request: what is asked for, by whom, and under which address the emulator was reached."""

    operation: Operation
    subject: str = ""
    """The task id of a recordInfo, the path of a file; else empty."""
    body: object = field(default=None, repr=False)
    """Parsed JSON, or an `Upload`; None when there was none or it could not be read."""
    authorization: str | None = field(default=None, repr=False)
    base_url: str = "http://127.0.0.1"
    """Scheme and host under which links to our own files are made, without a slash at the end."""
    user_agent: str = ""


@frozen
class Answer:
    """A JSON answer. The truth is in `code`, the HTTP status is nearly always 200 (PROTOCOL §1.3)."""

    payload: Mapping[str, object]
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)

    @property
    def code(self) -> object:
        """The `code` of the body, or the HTTP status where the body has none."""
        return self.payload.get("code", self.status)


@frozen
class FileAnswer:
    """A file. `produce` makes its bytes and may be slow: the shell calls it in a thread."""

    media_type: str
    produce: Callable[[], bytes] = field(repr=False)
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)

    @property
    def code(self) -> int:
        """The HTTP status, so that both kinds of answer can be asked the same thing."""
        return self.status


Reply: TypeAlias = Answer | FileAnswer


@frozen
class RefusedError(Exception):
    """A desk says no: an own `code` and the vendor's text, over HTTP 200."""

    code: int
    msg: str


def succeeded(data: object) -> Answer:
    """The envelope of a call that worked."""
    return Answer({"code": 200, "msg": "success", "data": data})


def refused(error: RefusedError) -> Answer:
    """The envelope of a call that did not (PROTOCOL §1.3)."""
    return Answer({"code": error.code, "msg": error.msg, "data": None})
