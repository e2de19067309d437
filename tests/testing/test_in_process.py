"""The way to an emulator without a socket: what it answers, and every way in which an answer fails to come."""

from __future__ import annotations

import asyncio
import json
from random import Random
from typing import Any

import pytest
from attrs import define, field

from nanobanana_async import ClientClosedError, NetworkError
from nanobanana_async.emulator import (
    Answer,
    Call,
    Cut,
    Drip,
    EmulatorOptions,
    FileAnswer,
    Flood,
    HangUp,
    Page,
    Reply,
    Silence,
    Upload,
    World,
)
from nanobanana_async.testing import Emulator, EmulatorTransport, Latency
from nanobanana_async.transport import Transport
from nanobanana_async.values import FilePart, WireReply, WireRequest

BASE = "http://emulator.localhost"
FINE = Answer({"code": 200, "msg": "success", "data": None})


@define(kw_only=True)
class Scripted(World):
    """A world that answers everything with one reply, and keeps the calls."""

    reply: Reply | Exception = FINE
    calls: list[Call] = field(factory=list)

    def serve(self, call: Call) -> Reply:
        self.calls.append(call)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


def request(method: str = "GET", path: str = "/api/v1/chat/credit", **more: Any) -> WireRequest:
    return WireRequest(method, f"{BASE}{path}", **more)


def way_to(reply: Reply | Exception, **options: Any) -> tuple[Scripted, EmulatorTransport]:
    world = Scripted(reply=reply)
    return world, EmulatorTransport(world, **options)


def test_it_is_a_transport() -> None:
    """It can stand wherever a transport can."""
    assert isinstance(Emulator().transport(), Transport)


async def test_an_answer_is_what_http_would_have_brought() -> None:
    """Status, headers in lower case, body."""
    _, transport = way_to(Answer({"code": 429}, status=429, headers={"Retry-After": "3"}))
    headers = {"content-length": "12", "content-type": "application/json", "retry-after": "3"}

    reply = await transport.send(request())

    assert reply == WireReply(429, headers, b'{"code":429}')


async def test_the_request_is_read_as_the_server_reads_it() -> None:
    """Operation, subject, JSON, key, our own name."""
    world, transport = way_to(FINE)

    await transport.send(request("POST", "/api/v1/jobs/createTask", body=b'{"model":"m"}', bearer="k"))
    await transport.send(request("GET", "/api/v1/jobs/recordInfo?taskId=a%20b"))
    await transport.send(request("GET", "/files/results/x%20y.png", headers={"user-agent": "curl/8"}))
    await transport.send(request("POST", "/api/v1/jobs/createTask", body=b"{cut"))
    create, look, file, broken = world.calls

    assert (create.operation, create.body, create.authorization) == ("createTask", {"model": "m"}, "Bearer k")
    assert create.user_agent.startswith("nanobanana-async/")
    assert (look.operation, look.subject, look.authorization) == ("recordInfo", "a b", None)
    assert (file.operation, file.subject, file.user_agent) == ("file", "results/x y.png", "curl/8")
    assert broken.body is None


async def test_an_upload_arrives_with_its_parts() -> None:
    """The file, its folder, and the name that was given."""
    world, transport = way_to(FINE)
    part = FilePart("file", "local.png", b"picture", "image/png")

    await transport.send(
        request("POST", "/api/file-stream-upload", files=(part,), form={"uploadPath": "in", "fileName": "x.png"})
    )
    await transport.send(request("POST", "/api/file-stream-upload", files=(part,), form={"uploadPath": "in"}))

    assert [call.body for call in world.calls] == [
        Upload(b"picture", "in", "x.png"),
        Upload(b"picture", "in", "local.png"),
    ]


async def test_a_path_that_is_not_served_is_a_404() -> None:
    """In the gateway's envelope, as behind the socket."""
    _, transport = way_to(FINE)

    reply = await transport.send(request("GET", "/nowhere"))

    assert (reply.status, json.loads(reply.body)["code"]) == (404, 404)


@pytest.mark.parametrize("url", ["https://api.kie.ai/api/v1/chat/credit", "http://10.0.0.1/x.png"])
async def test_nothing_leaves_the_process(url: str) -> None:
    """Another host is an error, with proof that nothing was sent."""
    _, transport = way_to(FINE)

    with pytest.raises(NetworkError, match="reaches only itself") as caught:
        await transport.send(WireRequest("GET", url))

    assert caught.value.sent == "no"


async def test_the_public_address_leads_to_it_as_well() -> None:
    """Where results are linked under another name, that name is served."""
    world = World(EmulatorOptions(public_url="https://pictures.example"))
    transport = EmulatorTransport(world)

    reply = await transport.send(WireRequest("GET", "https://pictures.example/files/results/none.png"))

    assert reply.status == 404


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (HangUp(), "closed without an answer"),
        (HangUp(reset=True), "reset"),
        (Cut(Page(b"half of it")), "in the middle"),
        (Flood(10_000_000), "longer than"),
        (Flood(1 << 40, packed=True), "longer than"),
        (Page(b"x" * 2_000_000), "longer than"),
    ],
)
async def test_an_answer_that_is_not_whole_is_lost(reply: Reply, words: str) -> None:
    """A create may be charged then; a question is free, and both say that the request may have arrived."""
    world, transport = way_to(reply)

    with pytest.raises(NetworkError, match=words) as create:
        await transport.send(request(pays=True))
    with pytest.raises(NetworkError, match=words) as question:
        await transport.send(request())

    assert (create.value.charged, create.value.sent, create.value.retryable) == ("unknown", "perhaps", False)
    assert (question.value.charged, question.value.sent, question.value.retryable) == ("no", "perhaps", True)
    assert len(world.calls) == 2


@pytest.mark.parametrize("reply", [Silence(), Drip(FINE, seconds=10)])
async def test_what_takes_too_long_ends_at_the_deadline(reply: Reply) -> None:
    """Silence, or a byte every ten seconds: the deadline bounds the whole exchange."""
    _, transport = way_to(reply)
    loop = asyncio.get_running_loop()
    began = loop.time()

    with pytest.raises(NetworkError, match="within 60 s"):
        await transport.send(request(deadline=60))

    assert loop.time() - began == pytest.approx(60, abs=0.01)


async def test_a_drip_that_ends_in_time_is_an_answer() -> None:
    """Slow is not lost."""
    _, transport = way_to(Drip(Page(b"twelve bytes"), seconds=2))
    loop = asyncio.get_running_loop()
    began = loop.time()

    reply = await transport.send(request(deadline=60))

    assert reply.body == b"twelve bytes"
    assert loop.time() - began == pytest.approx(24, abs=0.01)


async def test_a_stream_gives_what_came_before_it_breaks() -> None:
    """The first half of a file, and then the error."""
    _, transport = way_to(Cut(FileAnswer("image/png", lambda: b"abcdefgh")))
    received = b""

    async with transport.stream(request()) as stream:
        with pytest.raises(NetworkError):
            async for piece in stream.chunks():
                received += piece

    assert received == b"abcd"


async def test_latency_is_the_way_there_and_back() -> None:
    """Two messages, each on its way for as long as it is drawn."""
    _, transport = way_to(FINE, latency=Latency(least=3))
    loop = asyncio.get_running_loop()
    began = loop.time()

    await transport.send(request())

    assert loop.time() - began == pytest.approx(6, abs=0.01)


async def test_an_answer_that_would_come_after_the_deadline_is_lost_and_the_request_arrives() -> None:
    """What is sent arrives, whoever still waits."""
    world, transport = way_to(FINE, latency=Latency(least=30))

    with pytest.raises(NetworkError, match="within 40 s"):
        await transport.send(request(deadline=40))

    assert len(world.calls) == 1


async def test_a_sender_that_is_cancelled_has_sent_all_the_same() -> None:
    """As on a network: nobody can call a request back."""
    world, transport = way_to(FINE, latency=Latency(least=3))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await transport.send(request())
    assert not world.calls
    await asyncio.sleep(5)

    assert len(world.calls) == 1


@pytest.mark.parametrize("latency", [Latency(), Latency(least=1)])
async def test_a_fault_in_the_emulator_is_told_as_it_is(latency: Latency) -> None:
    """A broken world is no network error."""
    _, transport = way_to(ZeroDivisionError("broken"), latency=latency)

    with pytest.raises(ZeroDivisionError):
        await transport.send(request())


async def test_a_closed_transport_sends_nothing() -> None:
    """Closed twice is closed once."""
    world, transport = way_to(FINE)
    await transport.aclose()
    await transport.aclose()

    with pytest.raises(ClientClosedError):
        await transport.send(request())

    assert not world.calls


def test_jitter_is_exponential_with_its_mean() -> None:
    """10 000 draws are within 5 % of it."""
    latency, random = Latency(least=0.04, jitter=0.03), Random(1)

    draws = [latency.draw(random) for _ in range(10_000)]

    assert min(draws) >= 0.04
    assert sum(draws) / len(draws) == pytest.approx(0.07, rel=0.05)


@pytest.mark.wall_clock
async def test_on_the_wall_clock_pictures_are_painted_in_a_thread() -> None:
    """The loop stays free while a picture is made."""
    painters: list[bool] = []
    loop = asyncio.get_running_loop()

    def paint() -> bytes:
        try:
            painters.append(asyncio.get_running_loop() is loop)
        except RuntimeError:
            painters.append(False)
        return b"picture"

    _, transport = way_to(FileAnswer("image/png", paint))

    reply = await transport.send(request())

    assert reply.body == b"picture"
    assert painters == [False]
