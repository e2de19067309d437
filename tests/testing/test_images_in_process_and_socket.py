"""OpenAI-style requests in process or over a socket: every form of body is read alike, and answered alike."""

from __future__ import annotations

import base64
import json

import pytest
from attrs import evolve

from nanobanana_async.transport import Transport
from nanobanana_async.values import FilePart, WireRequest
from tests.emulator.customer import make_png
from tests.testing.ways import IMAGE, PUBLIC, Lost, Seen, Way, both, edit_of, form_of, get, post, upload_of

pytestmark = pytest.mark.wall_clock

PNG = make_png(6, 4)
TEXT = base64.b64encode(PNG).decode()
GENERATIONS, EDITS = "/v1/images/generations", "/v1/images/edits"
SAID = {"model": "nano-banana", "prompt": "größer"}


def field(name: str, content: bytes) -> FilePart:
    return FilePart(name, None, content)


TAKEN = {
    "a generation": IMAGE,
    "a generation with a picture": post(GENERATIONS, {**SAID, "image": [TEXT, f"data:image/png;base64,{TEXT}"]}),
    "a picture in the answer": post(GENERATIONS, {**SAID, "response_format": "b64_json", "n": 2}),
    "an edit of one file": edit_of(("image", PNG)),
    "an edit of several files": edit_of(("image", PNG), ("image", make_png(4, 6))),
    "an edit of a list": edit_of(("image[]", PNG), ("image[]", make_png(4, 6)), n="2"),
    "an edit of a field that holds a picture": evolve(edit_of(), files=(field("image", PNG),)),
    "an edit of a field that holds base64": evolve(edit_of(), files=(field("image", TEXT.encode()),)),
    "an edit of fields only": evolve(
        edit_of(), form={}, files=tuple(field(name, text.encode()) for name, text in {**SAID, "image": TEXT}.items())
    ),
    "an edit with a mask": edit_of(("mask", PNG), ("image", PNG), size="1024x1536"),
    "an urlencoded edit": form_of(image=f"data:image/png;base64,{TEXT}"),
    "a JSON edit": post(EDITS, {**SAID, "image": TEXT}),
    "a JSON edit of unnamed type": evolve(post(EDITS, {**SAID, "image": TEXT}), headers={}),
    "an asynchronous edit": evolve(edit_of(("image", PNG)), url=f"{EDITS}?async=TRUE&webhook="),
}
REFUSED = {
    "no picture": edit_of(("mask", PNG)),
    "no picture in a form": form_of(),
    "garbage for a picture": edit_of(("image", b"hello")),
    "an empty file": edit_of(("image", b"")),
    "too many fields": form_of(**{str(number): "x" for number in range(101)}, image=TEXT),
    "broken multipart": WireRequest(
        "POST", EDITS, body=b"nonsense", headers={"content-type": "multipart/form-data; boundary=x"}, bearer="k"
    ),
    "a multipart generation": evolve(edit_of(("image", PNG)), url=GENERATIONS),
    "an urlencoded generation": evolve(form_of(), url=GENERATIONS),
    "JSON in a form's clothes": evolve(
        post(EDITS, SAID), headers={"content-type": "application/x-www-form-urlencoded"}
    ),
    "broken JSON": post(GENERATIONS, b"{"),
    "a list": post(GENERATIONS, []),
    "an unknown model": post(GENERATIONS, {**SAID, "model": "dall-e-3"}),
    "a foreign picture": post(EDITS, {**SAID, "image": "https://example.com/x.png"}),
    "a foreign webhook": evolve(IMAGE, url=f"{GENERATIONS}?async=1&webhook=https%3A%2F%2Fexample.com"),
    "an unknown task": get("/v1/images/tasks/task_x"),
    "no task": get("/v1/images/tasks/"),
    "an unknown model asked for": get("/v1/models/google%2Fnano-banana"),
    "a path that is not there": get("/v1/images/variations"),
    "POST where GET belongs": post("/v1/images/tasks/x", {}),
    "GET where POST belongs": get(EDITS),
    "no key": evolve(IMAGE, bearer=None),
    "too long": post(GENERATIONS, b" " * (100 * 1024 * 1024 + 1)),
}
ASKED = {
    "a model": get("/v1/models/nano-banana-hd"),
    "all models": get("/v1/models/"),
    "the head of it": WireRequest("HEAD", "/v1/models", bearer="k"),
}


async def looks(
    ways: tuple[Way, Way], request: WireRequest
) -> tuple[tuple[Seen | Lost, object], tuple[Seen | Lost, object]]:
    """What is seen, in process and over a socket, and how the world counted it."""

    async def ask(way: Way, transport: Transport) -> tuple[object, object]:
        way.world.faults.clear()
        return await way.look(transport, request), way.counts()

    return await both(ways, ask)


@pytest.mark.parametrize("request_", [*TAKEN.values(), *ASKED.values()], ids=[*TAKEN, *ASKED])
async def test_what_is_taken_is_taken_alike(ways: tuple[Way, Way], request_: WireRequest) -> None:
    """Files, fields, texts and addresses, in each of the bodies that clients send."""
    in_process, over_socket = await looks(ways, request_)

    assert in_process == over_socket
    assert isinstance(in_process[0], Seen)
    assert in_process[0].status == 200


@pytest.mark.parametrize("request_", REFUSED.values(), ids=REFUSED)
async def test_what_is_refused_is_refused_alike(ways: tuple[Way, Way], request_: WireRequest) -> None:
    """With a real status, and OpenAI's form of an error."""
    in_process, over_socket = await looks(ways, request_)

    assert in_process == over_socket
    assert isinstance(in_process[0], Seen)
    assert 400 <= in_process[0].status < 500
    assert set(json.loads(in_process[0].body)["error"]) == {"message", "type", "param", "code"}


async def test_both_read_the_same_pictures(ways: tuple[Way, Way]) -> None:
    """An order names its pictures by their content, so it is one and the same order, whatever it came in."""

    async def ask(way: Way, transport: Transport) -> list[tuple[str, ...]]:
        for request in (TAKEN["an edit of several files"], TAKEN["an edit of a list"], TAKEN["a JSON edit"]):
            await way.look(transport, request)
        return [task.order.images for task in list(way.world.tasks)[-3:]]

    in_process, over_socket = await both(ways, ask)

    assert in_process == over_socket
    assert in_process[0] == in_process[1]
    assert [len(images) for images in in_process] == [2, 2, 1]


async def test_an_upload_can_be_edited(ways: tuple[Way, Way]) -> None:
    """By its address, in a form or in JSON."""

    async def ask(way: Way, transport: Transport) -> list[int]:
        upload = await transport.send(way.at(upload_of(PNG)))
        url = json.loads(upload.body)["data"]["downloadUrl"]
        requests = [
            form_of(image=url),
            post(EDITS, {**SAID, "image": [url]}),
            evolve(edit_of(), form={**SAID, "image": url}),
        ]
        assert url.startswith(PUBLIC)
        return [(await transport.send(way.at(request))).status for request in requests]

    assert await both(ways, ask) == ([200, 200, 200], [200, 200, 200])
