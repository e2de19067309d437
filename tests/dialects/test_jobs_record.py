"""recordInfo: every shape of a task's record (PROTOCOL §1.2), and what stands in its place (§1.3)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nanobanana_async.dialects import JobsDialect
from nanobanana_async.values import JSON, Looked, NotVisible, Refused, Result, Task, TaskState, WireReply

JOBS = JobsDialect("https://api.kie.ai", "sk-0123456789abcdef")
ID = "366e"
URL = "https://tempfile.aiquickdraw.com/a.png"
OTHER = "https://tempfile.aiquickdraw.com/b.png"
CREATED = datetime(2026, 9, 11, 11, 38, 14, 807000, tzinfo=UTC)
RECORD = {
    "taskId": ID,
    "model": "nano-banana-2",
    "state": "success",
    "param": '{"input":"{\\"prompt\\":\\"x\\"}","model":"nano-banana-2"}',
    "resultJson": json.dumps({"resultUrls": [URL]}),
    "failCode": None,
    "failMsg": None,
    "costTime": 66,
    "completeTime": 1789126761759,
    "createTime": 1789126694807,
    "creditsConsumed": 6.0,
    "response": {"resultUrls": [URL]},
    "successFlag": 1,
}


def look(data: JSON, code: Any = 200, msg: str = "success", status: int = 200) -> Any:
    return JOBS.read_record(ID, WireReply(status, body=json.dumps({"code": code, "msg": msg, "data": data}).encode()))


def looked(**fields: Any) -> Looked:
    said = look({"taskId": ID, **fields})
    assert isinstance(said, Looked)
    return said


def test_a_look_is_a_question_that_may_be_repeated() -> None:
    """The id is escaped, whatever is in it."""
    wire = JOBS.ask("a/b&c d")

    assert (wire.method, wire.url) == ("GET", "https://api.kie.ai/api/v1/jobs/recordInfo?taskId=a%2Fb%26c%20d")
    assert (wire.body, wire.pays, wire.deadline) == (None, False, 20)
    assert (wire.bearer, wire.headers) == (JOBS.bearer, {"accept": "application/json"})


def test_a_record_as_on_the_wire_is_read_whole() -> None:
    """State, times, credits, URLs, and the raw record at hand."""
    completed = datetime(2026, 9, 11, 11, 39, 21, 759000, tzinfo=UTC)

    assert look(RECORD) == Looked(
        Task(ID, "nano-banana-2", "jobs", TaskState.SUCCESS, CREATED, RECORD),
        result=Result(ID, "nano-banana-2", (URL,), 6.0, CREATED, completed, RECORD),
        credits=6.0,
    )


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"state": "waiting"}, TaskState.WAITING),
        ({"state": "queuing"}, TaskState.QUEUING),
        ({"state": " Generating "}, TaskState.GENERATING),
        ({"state": "SUCCESS"}, TaskState.SUCCESS),
        ({"state": "Fail"}, TaskState.FAIL),
        ({"state": "completed"}, TaskState.WAITING),
        ({"state": "completed", "successFlag": 1}, TaskState.WAITING),
        ({"state": ["success"]}, TaskState.WAITING),
        ({"successFlag": 0}, TaskState.GENERATING),
        ({"state": "", "successFlag": 1}, TaskState.SUCCESS),
        ({"state": None, "successFlag": "1"}, TaskState.SUCCESS),
        ({"successFlag": 2.0}, TaskState.FAIL),
        ({"successFlag": 3}, TaskState.FAIL),
        ({"successFlag": 9}, TaskState.WAITING),
        ({"successFlag": 1.5}, TaskState.WAITING),
        ({"successFlag": "yes"}, TaskState.WAITING),
        ({}, TaskState.WAITING),
    ],
)
def test_the_state_is_a_word_or_a_flag(fields: dict[str, Any], state: TaskState) -> None:
    """Words in any case; a word that nobody knows means that it is not finished."""
    assert looked(**fields).task.state is state


@pytest.mark.parametrize(
    "fields",
    [
        {"resultJson": json.dumps({"resultUrls": [URL, OTHER, URL]})},
        {"resultJson": {"resultUrls": [f" {URL} ", "ftp://a/b", 3, None, OTHER]}},
        {"resultJson": {"result_urls": [URL, OTHER]}},
        {"resultJson": json.dumps(json.dumps({"resultUrls": json.dumps([URL, OTHER])}))},
        {"resultJson": json.dumps([URL, OTHER])},
        {"resultJson": json.dumps(json.dumps(json.dumps(json.dumps([URL, OTHER]))))},
        {"resultJson": "", "response": {"resultUrls": [URL, OTHER]}},
        {"resultJson": None, "response": json.dumps({"result_urls": [URL, OTHER]})},
        {"resultJson": "{oops", "resultUrls": [URL, OTHER]},
        {"resultJson": {"resultUrls": []}, "result_urls": [URL, OTHER]},
    ],
)
def test_the_urls_are_found_in_every_shape(fields: dict[str, Any]) -> None:
    """Text, dict, list, JSON in JSON: in order, once each, http and https only."""
    result = looked(state="success", **fields).result

    assert result is not None
    assert result.urls == (URL, OTHER)


@pytest.mark.parametrize("said", [URL, json.dumps({"resultUrls": URL}), {"resultUrls": URL}, json.dumps(URL)])
def test_one_string_stands_for_a_list(said: JSON) -> None:
    """A single URL needs no list."""
    result = looked(state="success", resultJson=said).result

    assert result is not None
    assert result.image == URL


@pytest.mark.parametrize(
    "said",
    [
        "",
        None,
        "null",
        {},
        [],
        7,
        json.dumps({"resultObject": {"text": "a poem"}}),
        {"resultUrls": ["", "javascript:x", "https://", "https://a b"]},
        "[" * 100_000,
    ],
)
def test_a_success_without_a_url_is_still_a_success(said: JSON) -> None:
    """It can be asked again, and its record is kept (PROTOCOL §1.9)."""
    found = looked(state="success", resultJson=said)

    assert found.result is not None
    assert found.result.urls == ()
    assert found.result.raw["resultJson"] == said


@pytest.mark.parametrize("state", ["waiting", "generating", "fail"])
def test_only_a_success_has_a_result(state: str) -> None:
    """URLs in a record that is not done are not believed."""
    assert looked(state=state, resultJson={"resultUrls": [URL]}).result is None


@pytest.mark.parametrize(
    ("code", "read"), [("500", "500"), (500, "500"), ("E003", "E003"), ("", None), (None, None), (True, None)]
)
def test_a_failure_says_its_code_in_any_type(code: JSON, read: str | None) -> None:
    """What the vendor says of a failure is kept as text."""
    found = looked(state="fail", failCode=code, failMsg="Internal\x00 Error,\n try again")

    assert (found.fail_code, found.fail_message) == (read, "Internal Error, try again")


@pytest.mark.parametrize("message", ["", None, 7, " "])
def test_a_failure_may_say_nothing(message: JSON) -> None:
    """No message is None."""
    assert looked(state="fail", failMsg=message).fail_message is None


@pytest.mark.parametrize(
    ("said", "created"),
    [
        (1789126694807, CREATED),
        ("1789126694807", CREATED),
        (1789126694807.0, CREATED),
        ("2026-09-11T11:38:14.807Z", CREATED),
        ("2026-09-11 11:38:14.807", CREATED),
        ("2026-09-11T13:38:14.807+02:00", CREATED),
        (0, None),
        (-1, None),
        (10**400, None),
        (1e300, None),
        (float("nan"), None),
        ("0001-01-01T00:00:00+23:59", None),
        ("9999-12-31", None),
        ("soon", None),
        ("", None),
        (None, None),
        (True, None),
        ([], None),
    ],
)
def test_a_time_is_read_in_every_form(said: JSON, created: datetime | None) -> None:
    """Milliseconds or ISO 8601, always aware and in UTC; what is not sane is not there."""
    found = looked(createTime=said).task.created_at

    assert found == created
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("fields", "credits"),
    [
        ({"creditsConsumed": 6}, 6.0),
        ({"creditsConsumed": "6.5"}, 6.5),
        ({"creditsConsumed": 0}, 0.0),
        ({"creditsConsumed": 0, "consumeCredits": 4}, 0.0),
        ({"creditsConsumed": None, "consumeCredits": 4}, 4.0),
        ({"consumeCredits": "4"}, 4.0),
        ({"creditsConsumed": -1}, None),
        ({"creditsConsumed": "many"}, None),
        ({"creditsConsumed": "9" * 400}, None),
        ({"creditsConsumed": False}, None),
        ({"creditsConsumed": float("inf")}, None),
        ({}, None),
    ],
)
def test_credits_are_what_the_record_says_or_nothing(fields: dict[str, Any], credits: float | None) -> None:
    """A number from 0 in any type, under the old name too; silence is no zero."""
    assert looked(state="waiting", **fields).credits == credits


@pytest.mark.parametrize("code", [408, "501"])
def test_a_408_or_501_in_the_envelope_is_a_failed_task(code: int | str) -> None:
    """The gateway says of the task that it failed, with or without its record."""
    bare = look(None, code=code, msg="Playground task failed.")
    full = look({"taskId": ID, "failCode": 400, "failMsg": "flagged", "creditsConsumed": 0}, code=code)

    assert bare == Looked(Task(ID, state=TaskState.FAIL), fail_code=str(code), fail_message="Playground task failed.")
    assert full.task.state is TaskState.FAIL
    assert (full.fail_code, full.fail_message, full.credits) == ("400", "flagged", 0)


@pytest.mark.parametrize(
    ("code", "msg"),
    [(422, "recordInfo is null"), (404, "Not Found"), (500, "RecordInfo is NULL"), (200, "recordInfo is null")],
)
def test_a_task_that_is_not_known_may_only_not_be_visible_yet(code: int, msg: str) -> None:
    """It also comes right after a create: that is no refusal."""
    said = look(None, code=code, msg=msg)

    assert isinstance(said, NotVisible)
    assert (said.problem.code, said.problem.text) == (code, msg)


@pytest.mark.parametrize(
    ("code", "msg", "text"),
    [
        (401, "Unauthorized", "Unauthorized"),
        (422, "The model name is wrong", "The model name is wrong"),
        (429, "slow down", "slow down"),
        (500, "", "code 500 and no message"),
        (200, "success", "the answer has no record: success"),
    ],
)
def test_other_codes_are_refusals(code: int, msg: str, text: str) -> None:
    """So is a 200 without a record (PROTOCOL §1.3)."""
    said = look(None, code=code, msg=msg)

    assert isinstance(said, Refused)
    assert said.problem.enveloped
    assert said.problem.text == text


@pytest.mark.parametrize("status", [404, 408, 501])
def test_a_proxys_status_says_nothing_of_the_task(status: int) -> None:
    """Only the gateway's own form speaks of a task; a page of HTML does not."""
    said = JOBS.read_record(ID, WireReply(status, body=b"<html><title>no</title>"))

    assert isinstance(said, Refused)
    assert (said.problem.enveloped, said.problem.status) == (False, status)


@pytest.mark.parametrize("code", [200, 501])
@pytest.mark.parametrize("name", ["taskId", "task_id"])
def test_the_record_of_another_task_is_never_taken(code: int, name: str) -> None:
    """Tasks are never mixed up, in success or failure."""
    said = look({name: "another", "state": "success", "resultJson": {"resultUrls": [URL]}}, code=code)

    assert isinstance(said, Refused)
    assert said.problem.text == "the record is that of another task: success"


def test_a_record_without_an_id_is_that_of_the_task_asked_for() -> None:
    """What it doesn't say can't be wrong."""
    said = look({"state": "waiting"})

    assert isinstance(said, Looked)
    assert said.task.id == ID


def test_a_record_without_a_code_is_read_by_its_http_status() -> None:
    """The envelope may be missing its verdict."""
    body = json.dumps({"data": {"taskId": ID, "state": "waiting"}}).encode()

    assert isinstance(JOBS.read_record(ID, WireReply(200, body=body)), Looked)
    assert isinstance(JOBS.read_record(ID, WireReply(500, body=body)), Refused)


NAMES = ["code", "msg", "data", "taskId", "state", "successFlag", "resultJson", "resultUrls", "response"]
NAMES += ["failCode", "failMsg", "createTime", "completeTime", "creditsConsumed", "model"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.sampled_from([200, 501, "success", ID]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)
ANSWERS = st.fixed_dictionaries({"code": st.sampled_from([200, 501, 404, "x"]), "data": VALUES}) | VALUES


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # it first builds its tables of Unicode
@given(st.binary() | ANSWERS.map(lambda value: json.dumps(value).encode()), st.integers(100, 599))
def test_no_record_whatever_raises(body: bytes, status: int) -> None:
    """Any bytes are a look, a task that isn't visible, or a refusal; and a look is at the task that was asked for."""
    said = JOBS.read_record(ID, WireReply(status, body=body))

    assert isinstance(said, Looked | NotVisible | Refused)
    if isinstance(said, Looked):
        assert said.task.id == ID
        assert (said.result is not None) == (said.task.state is TaskState.SUCCESS)
