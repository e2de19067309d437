"""createTask: the bytes that go out, and every answer that comes back (PROTOCOL §1.1, §1.3)."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nanobanana_async.dialects import JobsDialect
from nanobanana_async.values import JSON, Accepted, Dialect, Problem, Refused, WireReply
from tests.dialects.wishes import Wish, reply

KEY = "sk-0123456789abcdef"
JOBS = JobsDialect("https://api.kie.ai/", KEY)
ID = "09e4987e60ef4b82c25e2650652989d6"
# In a fresh environment hypothesis first builds its tables of Unicode, which is slow and no fault of the test.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def refused(answer: WireReply) -> Problem:
    said = JOBS.read_submitted(answer)
    assert isinstance(said, Refused)
    return said.problem


def test_it_is_a_dialect_and_keeps_its_key_to_itself() -> None:
    """It has what the task manager needs, under the name that stands in a task."""
    dialect: Dialect = JOBS

    assert dialect.name == "jobs"
    assert KEY not in repr(JOBS)


def test_a_create_pays_and_is_said_in_json() -> None:
    """The body is UTF-8 JSON, the key stands apart, and the transport is told that this may not be repeated."""
    wire = JOBS.submit(Wish(images_field="image_input"), ["https://a/b.png"])

    assert (wire.method, wire.url) == ("POST", "https://api.kie.ai/api/v1/jobs/createTask")
    assert wire.body is not None
    assert json.loads(wire.body.decode()) == {
        "model": "nano-banana-2",
        "input": {"prompt": "à 🍌", "image_input": ["https://a/b.png"]},
    }
    assert wire.headers == {"content-type": "application/json", "accept": "application/json"}
    assert (wire.bearer, wire.pays, wire.deadline) == (KEY, True, 60)
    assert KEY not in repr(wire)


def test_a_callback_is_named_as_the_vendor_names_it() -> None:
    """`callBackUrl` is there only when there is one."""
    wire = JOBS.submit(Wish(), [], callback_url="https://me/hook")

    assert json.loads(wire.body or b"")["callBackUrl"] == "https://me/hook"


@pytest.mark.parametrize(
    "body",
    [
        {"code": 200, "msg": "success", "data": {"taskId": ID, "recordId": ID}},
        {"code": "200", "message": "success", "data": {"task_id": f" {ID} "}},
        {"code": 200.0, "data": None, "taskId": ID},
        {"code": 200, "task_id": ID},
        {"code": 200, "data": {"taskId": "", "recordId": ID}},
        {"data": {"taskId": ID}},
        {"code": None, "data": {"taskId": ID}},
    ],
)
def test_every_shape_of_an_acceptance_gives_the_id(body: JSON) -> None:
    """A task id is money: it is found wherever it was seen to stand."""
    assert JOBS.read_submitted(reply(body)) == Accepted(ID)


def test_an_id_can_be_a_number() -> None:
    """An id is opaque; a number is kept as text."""
    assert JOBS.read_submitted(reply({"code": 200, "data": {"taskId": 17}})) == Accepted("17")


def test_an_id_outweighs_the_http_status() -> None:
    """Where the gateway itself says 200 and gives an id, there is a task to ask for."""
    assert JOBS.read_submitted(reply({"code": 200, "data": {"taskId": ID}}, status=502)) == Accepted(ID)


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({"code": 401, "msg": "You do not have access permissions"}, 401, "You do not have access permissions"),
        ({"code": 402, "message": "Credits insufficient : …", "data": None}, 402, "Credits insufficient : …"),
        ({"code": "429", "msg": "Your call frequency is too high."}, 429, "Your call frequency is too high."),
        ({"code": 500, "msg": "aspect_ratio is required", "data": {"taskId": ID}}, 500, "aspect_ratio is required"),
        ({"code": 500, "error": {"message": "no"}}, 500, "no"),
        ({"code": 500, "msg": None, "data": {"prompt": "not enough credits"}}, 500, "code 500 and no message"),
        ({"code": 500, "msg": 7}, 500, "code 500 and no message"),
        ({"code": 200, "msg": "success", "data": None}, 200, "the answer has no task id: success"),
        ({"code": 200, "data": {"taskId": None}}, 200, "the answer has no task id: code 200 and no message"),
        ({"code": 200, "data": {"taskId": True}}, 200, "the answer has no task id: code 200 and no message"),
        ({"code": 200, "data": {"taskId": "\ud800"}}, 200, "the answer has no task id: code 200 and no message"),
        ({"code": 200, "success": False, "msg": "no", "data": {"taskId": ID}}, 200, "no"),
    ],
)
def test_a_refusal_in_the_gateways_form_is_its_own_word(body: JSON, code: int, text: str) -> None:
    """A numeric code makes it the gateway's; its data, which may quote the prompt, is never taken for its words."""
    problem = refused(reply(body))

    assert (problem.status, problem.code, problem.enveloped, problem.text) == (200, code, True, text)


@pytest.mark.parametrize(
    ("answer", "code", "text"),
    [
        (
            reply(b"<!DOCTYPE html><html><head><title>502 Bad&nbsp;Gateway</title></head><body>x</body>", 502),
            None,
            "an HTML page: 502 Bad Gateway",
        ),
        (
            reply(
                b"<html><head><style>p{}</style></head><body><script>if (a<b) {}</script>"
                b"<p>Access\n denied &lt;1020&gt;</p><",
                403,
            ),
            None,
            "an HTML page: Access denied <1020>",
        ),
        (reply(b"<html><head><meta><body>Sorry", 503), None, "an HTML page: Sorry"),
        (reply(b'{"code":200,"data":{"taskI'), None, '{"code":200,"data":{"taskI'),
        (reply(b""), None, "an empty answer"),
        (reply(b" \n"), None, "an empty answer"),
        (reply(b"\x00\x01"), None, "an answer without a readable character"),
        (reply([{"code": 200}]), None, '[{"code": 200}]'),
        (reply({"code": True, "data": {"taskId": ID}}, 500), None, f'{{"code": true, "data": {{"taskId": "{ID}"}}}}'),
        (reply({"code": "success", "message": "fine"}), "success", "fine"),
        (reply({"status": 404, "error": "Not Found", "path": "/x"}, 404), None, "Not Found"),
        (reply({"hello": "world"}), None, 'the answer has no task id: {"hello": "world"}'),
        (reply(b"\x00\xff\x1b[31mred\xe2\x80\xae\xed\xa0\x80"), None, "\ufffd[31mred\ufffd\ufffd\ufffd"),
        (reply(b"[" * 100_000), None, "[" * 299 + "…"),
        (reply(b"9" * 5000), None, "9" * 299 + "…"),
    ],
)
def test_what_is_no_answer_is_shown_in_one_short_line(answer: WireReply, code: str | None, text: str) -> None:
    """HTML, halves and other things are nobody's word: not enveloped, bounded, without control characters."""
    problem = refused(answer)

    assert (problem.status, problem.code, problem.enveloped) == (answer.status, code, False)
    assert problem.text == text


def test_a_redirect_is_kept_but_not_followed() -> None:
    """Where it wanted to lead is for the error to say."""
    problem = refused(reply(b"", 301, {"location": "https://elsewhere/"}))

    assert (problem.status, problem.location) == (301, "https://elsewhere/")


def test_the_key_is_in_no_text() -> None:
    """An answer that echoes the key is shown without it, be it message or snippet."""
    assert refused(reply({"code": 401, "msg": f"bad key {KEY}"})).text == "bad key ***"
    assert refused(reply(f"GET /?key={KEY}".encode(), 500)).text == "GET /?key=***"


def test_a_key_of_one_letter_blanks_out_nothing() -> None:
    """A key such as an emulator takes is no secret, and is found in every second word."""
    said = JobsDialect("http://127.0.0.1", "k").read_submitted(reply({"code": 401, "msg": "bad key"}))

    assert isinstance(said, Refused)
    assert said.problem.text == "bad key"


def test_a_long_message_is_bounded() -> None:
    """No message fills a log."""
    assert len(refused(reply({"code": 500, "msg": "x" * 100_000})).text) == 1000


DAY = "Mon, 05 Oct 2026 07:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "Mon, 05 Oct 2026 07:01:30 GMT", "date": DAY}, 90.0),
        ({"retry-after": "Mon, 05 Oct 2026 06:00:00 GMT", "date": DAY}, None),
        ({"retry-after": "Mon, 05 Oct 2026 07:01:30 GMT"}, None),
        ({"retry-after": "Mon, 05 Foo 2026 07:01:30 GMT", "date": DAY}, None),
        ({"retry-after": "Mon, 35 Oct 2026 07:01:30 GMT", "date": DAY}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_both_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, or a date measured by the answer's own clock; nonsense says nothing."""
    assert refused(reply({"code": 429, "msg": "slow down"}, headers=headers)).retry_after == seconds


JSONS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["code", "msg", "message", "error", "data", "taskId", "recordId", "success"]), inner
        )
    ),
    max_leaves=12,
)


@patient
@given(st.binary() | JSONS.map(lambda value: json.dumps(value).encode()), st.integers(100, 599), st.text())
def test_no_answer_whatever_raises(body: bytes, status: int, header: str) -> None:
    """Any bytes are an acceptance or a refusal, and a refusal can be shown."""
    said = JOBS.read_submitted(WireReply(status, {"retry-after": header, "date": header}, body))

    assert isinstance(said, Accepted | Refused)
    if isinstance(said, Refused):
        assert said.problem.text
        assert len(said.problem.text) <= 1100
        assert said.problem.text.isprintable()


@pytest.mark.parametrize(
    "body", [{"code": 500, "msg": "no", "data": {"taskId": "task7"}}, {"code": 504, "taskId": "task7"}]
)
def test_a_no_that_names_a_task_hands_its_id_on(body: JSON) -> None:
    """Whether it was made all the same is for others to judge; the id is all that can tell."""
    assert refused(reply(body)).task_id == "task7"
    assert refused(reply({"code": 500, "msg": "no", "data": None})).task_id is None
