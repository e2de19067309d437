"""Tasks of the images dialect: looks at them, and every shape of their records (PROTOCOL §3)."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nanobanana_async.dialects import ImagesDialect
from nanobanana_async.values import JSON, Look, Looked, NotVisible, Refused, Result, Task, TaskState, WireReply
from tests.dialects.wishes import reply

KEY = "sk-0123456789abcdef"
IMAGES = ImagesDialect("https://relay.example", KEY, asynchronous=True)
ID = "task_01K8"
URL = "https://cdn.relay.example/a.png"
CONTENT = b"\x89PNG and so on"
TEXT = base64.b64encode(CONTENT).decode()
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
CREATED = datetime(2025, 12, 7, 10, 0, tzinfo=UTC)
ANSWER = {"created": 1765101600, "data": [{"url": URL}]}


def look(body: JSON, status: int = 200) -> Look:
    return IMAGES.read_record(ID, reply(body, status))


def looked(**record: Any) -> Looked:
    said = look({"code": "success", "message": "", "data": record})
    assert isinstance(said, Looked)
    return said


def test_a_look_is_a_question_that_may_be_repeated() -> None:
    """The id is escaped, whatever is in it; the answer may hold pictures."""
    wire = IMAGES.ask("a/b?c d")

    assert (wire.method, wire.url) == ("GET", "https://relay.example/v1/images/tasks/a%2Fb%3Fc%20d")
    assert (wire.bearer, wire.pays, wire.deadline, wire.max_bytes) == (KEY, False, 60, 64 * 1024 * 1024)


@pytest.mark.parametrize(("task_id", "part"), [(".", "%2E"), ("..", "%2E%2E"), ("a..b", "a..b")])
def test_an_id_of_dots_is_no_step_in_a_path(task_id: str, part: str) -> None:
    """Whatever a gateway calls its tasks, another path than theirs is never asked for."""
    assert IMAGES.ask(task_id).url == f"https://relay.example/v1/images/tasks/{part}"


def test_a_record_as_it_is_written_down_is_read_whole() -> None:
    """State, time, picture, and the record at hand."""
    record = {"task_id": ID, "status": "SUCCESS", "progress": "100%", "fail_reason": "", "data": ANSWER, "credits": 4}

    assert looked(**record) == Looked(
        Task(ID, None, "images", TaskState.SUCCESS, None, record),
        result=Result(ID, None, (URL,), None, CREATED, None, record),
        credits=None,  # in whose unit, nobody knows
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("NOT_START", TaskState.WAITING),
        ("SUBMITTED", TaskState.WAITING),
        ("QUEUED", TaskState.QUEUING),
        ("IN_PROGRESS", TaskState.GENERATING),
        (" in_progress ", TaskState.GENERATING),
        ("SUCCESS", TaskState.SUCCESS),
        ("succeeded", TaskState.SUCCESS),
        ("Completed", TaskState.SUCCESS),
        ("FAILURE", TaskState.FAIL),
        ("failed", TaskState.FAIL),
        ("paused", TaskState.WAITING),
        ("", TaskState.WAITING),
        (None, TaskState.WAITING),
        (7, TaskState.WAITING),
    ],
)
def test_the_state_is_a_word_in_any_case(status: JSON, state: TaskState) -> None:
    """A word that nobody knows means that it is not finished."""
    found = looked(status=status, progress="40%", data=None)

    assert found.task.state is state
    assert (found.result is not None) == (state is TaskState.SUCCESS)


@pytest.mark.parametrize(
    "answer",
    [
        ANSWER,
        json.dumps(ANSWER),
        [{"url": URL}],
        [URL],
        json.dumps([{"url": URL}]),
        {"data": ANSWER},
    ],
)
def test_the_answer_is_found_in_every_shape(answer: JSON) -> None:
    """The answer that would have come at once, as JSON in JSON, or only its list."""
    result = looked(status="SUCCESS", data=answer).result

    assert result is not None
    assert result.urls == (URL,)


@pytest.mark.parametrize(
    "body",
    [
        {"task_id": ID, "status": "SUCCESS", "data": ANSWER},
        {"id": ID, "status": "completed", "data": [{"url": URL}]},
        {"code": 200, "data": json.dumps({"status": "SUCCESS", "data": ANSWER})},
        {"code": "success", "data": ANSWER},
        {"data": {"id": 12, "task_id": ID, "status": "SUCCESS", "data": ANSWER}},
    ],
)
def test_a_record_is_found_in_every_shape(body: JSON) -> None:
    """Under `data`, or without an envelope; a record with a picture and no status is done."""
    said = look(body)

    assert isinstance(said, Looked)
    assert said.task.state is TaskState.SUCCESS
    assert said.result is not None
    assert said.result.urls == (URL,)


@pytest.mark.parametrize("status", ["DONE", "FINISHED", "COMPLETE", "OK", "SUCCESS", "FAILURE", "ERROR", 3, True, None])
def test_a_picture_is_a_success(status: JSON) -> None:
    """Under every word that does not say that it is still being made: it is paid for, and never bought again."""
    found = looked(status=status, fail_reason="upstream error", data=ANSWER)
    flat = look({"task_id": ID, "status": status, **ANSWER})

    assert found.task.state is TaskState.SUCCESS
    assert found.result is not None
    assert found.result.urls == (URL,)
    assert (found.fail_code, found.fail_message) == (None, None)
    assert isinstance(flat, Looked)
    assert flat.result is not None
    assert flat.result.urls == (URL,)


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_picture_is_a_success_whatever_is_said_beside_it(status: int) -> None:
    """As in the answer to a create."""
    said = look({"error": {"message": "timed out"}, "data": {"status": "SUCCESS", "data": ANSWER}}, status)

    assert isinstance(said, Looked)
    assert said.task.state is TaskState.SUCCESS


@pytest.mark.parametrize("where", [{"result_url": URL}, {"data": {"url": URL}}, {"data": {"result_url": URL}}])
def test_a_picture_may_stand_elsewhere_in_a_record(where: dict[str, Any]) -> None:
    """Beside a failure that may be an image which was given."""
    states = [looked(status=word, **where).task.state for word in ("SUCCESS", "DONE", "IN_PROGRESS", "FAILURE")]

    assert states == [TaskState.SUCCESS, TaskState.SUCCESS, TaskState.GENERATING, TaskState.FAIL]


@pytest.mark.parametrize("status", ["DONE", "FINISHED", "UNKNOWN", "PAUSED", "OK"])
def test_a_word_that_nobody_has_explained_ends_nothing_by_itself(status: str) -> None:
    """Without a picture it is looked at again (PROTOCOL §3)."""
    assert looked(status=status, fail_reason="boom", data=None).task.state is TaskState.WAITING


def test_content_stays_out_of_what_is_kept() -> None:
    """Also in a record, of a task that is done or not, and where the answer was text."""
    done = looked(status="SUCCESS", data=json.dumps({"created": 1, "data": [{"b64_json": TEXT}]}))
    not_done = looked(status="IN_PROGRESS", data={"data": [{"url": f"data:image/png;base64,{TEXT}"}]})

    assert done.result is not None
    assert done.result.urls == (f"data:image/png;base64,{TEXT}",)
    assert done.result.raw == {"status": "SUCCESS", "data": {"created": 1, "data": [{"b64_json": DIGEST}]}}
    assert not_done.result is None
    assert not_done.task.raw == {"status": "IN_PROGRESS", "data": {"data": [{"url": DIGEST}]}}


def test_times_and_models_are_read_where_they_stand() -> None:
    """In seconds; the task has the record's time, the result the answer's."""
    found = looked(status="SUCCESS", created_at=1765101600, data={"created": 1765101660, "model": "x", "data": [URL]})

    assert (found.task.created_at, found.task.model) == (CREATED, "x")
    assert found.result is not None
    assert found.result.created_at == datetime(2025, 12, 7, 10, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"fail_reason": "upstream\n error"}, None, "upstream error"),
        ({"fail_reason": "", "error": {"code": "moderation_blocked", "message": "no"}}, "moderation_blocked", "no"),
        ({"error": "no"}, None, "no"),
        ({"fail_reason": None, "message": "no", "error": {"code": 500}}, "500", "no"),
        ({"fail_reason": f"key {KEY}", "error": {"code": KEY}}, "***", "key ***"),
        ({}, None, None),
        ({"fail_reason": 7, "error": {"code": "\x00"}}, None, None),
    ],
)
def test_a_failure_says_why(fields: dict[str, Any], code: str | None, message: str | None) -> None:
    """In one line without the key; what is said of a failure counts only for one."""
    failed, done = looked(status="FAILURE", **fields), looked(status="SUCCESS", data=ANSWER, **fields)

    assert (failed.fail_code, failed.fail_message, failed.result) == (code, message, None)
    assert (done.fail_code, done.fail_message) == (None, None)


@pytest.mark.parametrize(
    "body",
    [
        {"id": ID, "status": "failed", "error": {"code": "server_error", "message": "no"}},
        {
            "code": 500,
            "message": "x",
            "data": {"status": "FAILURE", "error": {"code": "server_error", "message": "no"}},
        },
    ],
)
def test_an_error_of_a_task_is_no_error_of_the_look(body: JSON) -> None:
    """A record that says it failed is believed, whatever stands beside it."""
    said = look(body)

    assert isinstance(said, Looked)
    assert (said.task.state, said.fail_code, said.fail_message) == (TaskState.FAIL, "server_error", "no")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"error": {"message": "not found"}}, 404),
        ({"detail": "Not Found"}, 404),
        ({"error": {"message": "gone", "code": 404}}, 200),
        ({"error": {"message": f"Task '{ID}' does not exist", "type": "invalid_request_error"}}, 400),
        ({"code": "task_not_exist", "message": "task_not_exist", "data": None}, 400),
        ({"code": "task_not_exist", "message": "task_not_exist", "data": None}, 200),
        ({"code": "fail", "message": "No such task", "data": {}}, 200),
        ({"status": "error", "message": "task not found"}, 200),
        ({"error": "record is null"}, 500),
    ],
)
def test_a_task_that_is_not_known_may_only_not_be_visible_yet(body: JSON, status: int) -> None:
    """The gateway says so by a 404 or in words."""
    assert isinstance(look(body, status), NotVisible)


@pytest.mark.parametrize(
    ("answer", "code", "text"),
    [
        (reply({"error": {"message": "bad key", "code": "invalid_api_key"}}, 401), 401, "bad key (invalid_api_key)"),
        (reply({"error": {"message": "The model does not exist"}}, 400), 400, "The model does not exist"),
        (reply({"code": 500, "message": "oops", "data": {"status": "SUCCESS", "data": None}}), 500, "oops"),
        (reply({"code": 500, "message": "oops", "data": {"result_url": URL}}), 500, "oops"),
        (reply({"code": "success", "data": None}), None, 'the answer has no record: {"code": "success", "data": null}'),
        (reply({"data": {"status": "SUCCESS"}}, 500), None, '{"data": {"status": "SUCCESS"}}'),
        (reply(b"404 page not found", 404), None, "404 page not found"),
        (reply(b"<html><title>404</title>", 404), None, "an HTML page: 404"),
    ],
)
def test_the_rest_is_refused(answer: WireReply, code: int | None, text: str) -> None:
    """A page of a proxy's says nothing of the task, whatever its status."""
    said = IMAGES.read_record(ID, answer)

    assert isinstance(said, Refused)
    assert (said.problem.code, said.problem.enveloped) == (code, code is not None)
    assert said.problem.text == text


@pytest.mark.parametrize("name", ["task_id", "taskId", "id"])
def test_the_record_of_another_task_is_never_taken(name: str) -> None:
    """Tasks are never mixed up; the id of a row in somebody's database is none."""
    other = look({"code": "success", "data": {name: "task_another", "status": "SUCCESS", "data": ANSWER}})

    assert isinstance(other, Refused)
    assert other.problem.text.startswith("the record is that of another task")
    assert isinstance(look({"data": {"id": 7, "status": "SUCCESS", "data": ANSWER}}), Looked)


NAMES = ["error", "message", "msg", "code", "data", "url", "b64_json", "created", "task_id", "id", "status"]
NAMES += ["fail_reason", "progress", "model", "credits", "usage"]
TEXTS = ["SUCCESS", "failed", "https://a/b.png", "AAAA", KEY, f"a {KEY}", ID, "task not found", '{"status":"SUCCESS"}']
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.sampled_from([*TEXTS, 404, 200]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=14,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # it first builds its tables of Unicode
@given(st.binary() | VALUES.map(lambda value: json.dumps(value).encode()), st.integers(100, 599))
def test_no_record_whatever_raises_or_shows_the_key(body: bytes, status: int) -> None:
    """Any bytes are a look, a task that isn't visible, or a refusal; and a look is at the task that was asked for."""
    said = IMAGES.read_record(ID, WireReply(status, {}, body))

    assert isinstance(said, Looked | NotVisible | Refused)
    if isinstance(said, Looked):
        json.dumps(said.task.raw)
        assert said.task.id == ID
        assert (said.result is not None) == (said.task.state is TaskState.SUCCESS)
        assert KEY not in f"{said.fail_code} {said.fail_message}"
    else:
        assert KEY not in f"{said.problem.text} {said.problem.location}"
