"""What goes in and what comes out of the emulator's core: plain values, no HTTP library.

A `Call` is a request that the shell has already read; an `Answer` (JSON), a `FileAnswer` (bytes, made when they
are wanted) or a `Page` (any other body) is what it has to send back. The rest of `Reply` is what a network does to an
answer: it never comes, breaks off, drips, or never ends. `RefusedError` is how a desk says no in the middle of a check;
the world turns it into an answer in one place. Nothing here knows Starlette, so the same core runs in process on
virtual time and behind a socket, and each shell carries a reply out in its own way.
"""

from __future__ import annotations

import json
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

_ENCODER = json.JSONEncoder(separators=(",", ":"))


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

    @property
    def content(self) -> bytes:
        """The body as it goes out. Non-ASCII is escaped: a lone surrogate in a prompt has no UTF-8."""
        return _ENCODER.encode(self.payload).encode()


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


@frozen
class Page:
    """A body as it is, whole and of the announced length: HTML from a proxy, JSON that is none."""

    content: bytes = field(repr=False)
    media_type: str = "text/html"
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)

    @property
    def code(self) -> int:
        """The HTTP status."""
        return self.status


Whole: TypeAlias = Answer | FileAnswer | Page
"""What can be sent as an HTTP answer."""


@frozen
class Silence:
    """Nothing is said, and the connection stays open."""

    status: int = 0
    code: str = "silence"


@frozen
class HangUp:
    """The connection is closed before a byte of the answer; with `reset`, by a TCP reset."""

    reset: bool = False
    status: int = 0
    code: str = "closed"


@frozen
class Cut:
    """The head of an answer that announces its full length, part of its body, and the connection is closed."""

    reply: Whole
    share: float = 0.5
    """Of the body's bytes, how many are sent: 0 up to, but not including, 1."""

    @property
    def status(self) -> int:
        """The HTTP status of the answer that is cut."""
        return self.reply.status

    @property
    def code(self) -> str:
        """What happened to it."""
        return f"cut {self.reply.code}"


@frozen
class Drip:
    """An answer whose head comes at once, and whose body comes byte by byte."""

    reply: Whole
    seconds: float = 1.0
    """Between two bytes."""

    @property
    def status(self) -> int:
        """The HTTP status of the answer that drips."""
        return self.reply.status

    @property
    def code(self) -> str:
        """What happened to it."""
        return f"drip {self.reply.code}"


@frozen
class Flood:
    """A body of spaces, chunked, that nobody should read to its end; packed, a gzip bomb of that size unpacked."""

    size: int
    """In bytes, unpacked."""
    packed: bool = False
    media_type: str = "application/json"
    status: int = 200

    @property
    def code(self) -> str:
        """What it is."""
        return "gzip bomb" if self.packed else "flood"


Reply: TypeAlias = Whole | Silence | HangUp | Cut | Drip | Flood
"""Whatever a client may meet. Each has `status` (0 where there is none) and `code`, what a log says of it."""


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
