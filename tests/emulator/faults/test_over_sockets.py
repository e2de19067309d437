"""Faults of the wire, byte by byte, over a real socket."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator

import pytest

from nanobanana_async.emulator import EmulatorServer
from tests.emulator.faults.raw_client import RawClient, connected
from tests.evidence import until

MEGABYTE = 1024 * 1024


@pytest.fixture
def client(server: EmulatorServer) -> Iterator[RawClient]:
    with connected(server.port) as client:
        yield client


def taken(server: EmulatorServer, count: int = 1) -> Callable[[], bool]:
    return lambda: len(server.world.ledger.accepted) == count


def idle(server: EmulatorServer) -> Callable[[], bool]:
    """Whether no request is being answered."""
    assert server._server is not None
    state = server._server.server_state
    return lambda: not state.tasks


def is_served(client: RawClient) -> bool:
    """Whether the connection still works."""
    client.get("/api/v1/chat/credit")
    status, headers = client.head()
    return status == 200 and json.loads(client.body(int(headers["content-length"])))["code"] == 200


def test_silence_says_nothing_and_ends_with_the_server(server: EmulatorServer, client: RawClient) -> None:
    """The connection stays open; a stop doesn't wait for it, and still not a byte comes."""
    server.world.faults.add("silent")
    client.create()
    until(taken(server))
    is_quiet = client.is_quiet()
    server.stop()

    assert is_quiet
    with pytest.raises(ConnectionResetError):
        client.to_the_end()


def test_silence_ends_with_the_client(server: EmulatorServer, client: RawClient) -> None:
    """A client that leaves is not held on to."""
    server.world.faults.add("silent,times=1")
    client.create()
    until(taken(server))
    held = not idle(server)()
    client.connection.close()
    until(idle(server))
    with connected(server.port) as other:
        served = is_served(other)

    assert (held, served) == (True, True)


def test_closed_is_a_fin_without_a_byte(server: EmulatorServer, client: RawClient) -> None:
    """After the request was taken, and paid for."""
    server.world.faults.add("closed")
    client.create()

    assert client.to_the_end() == b""
    assert taken(server)()


@pytest.mark.parametrize("path", ["/api/v1/chat/credit", "/files/results/x.png"])
def test_any_request_can_be_closed(server: EmulatorServer, client: RawClient, path: str) -> None:
    """Also one that has no body."""
    server.world.faults.add("closed,on=any")
    client.get(path)

    assert client.to_the_end() == b""


def test_reset_is_a_rst(server: EmulatorServer, client: RawClient) -> None:
    """No byte, and no orderly end."""
    server.world.faults.add("reset")
    client.create()

    with pytest.raises(ConnectionResetError):
        client.to_the_end()
    assert taken(server)()


@pytest.mark.parametrize("share", [0, 0.25, 0.999])
def test_a_cut_answer_breaks_off_where_it_is_told(server: EmulatorServer, client: RawClient, share: float) -> None:
    """The head announces the whole; so much of it comes, then a FIN."""
    server.world.faults.add(f"cut,share={share}")
    client.create()
    status, headers = client.head()
    length = int(headers["content-length"])
    body = client.to_the_end()
    (task,) = server.world.tasks
    whole = json.dumps({"code": 200, "msg": "success", "data": {"taskId": task.id, "recordId": task.id}})

    assert (status, length) == (200, len(whole.replace(" ", "")))
    assert body == whole.replace(" ", "").encode()[: int(length * share)]


def test_a_dripping_answer_waits_between_its_bytes(server: EmulatorServer, client: RawClient) -> None:
    """The head comes at once; with an hour between bytes, none of them does, and the server stops all the same."""
    server.world.faults.add("drip,seconds=3600")
    client.create()
    status, headers = client.head()
    is_quiet = client.is_quiet()
    server.stop()

    assert (status, headers["content-length"]) == (200, "127")
    assert is_quiet
    with pytest.raises(ConnectionResetError):
        client.to_the_end()


def test_a_dripping_answer_is_whole_in_the_end(server: EmulatorServer, client: RawClient) -> None:
    """Byte after byte; then the connection is as good as ever, and its end is an orderly one."""
    server.world.faults.add("drip,seconds=0.001,times=1")
    client.create()
    _, headers = client.head()
    said = json.loads(client.body(int(headers["content-length"])))

    assert said["data"]["taskId"] == next(iter(server.world.tasks)).id
    assert is_served(client)
    server.stop()
    assert client.to_the_end() == b""


def test_a_client_may_leave_a_dripping_answer(server: EmulatorServer, client: RawClient) -> None:
    """The server is done with it then."""
    server.world.faults.add("drip,seconds=3600,times=1")
    client.create()
    client.head()
    held = not idle(server)()
    client.connection.close()
    until(idle(server))

    assert held


def test_a_flood_is_as_long_as_it_is_told(server: EmulatorServer, client: RawClient) -> None:
    """Chunks of spaces without an announced length; then the connection is as good as ever."""
    server.world.faults.add(f"huge,size={3 * MEGABYTE + 1},times=1")
    client.create()
    status, headers = client.head()
    body = b"".join(client.chunks())

    assert (status, headers["content-type"], headers["transfer-encoding"]) == (200, "application/json", "chunked")
    assert "content-length" not in headers
    assert body == b" " * (3 * MEGABYTE + 1)
    assert is_served(client)


@pytest.mark.parametrize("fault", ["huge,size=1099511627776", "gzip-bomb,size=1099511627776"])
def test_a_flood_ends_when_the_client_leaves(server: EmulatorServer, client: RawClient, fault: str) -> None:
    """A tebibyte is never made: others are served meanwhile, and then the server is done with it."""
    server.world.faults.add(f"{fault},times=1")
    client.create()
    client.head()
    first = next(client.chunks())
    with connected(server.port) as other:
        served = is_served(other)
    client.connection.close()
    until(idle(server))

    assert first
    assert served


@pytest.mark.parametrize("size", [0, 10, MEGABYTE, 40 * MEGABYTE + 7])
def test_a_gzip_bomb_is_a_gzip_file_of_one_piece(server: EmulatorServer, client: RawClient, size: int) -> None:
    """Small on the wire, and right to its last byte, checksum and all."""
    server.world.faults.add(f"gzip-bomb,size={size}")
    client.create()
    _, headers = client.head()
    packed = b"".join(client.chunks())

    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == b" " * size
    assert len(packed) < 200 + size / 900


@pytest.mark.parametrize(
    ("fault", "status", "media_type", "begins"),
    [
        ("bad-gateway", 502, "text/html; charset=utf-8", b"<html>"),
        ("bad-gateway,status=520", 520, "text/html; charset=utf-8", b"<html>"),
        ("html", 200, "text/html; charset=utf-8", b"<html>"),
        ("null-data", 200, "application/json", b'{"code":200,"msg":"success","data":null}'),
        ("cut-json", 200, "application/json", b'{"code":200,"msg":"success","data":{"taskId":"'),
        ("too-many,form=status", 429, "application/json", b'{"code":429,'),
        ("answer,status=599,code=-1", 599, "application/json", b'{"code":-1,'),
        ("redirect", 307, "text/html; charset=utf-8", b"<html>"),
    ],
)
def test_other_answers_are_whole(  # noqa: PLR0917 - the columns of the table, and two fixtures
    server: EmulatorServer, client: RawClient, fault: str, status: int, media_type: str, begins: bytes
) -> None:
    """By HTTP nothing is wrong with them: their length is right, and the connection goes on."""
    server.world.faults.add(f"{fault},times=1")
    client.create()
    said, headers = client.head()
    body = client.body(int(headers["content-length"]))

    assert (said, headers["content-type"]) == (status, media_type)
    assert body.startswith(begins)
    assert is_served(client)


def test_headers_of_a_fault_reach_the_client(server: EmulatorServer, client: RawClient) -> None:
    """Retry-After as it was given; a Location under the address that was asked."""
    server.world.faults.replace(["too-many,retry-after=soon,nth=1", "redirect,nth=2"])
    client.create()
    _, first = client.head()
    client.body(int(first["content-length"]))
    client.create()
    _, second = client.head()

    assert first["retry-after"] == "soon"
    assert second["location"] == "http://127.0.0.1/api/v1/jobs/createTask"


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_none(server: EmulatorServer, client: RawClient, status: int) -> None:
    """Whatever was meant to be said with it."""
    server.world.faults.add(f"answer,status={status},times=1")
    client.create()
    said, headers = client.head()

    assert said == status
    assert "content-length" not in headers
    assert is_served(client)


def test_a_picture_breaks_off_in_the_middle(server: EmulatorServer, client: RawClient) -> None:
    """As long as announced it would be a picture."""
    client.create()
    _, headers = client.head()
    task_id = json.loads(client.body(int(headers["content-length"])))["data"]["taskId"]
    server.world.faults.add("truncated,share=0.5")
    until(lambda: next(iter(server.world.tasks)).plan.state(time.time()) == "success")
    client.get(f"/files/results/{task_id}.jpg")
    status, headers = client.head()
    body = client.to_the_end()

    assert (status, headers["content-type"]) == (200, "image/jpeg")
    assert body.startswith(b"\xff\xd8\xff")
    assert len(body) == int(headers["content-length"]) // 2
