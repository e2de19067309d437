"""How an OpenAI-style gateway says no, and how long it asks to wait (PROTOCOL §3)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nanobanana_async.dialects import ImagesDialect
from nanobanana_async.values import JSON, Accepted, Answered, Problem, Refused, WireReply
from tests.dialects.wishes import reply

KEY = "sk-0123456789abcdef"
IMAGES = ImagesDialect("https://relay.example/v1", KEY)
REJECTED = {
    "message": "Your request was rejected as a result of our safety system.",
    "type": "image_generation_user_error",
    "param": None,
    "code": "moderation_blocked",
}


def refused(answer: WireReply) -> Problem:
    said = IMAGES.read_submitted(answer)
    assert isinstance(said, Refused)
    return said.problem


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"error": REJECTED}, f"{REJECTED['message']} (image_generation_user_error, moderation_blocked)"),
        ({"error": {"message": "no such model", "code": None, "type": ""}}, "no such model"),
        ({"error": {"message": "slow", "code": "429", "type": "requests"}}, "slow (requests)"),
        ({"error": {"type": "server_error"}}, "no message (server_error)"),
        ({"error": {"message": "bad_key", "code": "bad_key", "type": "bad_key"}}, "bad_key"),
        ({"error": {"code": 1 << 70, "type": "x" * 65}}, "code 400 and no message"),
        ({"error": "Unauthorized"}, "Unauthorized"),
        ({"error": "invalid_request", "message": "not this", "code": "E7"}, "invalid_request (E7)"),
        ({"error": True, "message": "said beside it"}, "said beside it"),
        ({"message": "Insufficient balance", "data": None}, "Insufficient balance"),
        (
            {"code": "insufficient_user_quota", "message": "quota", "data": "a prompt"},
            "quota (insufficient_user_quota)",
        ),
        ({"msg": "quota"}, "quota"),
        ({"error": {"message": [{"msg": "field required", "input": "a prompt"}]}}, "field required"),
        ({"error": {"message": {"detail": ["deep"]}}}, "deep"),
        ({"error": {"message": []}}, "code 400 and no message"),
        ({"error": {"message": "bad", "type": "t", "param": "aspect_ratio"}}, "bad (t, param 'aspect_ratio')"),
        ({"error": {"message": "bad", "param": " "}}, "bad"),
        ({"error": {"message": f"bad key {KEY}", "code": f"{KEY}_bad", "type": KEY}}, "bad key *** (***, ***_bad)"),
    ],
)
def test_a_no_is_the_gateways_own_word(body: JSON, text: str) -> None:
    """Its message, with its words for programs in brackets, and never the key, nor any of its data."""
    problem = refused(reply(body, 400))

    assert (problem.status, problem.code, problem.enveloped) == (400, 400, True)
    assert problem.text == text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"message": "no", "code": 429}}, 429),
        ({"error": {"message": "no", "code": "503"}}, 503),
        ({"error": {"message": "no", "code": "rate_limit_exceeded"}}, 429),
        ({"error": {"message": "no", "code": None, "type": "authentication_error"}}, 401),
        ({"error": {"message": "no", "code": "some_word"}}, None),
        ({"error": {"message": "no", "code": 0}}, None),
        ({"error": "no"}, None),
        ({"error": "no", "code": 402}, 402),
        ({"code": 402, "msg": "Credits insufficient", "data": None}, 402),
        ({"code": 1001, "msg": "prompt too long"}, None),
        ({"code": -1, "msg": "prompt too long"}, None),
        ({"code": "fail_to_submit", "message": "quota not enough"}, None),
        ({"success": False, "message": "prompt too long"}, None),
    ],
)
def test_a_no_can_come_with_a_status_of_success(body: JSON, code: int | None) -> None:
    """Then the number in it is its code, or that of its word; in other words alone it has none."""
    problem = refused(reply(body))

    assert (problem.status, problem.code, problem.enveloped) == (200, code, True)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"detail": {"loc": ["body"]}}, "loc: body"),
        ({"message": 7}, "code 422 and no message"),
        ({"errors": [{"message": "prompt too long"}]}, "prompt too long"),
        ({"prompt": ["Ensure this field has no more than 1000 characters."]}, "prompt: Ensure this field has no more"),
        ({"success": False}, "code 422 and no message"),
        ({}, "code 422 and no message"),
    ],
)
def test_what_is_said_of_a_request_is_a_refusal_in_any_form(body: JSON, text: str) -> None:
    """Validators have forms of their own; by the status it is about what was asked for."""
    problem = refused(reply(body, 422))

    assert (problem.code, problem.enveloped, problem.is_cut) == (422, True, False)
    assert problem.text.startswith(text)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 429, 500])
@pytest.mark.parametrize("body", [{"error": REJECTED}, {"error": "no"}, {"message": "no"}, {"msg": "no"}])
def test_the_code_is_the_http_status(body: JSON, status: int) -> None:
    """It is a real one here."""
    problem = refused(reply(body, status))

    assert (problem.code, problem.enveloped) == (status, True)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422, 429])
@pytest.mark.parametrize("detail", ["no", [{"loc": ["body", "prompt"], "msg": "no", "input": None}]])
def test_a_framework_refuses_in_its_own_form(status: int, detail: object) -> None:
    """FastAPI and Django do: that it was refused is sure, for who says so has read the request."""
    problem = refused(reply({"detail": detail}, status))

    assert (problem.enveloped, problem.code, problem.text) == (True, status, "no")


@pytest.mark.parametrize("status", [408, 499, 502, 503, 504, 522, 524])
def test_only_openais_own_form_speaks_where_a_proxy_may(status: int) -> None:
    """`{"message": "Endpoint request timed out"}` is a proxy's: behind it the picture may be made, and paid for."""
    own, text, message = (
        refused(reply(body, status)) for body in ({"error": REJECTED}, {"error": "Gateway Timeout"}, {"message": "cut"})
    )

    assert own.enveloped is (status == 503)  # a relay's word that it is busy; by the others it has heard nothing
    assert (text.enveloped, text.code, text.text) == (False, None, "Gateway Timeout")
    assert (message.enveloped, message.code, message.text) == (False, None, "cut")


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (reply(b"<html><title>502 Bad Gateway</title></html>", 502), "an HTML page: 502 Bad Gateway"),
        (reply(b'{"created":1,"data":[{"b64_js'), '{"created":1,"data":[{"b64_js'),
        (reply(b"", 524), "an empty answer"),
        (reply([{"error": "no"}], 500), '[{"error": "no"}]'),
        (reply({"detail": "the model is loading"}, 500), "the model is loading"),
        (reply({"detail": "no time left"}, 408), "no time left"),
        (reply({"error": None, "status": 500}, 500), '{"error": null, "status": 500}'),
        (reply({"type": "about:blank", "title": "gone"}, 500), '{"type": "about:blank", "title": "gone"}'),
        (reply({"error": {}}), 'the answer has neither a picture nor a task: {"error": {}}'),
        (reply({"data": {"url": "https://a/b"}}, 500), '{"data": {"url": "https://a/b"}}'),
        (
            reply({"code": 200, "msg": "success", "out": "a.png"}),
            'the answer has neither a picture nor a task: {"code": 200, "msg": "success", "out": "a.png"}',
        ),
    ],
)
def test_what_is_not_in_its_form_is_nobodys_word(answer: WireReply, text: str) -> None:
    """HTML, halves, other people's JSON: not enveloped, and shown in one short line."""
    problem = refused(answer)

    assert (problem.status, problem.code, problem.enveloped) == (answer.status, None, False)
    assert problem.text == text


def test_a_redirect_is_kept_but_not_followed() -> None:
    """Whatever its body says, nothing was refused by the gateway; where it leads is shown without the key."""
    problem = refused(reply({"error": REJECTED}, 307, {"location": f"https://elsewhere/?key={KEY}"}))

    assert (problem.code, problem.enveloped, problem.location) == (None, False, "https://elsewhere/?key=***")


def test_a_no_that_names_a_task_hands_its_id_on() -> None:
    """Whether it was made all the same is for others to judge."""
    assert refused(reply({"error": REJECTED, "task_id": "abc"}, 500)).task_id == "abc"
    assert refused(reply({"error": REJECTED}, 500)).task_id is None


LIMITED = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "12", "retry-after-ms": "250", **LIMITED}, 12.0),
        ({"retry-after-ms": "250", **LIMITED}, 0.25),
        ({"retry-after": "soon", "retry-after-ms": " 1500.5 "}, 1.5005),
        ({"retry-after-ms": "-1", **LIMITED}, 360.0),
        (LIMITED, 360.0),
        ({**LIMITED, "x-ratelimit-remaining-requests": "3"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_read_from_the_headers(headers: dict[str, str], seconds: float | None) -> None:
    """Retry-After in its forms goes first; the limit's reset counts where no request is left."""
    assert refused(reply({"error": {"message": "slow"}}, 429, headers)).retry_after == seconds


def test_a_reset_says_nothing_of_other_errors() -> None:
    """Only a 429 is about the limit."""
    assert refused(reply({"error": {"message": "oops"}}, 500, LIMITED)).retry_after is None


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("20ms", 0.02),
        ("1h2m3s", 3723.0),
        (" 1m30.5s ", 90.5),
        ("2h", 7200.0),
        ("12", 12.0),
        ("0.5", 0.5),
        ("0", 0.0),
        ("1765101600", None),
        ("2025-12-07T10:00:00Z", None),
        ("-1s", None),
        ("s", None),
        ("", None),
        ("1s2m", None),
        ("9" * 400 + "s", None),
        ("٣s", None),
    ],
)
def test_the_reset_of_a_limit_is_a_duration(reset: str, seconds: float | None) -> None:
    """As Go writes it, or in seconds; a date can't be told from here."""
    headers = {**LIMITED, "x-ratelimit-reset-requests": reset}

    assert IMAGES.pause(reply({}, headers=headers)) == seconds


NAMES = ["error", "message", "msg", "detail", "code", "type", "data", "url", "b64_json", "created", "usage", "task_id"]
NAMES += ["taskId", "id", "model", "credits", "status"]
TEXTS = ["https://a/b.png", "AAAA", "data:image/png;base64,AAAA", KEY, f"a {KEY}", '{"data":[]}', "task_1"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.sampled_from([*TEXTS, 429, 200]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=14,
)
HEADERS = ["retry-after", "retry-after-ms", "date", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # it first builds its tables of Unicode
@given(
    st.binary() | VALUES.map(lambda value: json.dumps(value).encode()),
    st.integers(100, 599),
    st.dictionaries(st.sampled_from([*HEADERS, "location"]), st.text() | st.sampled_from(["0", "1m0s", KEY])),
)
def test_no_answer_whatever_raises_or_shows_the_key(body: bytes, status: int, headers: dict[str, Any]) -> None:
    """Any bytes are a picture, a task or a refusal, and a refusal can be shown."""
    said = IMAGES.read_submitted(WireReply(status, headers, body))

    assert isinstance(said, Accepted | Answered | Refused)
    if isinstance(said, Answered):
        json.dumps(said.result.raw)
        assert all(url.startswith(("https://", "http://", "data:image/")) for url in said.result.urls)
    if isinstance(said, Refused):
        assert said.problem.text
        assert len(said.problem.text) <= 1300
        assert said.problem.text.isprintable()
        assert KEY not in f"{said.problem.text} {said.problem.code} {said.problem.location}"


@pytest.mark.parametrize("name", ["x-request-id", "x-oneapi-request-id", "request-id", "cf-ray"])
def test_what_the_request_is_called_there_is_known(name: str) -> None:
    """Whoever asks the gateway's support needs it; nobody's key is in it."""
    named = refused(WireReply(500, {name: f" req-1 {KEY} "}, b"{}"))
    unnamed = refused(WireReply(500, {name: " "}, b"{}"))

    assert (named.request_id, unnamed.request_id) == ("req-1 ***", None)
