"""In process or over a socket: the same request meets the same fault and brings the same answer, or the same error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from attrs import evolve

from nanobanana_async import NetworkError
from nanobanana_async.emulator import FAULTS, Operation, World
from nanobanana_async.testing import EmulatorTransport
from nanobanana_async.transport import Transport
from nanobanana_async.values import FilePart, WireRequest
from tests.emulator.customer import make_png
from tests.testing.ways import ASKED, OPTIONS, ORDER, PUBLIC, Seen, Way, both, get, post, upload_of

pytestmark = pytest.mark.wall_clock

DEADLINE = 1.0
"""Seconds for an answer that never comes; all others are there long before."""

SETTINGS = {"huge": ",size=2000000", "gzip-bomb": ",size=3000000", "drip": ",seconds=0.0001"}
VARIANTS = {
    "too-many": ["", ",form=status", ",form=bare", ",retry-after=7"],
    "bad-gateway": ["", ",status=200", ",status=204", ",status=304", ",charged=no"],
    "answer": ["", ",status=204", ",status=205", ",status=304", ",status=404"],
    "cut": ["", ",share=0", ",charged=no"],
    "truncated": ["", ",share=0"],
    "short": ["", ",share=0"],
    "fail-code": [f",form={form}" for form in ("null", "empty", "int", "word")],
}
NAMES = [name for name, spec in FAULTS.items() if spec.kind not in ("fate", "callback")]


@pytest.mark.parametrize("name", [None, *NAMES])
async def test_every_fault_at_every_operation_looks_the_same(ways: tuple[Way, Way], name: str | None) -> None:
    """Status, headers, body; or whether the request was sent, whether it may be charged, and whether to repeat it."""

    async def ask(way: Way, transport: Transport) -> dict[str, object]:
        found: dict[str, object] = {}
        for fault, operations in afflictions(name):
            await way.prepare(transport)
            way.world.faults.replace([fault] if fault else [])
            deadline = DEADLINE if name == "silent" else 20.0
            requests = [evolve(ASKED[operation](way), deadline=deadline) for operation in operations]
            looks = await asyncio.gather(*(way.look(transport, request) for request in requests))
            found |= {f"{fault} at {operation}": look for operation, look in zip(operations, looks, strict=True)}
            found[f"{fault}: counts"] = way.counts()
        return found

    in_process, over_socket = await both(ways, ask)

    assert len(in_process) > 1
    assert in_process == over_socket


def afflictions(name: str | None) -> Iterator[tuple[str | None, tuple[Operation, ...]]]:
    if name is None:
        yield None, tuple(ASKED)
        return
    spec = next(spec for fault, spec in FAULTS.items() if fault == name)
    where = ",on=any" if spec.may_be_on == FAULTS["silent"].may_be_on else ""
    for variant in VARIANTS.get(name, [""]):
        if where or not spec.may_be_on:
            yield f"{name}{SETTINGS.get(name, '')}{variant}{where}", spec.may_be_on or spec.on
        else:
            yield f"{name}{variant},on={'/'.join(spec.may_be_on)}", spec.may_be_on


STRANGE = {
    "doubled slash": post("//api/v1//jobs/createTask", ORDER),
    "slash at the end": post("/api/v1/jobs/createTask/", ORDER),
    "old path": post("/api/v1/playground/createTask", ORDER),
    "GET where POST belongs": get("/api/v1/jobs/createTask"),
    "POST where GET belongs": post("/api/v1/jobs/recordInfo", {}),
    "POST to a file": post("/files/x.png", {}),
    "PUT": WireRequest("PUT", "/api/v1/jobs/createTask", body=b"{}", bearer="k"),
    "DELETE": WireRequest("DELETE", "/api/v1/chat/credit", bearer="k"),
    "HEAD": WireRequest("HEAD", "/api/v1/chat/credit", bearer="k"),
    "HEAD of what is posted": WireRequest("HEAD", "/api/v1/jobs/createTask", bearer="k"),
    "unknown path": get("/api/v2/jobs/createTask"),
    "no path below files": get("/files/"),
    "dots": get("/files/../api/v1/chat/credit"),
    "escapes": get("/files/%72esults/no%20such%2Ffile.png"),
    "escaped path": get("/api/v1/chat/cr%65dit"),
    "two task ids": get("/api/v1/jobs/recordInfo?taskId=a&taskId=b"),
    "no task id": get("/api/v1/jobs/recordInfo?taskId="),
    "a body of a mebibyte": post("/api/v1/jobs/createTask", b" " * 1024 * 1024),
    "a byte more": post("/api/v1/jobs/createTask", b" " * (1024 * 1024 + 1)),
    "an upload of more": post("/api/file-base64-upload", b" " * (1024 * 1024 + 1)),
    "deep JSON": post("/api/v1/jobs/createTask", b"[" * 100_000),
    "no UTF-8": post("/api/v1/jobs/createTask", b'{"model":"\xff"}'),
    "no body": WireRequest("POST", "/api/v1/jobs/createTask", bearer="k"),
    "JSON for an upload": post("/api/file-stream-upload", {}),
    "a form for JSON": WireRequest("POST", "/api/file-base64-upload", form={"a": "b"}, bearer="k"),
    "an upload for JSON": evolve(upload_of(b"x"), url="/api/v1/jobs/createTask"),
    "an upload without a file": evolve(upload_of(b"x"), files=(FilePart("other", "x.png", b"x"),)),
    "no key": get("/api/v1/chat/credit", bearer=None),
    "an empty key": get("/api/v1/chat/credit", bearer=""),
    "a key beyond ASCII": get("/api/v1/chat/credit", bearer="kü"),
    "a key in a header": get("/api/v1/chat/credit", bearer=None, headers={"authorization": "Bearer k"}),
    "a header that breaks": get("/api/v1/chat/credit", headers={"x-a": "b\r\nc: d"}),
    "few bytes wanted": get("/api/v1/chat/credit?a=b", max_bytes=5),
}


@pytest.mark.parametrize("request_", STRANGE.values(), ids=STRANGE)
async def test_a_strange_request_is_answered_alike(ways: tuple[Way, Way], request_: WireRequest) -> None:
    """Paths, methods, sizes, bodies and keys as clients get them wrong."""

    async def ask(way: Way, transport: Transport) -> tuple[object, object]:
        way.world.faults.clear()
        return await way.look(transport, request_), way.counts()

    in_process, over_socket = await both(ways, ask)

    assert in_process == over_socket


@pytest.mark.parametrize("base_url", ["http://EMULATOR.localhost", "http://emulator.localhost:80", PUBLIC.upper()])
async def test_a_host_may_be_written_in_several_ways(base_url: str) -> None:
    """In capitals, or with the port that is meant anyway."""
    way = Way(World(OPTIONS), base_url)

    look = await way.look(EmulatorTransport(way.world), get("/api/v1/chat/credit"))

    assert isinstance(look, Seen)
    assert json.loads(look.body)["data"] == 10_000.0


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://emulator.localhost:x/", "https://emulator.localhost/?key=secret"]
)
async def test_what_leads_nowhere_is_told_without_its_query(url: str) -> None:
    """It may be signed."""
    transport = EmulatorTransport(World(OPTIONS))

    with pytest.raises(NetworkError) as caught:
        await transport.send(WireRequest("GET", url))

    assert caught.value.sent == "no"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "public_url", ["https://pics.example/nb", "https://Pics.example:443", "http://emulator.localhost/x"]
)
async def test_a_public_address_may_have_a_path(public_url: str) -> None:
    """Results are linked there, fetched from there, and taken as pictures to edit."""
    way = Way(World(evolve(OPTIONS, public_url=public_url)), "http://emulator.localhost")
    transport = EmulatorTransport(way.world)
    upload = await transport.send(way.at(upload_of(make_png(6, 4))))
    url = json.loads(upload.body)["data"]["downloadUrl"]
    edit = {"model": "google/nano-banana-edit", "input": {"prompt": "a banana", "image_urls": [url]}}

    picture = await transport.send(WireRequest("GET", url))
    order = await transport.send(way.at(post("/api/v1/jobs/createTask", edit)))

    assert url.startswith(f"{public_url}/files/")
    assert (picture.status, picture.body) == (200, make_png(6, 4))
    assert json.loads(order.body)["code"] == 200


async def test_beside_the_path_of_a_public_address_is_nothing() -> None:
    """Its host may serve other things there."""
    transport = EmulatorTransport(World(evolve(OPTIONS, public_url="https://pics.example/nb")))

    with pytest.raises(NetworkError, match="reaches only itself"):
        await transport.send(WireRequest("GET", "https://pics.example/other/x.png"))
