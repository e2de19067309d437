"""How gateways of the images dialect name a task, and say how far it is: in words and under names of all kinds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nanobanana_async.dialects import ImagesDialect
from nanobanana_async.values import JSON, Accepted, Answered, Looked, NotVisible, Refused, TaskState
from tests.dialects.wishes import reply

IMAGES = ImagesDialect("https://relay.example", "sk-0123456789abcdef", asynchronous=True)
ID = "t-1"
URL = "https://cdn.relay.example/a.png"
ANSWER = {"created": 1, "data": [{"url": URL}]}
ENDS = ["error", "ERRORED", "cancelled", "Canceled", "rejected", "expired", "TIMEOUT", "timed_out", "aborted"]
UNDER_WAY = ["queued", "IN_PROGRESS", "pending", "processing", "submitted", "running", "NOT_START"]


@pytest.mark.parametrize(
    "body",
    [
        {"code": "success", "message": "", "data": ID},
        {"code": 200, "data": ID},
        {"code": 0, "data": ID},
        {"job_id": ID},
        {"data": {"job_id": ID}},
        {"code": "success", "result": {"task_id": ID}},
        {"task": {"id": ID}},
        {"task": {"task_id": ID}},
        {"id": "another", "task_id": ID},
        {"request_id": "r", "id": ID, "status": "queued"},
    ],
)
def test_an_id_is_found_under_other_names(body: JSON) -> None:
    """An id is money."""
    assert IMAGES.read_submitted(reply(body)) == Accepted(ID)


@pytest.mark.parametrize("place", [{}, {"data": None}, {"code": 200}])
@pytest.mark.parametrize("name", ["id", "request_id"])
@pytest.mark.parametrize("field", ["status", "state", "task_status"])
@pytest.mark.parametrize("word", UNDER_WAY)
def test_an_id_of_anything_is_a_tasks_beside_the_word_that_it_is_under_way(
    place: dict[str, Any], name: str, field: str, word: str
) -> None:
    """At the top, under `data`, or in a list there."""
    record = {name: ID, field: word}

    assert IMAGES.read_submitted(reply({**place, **record})) == Accepted(ID)
    assert IMAGES.read_submitted(reply({**place, "data": record})) == Accepted(ID)
    assert IMAGES.read_submitted(reply({**place, "data": [record]})) == Accepted(ID)


@pytest.mark.parametrize(
    "body",
    [
        {"request_id": ID},
        {"id": ID},
        {"id": ID, "status": "completed"},
        {"id": ID, "status": "ok"},
        {"code": "success", "data": "ok"},
        {"code": "success", "data": "created, see 1"},
        {"code": "success", "data": "a1" * 99},
        {"code": True, "data": ID},
        {"code": 201, "data": ID},
        {"data": ID},
        {"result": ID, "task": [ID]},
        {"job_id": None},
    ],
)
def test_what_may_be_the_id_of_anything_is_none(body: JSON) -> None:
    """A request has an id too; and to follow what is no task is to wait for nothing."""
    assert isinstance(IMAGES.read_submitted(reply(body)), Refused)


def test_a_picture_goes_before_the_id_of_a_job() -> None:
    """It is what the job was for."""
    said = IMAGES.read_submitted(reply({"job_id": ID, "images": [URL]}))

    assert isinstance(said, Answered)
    assert said.result.urls == (URL,)


def record_of(record: dict[str, Any]) -> Looked:
    said = IMAGES.read_record(ID, reply({"code": "success", "data": record}))
    assert isinstance(said, Looked)
    return said


@pytest.mark.parametrize("field", ["status", "state", "task_status"])
@pytest.mark.parametrize("word", ENDS)
def test_a_task_that_has_ended_without_a_picture_has_failed(field: str, word: str) -> None:
    """By whatever word: nobody waits for it any longer."""
    told = record_of({"task_id": ID, field: word, "fail_reason": "boom"})
    flat = IMAGES.read_record(ID, reply({"id": ID, field: word}))

    assert (told.task.state, told.fail_message) == (TaskState.FAIL, "boom")
    assert isinstance(flat, Looked)
    assert flat.task.state is TaskState.FAIL


@pytest.mark.parametrize("word", ENDS)
def test_a_picture_is_a_success_under_those_words_too(word: str) -> None:
    """It is paid for."""
    assert record_of({"task_id": ID, "status": word, "data": ANSWER}).task.state is TaskState.SUCCESS


@pytest.mark.parametrize("word", ENDS)
@pytest.mark.parametrize("wrapped", [True, False])
def test_an_answer_that_has_failed_itself_tells_of_no_task(word: str, wrapped: bool) -> None:
    """The question could not be answered: to take that for the task's end would be to pay for another."""
    body = {"status": word, "message": "try again later"}
    said = IMAGES.read_record(ID, reply({"data": body} if wrapped else body))

    assert not isinstance(said, Looked) or said.task.state is TaskState.WAITING
    assert isinstance(IMAGES.read_record(ID, reply({"status": word, "message": "task not found"})), NotVisible)


@pytest.mark.parametrize(
    ("record", "state"),
    [
        ({"state": "failed"}, TaskState.FAIL),
        ({"task_status": "SUCCEED", "state": "success"}, TaskState.SUCCESS),
        ({"status": "success", "task_status": "processing"}, TaskState.GENERATING),
        ({"status": 200, "state": "running"}, TaskState.GENERATING),
        ({"status": {"state": "failed"}}, TaskState.WAITING),
    ],
)
def test_the_tasks_own_word_counts(record: dict[str, Any], state: TaskState) -> None:
    """What else is called a status may be that of the answer."""
    assert record_of(record).task.state is state


@pytest.mark.parametrize(
    "where",
    [
        {"results": [{"url": URL}]},
        {"output": [URL]},
        {"output": URL},
        {"result": {"url": URL}},
        {"result": {"images": [{"url": [URL]}]}},
        {"url": URL},
        {"image_urls": [URL]},
        {"resultUrls": [URL]},
    ],
)
def test_the_picture_of_a_task_that_is_done_is_found(where: dict[str, Any]) -> None:
    """Also in a record that is alone in a list, and in one without an envelope."""
    record = {"task_id": ID, "status": "SUCCESS", **where}
    told = [IMAGES.read_record(ID, reply(body)) for body in ({"data": record}, {"data": [record]}, record)]

    for said in told:
        assert isinstance(said, Looked)
        assert said.result is not None
        assert said.result.urls == (URL,)
        kept = IMAGES.read_kept(ID, None, json.dumps(said.result.raw))
        assert kept is not None
        assert kept.urls == (URL,)


def test_a_record_that_is_alone_in_a_list_may_be_that_of_another() -> None:
    """Tasks are never mixed up."""
    other = IMAGES.read_record(ID, reply({"data": [{"task_id": "t-2", "status": "SUCCESS", "data": ANSWER}]}))

    assert isinstance(other, Refused)


def test_a_picture_in_a_list_is_no_record_though_it_names_its_task() -> None:
    """It is what was asked for."""
    said = IMAGES.read_record(ID, reply({"data": [{"task_id": ID, "url": URL}]}))

    assert isinstance(said, Looked)
    assert said.task.state is TaskState.SUCCESS


@pytest.mark.parametrize("field", ["status", "state", "task_status"])
@pytest.mark.parametrize("word", UNDER_WAY)
def test_a_link_in_what_is_under_way_leads_to_no_picture(field: str, word: str) -> None:
    """It leads to where the task is told of, or to what was given."""
    for body in (
        {"data": [{field: word, "url": URL}]},
        {field: word, "data": [{"url": URL}]},
        {field: word, "output": [URL]},
        {"result": {field: word, "url": URL}},
    ):
        said = IMAGES.read_submitted(reply(body))
        assert not isinstance(said, Answered) or said.result.urls == ()


def test_what_came_in_the_answer_is_there_whatever_its_status() -> None:
    """The words may be behind the times."""
    said = IMAGES.read_submitted(reply({"status": "processing", "data": [{"b64_json": "iVBORw0KGgo="}]}))
    item = IMAGES.read_submitted(reply({"data": [{"status": "processing", "b64_json": "iVBORw0KGgo="}]}))

    assert isinstance(said, Answered)
    assert isinstance(item, Answered)
    assert said.result.urls == item.result.urls == ("data:image/png;base64,iVBORw0KGgo=",)


@pytest.mark.parametrize(
    ("url", "is_picture"),
    [
        ("https://a/v1/images/tasks/7", False),
        ("https://a/v1/tasks/77", False),
        ("https://a/jobs/5?wait=1", False),
        ("https://a/predictions/5/", False),
        ("https://a/jobs/5.png", True),
        ("https://a/jobs/5/out.png", True),
    ],
)
def test_the_address_of_a_task_is_no_picture(url: str, is_picture: bool) -> None:
    """One of a file is, wherever that stands."""
    said = IMAGES.read_submitted(reply({"code": 200, "data": {"url": url}}))

    assert isinstance(said, Answered) is is_picture
