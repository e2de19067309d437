"""Clients as they really are, over a real socket: well-formed, old-fashioned, careless."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from attrs import define

from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit, World
from tests.emulator.customer import Clock, make_png

CREATE = "/api/v1/jobs/createTask"
ORDER = {"model": "nano-banana-2", "input": {"prompt": "a banana"}}
PATIENCE = 20


@define
class Site:
    """A server with a clock of its own, and ways to talk to it."""

    server: EmulatorServer
    clock: Clock

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        said = {"Authorization": "Bearer k"} | {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)) as connection:
            connection.request(method, path, body, said)
            answer = connection.getresponse()
            return answer, answer.read()

    def json(self, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        return dict(json.loads(self.ask(method, path, body, **headers)[1]))

    def created(self, body: bytes, path: str = CREATE, **headers: str) -> str:
        """The id of a task that was accepted."""
        answer = self.json("POST", path, body, **headers)
        assert answer["code"] == 200, answer
        return str(answer["data"]["taskId"])

    def raw(self, request: bytes) -> bytes:
        """All that comes back for these bytes, until the server closes."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE) as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    clock = Clock()
    world = World(EmulatorOptions(limit=Limit(10_000)), clock=clock)
    with EmulatorServer(world) as server:
        yield Site(server, clock)


def order(**said: object) -> bytes:
    return json.dumps({**ORDER, **said}).encode()


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_head_on_the_front_page(site: Site, accept: str) -> None:
    """The headers of a GET, and no body."""
    got, content = site.ask("GET", "/", Accept=accept)
    head, nothing = site.ask("HEAD", "/", Accept=accept)

    assert (head.status, nothing) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(content))


def test_a_body_in_chunks_without_a_length(site: Site) -> None:
    """A createTask, and an upload, as streaming clients send them."""
    chunks = (b'{"model": "nano-banana-2", ', b'"input": {"prompt": "in pieces"}}')
    answer = site.json("POST", CREATE, iter(chunks))
    body = multipart((b'name="uploadPath"', b"x"), (b'name="file"; filename="a.png"', make_png()))
    pieces = (body[at : at + 50] for at in range(0, len(body), 50))
    uploaded = site.json("POST", "/api/file-stream-upload", pieces, **MULTIPART)

    assert answer["code"] == 200
    assert uploaded["data"]["fileSize"] == len(make_png())


MULTIPART = {"Content_Type": "multipart/form-data; boundary=b"}


def multipart(*parts: tuple[bytes, bytes]) -> bytes:
    """A multipart body whose parts have a disposition and nothing else."""
    heads = (b"--b\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + body + b"\r\n" for head, body in parts)
    return b"".join(heads) + b"--b--\r\n"


@pytest.mark.parametrize(
    "content",
    [make_png(), b"\x89PNG\xff\xfe\x00\r\n", "\u00e9\u20ac".encode(), b"", b"x" * 2_000_000],
    ids=["png", "binary", "utf-8", "empty", "large"],
)
def test_a_part_with_only_a_name_is_a_file(site: Site, content: bytes) -> None:
    """No file name, no media type: its bytes are kept as they came, whether or not they could be text."""
    body = multipart((b'name="file"', content), (b'name="uploadPath"', b"x"))
    data = site.json("POST", "/api/file-stream-upload", body, **MULTIPART)["data"]

    _, stored = site.ask("GET", data["downloadUrl"].removeprefix(site.server.base_url))

    assert stored == content
    assert data["fileName"]


def test_names_in_a_form_are_utf_8(site: Site) -> None:
    """File names and paths of any language; what is no UTF-8 is taken byte by byte."""
    head = 'name="file"; filename="香蕉.png"'.encode()
    good = multipart((head, b"x"), (b'name="uploadPath"', "ünder".encode()))
    odd = multipart((b'name="file"; filename="\xff.png"', b"x"), (b'name="uploadPath"', b"x"))

    assert site.json("POST", "/api/file-stream-upload", good, **MULTIPART)["data"]["fileName"] == "香蕉.png"
    assert "/ünder/" in site.json("POST", "/api/file-stream-upload", good, **MULTIPART)["data"]["filePath"]
    assert site.json("POST", "/api/file-stream-upload", odd, **MULTIPART)["data"]["fileName"] == "\u00ff.png"


@pytest.mark.parametrize("images", [None, []])
def test_no_images_are_null_or_an_empty_list(site: Site, images: list[str] | None) -> None:
    """Where a model needs none."""
    site.created(json.dumps({"model": "nano-banana-2", "input": {"prompt": "x", "image_input": images}}).encode())


@pytest.mark.parametrize("callback", [None, ""])
def test_no_callback_is_null_or_empty(site: Site, callback: str | None) -> None:
    """It is the same as leaving it out."""
    task = site.server.world.tasks.find(site.created(order(callBackUrl=callback)))

    assert task is not None
    assert task.callback_url is None


@pytest.mark.parametrize(
    "create",
    [
        "/api/v1/playground/createTask",
        "//api/v1/jobs/createTask",
        "/api/v1/jobs/createTask/",
        "/api//v1///jobs/createTask//",
    ],
)
def test_paths_as_clients_join_them(site: Site, create: str) -> None:
    """The old aliases, and slashes too many; all the way to the picture."""
    task_id = site.created(order(), create)
    site.clock.move(60)
    record = create.replace("createTask", "recordInfo")
    data = site.json("GET", f"{record}?taskId={task_id}")["data"]
    (url,) = data["response"]["resultUrls"]
    path = url.removeprefix(site.server.base_url)
    picture, _ = site.ask("GET", f"/{path}/")

    assert (data["state"], picture.status) == ("success", 200)


def test_a_path_that_is_not_there_stays_away(site: Site) -> None:
    """Slashes alone make no path."""
    assert site.ask("GET", "//")[0].status == 200
    assert site.ask("GET", "/api/v1/jobs//")[0].status == 404


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer ", "bEaReR"])
def test_the_word_bearer_in_any_case(site: Site, scheme: str) -> None:
    """With one blank after it or two."""
    answer = site.json("GET", "/api/v1/chat/credit", Authorization=f"{scheme} k")

    assert answer["code"] == 200


@pytest.mark.parametrize(
    "content_type", [None, "application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded"]
)
def test_json_under_any_media_type(site: Site, content_type: str | None) -> None:
    """Or under none."""
    site.created(order(), **({"Content_Type": content_type} if content_type else {}))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32-le"])
def test_json_with_a_byte_order_mark(site: Site, encoding: str) -> None:
    """Or in another encoding of Unicode."""
    task_id = site.created(json.dumps({**ORDER, "input": {"prompt": "香蕉"}}, ensure_ascii=False).encode(encoding))
    task = site.server.world.tasks.find(task_id)

    assert task is not None
    assert task.order.prompt == "香蕉"


def head(*lines: str, body: bytes = b"") -> bytes:
    return "\r\n".join([*lines, "Authorization: Bearer k", "", ""]).encode() + body


def test_a_client_that_asks_before_it_sends(site: Site) -> None:
    """`Expect: 100-continue` is answered before the body comes."""
    body = order()
    lines = ("POST /api/v1/jobs/createTask HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", "Connection: close")
    with socket.create_connection(("127.0.0.1", site.server.port), timeout=PATIENCE) as connection:
        connection.sendall(head(*lines, "Expect: 100-continue"))
        first = connection.recv(65536)
        connection.sendall(body)
        rest = b"".join(iter(lambda: connection.recv(65536), b""))

    assert first.startswith(b"HTTP/1.1 100 ")
    assert first.endswith(b"\r\n\r\n")
    assert b'"code":200' in rest


def test_http_1_0(site: Site) -> None:
    """Without a Host: answered, and closed."""
    body = order()
    lines = ("POST /api/v1/jobs/createTask HTTP/1.0", f"Content-Length: {len(body)}")

    answer = site.raw(head(*lines, body=body))

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'"code":200' in answer


def test_one_connection_for_many_requests(site: Site) -> None:
    """It is kept open, also after a refusal, a page and a picture that is not there."""
    paths = ("/", "/api/v1/chat/credit", "/nowhere", "/files/x", "/faults")
    codes, names = [], set()
    with closing(http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=PATIENCE)) as connection:
        for path in paths:
            connection.request("GET", path, headers={"Authorization": "Bearer k", "Accept": "text/html"})
            names.add(connection.sock.getsockname())
            answer = connection.getresponse()
            answer.read()
            codes.append(answer.status)

    assert codes == [200, 200, 404, 404, 200]
    assert len(names) == 1


def test_requests_that_come_before_the_answers(site: Site) -> None:
    """Pipelined, they are answered in their order."""
    one = head("GET /api/v1/chat/credit HTTP/1.1", "Host: x")
    two = head("GET /api/v1/jobs/recordInfo?taskId=nothing HTTP/1.1", "Host: x")
    three = head("GET /nowhere HTTP/1.1", "Host: x", "Connection: close")

    answers = site.raw(one + two + three).split(b"HTTP/1.1 ")

    assert [answer[:3] for answer in answers[1:]] == [b"200", b"200", b"404"]
    assert b"recordInfo is null" in answers[2]


@pytest.mark.parametrize(("form", "balance"), [("float", "9992.0"), ("int", "9992")])
def test_balances_are_float_or_int(form: Any, balance: str) -> None:
    """The wire has one, the documents the other."""
    with EmulatorServer(World(EmulatorOptions(balance_form=form))) as server:
        site = Site(server, Clock())
        site.created(order())
        _, content = site.ask("GET", "/api/v1/chat/credit")

    assert content.decode() == f'{{"code":200,"msg":"success","data":{balance}}}'


def test_a_public_address_is_used_for_every_link_and_known_again(clock: Clock) -> None:
    """Results, uploads and short links stand under it; as input they are our own, though it is not loopback."""
    public = "https://pictures.example"
    with EmulatorServer(World(EmulatorOptions(public_url=f"{public}/"), clock=clock)) as server:
        site = Site(server, clock)
        task_id = site.created(order())
        clock.move(60)
        (result,) = site.json("GET", f"/api/v1/jobs/recordInfo?taskId={task_id}")["data"]["response"]["resultUrls"]
        body = multipart((b'name="file"', make_png()), (b'name="uploadPath"', b"x"))
        upload = site.json("POST", "/api/file-stream-upload", body, **MULTIPART)["data"]["downloadUrl"]
        short = site.json("POST", "/api/v1/common/download-url", json.dumps({"url": result}).encode())["data"]
        edited = site.created(order(input={"prompt": "again", "image_input": [result, upload, short]}))
        clock.move(60)
        record = site.json("GET", f"/api/v1/jobs/recordInfo?taskId={edited}")["data"]
        statuses = [site.ask("GET", url.removeprefix(public))[0].status for url in (result, upload, short)]

    assert all(url.startswith(f"{public}/files/") for url in (result, upload, short))
    assert record["state"] == "success"
    assert statuses == [200, 200, 200]
