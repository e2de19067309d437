"""Answers by which a relay says that it has heard nothing: whatever they look like, they are no refusal."""

from __future__ import annotations

from typing import Any

import pytest

from nanobanana_async.dialects import ImagesDialect
from nanobanana_async.values import JSON, Answered, Looked, Problem, Refused, WireReply
from tests.dialects.wishes import reply

IMAGES = ImagesDialect("https://relay.example/v1", "sk-0123456789abcdef")
URL = "https://cdn.relay.example/a.png"


def refused(answer: WireReply) -> Problem:
    said = IMAGES.read_submitted(answer)
    assert isinstance(said, Refused)
    return said.problem


def error(message: str, code: JSON = None, kind: JSON = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


SILENCE = [
    error("litellm.InternalServerError: OpenAIException - Connection error.", "500"),
    error("litellm.Timeout: APITimeoutError - Request timed out.", "408"),
    error("Server disconnected"),
    error("do request failed", "do_request_failed", "new_api_error"),
    error('Post "https://up/v1/images/generations": context deadline exceeded'),
    error('Post "https://up/v1": EOF'),
    error("unexpected EOF", "read_response_body_failed"),
    error("socket hang up", "ECONNRESET"),
    error("no words", "ECONNRESET"),
    error("fetch failed"),
    error("no words", "UND_ERR_HEADERS_TIMEOUT"),
    error("connect ETIMEDOUT 10.0.0.1:443"),
    error("failed to read response body", "bad_response_body"),
    error("bad response status code 504", "bad_response_status_code"),
    error("upstream error", 524),
    error("upstream error", "504"),
    error("failed to upload generated image to storage"),
    error("failed to upload image to S3"),
    error("failed to download generated image from upstream"),
    error("upstream connect error or disconnect/reset before headers. reset reason: connection termination", 503),
    error("http: server closed the connection"),
    error("This operation was aborted"),
    error("Request timed out after 184 s", "timeout", "invalid_request_error"),
    error("timeout must have been 60 s; upstream timed out"),
    error("Deadline Exceeded"),
    {"error": "upstream connection reset"},
    {"error": "upstream", "code": 504},
    error("Deadline expired before operation could complete.", "internal_error"),
    {"error": {"code": 500, "message": "no words", "status": "DEADLINE_EXCEEDED"}},
    {"error": {"message": "Provider returned error", "metadata": {"raw": "upstream request timeout"}}},
    {"error": {"error": {"message": "Request timed out"}}},
    {"error": {"message": "failed", "details": [{"reason": ["context deadline exceeded"]}]}},
    error("x" * 5000 + " context deadline exceeded"),
    error("上游请求超时，请稍后重试"),
    error("上游服务无响应"),
    error("连接被重置"),
    error("Время ожидания истекло"),
    error("Zeitüberschreitung der Anforderung"),
    error("délai d'attente dépassé"),
    error("Tiempo de espera agotado"),
    error("タイムアウトしました"),
    error("unexpected end of JSON input", "unmarshal_response_body_failed"),
    error("invalid character '<' looking for beginning of value"),
    error("use of closed network connection"),
    error("Premature close", "ERR_STREAM_PREMATURE_CLOSE"),
    error("ServerDisconnectedError"),
    error("Response payload is not completed"),
    error("upstream returned HTTP 524"),
    error("error code: 520"),
    error("The model took too long to respond"),
    error("upstream did not respond in time"),
    error("Generation is still in progress"),
    error("failed to save image"),
    error("no image found in upstream response"),
]


@pytest.mark.parametrize("status", [200, 400, 403, 404, 500, 503])
@pytest.mark.parametrize("body", SILENCE)
def test_who_has_heard_nothing_says_no_no(body: JSON, status: int) -> None:
    """Behind it the picture may be made, and paid for: nobody's word, under any status."""
    problem = refused(reply(body, status))

    assert (problem.is_cut, problem.enveloped, problem.code) == (True, False, None)


@pytest.mark.parametrize("name", ["message", "msg", "detail"])
@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_it_may_say_so_at_the_top(name: str, status: int) -> None:
    """As proxies do."""
    assert refused(reply({name: "Request timed out"}, status)).is_cut


@pytest.mark.parametrize("code", [408, "499", 502, 504.0, 524])
def test_a_code_of_silence_may_stand_at_the_top_of_a_success(code: JSON) -> None:
    """The status is the relay's own, and says nothing."""
    assert refused(reply({"code": code, "message": "no words"})).is_cut


@pytest.mark.parametrize("status", [200, 403, 424, 500, 503])
def test_an_error_of_who_is_behind_is_nobodys_word(status: int) -> None:
    """Whatever its words are: a relay doesn't tell whether that one has begun. But a refusal is one."""
    assert refused(reply(error("something odd", None, "upstream_error"), status)).is_cut
    assert not refused(reply(error("blocked by our content policy", None, "upstream_error"), status)).is_cut
    assert not refused(reply(error("bad size", None, "upstream_error"), 400)).is_cut


def test_a_success_with_a_code_of_failure_is_judged_by_its_words() -> None:
    """The message at the top is an error's there."""
    assert refused(reply({"code": 500, "msg": "生成超时", "data": None})).is_cut


@pytest.mark.parametrize("status", [408, 444, 460, 499, 502, 504, 507, 522, 524, 598, 599])
def test_some_statuses_say_it_alone(status: int) -> None:
    """Whatever page comes with them."""
    assert refused(reply(b"<html>", status)).is_cut


@pytest.mark.parametrize(
    "body",
    [
        error("timeout must be an integer", "invalid_type"),
        error("'timeout' must be an integer"),
        error("Unknown parameter: 'timeout'."),
        error("Unrecognized request argument supplied: timeout"),
        error("Invalid value for 'timeout': expected an integer"),
        {"detail": "body.request_timeout: Input should be a valid integer"},
        {"detail": [{"loc": ["body", "timeout"], "msg": "field required"}]},
        error("Your request was rejected by our content policy; the connection was closed"),
        error("the request timed out in our filter", "content_policy_violation"),
        error("Timeout while downloading the image", "invalid_image_url"),
        error("Insufficient balance, connection closed", "insufficient_user_quota"),
        error("Image fetch failed. Check access settings or use our File Upload API instead."),
        error("Failed to download image from https://a/b.png"),
        error("Failed to upload image: it is too large"),
        error("bad response status code 400", "bad_response_status_code"),
        error("The server had an error", 500),
        error("no healthy upstream", 503),
        error("A geofence for the theof was drawn"),
        {"error": {"message": "no such field", "param": "timeout", "prompt": "a connection reset"}},
        error("failed to read request body: http: request body too large, connection closed"),
        error("Unable to download the reference image: connection timed out"),
        error("Failed to fetch image: context deadline exceeded"),
        error("image_url: fetch failed"),
        error("Invalid prompt: 'a poster saying CONNECTION LOST'"),
        error("Your request was rejected: no response can be produced for this prompt"),
    ],
)
@pytest.mark.parametrize("status", [400, 422])
def test_what_is_clearly_a_refusal_stays_one(body: JSON, status: int) -> None:
    """Fields may be called like that, and a policy may be told in any words."""
    problem = refused(reply(body, status))

    assert (problem.is_cut, problem.enveloped, problem.code) == (False, True, status)


@pytest.mark.parametrize("status", [401, 402, 429])
@pytest.mark.parametrize("body", [error("upstream timed out", 504), {"message": "connection reset"}])
def test_key_money_and_limit_are_what_their_status_says(body: JSON, status: int) -> None:
    """Nothing was asked for behind."""
    problem = refused(reply(body, status))

    assert (problem.is_cut, problem.enveloped, problem.code) == (False, True, status)


def test_a_success_is_not_judged_by_words_beside_it() -> None:
    """Only an error tells of one."""
    body = {"message": "took long, no timeout", "data": []}

    assert isinstance(IMAGES.read_submitted(reply(body)), Answered)


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500, 504])
def test_a_picture_beside_an_error_is_the_answer(status: int) -> None:
    """It is there, and paid for, whatever is said beside it."""
    said = IMAGES.read_submitted(reply({**error("upstream timeout"), "data": [{"url": URL}]}, status))

    assert isinstance(said, Answered)
    assert said.result.urls == (URL,)


@pytest.mark.parametrize("body", [{"data": {"url": URL}}, {"images": [URL]}, {"image_url": URL}])
def test_a_link_elsewhere_is_none_beside_an_error(body: dict[str, Any]) -> None:
    """It may lead to a page of help."""
    assert isinstance(IMAGES.read_submitted(reply({**error("no"), **body}, 400)), Refused)
    assert isinstance(IMAGES.read_submitted(reply({**error("no"), **body})), Refused)


def test_a_silence_that_names_a_task_hands_its_id_on() -> None:
    """It can be looked at."""
    problem = refused(reply({"error": "upstream timeout", "task_id": "abc"}))

    assert (problem.is_cut, problem.task_id) == (True, "abc")


def test_a_look_is_not_disturbed_by_the_words_of_its_task() -> None:
    """That a task has failed for want of time is what its record says."""
    record = {"status": "FAILURE", "fail_reason": "upstream timeout", "error": {"message": "timed out", "code": 504}}

    said = IMAGES.read_record("abc", reply({"code": "success", "data": record}))

    assert isinstance(said, Looked)
    assert said.fail_message == "upstream timeout"
