"""Answers that are no JSON as they stand, or no JSON at all: what was paid for is read in them all the same."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nanobanana_async.dialects import ImagesDialect
from nanobanana_async.dialects._lenient import MOST_PARTS
from nanobanana_async.values import Accepted, Answered, Looked, NotVisible, Refused, TaskState
from tests.dialects.wishes import reply

IMAGES = ImagesDialect("https://relay.example", "sk-0123456789abcdef")
URL = "https://cdn.relay.example/a.png"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(255))
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(255))
WEBP = b"RIFF\x00\x00\x00\x00WEBP" + bytes(range(255))
TEXT = base64.b64encode(PNG).decode()
DATA = f"data:image/png;base64,{TEXT}"
WHOLE = json.dumps({"created": 1765101600, "prompt": "QQ", "data": [{"b64_json": TEXT}]}).encode()
SKETCH = json.dumps({"type": "image_generation.partial_image", "b64_json": TEXT[:40]}).encode()
DONE = json.dumps({"type": "image_generation.completed", "b64_json": TEXT}).encode()
TASK = json.dumps({"task_id": "abc"}).encode()


def urls_of(body: bytes) -> tuple[str, ...]:
    """Of the answer; what is kept of it can be written down, and says the same."""
    said = IMAGES.read_submitted(reply(body))
    assert isinstance(said, Answered)
    kept = IMAGES.read_kept(None, None, json.dumps(said.result.raw, allow_nan=False))
    assert kept is not None
    assert len(kept.urls) == len(said.result.urls)
    return said.result.urls


BROKEN = [
    WHOLE.replace(b"QQ", b"caf\xe9"),
    WHOLE.replace(b"QQ", b"a\nb\x00\t"),
    WHOLE + b"\0",
    WHOLE + b"\n{}",
    WHOLE + b"</body>",
    WHOLE.replace(b"1765101600", b"9" * 5000),
    WHOLE.replace(b"1765101600", b"-" + b"9" * 5000),
    b"\xef\xbb\xbf\r\n " + WHOLE + b";",
    b": keepalive\n\n: PROCESSING\r\n\r\n" + WHOLE,
    b":" + b"\n" + WHOLE,
    b"[" + DONE + b"]}",
    b"data: " + WHOLE + b"\n\ndata: [DONE]\n\n",
    b"data:" + WHOLE,
    b"id: 1\r\nevent: image_generation.completed\r\ndata: " + DONE + b"\r\n\r\n",
    b": OPENROUTER PROCESSING\n\ndata: " + SKETCH + b"\n\ndata: " + DONE + b"\n\ndata: {}\n\ndata: [DONE]\n",
    b'data: {"a":"\n' + b"data: " + DONE + b"\ndata: 7\ndata: \n",
]


@pytest.mark.parametrize("body", BROKEN)
def test_a_picture_in_a_broken_answer_is_read(body: bytes) -> None:
    """It is whole, whatever is wrong with the rest."""
    assert urls_of(body) == (DATA,)


@pytest.mark.parametrize(("picture", "kind"), [(PNG, "png"), (JPEG, "jpeg"), (WEBP, "webp")])
def test_an_answer_that_is_a_picture_is_the_picture(picture: bytes, kind: str) -> None:
    """Under the status of a success."""
    assert urls_of(picture) == (f"data:image/{kind};base64,{base64.b64encode(picture).decode()}",)
    assert isinstance(IMAGES.read_submitted(reply(picture, 500)), Refused)


@pytest.mark.parametrize(
    "body", [TASK + b"\0", b"data: " + TASK + b"\n\n", b'data: {}\n\ndata: {"id": "abc", "status": "queued"}\n']
)
def test_a_task_in_a_broken_answer_is_followed(body: bytes) -> None:
    """Its id is money."""
    assert IMAGES.read_submitted(reply(body)) == Accepted("abc")


def test_the_last_picture_of_a_stream_is_the_one_that_was_asked_for() -> None:
    """Those before it are sketches, or tell of a task that is done by then."""
    earlier = json.dumps({"images": ["https://cdn.relay.example/sketch.png"]}).encode()
    later = json.dumps({"images": [URL]}).encode()

    assert urls_of(b"data: " + TASK + b"\n\ndata: " + earlier + b"\n\ndata: " + later + b"\n\n") == (URL,)


def test_a_picture_that_is_still_being_made_is_none() -> None:
    """A stream that broke off has only sketches."""
    said = IMAGES.read_submitted(reply(b"data: " + SKETCH + b"\n\n"))

    assert isinstance(said, Refused)
    assert not said.problem.enveloped


@pytest.mark.parametrize(
    "body",
    [
        b'{"error": {"message": "your prompt was flagged", "code": 400}}\0',
        b'{"error": {"message": "no"}}{"data": [{"url": "https://a/b.png"}]}',
        b'data: {"error": {"message": "insufficient_quota", "code": 402}}\n\n',
        b'{"data": []}\0',
        b'{"data": [{"b64_json": "',
        b"7 8",
        b'"text" x',
        b"[" * 100_000,
        b'{"a":' * 100_000 + b"\xff",
        b":" * 9,
        b":\n" * 20_000 + WHOLE,
        b"data: " + DONE + b"\ndata: {}" * 600,
        b" ",
        b"\x00",
        b"<html>",
    ],
)
def test_what_is_broken_is_never_read_as_a_refusal(body: bytes) -> None:
    """Nobody's word: it may be paid for. What is looked at has its bounds."""
    said = IMAGES.read_submitted(reply(body))

    assert isinstance(said, Refused)
    assert not said.problem.enveloped


def test_an_answer_of_too_many_parts_is_not_read_in_another_way() -> None:
    """It would fill the memory all the same."""
    body = b'{"data": [{"url": "https://a/b.png"}], "x": [' + b"0," * (MOST_PARTS + 1)

    assert isinstance(IMAGES.read_submitted(reply(body)), Refused)


@pytest.mark.parametrize("status", [202, 299, 300, 400, 500])
def test_only_a_success_is_read_so(status: int) -> None:
    """What is broken under another status was made by nobody."""
    said = IMAGES.read_submitted(reply(WHOLE + b"\0", status))

    assert isinstance(said, Answered) is (status < 300)


@pytest.mark.parametrize("body", [b"%s\0", b": wait\n\n%s", b"data: %s\n\n"])
def test_a_look_is_read_so_as_well(body: bytes) -> None:
    """The task is paid for."""
    record = json.dumps({"task_id": "abc", "status": "SUCCESS", "data": {"data": [{"url": URL}]}}).encode()

    said = IMAGES.read_record("abc", reply(body % record))

    assert isinstance(said, Looked)
    assert said.task.state is TaskState.SUCCESS
    assert said.result is not None
    assert said.result.urls == (URL,)


ANY = st.binary(max_size=60)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(ANY, ANY, st.sampled_from([WHOLE, TASK, b"data: " + DONE, b": x\n"]), st.integers(0, 600), st.integers(200, 299))
def test_no_bytes_whatever_raise(before: bytes, inside: bytes, whole: bytes, at: int, status: int) -> None:
    """Any bytes are a picture, a task, or nobody's word; and what is kept of them can be written down."""
    body = before + whole[:at] + inside + whole[at:]

    said = IMAGES.read_submitted(reply(body, status))
    seen = IMAGES.read_record("abc", reply(body, status))

    assert isinstance(said, Answered | Accepted | Refused)
    assert isinstance(seen, Looked | NotVisible | Refused)
    if isinstance(said, Answered):
        json.dumps(said.result.raw)
