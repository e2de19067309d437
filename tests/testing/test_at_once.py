"""A gateway that answers at once, in process: the wait is on the loop's clock, and a deadline is a deadline."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest

from nanobanana_async import NetworkError
from nanobanana_async.emulator import EmulatorOptions, Limit
from nanobanana_async.testing import Emulator, Latency
from nanobanana_async.values import FilePart, WireReply, WireRequest
from tests.emulator.customer import make_png

SAID = {"model": "nano-banana-2", "prompt": "a banana"}
OPTIONS = EmulatorOptions(limit=Limit(100_000))


def create(emulator: Emulator, *, deadline: float = 200.0, **said: object) -> WireRequest:
    return WireRequest(
        "POST",
        f"{emulator.base_url}/v1/images/generations",
        body=json.dumps({**SAID, **said}).encode(),
        bearer="k",
        pays=True,
        deadline=deadline,
        max_bytes=64 * 1024 * 1024,
    )


def plans(emulator: Emulator) -> list[float]:
    """How long each picture takes."""
    return [task.plan.last.at - task.plan.created_at for task in emulator.world.tasks]


def url_in(reply: WireReply) -> str:
    return str(json.loads(reply.body)["data"][0]["url"])


async def test_the_wait_is_virtual_and_as_long_as_the_picture_takes() -> None:
    """Not a moment before; then its file is there."""
    emulator = Emulator(OPTIONS)
    transport = emulator.transport()
    loop = asyncio.get_running_loop()
    began = loop.time()

    reply = await transport.send(create(emulator))
    took = loop.time() - began
    picture = await transport.send(WireRequest("GET", url_in(reply)))

    assert reply.status == 200
    assert plans(emulator)[0] <= took < plans(emulator)[0] + 0.01
    assert (picture.status, picture.headers["content-type"]) == (200, "image/png")


async def test_a_thousand_wait_beside_each_other() -> None:
    """All of them take no longer than the longest."""
    emulator = Emulator(OPTIONS)
    transport = emulator.transport()
    loop = asyncio.get_running_loop()
    began = loop.time()

    replies = await asyncio.gather(*(transport.send(create(emulator, prompt=f"{number}")) for number in range(1000)))

    assert {reply.status for reply in replies} == {200}
    assert loop.time() - began == pytest.approx(max(plans(emulator)), abs=0.01)
    assert not emulator.ledger.hung_up


async def test_both_ways_of_a_message_are_on_top() -> None:
    """There and back again."""
    emulator = Emulator(OPTIONS, latency=Latency(least=0.5))
    loop = asyncio.get_running_loop()
    began = loop.time()

    await emulator.transport().send(create(emulator))

    assert loop.time() - began == pytest.approx(plans(emulator)[0] + 1.0, abs=0.01)


@pytest.mark.parametrize("latency", [None, Latency(least=0.25)])
async def test_a_deadline_comes_before_a_slow_picture(latency: Latency | None) -> None:
    """At its moment; it is paid for, and noted that nobody waited."""
    emulator = Emulator(OPTIONS, faults="slow,seconds=600", latency=latency)
    loop = asyncio.get_running_loop()
    began = loop.time()

    with pytest.raises(NetworkError, match="no whole answer within 200 s") as caught:
        await emulator.transport().send(create(emulator, deadline=200))

    assert loop.time() - began == pytest.approx(200)
    assert (caught.value.sent, caught.value.charged) == ("perhaps", "unknown")
    assert emulator.ledger.paid == 8
    assert list(emulator.ledger.hung_up) == [task.id for task in emulator.world.tasks]


async def test_a_task_that_never_ends_is_silence() -> None:
    """Until the deadline."""
    emulator = Emulator(OPTIONS, faults="stuck")
    loop = asyncio.get_running_loop()
    began = loop.time()

    with pytest.raises(NetworkError, match="no whole answer within 200 s"):
        await emulator.transport().send(create(emulator))

    assert loop.time() - began == pytest.approx(200)


@pytest.mark.parametrize(
    ("latency", "after"),
    [
        (None, 0.0),
        (None, 3.0),
        (Latency(least=0.5), 0.25),
        (Latency(least=0.5), 0.75),
        (Latency(least=0.5), 3.0),
    ],
)
async def test_whoever_is_cancelled_has_paid(latency: Latency | None, after: float) -> None:
    """At once, on the way there, on the way back, or in the middle of the wait: what was sent arrives."""
    emulator = Emulator(OPTIONS, latency=latency)
    sending = asyncio.ensure_future(emulator.transport().send(create(emulator)))
    await asyncio.sleep(after)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await asyncio.sleep(1)

    assert emulator.ledger.paid == 8
    assert len(emulator.ledger.hung_up) == 1


async def test_a_deadline_may_come_before_the_answer_could_be_back() -> None:
    """The request arrives all the same, and nobody hears of it."""
    emulator = Emulator(OPTIONS, latency=Latency(least=3))

    with pytest.raises(NetworkError, match="no whole answer within 5 s"):
        await emulator.transport().send(create(emulator, deadline=5))
    await asyncio.sleep(1)

    assert emulator.ledger.paid == 8
    assert len(emulator.ledger.hung_up) == 1


async def test_a_failure_comes_in_the_end_and_gives_the_credits_back() -> None:
    """With the status that HTTP has for it."""
    emulator = Emulator(OPTIONS)
    loop = asyncio.get_running_loop()
    began = loop.time()

    reply = await emulator.transport().send(create(emulator, prompt="[fail:policy]"))

    assert reply.status == 400
    assert json.loads(reply.body)["error"]["code"] == "moderation_blocked"
    assert loop.time() - began >= plans(emulator)[0]
    assert emulator.ledger.paid == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [("closed", "closed without an answer"), ("reset", "reset"), ("cut", "closed in the middle of the answer")],
)
async def test_a_connection_breaks_when_the_answer_should_come(fault: str, words: str) -> None:
    """After the wait."""
    emulator = Emulator(OPTIONS, faults=fault)
    loop = asyncio.get_running_loop()
    began = loop.time()

    with pytest.raises(NetworkError, match=words):
        await emulator.transport().send(create(emulator))

    assert loop.time() - began >= plans(emulator)[0]
    assert not emulator.ledger.hung_up


async def test_a_relay_that_gives_up_shows_its_page() -> None:
    """On the virtual clock as well."""
    options = EmulatorOptions(cut_after=184)
    emulator = Emulator(options, faults="slow,seconds=300")
    loop = asyncio.get_running_loop()
    began = loop.time()

    reply = await emulator.transport().send(create(emulator))

    assert reply.status == 524
    assert loop.time() - began == pytest.approx(184)


async def test_a_picture_may_stand_in_the_answer() -> None:
    """Painted on the way, without a thread to be waited for."""
    emulator = Emulator(OPTIONS)

    reply = await emulator.transport().send(create(emulator, response_format="b64_json"))

    assert base64.b64decode(json.loads(reply.body)["data"][0]["b64_json"]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "body",
    [
        {"form": SAID, "files": (FilePart("image", "x.png", make_png()), FilePart("image", "y.png", make_png()))},
        {
            "files": (
                *(FilePart(name, None, text.encode()) for name, text in SAID.items()),
                FilePart("image", None, make_png()),
            )
        },
        {"form": {**SAID, "image": "http://127.0.0.1:1/x.png"}},
        {"body": json.dumps({**SAID, "image": "http://127.0.0.1:1/x.png"}).encode()},
        {
            "body": b"model=nano-banana&prompt=x&image=http%3A%2F%2F127.0.0.1%2Fx.png",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        },
    ],
)
async def test_an_edit_comes_in_every_body(body: dict[str, Any]) -> None:
    """Files, fields, a form, JSON, and a form that somebody has written out."""
    emulator = Emulator(OPTIONS)
    url = f"{emulator.base_url}/v1/images/edits"

    reply = await emulator.transport().send(WireRequest("POST", url, bearer="k", pays=True, deadline=200, **body))

    assert reply.status == 200
    assert url_in(reply).startswith(f"{emulator.base_url}/files/results/task_")
