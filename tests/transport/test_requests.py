"""What stands on the wire."""

from __future__ import annotations

import email
from email.message import Message

import httpx
import pytest

from nanobanana_async.errors import NetworkError
from nanobanana_async.transport import HttpxTransport, _requests
from nanobanana_async.transport._requests import user_agent
from nanobanana_async.values import FilePart, WireRequest
from tests.transport.loopback import KEY, answering, create, get, serving


def parts_of(request: bytes) -> dict[str, Message]:
    """The parts of a multipart request by their name."""
    head, _, body = request.partition(b"\r\n\r\n")
    content_type = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-type"))
    message = email.message_from_bytes(content_type + b"\r\n\r\n" + body)
    assert message.is_multipart()
    return {
        str(part.get_param("name", header="content-disposition")): part
        for part in message.walk()
        if part is not message
    }


async def test_a_create_on_the_wire(transport: HttpxTransport) -> None:
    """Every byte of it: nothing that was not asked for goes out."""
    async with serving(answering()) as server:
        await transport.send(create(server.url()))
        head, _, body = server.requests[0].decode().partition("\r\n\r\n")

    assert head.split("\r\n") == [
        "POST /api/v1/jobs/createTask HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Accept: */*",
        "Accept-Encoding: identity",
        f"User-Agent: {user_agent()}",
        "Content-Type: application/json",
        f"Authorization: Bearer {KEY}",
        f"Content-Length: {len(body)}",
    ]
    assert body == '{"model": "nano-banana-2", "input": {"prompt": "a banana"}}'


async def test_a_post_without_a_body_says_so(transport: HttpxTransport) -> None:
    """A length of nought; a GET has none."""
    async with serving(answering()) as server:
        await transport.send(WireRequest("POST", server.url()))
        await transport.send(get(server.url()))

        assert b"Content-Length: 0\r\n" in server.requests[0]
        assert b"content-length" not in server.requests[1].lower()


async def test_the_requests_own_headers_win(transport: HttpxTransport) -> None:
    """But for Authorization, which comes from the bearer alone."""
    headers = {"accept": "image/*", "USER-AGENT": "mine", "authorization": "Bearer stolen", "X-One": "1"}
    async with serving(answering()) as server:
        await transport.send(WireRequest("GET", server.url(), headers=headers))
        head = server.requests[0].decode()

    assert "Accept: image/*\r\n" in head
    assert "User-Agent: mine\r\n" in head
    assert "X-One: 1" in head
    assert head.lower().count("accept:") == head.lower().count("user-agent:") == 1
    assert "authorization" not in head.lower()


async def test_files_and_fields_go_as_multipart(transport: HttpxTransport) -> None:
    """Several files may share a name; the content type is the part's own."""
    files = (
        FilePart("image", "a.png", b"\x89PNG first", "image/png"),
        FilePart("image", 'b "2".jpg', b"second", "image/jpeg"),
    )
    async with serving(answering()) as server:
        await transport.send(
            WireRequest(
                "POST",
                server.url(),
                headers={"content-type": "multipart/form-data; boundary=wrong"},
                files=files,
                form={"prompt": "eine Banane", "model": "nano-banana"},
                bearer=KEY,
            )
        )
        request = server.requests[0]

    parts = parts_of(request)
    assert parts["prompt"].get_payload() == "eine Banane"
    assert parts["image"].get_content_type() == "image/jpeg"
    assert request.count(b'name="image"') == 2
    assert b"\x89PNG first" in request
    assert b"wrong" not in request


async def test_files_go_through_a_proxy() -> None:
    """The same bytes, said by httpx."""
    async with serving(answering()) as proxy:
        transport = HttpxTransport(proxy=f"http://127.0.0.1:{proxy.port}")
        await transport.send(
            WireRequest("POST", "http://gateway.invalid/", files=(FilePart("file", "a.png", b"first", "image/png"),))
        )
        await transport.aclose()
        request = proxy.requests[0]

    assert request.startswith(b"POST http://gateway.invalid/ HTTP/1.1\r\nHost: gateway.invalid\r\n")
    assert parts_of(request)["file"].get_payload() == "first"


async def test_fields_alone_go_as_a_form(transport: HttpxTransport) -> None:
    """As a browser would send them."""
    async with serving(answering()) as server:
        await transport.send(WireRequest("POST", server.url(), form={"a": "1 2", "b": "ä"}))

        assert server.requests[0].endswith(b"\r\n\r\na=1+2&b=%C3%A4")


async def test_a_lost_upload_is_judged_by_its_body_too(transport: HttpxTransport) -> None:
    """An answer that never comes to a multipart request may have been sent."""

    async with serving(answering(b"")) as server:
        with pytest.raises(NetworkError) as caught:
            await transport.send(
                WireRequest("POST", server.url(), files=(FilePart("file", "a", b"1"),), deadline=1, pays=True)
            )

    assert caught.value.sent == "perhaps"


async def test_the_head_of_each_request_is_its_own(transport: HttpxTransport) -> None:
    """Remembered heads are told apart by method, by URL, query included, and by headers."""
    paths = [("GET", "/a?id=1", "x"), ("DELETE", "/a?id=1", "x"), ("GET", "/a?id=2", "x"), ("GET", "/a?id=1", "y")]
    async with serving(answering()) as server:
        for method, path, value in paths * 2:
            await transport.send(WireRequest(method, server.url(path), headers={"X-One": value}))
        lines = [request.decode().split("\r\n") for request in server.requests]

    assert [(*head[0].split(" ")[:2], head[-3].removeprefix("X-One: ")) for head in lines] == paths * 2


async def test_the_length_of_each_request_is_its_own(transport: HttpxTransport) -> None:
    """Remembered heads are told apart by it; a length of the caller's own does not stand."""
    bodies = [b"1", b"333", b"1"]
    async with serving(answering()) as server:
        for body in bodies:
            await transport.send(WireRequest("POST", server.url(), body=body, headers={"content-length": "7"}))

        assert [request.partition(b"Content-Length: ")[2] for request in server.requests] == [
            b"%d\r\n\r\n%b" % (len(body), body) for body in bodies
        ]


async def test_the_key_of_each_request_is_its_own(transport: HttpxTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """Remembered heads are told apart by key, and their number is bounded."""
    monkeypatch.setattr(_requests, "MOST_HEADS", 2)
    async with serving(answering()) as server:
        for number in range(5):
            await transport.send(get(server.url(), bearer=f"key-{number}-of-five"))
        await transport.send(get(server.url(), bearer=None))

        *with_key, without = server.requests

    for number, request in enumerate(with_key):
        assert f"Authorization: Bearer key-{number}-of-five\r\n".encode() in request
    assert b"Authorization" not in without
    assert len(transport._encoder._heads) <= 2


def test_the_name_is_ours_without_an_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source tree on the path has no version."""
    from importlib import metadata

    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    user_agent.cache_clear()
    try:
        assert user_agent().startswith("nanobanana-async/0 (python 3.")
    finally:
        user_agent.cache_clear()


async def test_a_connection_has_a_bound_of_its_own(transport: HttpxTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds, or half the deadline where that is nearer."""
    seen: list[object] = []

    async def handle(self: object, request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle)
    await transport.send(create("http://gateway.invalid/", deadline=60))
    await transport.send(create("http://gateway.invalid/", deadline=4))

    assert seen == [{"connect": 10.0, "pool": 10.0}, {"connect": 2.0, "pool": 2.0}]
