"""The generate dialect: the older create of Kie's, and both shapes of its records (PROTOCOL §2)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nanobanana_async.dialects import GenerateDialect
from nanobanana_async.values import (
    JSON,
    Accepted,
    Dialect,
    FilePart,
    Looked,
    NotVisible,
    Refused,
    Result,
    Task,
    TaskState,
    WireReply,
)
from tests.dialects.wishes import Wish, reply

KEY = "sk-0123456789abcdef"
GENERATE = GenerateDialect("https://api.kie.ai/", KEY)
ID = "nano_banana_task_abc123"
URL = "https://tempfile.aiquickdraw.com/a.png"
OTHER = "https://tempfile.aiquickdraw.com/b,c.png"
CREATED = datetime(2025, 12, 7, 10, 0, tzinfo=UTC)
COMPLETED = datetime(2025, 12, 7, 10, 0, 41, tzinfo=UTC)


def wrapped(**fields: Any) -> WireReply:
    return reply({"code": 200, "msg": "success", "data": {"taskId": ID, **fields}})


def flat(**fields: Any) -> WireReply:
    return reply({"taskId": ID, **fields})


def looked(answer: WireReply) -> Looked:
    said = GENERATE.read_record(ID, answer)
    assert isinstance(said, Looked)
    return said


# --- the create ---------------------------------------------------------------------------------------------------


def test_it_is_a_dialect_of_tasks_that_are_waited_for() -> None:
    """It has what the task manager needs, takes images by URL alone, and keeps its key to itself."""
    dialect: Dialect = GENERATE

    assert (dialect.name, dialect.answers_at_once, dialect.takes_files) == ("generate", False, False)
    assert KEY not in repr(GENERATE)


def test_a_create_is_flat_and_pays() -> None:
    """Model, prompt and parameters stand side by side; the callback is named as everywhere at this vendor."""
    wish = Wish(model="google/nano-banana-edit", dialect="generate", more={"img_url": "https://a/1,https://a/2"})

    wire = GENERATE.submit(wish, [], callback_url="https://me/hook")

    assert (wire.method, wire.url) == ("POST", "https://api.kie.ai/api/v1/nano-banana/generate")
    assert json.loads(wire.body or b"") == {
        "model": "google/nano-banana-edit",
        "prompt": "à 🍌",
        "img_url": "https://a/1,https://a/2",
        "callBackUrl": "https://me/hook",
    }
    assert (wire.bearer, wire.pays, wire.deadline) == (KEY, True, 60)


def test_a_create_without_a_callback_names_none() -> None:
    """Only what is set is sent."""
    wire = GENERATE.submit(Wish(dialect="generate"), [])

    assert "callBackUrl" not in json.loads(wire.body or b"")


def test_files_are_not_taken() -> None:
    """They are uploaded before; content in a create would be lost."""
    with pytest.raises(ValueError, match="upload the file first"):
        GENERATE.submit(Wish(dialect="generate"), [FilePart("file", "a.png", b"png", "image/png")])


def test_the_answer_to_a_create_is_read_as_in_jobs() -> None:
    """An id, or a refusal in the vendor's own form."""
    refusal = GENERATE.read_submitted(reply({"code": 402, "msg": "Credits insufficient", "data": None}))

    assert GENERATE.read_submitted(reply({"code": 200, "msg": "success", "data": {"taskId": ID}})) == Accepted(ID)
    assert isinstance(refusal, Refused)
    assert (refusal.problem.code, refusal.problem.enveloped) == (402, True)


# --- the record ---------------------------------------------------------------------------------------------------


def test_a_look_is_a_question_that_may_be_repeated() -> None:
    """The id is escaped, whatever is in it."""
    wire = GENERATE.ask("a/b c")

    assert (wire.method, wire.url) == ("GET", "https://api.kie.ai/api/v1/nano-banana/record-info?taskId=a%2Fb%20c")
    assert (wire.pays, wire.deadline) == (False, 20)


def test_a_flat_record_needs_no_envelope() -> None:
    """It is the answer itself; its times are ISO 8601."""
    record = {
        "taskId": ID,
        "successFlag": 1,
        "imageUrl": URL,
        "createTime": "2025-12-07T10:00:00Z",
        "completeTime": "2025-12-07T10:00:41Z",
    }

    assert looked(reply(record)) == Looked(
        Task(ID, None, "generate", TaskState.SUCCESS, CREATED, record),
        result=Result(ID, None, (URL,), None, CREATED, COMPLETED, record),
    )


@pytest.mark.parametrize("created", [1765101600000, "1765101600000", "2025-12-07 10:00:00", "2025-12-07T10:00:00Z"])
def test_a_wrapped_record_is_read_as_its_siblings(created: JSON) -> None:
    """Under `data`, with the pictures under `response`, and times in milliseconds or as a date."""
    found = looked(wrapped(successFlag=1, response={"resultImageUrl": URL}, createTime=created, creditsConsumed=4))

    assert found.task.created_at == CREATED
    assert found.result is not None
    assert (found.result.urls, found.result.credits) == ((URL,), 4.0)


@pytest.mark.parametrize("answer", [wrapped, flat])
@pytest.mark.parametrize(
    ("flag", "state"),
    [
        (0, TaskState.GENERATING),
        (1, TaskState.SUCCESS),
        (2, TaskState.FAIL),
        (3, TaskState.FAIL),
        ("3", TaskState.FAIL),
        (7, TaskState.WAITING),
        (None, TaskState.WAITING),
    ],
)
def test_both_readings_of_the_flags_are_failures(answer: Any, flag: JSON, state: TaskState) -> None:
    """2 and 3 have changed places between siblings, and mean no picture either way."""
    assert looked(answer(successFlag=flag)).task.state is state


@pytest.mark.parametrize(
    "fields",
    [
        {"response": {"resultUrls": [URL, OTHER]}},
        {"response": {"result_urls": f"{URL},{OTHER}"}},
        {"response": {"resultImageUrl": f"{URL}, {OTHER} "}},
        {"response": {"resultUrls": [], "resultImageUrl": [URL, OTHER]}},
        {"response": json.dumps({"imageUrl": f"{URL},{OTHER},{URL}"})},
        {"response": None, "imageUrl": f"{URL},{OTHER}"},
        {"resultUrls": json.dumps([URL, OTHER])},
    ],
)
@pytest.mark.parametrize("answer", [wrapped, flat])
def test_pictures_are_found_in_every_shape(answer: Any, fields: dict[str, Any]) -> None:
    """A list, or URLs joined by commas; a comma inside a URL parts nothing."""
    result = looked(answer(successFlag=1, **fields)).result

    assert result is not None
    assert result.urls == (URL, OTHER)


def test_the_picture_to_edit_is_no_result() -> None:
    """A record that names its input and no picture has no URL."""
    result = looked(wrapped(successFlag=1, paramJson=json.dumps({"img_url": URL}), img_url=URL)).result

    assert result is not None
    assert result.urls == ()


def test_a_failure_says_why_without_the_key() -> None:
    """`errorCode` and `errorMessage`, in any type; they are silent while nothing has failed."""
    fields = {"errorCode": 501, "errorMessage": f"Flagged,\n says {KEY}"}

    failed, fine = looked(wrapped(successFlag=3, **fields)), looked(wrapped(successFlag=1, **fields))

    assert (failed.fail_code, failed.fail_message) == ("501", "Flagged, says ***")
    assert (fine.fail_code, fine.fail_message) == (None, None)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"code": 422, "msg": "recordInfo is null", "data": None}, NotVisible),
        ({"code": 404, "msg": "Not Found"}, NotVisible),
        ({"code": 200, "msg": "success", "data": None}, Refused),
        ({"code": 401, "msg": "no"}, Refused),
        ({"code": 500, "successFlag": 1, "imageUrl": URL}, Refused),
        ({"taskId": ID, "imageUrl": URL}, Refused),
        ({"taskId": "another", "successFlag": 1, "imageUrl": URL}, Refused),
    ],
)
def test_what_is_no_record_is_told_apart_as_in_jobs(body: JSON, kind: type) -> None:
    """Not there yet, or refused; never another task's, nor an object without the flag."""
    assert isinstance(GENERATE.read_record(ID, reply(body)), kind)


def test_a_501_in_the_envelope_is_a_failed_task() -> None:
    """With or without its record."""
    found = looked(reply({"code": 501, "msg": "generation failed", "data": None}))

    assert (found.task.state, found.task.dialect) == (TaskState.FAIL, "generate")
    assert (found.fail_code, found.fail_message) == ("501", "generation failed")


NAMES = ["code", "msg", "data", "taskId", "successFlag", "response", "resultImageUrl", "resultUrls", "imageUrl"]
NAMES += ["errorCode", "errorMessage", "createTime", "completeTime", "creditsConsumed", "model"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.sampled_from([200, 501, KEY, ID, URL]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # it first builds its tables of Unicode
@given(st.binary() | VALUES.map(lambda value: json.dumps(value).encode()), st.integers(100, 599))
def test_no_answer_whatever_raises_or_shows_the_key(body: bytes, status: int) -> None:
    """Any bytes can be read as the answer to a create, and to a look at the task that was asked for."""
    submitted = GENERATE.read_submitted(WireReply(status, {"location": KEY}, body))
    said = GENERATE.read_record(ID, WireReply(status, {"location": KEY}, body))

    assert isinstance(submitted, Accepted | Refused)
    if isinstance(said, Looked):
        assert said.task.id == ID
        assert (said.result is not None) == (said.task.state is TaskState.SUCCESS)
        assert KEY not in f"{said.fail_code} {said.fail_message}"
    else:
        assert KEY not in f"{said.problem.text} {said.problem.code} {said.problem.location}"
