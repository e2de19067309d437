"""An image that was sent with a request comes back in many an answer: it is never what was paid for."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from nanobanana_async.dialects import GenerateDialect, ImagesDialect, JobsDialect
from nanobanana_async.values import JSON, Accepted, Answered, Looked, Refused, TaskState
from tests.dialects.wishes import reply

IMAGES = ImagesDialect("https://relay.example", "sk-0123456789abcdef")
MINE = "https://me.example/in.png"
URL = "https://cdn.relay.example/a.png"
CONTENT = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n mine").decode()
GIVEN = frozenset({MINE, CONTENT})


def urls_of(body: JSON) -> tuple[str, ...]:
    """Of the answer, and of what was kept of it, of which nobody knows any more what was given."""
    said = IMAGES.read_submitted(reply(body), given=GIVEN)
    assert isinstance(said, Answered)
    kept = IMAGES.read_kept(None, None, json.dumps(said.result.raw))
    assert kept is not None
    assert kept.urls == said.result.urls
    return said.result.urls


@pytest.mark.parametrize("mine", [MINE, f" {MINE} ", CONTENT])
@pytest.mark.parametrize("name", ["image_urls", "images", "image_url", "output", "result_urls"])
def test_what_comes_back_is_struck(name: str, mine: str) -> None:
    """Wherever it stands: what was made is the rest of it."""
    assert urls_of({name: [mine], "data": [{"url": URL}]}) == (URL,)
    assert urls_of({name: [mine, URL]}) == (URL,)
    assert urls_of({name: [mine], "data": [{"url": mine}, {"url": URL}, mine]}) == (URL,)
    assert urls_of({name: mine, "data": []}) == ()


@pytest.mark.parametrize(
    "body",
    [
        {"request_id": "r", "image_urls": [MINE]},
        {"images": [MINE]},
        {"data": MINE},
        {"data": {"url": MINE}},
        {"result": {"url": CONTENT}},
        {"b64_json": CONTENT},
    ],
)
def test_where_nothing_is_left_there_is_no_picture(body: dict[str, Any]) -> None:
    """And nobody's word; but an id beside it is one."""
    assert isinstance(IMAGES.read_submitted(reply(body), given=GIVEN), Refused)
    assert IMAGES.read_submitted(reply({**body, "task_id": "abc"}), given=GIVEN) == Accepted("abc")


@pytest.mark.parametrize("data", [[{"url": MINE}], [MINE], [{"b64_json": CONTENT}]])
@pytest.mark.parametrize("status", [400, 422, 500])
def test_a_refusal_that_shows_what_was_sent_is_one(data: JSON, status: int) -> None:
    """In the words of the gateway."""
    said = IMAGES.read_submitted(reply({"error": {"message": "bad image"}, "data": data}, status), given=GIVEN)

    assert isinstance(said, Refused)
    assert (said.problem.enveloped, said.problem.text) == (True, "bad image")


def test_a_broken_answer_is_read_so_as_well() -> None:
    """What was given stays what it is."""
    body = json.dumps({"image_urls": [MINE]}).encode() + b"\0"

    assert isinstance(IMAGES.read_submitted(reply(body), given=GIVEN), Refused)
    assert isinstance(IMAGES.read_submitted(reply(body)), Answered)


def test_a_look_is_not_deceived_either() -> None:
    """A record that shows only what was given is of a task that goes on."""
    bare = IMAGES.read_record("abc", reply({"task_id": "abc", "image_urls": [MINE]}), given=GIVEN)
    told = IMAGES.read_record("abc", reply({"data": {"task_id": "abc", "images": [MINE]}}), given=GIVEN)

    assert isinstance(bare, Refused)
    assert isinstance(told, Looked)
    assert told.task.state is TaskState.WAITING


@pytest.mark.parametrize(
    "dialect", [JobsDialect("https://k.example", "key"), GenerateDialect("https://k.example", "key")]
)
def test_where_answers_name_their_pictures_nothing_need_be_struck(dialect: JobsDialect | GenerateDialect) -> None:
    """What was given stands in `param` there, and nobody looks for pictures in it."""
    created = dialect.read_submitted(reply({"code": 200, "data": {"taskId": "abc"}}), given=GIVEN)
    record = {
        "taskId": "abc",
        "state": "success",
        "successFlag": 1,
        "resultJson": {"resultUrls": [URL]},
        "imageUrl": URL,
    }
    seen = dialect.read_record("abc", reply({"code": 200, "data": record}), given=GIVEN)

    assert created == Accepted("abc")
    assert isinstance(seen, Looked)
    assert seen.result is not None
    assert seen.result.urls == (URL,)
