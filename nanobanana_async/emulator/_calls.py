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
from typing import TypeAlias

from attrs import field, frozen

from nanobanana_async.emulator._operations import Operation

INVALID = 400
VALIDATION = 422
PARAMETER = 500  # PROTOCOL §1.3: parameter errors come with the code of a server error

_ENCODER = json.JSONEncoder(separators=(",", ":"))


@frozen
class FormPart:
    """One part of a form: a field, or a file, which has a name of its own."""

    name: str
    content: bytes = field(repr=False)
    file_name: str | None = None

    @property
    def text(self) -> str:
        """The content of a field; what is no UTF-8 is taken byte by byte."""
        try:
            return self.content.decode()
        except UnicodeDecodeError:
            return self.content.decode("latin-1")


@frozen
class Form:
    """A body made of parts, multipart or urlencoded, in their order; several may have one name."""

    parts: tuple[FormPart, ...] = field(default=(), repr=False)

    def last(self, name: str) -> FormPart | None:
        """The part of this name that stands last."""
        return next((part for part in reversed(self.parts) if part.name == name), None)


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
    """The id of the task or the model asked for, the path of a file; else empty."""
    body: object = field(default=None, repr=False)
    """Parsed JSON, a `Form` or an `Upload`; None when there was none or it could not be read."""
    authorization: str | None = field(default=None, repr=False)
    base_url: str = "http://127.0.0.1"
    """Scheme and host under which links to our own files are made, without a slash at the end."""
    user_agent: str = ""
    query: Mapping[str, str] = field(factory=dict)
    """What a create of the images dialect is told beside its body; else empty."""


@frozen
class Answer:
    """A JSON answer. The truth is in `code`, the HTTP status is nearly always 200 (PROTOCOL §1.3)."""

    payload: Mapping[str, object]
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)

    @property
    def code(self) -> object:
        """The `code` of the body, or the HTTP status where the body has none, or has a word for it."""
        code = self.payload.get("code", self.status)
        return self.status if isinstance(code, str) else code

    @property
    def content(self) -> bytes:
        """The body as it goes out. Non-ASCII is escaped: a lone surrogate in a prompt has no UTF-8."""
        return _ENCODER.encode(self.payload).encode()


@frozen
class FileAnswer:
    """A file, or JSON with pictures in it. `produce` makes its bytes and may be slow: a shell calls it in a thread."""

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


Immediate: TypeAlias = Whole | Silence | HangUp | Cut | Drip | Flood
"""What a client may meet without being kept waiting."""


@frozen
class Later:
    """A reply that is kept back while a picture is made; until then nothing is said, and the connection stays open."""

    reply: Immediate
    seconds: float
    """From the call on."""
    task_id: str = ""
    """Whose picture it is."""

    @property
    def status(self) -> int:
        """The HTTP status that comes in the end."""
        return self.reply.status

    @property
    def code(self) -> object:
        """What a log says of what comes in the end."""
        return self.reply.code


Reply: TypeAlias = Immediate | Later
"""Whatever a client may meet. Each has `status` (0 where there is none) and `code`, what a log says of it."""


@frozen
class RefusedError(Exception):
    """A desk says no: a code and a text. How that is said is a matter of the envelope."""

    code: int
    msg: str
    param: str | None = None
    """The parameter that is complained of, where it is one."""
    word: str | None = None
    """OpenAI's word for it, where the code alone doesn't say."""
    headers: Mapping[str, str] = field(factory=dict, eq=False)
