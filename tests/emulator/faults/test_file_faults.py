"""What the file host may serve in place of a picture."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from nanobanana_async.emulator import FAULTS, Answer, Call, Cut, FileAnswer, Page, Reply
from tests.emulator.customer import BASE, Clock, Customer
from tests.emulator.faults.conftest import Afflicted

FILES = [name for name, spec in FAULTS.items() if spec.kind == "file"]


def picture_of(customer: Customer, clock: Clock, output_format: str = "png") -> Reply:
    """What comes for the picture of a task."""
    task_id = customer.created(output_format=output_format)
    clock.move(20)
    return customer.world.serve(Call("file", subject=f"results/{task_id}.{output_format}", user_agent="curl/8.5"))


def as_file(reply: Reply) -> FileAnswer:
    assert isinstance(reply, FileAnswer)
    return reply


def format_of(content: bytes) -> str | None:
    return Image.open(io.BytesIO(content)).format


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_spoilt_when_its_turn_comes(afflicted: Afflicted, clock: Clock, name: str) -> None:
    """The second fetch of a picture, and nothing else of the task."""
    customer = afflicted(f"{name},nth=2")
    url = f"{BASE}/files/results/{customer.created()}.jpg"
    clock.move(20)
    call = Call("file", subject=url.removeprefix(f"{BASE}/files/"), user_agent="python-httpx/0.28")
    fetched = [customer.world.serve(call) for _ in range(3)]
    contents = [reply.produce() if isinstance(reply, FileAnswer) else b"" for reply in fetched]

    assert customer.world.faults.struck(f"{name},nth=2") == 1
    assert contents[0] == contents[2] != b""
    assert (contents[1], fetched[1]) != (contents[0], fetched[0])
    assert customer.balance() == 10_000 - 8


@pytest.mark.parametrize("name", FILES)
def test_what_is_not_there_stays_not_there(afflicted: Afflicted, name: str) -> None:
    """A 404 is no file to be spoilt."""
    customer = afflicted(name)

    reply = customer.file(f"{BASE}/files/results/none.png")

    assert isinstance(reply, Answer)
    assert reply.code == 404
    assert customer.world.faults.struck(name) == 0


def test_a_truncated_file_announces_all_of_it(afflicted: Afflicted, clock: Clock) -> None:
    """Cut off; the length said before tells."""
    reply = picture_of(afflicted("truncated,share=0.9"), clock)

    assert isinstance(reply, Cut)
    assert (reply.share, reply.status) == (0.9, 200)
    assert format_of(as_file(reply.reply).produce()) == "PNG"


@pytest.mark.parametrize(("fault", "share"), [("short", 0.5), ("short,share=0.25", 0.25), ("empty-file", 0)])
def test_a_short_file_looks_whole_by_http(afflicted: Afflicted, clock: Clock, fault: str, share: float) -> None:
    """It is as long as it says; only its own content tells that the rest is missing."""
    whole = as_file(picture_of(afflicted(), clock)).produce()

    short = as_file(picture_of(afflicted(fault), clock))

    assert (short.status, short.media_type) == (200, "image/png")
    assert short.produce() == whole[: int(len(whole) * share)]


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("expired", 403, b"expired"),
        ("gone", 404, b"404"),
        ("html-file", 200, b"<html>"),
        ("refuses-agents", 403, b"403"),
    ],
)
def test_a_page_comes_for_a_picture(afflicted: Afflicted, clock: Clock, fault: str, status: int, words: bytes) -> None:
    """As content networks answer."""
    reply = picture_of(afflicted(fault), clock)

    assert isinstance(reply, Page)
    assert (reply.status, reply.media_type) == (status, "text/html")
    assert words in reply.content


@pytest.mark.parametrize(
    ("asked", "fault", "media_type", "really"),
    [
        ("png", "wrong-type", "image/jpeg", "JPEG"),
        ("jpg", "wrong-type", "image/png", "PNG"),
        ("png", "mislabelled", "image/jpeg", "PNG"),
        ("jpg", "mislabelled", "image/png", "JPEG"),
    ],
)
def test_a_picture_can_be_of_another_type(
    afflicted: Afflicted, clock: Clock, *, asked: str, fault: str, media_type: str, really: str
) -> None:
    """By its content and truly labelled, or by its label only."""
    file = as_file(picture_of(afflicted(fault), clock, asked))

    assert (file.media_type, format_of(file.produce())) == (media_type, really)


def test_what_is_no_picture_has_no_other_type(afflicted: Afflicted) -> None:
    """An upload of anything else is left alone, and so is one that only begins like a picture."""
    customer = afflicted("wrong-type")
    text, broken = b"hello", b"\x89PNG\r\n\x1a\nnothing"
    urls = [customer.upload(content, name)["downloadUrl"] for content, name in ((text, "x.txt"), (broken, "x.png"))]

    assert [customer.content(url) for url in urls] == [text, broken]
    assert customer.world.faults.struck("wrong-type") == 1


@pytest.mark.parametrize(
    ("fault", "location"),
    [("private-redirect", "http://10.0.0.1/x.png"), ("private-redirect,to=http://[::1]/", "http://[::1]/")],
)
def test_a_file_can_redirect_to_a_private_address(
    afflicted: Afflicted, clock: Clock, fault: str, location: str
) -> None:
    """Where no client should follow."""
    reply = picture_of(afflicted(fault), clock)

    assert isinstance(reply, Page)
    assert (reply.status, reply.headers) == (302, {"Location": location})


@pytest.mark.parametrize(
    ("agent", "status"),
    [
        ("python-httpx/0.28.1", 403),
        ("python-requests/2.32", 403),
        ("Python-urllib/3.11", 403),
        ("Python/3.11 aiohttp/3.9", 403),
        ("curl/8.5.0", 403),
        ("Wget/1.21", 403),
        ("Go-http-client/1.1", 403),
        ("node", 403),
        ("undici", 403),
        ("axios/1.7", 403),
        ("", 403),
        ("  ", 403),
        ("nanobanana-async/0.1 (python-httpx)", 200),
        ("Mozilla/5.0 (X11; Linux x86_64)", 200),
        ("nodeful/1", 200),
    ],
)
def test_the_agents_of_libraries_are_refused(afflicted: Afflicted, clock: Clock, agent: str, status: int) -> None:
    """By their default names; who says who they are is served."""
    customer = afflicted("refuses-agents")
    task_id = customer.created()
    clock.move(20)

    reply = customer.world.serve(Call("file", subject=f"results/{task_id}.jpg", user_agent=agent))

    assert reply.status == status


def test_the_emulators_own_reading_is_not_spoilt(afflicted: Afflicted, clock: Clock) -> None:
    """A file used as input is read within, where nothing goes wrong."""
    customer = afflicted("empty-file")
    url = customer.upload(b"hello", "x.txt")["downloadUrl"]

    answer = customer.ask("url-upload", {"fileUrl": url, "uploadPath": "y"})

    assert answer["data"]["fileSize"] == 5
