"""The images dialect as real clients speak it, over a socket: every body, and every path."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, World, create_app
from tests.emulator.customer import make_png

PNG, BLUE = make_png(), make_png(colour="blue")
TEXT = base64.b64encode(PNG).decode()
SAID = {"model": "nano-banana-2", "prompt": "größer"}
ADDRESS = "http://127.0.0.1:1/x.png"
KEY = {"Authorization": "Bearer k"}
GENERATIONS, EDITS = "/v1/images/generations", "/v1/images/edits"


@pytest.fixture
def client(server: EmulatorServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base_url, headers=KEY, timeout=20) as client:
        yield client


def multipart(*images: tuple[str, str, bytes]) -> dict[str, Any]:
    """A body as somebody writes it by hand: the head of each picture's part, and its bytes."""
    fields = [(f'name="{name}"', "", text.encode()) for name, text in SAID.items()]
    pieces = [
        f"--x\r\nContent-Disposition: form-data; {head}{more}\r\n\r\n".encode() + content + b"\r\n"
        for head, more, content in [*fields, *images]
    ]
    return {
        "content": b"".join(pieces) + b"--x--\r\n",
        "headers": {"Content-Type": "multipart/form-data; boundary=x"},
    }


FILE = 'name="image"; filename="bänäne.png"'
BODIES: dict[str, tuple[dict[str, Any], int]] = {
    "one file": ({"data": SAID, "files": {"image": PNG}}, 1),
    "several files": ({"data": SAID, "files": [("image", PNG), ("image", ("b.png", BLUE))]}, 2),
    "a list of files": ({"data": SAID, "files": [("image[]", PNG), ("image[]", BLUE)]}, 2),
    "files and a mask": ({"data": SAID, "files": [("image", PNG), ("mask", BLUE)]}, 1),
    "a file with a name in umlauts": (multipart((FILE, "\r\nContent-Type: image/png", PNG)), 1),
    "a file without a media type": (multipart((FILE, "", PNG)), 1),
    "a file in a field": (multipart(('name="image"', "", PNG)), 1),
    "an address in a field": (multipart(('name="image"', "", ADDRESS.encode()), (FILE, "", PNG)), 2),
    "a data URL in a field": (multipart(('name="image"', "", f"data:image/png;base64,{TEXT}".encode())), 1),
    "an urlencoded form": ({"data": {**SAID, "image": ADDRESS}}, 1),
    "a list in an urlencoded form": ({"data": {**SAID, "image[]": [ADDRESS, TEXT]}}, 2),
    "JSON": ({"json": {**SAID, "image": ADDRESS}}, 1),
    "a list in JSON": ({"json": {**SAID, "image": [TEXT, ADDRESS]}}, 2),
}


@pytest.mark.parametrize(("body", "images"), BODIES.values(), ids=BODIES)
def test_an_edit_comes_in_every_body(
    server: EmulatorServer, client: httpx.Client, body: dict[str, Any], images: int
) -> None:
    """Multipart however it is written, a form, JSON: it is the same order, and its picture can be fetched."""
    answer = client.post(EDITS, **body)
    (task,) = server.world.tasks
    picture = client.get(answer.json()["data"][0]["url"])

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert (task.order.prompt, len(task.order.images)) == ("größer", images)
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")


def test_a_body_may_come_in_chunks(server: EmulatorServer, client: httpx.Client) -> None:
    """Without a length, cut anywhere; multipart, a form and JSON."""

    def chunks(content: bytes) -> Iterator[bytes]:
        for start in range(0, len(content), 7):
            yield content[start : start + 7]

    bodies = [multipart((FILE, "", PNG)), {"data": {**SAID, "image": ADDRESS}}, {"json": {**SAID, "image": TEXT}}]
    requests = [client.build_request("POST", EDITS, **body) for body in bodies]
    answers = [
        client.post(EDITS, content=chunks(request.read()), headers={"Content-Type": request.headers["content-type"]})
        for request in requests
    ]

    assert [answer.request.headers.get("content-length") for answer in answers] == [None] * 3
    assert [answer.status_code for answer in answers] == [200] * 3
    assert [len(task.order.images) for task in server.world.tasks] == [1, 1, 1]


@pytest.mark.parametrize(
    "body",
    [
        {"content": b"{"},
        {"content": b"\xff"},
        {"data": SAID},
        {"data": SAID, "files": {"image": PNG}},
        {"json": [1]},
    ],
)
def test_a_generation_is_json(client: httpx.Client, body: dict[str, Any]) -> None:
    """Anything else is a 400."""
    answer = client.post(GENERATIONS, **body)

    assert answer.status_code == 400
    assert "JSON was expected" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n--x--\r\n", b"--x\r\n" * 200]
)
def test_broken_multipart_is_a_400(client: httpx.Client, content: bytes) -> None:
    """With an error that can be read."""
    answer = client.post(EDITS, content=content, headers={"Content-Type": "multipart/form-data; boundary=x"})

    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_too_large_a_body_is_a_413(client: httpx.Client) -> None:
    """100 MB, announced or not; what holds no picture has less room."""
    small, large = b" " * (1024 * 1024 + 1), b" " * (100 * 1024 * 1024 + 1)

    def chunks() -> Iterator[bytes]:
        for _ in range(101):
            yield b" " * 1024 * 1024

    answers = [client.post(GENERATIONS, content=large), client.post(EDITS, content=chunks())]
    within = client.post(GENERATIONS, content=small)

    assert [answer.status_code for answer in answers] == [413, 413]
    assert all("exceeds 104857600 bytes" in answer.json()["error"]["message"] for answer in answers)
    assert within.status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/images/nothing", 404),
        ("POST", "/v1/models", 405),
        ("DELETE", "/v1/images/tasks/x", 405),
        ("GET", "/v1/images/generations", 405),
        ("GET", "/v1/images/tasks", 404),
        ("GET", "/v1/images/tasks/task_x", 404),
        ("GET", "/v1/models/google%2Fnano-banana", 404),
        ("GET", "/v1//models/", 200),
        ("HEAD", "/v1/models/nano-banana-2", 200),
    ],
)
def test_paths_have_openais_form_of_errors(client: httpx.Client, method: str, path: str, status: int) -> None:
    """What is not there, what is asked for by the wrong method, and what only looks strange."""
    answer = client.request(method, path)

    assert answer.status_code == status
    if status != 200:
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_a_task_is_polled_under_its_path(server: EmulatorServer, client: httpx.Client) -> None:
    """From the create to the picture; a fault may hide it, as any other answer."""
    created = client.post(f"{EDITS}?async=true", data=SAID, files={"image": PNG}).json()
    record = client.get(f"/v1/images/tasks/{created['task_id']}").json()
    server.world.faults.add("bad-gateway,on=images-task")
    hidden = client.get(f"/v1/images/tasks/{created['task_id']}")

    assert (record["code"], record["data"]["status"]) == ("success", "SUCCESS")
    assert client.get(record["data"]["data"]["data"][0]["url"]).status_code == 200
    assert hidden.status_code == 502


def test_a_picture_may_stand_in_the_answer(client: httpx.Client) -> None:
    """Painted for it, whole, and of the length that is announced."""
    answer = client.post(GENERATIONS, json={**SAID, "response_format": "b64_json"})

    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert base64.b64decode(answer.json()["data"][0]["b64_json"]).startswith(b"\x89PNG")


async def test_an_application_without_a_connection_waits_as_well() -> None:
    """As in a test client of somebody's; a proxy's path before ours does no harm."""
    lines: list[str] = []
    world = World(EmulatorOptions(speed=1e6))
    app = create_app(world, on_request=lambda exchange: lines.append(f"{exchange.method} {exchange.code}"))

    async def said() -> AsyncIterator[bytes]:
        yield b'{"model": "nano-banana", '
        yield b'"prompt": "x"}'

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x", headers=KEY) as client:
        answer = await client.post(GENERATIONS, content=said())
        failed = await client.post(GENERATIONS, json={**SAID, "prompt": "[fail:policy]"})

    assert answer.json()["data"][0]["url"].startswith("http://x/files/results/task_")
    assert failed.json()["error"]["code"] == "moderation_blocked"
    assert lines == ["POST 200", "POST 400"]
