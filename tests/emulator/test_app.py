"""The shell: HTTP as clients speak it, well-formed or not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from attrs import define, field
from starlette.types import ASGIApp, Message

from nanobanana_async.emulator import EmulatorOptions, Exchange, FileAnswer, World, create_app
from tests.emulator.customer import Clock, make_png

MODEL = {"model": "nano-banana-2", "input": {"prompt": "a banana"}}
MEGABYTE = 1024 * 1024


@define
class Listener:
    """Keeps what is reported."""

    lines: list[Exchange] = field(factory=list)


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def app(world: World, listener: Listener) -> ASGIApp:
    return create_app(world, on_request=listener.lines.append)


@pytest.fixture
async def client(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    headers = {"Authorization": "Bearer k"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=headers) as client:
        yield client


@pytest.mark.parametrize("family", ["jobs", "playground"])
async def test_both_spellings_of_the_paths_work(client: httpx.AsyncClient, family: str, clock: Clock) -> None:
    """createTask and recordInfo answer under jobs and under their old alias; the picture can be fetched."""
    created = (await client.post(f"/api/v1/{family}/createTask", json=MODEL)).json()
    clock.move(20)
    record = (await client.get(f"/api/v1/{family}/recordInfo", params=created["data"])).json()
    url = record["data"]["response"]["resultUrls"][0]

    picture = await client.get(url)

    assert record["data"]["state"] == "success"
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    assert picture.headers["content-length"] == str(len(picture.content))


async def test_balance_and_short_links_have_their_paths(client: httpx.AsyncClient) -> None:
    """The balance is a float; a foreign address is wrong."""
    balance = await client.get("/api/v1/chat/credit")
    link = await client.post("/api/v1/common/download-url", json={"url": "https://example.com/x"})

    assert balance.text == '{"code":200,"msg":"success","data":10000.0}'
    assert link.json()["msg"] == "url is wrong"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"null"])
async def test_malformed_json_is_a_400_in_the_body(client: httpx.AsyncClient, content: bytes) -> None:
    """A body that can't be read is refused in the envelope, over HTTP 200."""
    answer = await client.post("/api/v1/jobs/createTask", content=content)

    assert (answer.status_code, answer.json()["code"]) == (200, 400)


async def test_a_body_over_one_mebibyte_is_refused(client: httpx.AsyncClient) -> None:
    """Announced or not, too much JSON is a 413."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * (MEGABYTE // 2)

    announced = await client.post("/api/v1/jobs/createTask", content=b"x" * (MEGABYTE + 1))
    chunked = await client.post("/api/v1/jobs/createTask", content=chunks())

    assert (announced.status_code, announced.json()["code"]) == (413, 413)
    assert chunked.status_code == 413


async def test_an_upload_over_its_limit_is_refused_before_it_is_read(client: httpx.AsyncClient) -> None:
    """A stream upload that announces more than 100 MB is a 413."""
    headers = {"Content-Length": str(100 * MEGABYTE + 1), "Content-Type": "multipart/form-data; boundary=x"}

    answer = await client.post("/api/file-stream-upload", content=b"--x", headers=headers)

    assert answer.status_code == 413


async def test_a_chunked_body_is_read(client: httpx.AsyncClient) -> None:
    """A createTask need not announce its length."""

    async def chunks() -> AsyncIterator[bytes]:
        body = json.dumps(MODEL).encode()
        yield body[:10]
        yield body[10:]

    answer = await client.post("/api/v1/jobs/createTask", content=chunks())

    assert answer.json()["code"] == 200


async def test_a_prompt_of_broken_unicode_is_carried(client: httpx.AsyncClient) -> None:
    """A lone surrogate goes in and comes out again as it was."""
    body = b'{"model":"nano-banana-2","input":{"prompt":"\\ud800"}}'
    created = (await client.post("/api/v1/jobs/createTask", content=body)).json()

    record = await client.get("/api/v1/jobs/recordInfo", params=created["data"])

    assert json.loads(json.loads(record.json()["data"]["param"])["input"]) == {"prompt": "\ud800"}


@pytest.mark.parametrize("name", [None, "named.png"])
async def test_a_stream_upload_is_a_multipart_form(client: httpx.AsyncClient, name: str | None) -> None:
    """The file's own name is used unless another one is given."""
    fields = {"uploadPath": "images"} | ({"fileName": name} if name else {})

    answer = await client.post("/api/file-stream-upload", files={"file": ("own.png", make_png())}, data=fields)

    assert answer.json()["data"]["fileName"] == (name or "own.png")


async def test_a_part_without_a_media_type_is_taken(client: httpx.AsyncClient) -> None:
    """A multipart body whose file part has no Content-Type is read like any other."""
    body = (
        b'--b\r\nContent-Disposition: form-data; name="uploadPath"\r\n\r\nimages\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\n\r\n' + make_png() + b"\r\n--b--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}

    answer = await client.post("/api/file-stream-upload", content=body, headers=headers)

    assert answer.json()["data"]["mimeType"] == "image/png"


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", "multipart/form-data"),
        (b"garbage", "multipart/form-data; boundary=b"),
        (b"file=x", "application/x-www-form-urlencoded"),
        (
            b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\ntext\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
    ],
)
async def test_a_form_without_a_file_says_so(client: httpx.AsyncClient, content: bytes, content_type: str) -> None:
    """Whatever is no multipart body with a file lacks the parameter `file`."""
    answer = await client.post("/api/file-stream-upload", content=content, headers={"Content-Type": content_type})

    assert answer.json() == {"success": False, "code": 400, "msg": "Missing required parameter: file"}


async def test_the_other_two_uploads_are_json(client: httpx.AsyncClient) -> None:
    """Base64 and URL uploads take JSON, larger than that of a task."""
    big = "A" * (2 * MEGABYTE)
    first = await client.post("/api/file-base64-upload", json={"base64Data": big, "uploadPath": "x"})
    url = first.json()["data"]["downloadUrl"]

    second = await client.post("/api/file-url-upload", json={"fileUrl": url, "uploadPath": "y"})

    assert second.json()["data"]["fileSize"] == first.json()["data"]["fileSize"] == 3 * MEGABYTE // 2


async def test_a_path_or_method_that_is_not_there_is_said_in_the_envelope(client: httpx.AsyncClient) -> None:
    """404 and 405 are real and come as JSON."""
    missing, method = await client.get("/api/v2/x"), await client.get("/api/v1/jobs/createTask")

    assert (missing.status_code, missing.json()["code"]) == (404, 404)
    assert (method.status_code, method.json()["code"]) == (405, 405)


async def test_the_front_page_can_be_asked_for(client: httpx.AsyncClient) -> None:
    """GET on / tells what there is; HEAD works."""
    page, head = await client.get("/"), await client.head("/")

    assert "accounts 0, tasks 0, uploads 0" in page.text
    assert head.status_code == 200


async def test_links_follow_the_public_address(clock: Clock) -> None:
    """With a public URL, results stand under it, whatever host was asked, and come back as input."""
    world = World(EmulatorOptions(public_url="https://pictures.example/"), clock=clock)
    transport = httpx.ASGITransport(app=create_app(world, threads=False))
    headers = {"Authorization": "Bearer k"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
        created = (await client.post("/api/v1/jobs/createTask", json=MODEL)).json()
        clock.move(20)
        record = (await client.get("/api/v1/jobs/recordInfo", params=created["data"])).json()
        (url,) = record["data"]["response"]["resultUrls"]
        edit = {"model": "nano-banana-2", "input": {"prompt": "again", "image_input": [url]}}
        again = (await client.post("/api/v1/jobs/createTask", json=edit)).json()
        picture = await client.get(url.replace("https://pictures.example", "http://127.0.0.1"))

    assert url.startswith("https://pictures.example/files/results/")
    assert again["code"] == 200
    assert picture.status_code == 200


async def test_every_call_is_reported_as_a_line(client: httpx.AsyncClient, listener: Listener) -> None:
    """The line names method, path and the code in the body, and the HTTP status where it differs."""
    await client.post("/api/v1/jobs/createTask", json={})
    await client.get("/files/x")
    await client.get("/nowhere")
    await client.post("/api/v1/jobs/createTask", content=b"x" * (MEGABYTE + 1))
    await client.get("/")

    first, second, *others = (str(exchange) for exchange in listener.lines)
    assert [line.rpartition("  ")[0] for line in others] == [
        "GET  /nowhere  404",
        "POST /api/v1/jobs/createTask  413",
        "GET  /  200",
    ]
    assert first.startswith("POST /api/v1/jobs/createTask  422 (HTTP 200)  ")
    assert second.startswith("GET  /files/x  404  ")


async def exchange(app: ASGIApp, scope: dict[str, Any], messages: list[Message]) -> list[Message]:
    """What the application sends for a bare ASGI request."""
    sent: list[Message] = []
    base = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "scheme": "http"}

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(base | scope, receive, send)
    return sent


@pytest.mark.parametrize(
    ("server", "address"), [(("::1", 80), "http://::1:80"), (("box", None), "http://box"), (None, "http://127.0.0.1")]
)
async def test_a_request_without_a_host_still_has_an_address(
    app: ASGIApp, server: tuple[str, int | None] | None, address: str
) -> None:
    """Very old clients send no Host header; the server's own address is used."""
    sent = await exchange(app, {"server": server}, [])

    assert f"createTask at {address}/api" in sent[-1]["body"].decode()


@pytest.mark.parametrize("host", ["[::1", ":80", "http://x"])
@pytest.mark.parametrize("path", ["/", "/api/v1/chat/credit", "/files/x.png"])
async def test_a_host_that_is_none_is_refused(client: httpx.AsyncClient, host: str, path: str) -> None:
    """Half an address of IPv6, a port alone, a URL: in the gateway's envelope, and as no fault of the server's."""
    answer = await client.get(path, headers={"Host": host})

    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert "Host" in answer.json()["msg"]


async def test_nobody_is_sent_in_circles(client: httpx.AsyncClient) -> None:
    """A slash too many is taken off, and no client is told to put it on again."""
    answers = [await client.get(path) for path in ("/files/", "/thumbnails/", "/api/")]

    assert [answer.status_code for answer in answers] == [404] * 3


async def test_who_listens_can_not_spoil_an_answer(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """What is charged is answered; the error of the listener stands in the log, with the line it was to hear."""

    def broken(exchange: Exchange) -> None:
        raise ZeroDivisionError(exchange.path)

    transport = httpx.ASGITransport(app=create_app(world, on_request=broken))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        create = await client.post("/api/v1/jobs/createTask", json=MODEL, headers={"Authorization": "Bearer k"})
        ledger = await client.get("/ledger")

    assert (create.json()["code"], ledger.json()["accepted"]) == (200, 1)
    assert [record.message.split()[:5] for record in caplog.records] == [
        ["on_request", "raised", "at", "POST", "/api/v1/jobs/createTask"],
        ["on_request", "raised", "at", "GET", "/ledger"],
    ]


async def test_a_client_that_leaves_in_its_body_does_no_harm(app: ASGIApp, world: World) -> None:
    """Half a createTask is no task, and no error of the server."""
    scope = {"method": "POST", "path": "/api/v1/jobs/createTask"}
    messages: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    sent = await exchange(app, scope, messages)

    assert sent[0]["status"] == 400
    assert len(world.ledger.creates) == 0


def test_a_file_answer_has_the_code_of_its_status() -> None:
    """Both kinds of answer can be asked for their code."""
    assert FileAnswer("image/png", lambda: b"").code == 200
