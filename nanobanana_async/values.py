"""The words of the SDK: frozen values, said and passed on, that know nothing of networks or clocks.

What stands here is shared by every floor above. A request builder turns a user's wish into a `Request`; a dialect turns
that into a `WireRequest` and a `WireReply` back into a `Task` or a `Problem`; the task manager carries them about.
Nothing here may do I/O, read a clock, or hold a client.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable
from urllib.parse import urlsplit

import attrs

JSON = Any
"""What `json.loads` gives: None, bool, int, float, str, list or dict of the same. (Any: mypy knows no recursive JSON
that users can pass a plain ``dict[str, str]`` to.)"""

LONGEST_SHOWN = 400
"""Characters of a URL that are shown whole: the content of a picture may stand in one."""

Charged = Literal["yes", "no", "unknown"]
"""Whether credits were taken for an attempt: ``unknown`` when the answer that would tell was lost."""

ImageSource = str | Path | bytes
"""An input image: a public http(s) URL, a path of a local file (`str` or `Path`), or the bytes of the file."""


class TaskState(enum.Enum):
    """What the gateway last said of a task. An unknown word of the gateway's means `WAITING` (PROTOCOL §1.2)."""

    WAITING = "waiting"
    QUEUING = "queuing"
    GENERATING = "generating"
    SUCCESS = "success"
    FAIL = "fail"

    @property
    def is_final(self) -> bool:
        """True once no later look can change the state."""
        return self in (TaskState.SUCCESS, TaskState.FAIL)


@attrs.frozen
class Expected:
    """How long a task of one kind usually takes, in seconds from its acceptance, as documented (PROTOCOL §1.4) or seen.

    Hardly any is done before `first`.
    """

    first: float
    usual: float

    def at_speed(self, speed: float) -> Expected:
        """The same where everything goes `speed` times as fast."""
        return self if speed == 1 else Expected(self.first / speed, self.usual / speed)


@runtime_checkable
class Request(Protocol):
    """What may be asked for: a model and its parameters, validated on construction.

    Any object with these members can be sent; the ready-made ones are in `nanobanana_async.models`.
    """

    @property
    def model(self) -> str:
        """The vendor's model id."""

    @property
    def dialect(self) -> str:
        """The dialect that this request is said in, such as ``"jobs"``."""

    @property
    def images(self) -> Sequence[ImageSource]:
        """The input images, in order; local ones are uploaded before the request is sent."""

    @property
    def credits(self) -> float | None:
        """The documented price of the task in credits, or None when it is not known."""

    @property
    def expected(self) -> Expected:
        """The documented time such a task takes, in seconds."""

    def fields(self) -> Mapping[str, JSON]:
        """What the user set, under our public names and normalised; the images as they were given."""

    def vendor_input(self, image_urls: Sequence[str]) -> dict[str, JSON]:
        """The vendor's fields, with `image_urls` (one for each of `images`) in the place of the images."""


@runtime_checkable
class OperationRequest(Request, Protocol):
    """A request of a dialect that has several ways to make an image, and takes each at a path of its own."""

    @property
    def operation(self) -> str:
        """Which of them it is: in the images dialect ``"generations"`` or ``"edits"`` (PROTOCOL §3)."""


@attrs.frozen
class Item:
    """One thing to make in a batch: a request, with the user's own key and data.

    `data` is any JSON value; it comes back on the outcome, on every event and in the manifest.
    """

    request: Request | str
    key: str | None = attrs.field(default=None, kw_only=True)
    data: JSON = attrs.field(default=None, kw_only=True)


def _shortened(url: str) -> str:
    return url if len(url) <= LONGEST_SHOWN else f"{url[:60]}… <{len(url)} characters>"


@attrs.frozen
class Result:
    """A finished task: where its images are (`urls`), and what it cost (`credits`, None where it was not said).

    `urls` are links, which the vendor keeps for a day to two weeks (PROTOCOL §1.8): save at once. A picture that came
    in the answer itself has a ``data:`` URL, megabytes long, or, where a journal has put it into a file, the ``file:``
    URL of that. `read` and `save` of a client take them all; a browser is to be served the bytes of `read`, and none of
    these. `task_id` is None where a gateway answers at once and names none.
    """

    task_id: str | None
    model: str | None
    urls: tuple[str, ...] = attrs.field(repr=lambda urls: repr(tuple(map(_shortened, urls))))
    credits: float | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None
    raw: Mapping[str, JSON] = attrs.field(factory=dict, repr=False)

    @property
    def image(self) -> str:
        """The URL of the image, when there is exactly one; ValueError otherwise."""
        if len(self.urls) != 1:
            raise ValueError(f"task {self.task_id!r} has {len(self.urls)} images, not one: read .urls")
        return self.urls[0]


@attrs.frozen
class Task:
    """A task that the gateway has accepted: its id, and what was last said of it.

    `created_at` is the gateway's own time of creation when it has said one, else None. `raw` is the gateway's last
    record as it came. `result` is there where nothing is left to wait for: a gateway that answers at once has given it
    already, and mostly without an id (then `id` is empty).
    """

    id: str
    model: str | None = None
    dialect: str = "jobs"
    state: TaskState = TaskState.WAITING
    created_at: datetime | None = None
    raw: Mapping[str, JSON] = attrs.field(factory=dict, repr=False)
    result: Result | None = attrs.field(default=None, repr=False)


@attrs.frozen
class ImageData:
    """A picture in memory: the bytes of the file, its media type (``image/png`` …) and its size in pixels."""

    content: bytes = attrs.field(repr=lambda content: f"<{len(content)} bytes>")
    media_type: str
    width: int
    height: int


# --- what goes over the wire -------------------------------------------------------------------------------------


@attrs.frozen
class FilePart:
    """One part of a multipart body: a file, or where `filename` is None a plain field (several may share a name)."""

    name: str
    filename: str | None
    content: bytes = attrs.field(repr=lambda content: f"<{len(content)} bytes>")
    media_type: str = "application/octet-stream"


@attrs.frozen
class WireRequest:
    """One HTTP request, complete but for the connection.

    `form` are the fields of a body that `files` follow: multipart where there are any.
    `bearer` is the key that goes into the Authorization header; it is in no repr. `pays` marks a create, which may
    not be repeated: the transport then traces how far it came and uses no connection that has idled. `deadline` is
    the total time for the exchange in seconds, `max_bytes` the most that is read of the answer's body.
    """

    method: str
    url: str
    body: bytes | None = attrs.field(default=None, repr=lambda body: "None" if body is None else f"<{len(body)} bytes>")
    headers: Mapping[str, str] = attrs.field(factory=dict)
    form: Mapping[str, str] = attrs.field(factory=dict)
    files: tuple[FilePart, ...] = ()
    bearer: str | None = attrs.field(default=None, repr=lambda key: "None" if key is None else "'***'")
    pays: bool = False
    deadline: float = 20.0
    max_bytes: int = 1024 * 1024

    @property
    def origin(self) -> str:
        """Scheme, host and port: what a connection can be shared by."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


@attrs.frozen
class WireReply:
    """One HTTP answer, whole. Header names are in lower case; `body` is decoded of its content-encoding."""

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: bytes = attrs.field(default=b"", repr=lambda body: f"<{len(body)} bytes>")


# --- what a dialect makes of an answer ----------------------------------------------------------------------------


@attrs.frozen
class Problem:
    """An answer that isn't the one hoped for, taken apart but not yet judged.

    `enveloped` says that the answer came in the gateway's own form (so it is the gateway's word, not a proxy's).
    `code` is the number in the envelope, `status` the one of HTTP; `text` is the message, or a bounded snippet of
    what came instead. `retry_after` is in seconds. `task_id` is there where an answer that says no names a task.
    `is_cut` says that it comes from somebody in between who has lost, or given up on, who makes the pictures: whatever
    its status is, one may be made. `request_id` is what the gateway, or who is in front of it, calls the request.
    """

    status: int
    code: int | str | None
    text: str
    enveloped: bool
    retry_after: float | None = None
    location: str | None = None
    task_id: str | None = None
    is_cut: bool = False
    request_id: str | None = None


@attrs.frozen
class Refused:
    """A create or an upload that did not give what was asked for: judge the `problem`."""

    problem: Problem


@attrs.frozen
class Accepted:
    """A create that the gateway has taken: the task's id.

    `pause` is for how many seconds from the create nothing should follow it, where the answer's headers say so.
    """

    task_id: str
    pause: float | None = None


@attrs.frozen
class Answered:
    """A create that the gateway has answered at once, with the result itself (whose `urls` may be empty: no image).

    `pause` as in `Accepted`.
    """

    result: Result
    pause: float | None = None


Submitted = Accepted | Answered | Refused
"""What a dialect's `read_submitted` can say."""


@attrs.frozen
class Looked:
    """A look at a task that could be read.

    `result` is there when the state is SUCCESS (its `urls` may be empty: ask again). `fail_code` and `fail_message`
    are the vendor's words when it is FAIL. `credits` is what the record says was consumed, None where it is silent.
    """

    task: Task
    result: Result | None = None
    fail_code: str | None = None
    fail_message: str | None = None
    credits: float | None = None


@attrs.frozen
class NotVisible:
    """A look at a task that the gateway does not know, or does not know yet (PROTOCOL §1.2)."""

    problem: Problem


Look = Looked | NotVisible | Refused
"""What a dialect's `read_record` can say."""


class Dialect(Protocol):
    """How a gateway is spoken to, without doing it: values in, a `WireRequest` out; a `WireReply` in, values out."""

    @property
    def name(self) -> str:
        """The dialect's name, as it stands in `Task.dialect`."""

    @property
    def answers_at_once(self) -> bool:
        """Whether the answer to a create is the result itself: then the create lasts as long as the task."""

    @property
    def takes_files(self) -> bool:
        """Whether the content of local images goes into the create itself; else they are uploaded before."""

    def submit(
        self, request: Request, images: Sequence[str | FilePart], *, callback_url: str | None = None
    ) -> WireRequest:
        """The create for `request`, with one of `images` for each of its own: its URL, or its content."""

    def read_submitted(self, reply: WireReply, *, given: Collection[str] = ()) -> Submitted:
        """What the answer to a create says; `given` are the images of its request, which are none of the answer's."""

    def ask(self, task_id: str) -> WireRequest:
        """The look at a task."""

    def read_record(self, task_id: str, reply: WireReply, *, given: Collection[str] = ()) -> Look:
        """What the answer to a look says; `given` as above."""

    def to_keep(self, reply: WireReply, result: Result) -> str:
        """What a journal keeps of the answer that told of `result`, for `read_kept`: never the content of a picture."""

    def read_kept(self, task_id: str | None, model: str | None, raw: str) -> Result | None:
        """The result as it was told, from its `raw` as a journal kept it; None where that tells of none.

        A picture whose content came in the answer has a URL ``sha256:…`` then.
        """
