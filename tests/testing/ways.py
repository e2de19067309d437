"""Two ways to an emulator, in process and over a socket: what is asked of both, and what is seen of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from attrs import define, evolve, frozen

from nanobanana_async import NetworkError
from nanobanana_async.emulator import EmulatorOptions, Limit, Operation, World
from nanobanana_async.testing import EmulatorTransport
from nanobanana_async.transport import HttpxTransport, Transport
from nanobanana_async.values import FilePart, WireReply, WireRequest
from tests.emulator.customer import make_png

PUBLIC = "http://pictures.test"
OPTIONS = EmulatorOptions(seed=1, speed=1e6, public_url=PUBLIC, limit=Limit(100_000))
JSON = {"content-type": "application/json"}


@frozen
class Seen:
    """What a client sees of one exchange."""

    status: int
    headers: dict[str, str]
    body: bytes


@frozen
class Lost:
    """What a client is told where no whole answer came."""

    sent: str
    charged: str
    retryable: bool
    shows_query: bool


@define
class Way:
    """A world, and the way to it."""

    world: World
    base_url: str
    task_id: str = ""
    older_id: str = ""
    polled_id: str = ""
    file: str = ""

    async def look(self, transport: Transport, request: WireRequest) -> Seen | Lost:
        try:
            return seen(await transport.send(self.at(request)))
        except NetworkError as error:
            return Lost(error.sent, error.charged, error.retryable, shows_query="?" in str(error))

    async def prepare(self, transport: Transport) -> None:
        """A task that has ended, and a file."""
        self.world.faults.clear()
        create = await transport.send(self.at(CREATE))
        upload = await transport.send(self.at(upload_of(make_png(6, 4))))
        older = await transport.send(self.at(OLDER))
        self.older_id = json.loads(older.body)["data"]["taskId"]
        polled = await transport.send(self.at(evolve(IMAGE, url=f"{IMAGE.url}?async=true")))
        self.polled_id = json.loads(polled.body)["task_id"]
        self.task_id = json.loads(create.body)["data"]["taskId"]
        self.file = json.loads(upload.body)["data"]["downloadUrl"].removeprefix(PUBLIC)

    def at(self, request: WireRequest) -> WireRequest:
        return evolve(request, url=self.base_url + request.url)

    def counts(self) -> tuple[object, ...]:
        ledger = self.world.ledger
        counted = ledger.polls.total(), ledger.downloads.total()
        return len(ledger.accepted), ledger.uploads, *counted, len(ledger.creates), len(ledger.hung_up)


def seen(reply: WireReply) -> Seen:
    said = {name: value for name, value in reply.headers.items() if name not in ("date", "connection", "cache-control")}
    if "content-length" in said:
        said["content-length"] = "announced"  # the times in a body may be a digit longer
    said.pop("transfer-encoding", None)
    return Seen(reply.status, said, blurred(reply.body))


MOMENTS = (rb'(Time\\?":|"created":)\d+', rb'(uploadedAt":)"[^"]*"', rb"(/links/)\d+")
IDS = rb"(\b|_)[0-9a-f]{32}\b"


def blurred(body: bytes) -> bytes:
    """Without the moments at which things happened; and no ids, for which of several creates came first is chance."""
    for pattern in (*MOMENTS, IDS):
        body = re.sub(pattern, rb"\1T", body)
    return body


def post(path: str, body: object, **more: Any) -> WireRequest:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return WireRequest("POST", path, **{"body": content, "headers": JSON, "bearer": "k", **more})


def get(path: str, **more: Any) -> WireRequest:
    return WireRequest("GET", path, **{"bearer": "k", **more})


def upload_of(content: bytes, name: str = "x.png") -> WireRequest:
    part = FilePart("file", "local.png", content, "image/png")
    form = {"uploadPath": "in", "fileName": name}
    return WireRequest("POST", "/api/file-stream-upload", files=(part,), form=form, bearer="k")


def edit_of(*files: tuple[str, bytes], **said: str) -> WireRequest:
    parts = tuple(FilePart(name, f"{number}.png", content) for number, (name, content) in enumerate(files))
    form = {"model": "nano-banana", "prompt": "größer", **said}
    return WireRequest("POST", "/v1/images/edits", files=parts, form=form, bearer="k", pays=True)


def form_of(**said: str) -> WireRequest:
    form = {"model": "nano-banana", "prompt": "größer & mehr", **said}
    return WireRequest("POST", "/v1/images/edits", form=form, bearer="k")


ORDER = {"model": "google/nano-banana", "input": {"prompt": "a banana [fail:internal]"}}
CREATE = post("/api/v1/jobs/createTask", ORDER, pays=True)
OLDER = post("/api/v1/nano-banana/generate", {"prompt": "a banana [fail:internal]"}, pays=True)
IMAGE = post("/v1/images/generations", {"model": "nano-banana-2", "prompt": "a banana"}, pays=True)
ASKED: dict[Operation, Callable[[Way], WireRequest]] = {
    "createTask": lambda _: CREATE,
    "recordInfo": lambda way: get(f"/api/v1/jobs/recordInfo?taskId={way.task_id}"),
    "generate": lambda _: OLDER,
    "record-info": lambda way: get(f"/api/v1/nano-banana/record-info?taskId={way.older_id}"),
    "generations": lambda _: IMAGE,
    "edits": lambda _: edit_of(("image", make_png(6, 4))),
    "images-task": lambda way: get(f"/v1/images/tasks/{way.polled_id}"),
    "models": lambda _: get("/v1/models"),
    "credit": lambda _: get("/api/v1/chat/credit"),
    "download-url": lambda way: post("/api/v1/common/download-url", {"url": PUBLIC + way.file}),
    "stream-upload": lambda _: upload_of(b"some bytes", "y.png"),
    "base64-upload": lambda _: post("/api/file-base64-upload", {"base64Data": "aGFsbG8=", "uploadPath": "in"}),
    "url-upload": lambda way: post("/api/file-url-upload", {"fileUrl": PUBLIC + way.file, "uploadPath": "again"}),
    "file": lambda way: WireRequest("GET", way.file),
}


async def both(ways: tuple[Way, Way], ask: Callable[[Way, Transport], Any]) -> tuple[Any, Any]:
    """What `ask` finds in process, and what over a socket."""
    inside, outside = ways
    socket = HttpxTransport()
    try:
        return await ask(inside, EmulatorTransport(inside.world)), await ask(outside, socket)
    finally:
        await socket.aclose()
