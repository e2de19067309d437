"""What a create of the images dialect is answered with: pictures, or the id of a task (PROTOCOL §3)."""

from __future__ import annotations

import base64
import hashlib
import json
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest

from nanobanana_async.dialects import ImagesDialect
from nanobanana_async.values import JSON, Accepted, Answered, Refused, Result
from tests.dialects.wishes import reply

IMAGES = ImagesDialect("https://relay.example", "sk-0123456789abcdef")
URL = "https://cdn.relay.example/a.png?sig=1"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(255))  # its base64 has "+", "/" and padding
JPEG = b"\xff\xd8\xff\xe0 and so on"
WEBP = b"RIFF\x00\x00\x00\x00WEBP and so on"
TEXT = base64.b64encode(PNG).decode()
PNG_URL = f"data:image/png;base64,{TEXT}"
CREATED = datetime(2025, 12, 7, 10, 0, tzinfo=UTC)


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def result_of(body: JSON) -> Result:
    said = IMAGES.read_submitted(reply(body))
    assert isinstance(said, Answered)
    return said.result


def test_an_answer_with_a_url_is_read_whole() -> None:
    """Where the picture is and when it was made; all that came with it is at hand."""
    body = {
        "created": 1765101600,
        "model": "nano-banana-2",
        "data": [{"url": URL, "revised_prompt": "a banana"}],
        "usage": {"total_tokens": 7, "credits": 4},
        "more": [1],
    }

    assert result_of(body) == Result(None, "nano-banana-2", (URL,), None, CREATED, None, body)


def test_content_is_a_data_url_and_stays_out_of_what_is_kept() -> None:
    """In `raw` its digest stands in its place, and all else as it came."""
    body = {"created": 1, "data": [{"b64_json": TEXT, "revised_prompt": "x"}, {"url": URL}], "usage": {"a": 1}}

    result = result_of(body)

    assert result.urls == (PNG_URL, URL)
    assert result.raw == {
        "created": 1,
        "data": [{"b64_json": digest(PNG), "revised_prompt": "x"}, {"url": URL}],
        "usage": {"a": 1},
    }


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        PNG_URL,
        f" {TEXT}\n",
        "\r\n".join(TEXT[start : start + 76] for start in range(0, len(TEXT), 76)),
        TEXT.replace("+", "-").replace("/", "_"),
        TEXT.rstrip("="),
        f"{TEXT}=",
        f"data:image/png;base64,{TEXT.rstrip('=').replace('+', '-')}",
        f"DATA:image/PNG;charset=utf-8;BASE64,{TEXT}",
        f"data:;base64,{TEXT}",
        f"data:application/octet-stream;base64,{TEXT}",
    ],
)
def test_content_is_read_however_it_is_written(text: str) -> None:
    """With a prefix or without, in lines, in the URL-safe alphabet, unpadded; it goes on in one form."""
    result = result_of({"data": [{"b64_json": text}]})

    assert result.urls == (PNG_URL,)
    assert result.raw == {"data": [{"b64_json": digest(PNG)}]}


@pytest.mark.parametrize("padding", ["=", "==", "===="])
def test_padding_that_belongs_to_nothing_is_left_out(padding: str) -> None:
    """Some decoders stumble over it."""
    assert result_of({"data": [{"b64_json": f"YWJj{padding}"}]}).urls == ("data:image/png;base64,YWJj",)


@pytest.mark.parametrize(
    ("content", "prefix", "media_type"),
    [
        (JPEG, "", "image/jpeg"),
        (WEBP, "", "image/webp"),
        (b"who knows", "", "image/png"),
        (JPEG, "data:image/webp;base64,", "image/webp"),
        (JPEG, "data:image/<b>;base64,", "image/jpeg"),
    ],
)
def test_the_type_of_content_is_said_or_seen(content: bytes, prefix: str, media_type: str) -> None:
    """By the prefix where that names an image, else by the first bytes, else it is taken for a PNG."""
    text = base64.b64encode(content).decode()

    assert result_of({"data": [{"b64_json": prefix + text}]}).urls == (f"data:{media_type};base64,{text}",)


def test_content_goes_before_a_link() -> None:
    """It can't expire."""
    result = result_of({"data": [{"url": URL, "b64_json": TEXT}, {"url": PNG_URL, "b64_json": None}]})

    assert result.urls == (PNG_URL, PNG_URL)
    assert result.raw["data"] == [{"url": URL, "b64_json": digest(PNG)}, {"url": digest(PNG), "b64_json": None}]


@pytest.mark.parametrize(
    "item",
    [
        {"b64_json": "§" * 300},
        {"b64_json": TEXT[:41]},  # no length that base64 can have
        {"b64_json": "é"},
        {"b64_json": ""},
        {"b64_json": 7},
        {"url": "data:image/png;base64,$$$$"},
        {"url": "data:image/svg+xml,%3Csvg%3E"},
        {"url": "data:" + "x" * 300 + ";base64," + TEXT},
        {"url": TEXT[1:]},
        {"url": "files/a.png"},
        {"url": "//[files/a.png"},
        {"url": "/" + "a" * 3000},
        {"url": "file:///etc/passwd"},
        {"url": "s3://bucket/a.png"},
        {"image_url": {"href": URL}},
        {"image_url": digest(PNG)},
        {"url": digest(PNG)},
        {"b64_json": digest(PNG)},
        digest(PNG),
        "",
        None,
        [""],
        {"image": URL},
    ],
)
def test_what_is_no_picture_is_none(item: JSON) -> None:
    """An answer without a picture is one all the same, for it may be paid for; nobody's digest stays in it."""
    result = result_of({"created": 1, "data": [item]})

    assert result.urls == ()
    assert digest(PNG) not in json.dumps(result.raw)


def test_what_is_no_picture_is_kept_where_it_is_short() -> None:
    """Of a long text only its length is."""
    items = [{"b64_json": "§" * 1001}, {"url": "s3://a.png"}, {"url": URL, "b64_json": "$"}]

    result = result_of({"data": items})

    assert result.urls == (URL,)
    assert result.raw["data"] == [
        {"b64_json": "(no picture: 1001 characters)"},
        {"url": "s3://a.png"},
        {"url": URL, "b64_json": "$"},
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"code": 200, "msg": "success", "data": {"created": 1765101600, "data": [{"url": URL}]}},
        {"code": "success", "data": {"data": {"created": "1765101600", "data": [{"url": URL}]}}},
        {"created": 1765101600000, "data": [URL]},
        {"data": json.dumps({"created": 1765101600, "data": [{"url": URL}]})},
        {"created_at": "2025-12-07T10:00:00Z", "data": json.dumps([{"url": URL}])},
    ],
)
def test_an_answer_in_an_answer_is_opened(body: JSON) -> None:
    """Relays wrap what they pass on, also as text; the time is in seconds, or whatever else it is."""
    result = result_of(body)

    assert (result.urls, result.created_at) == ((URL,), CREATED)


@pytest.mark.parametrize(
    "fields", [{"usage": {"credits": 4}}, {"usage": {"credits": "0"}}, {"creditsConsumed": 6.5}, {"credits": 4960}]
)
def test_a_number_that_is_called_credits_is_no_price(fields: dict[str, Any]) -> None:
    """It is in anybody's unit, or what is left of them: what the user has said of the price counts; `raw` has it."""
    result = result_of({"data": [{"url": URL}], **fields})

    assert result.credits is None
    assert result.raw == {"data": [{"url": URL}], **fields}


@pytest.mark.parametrize(
    "body",
    [
        {"task_id": "abc"},
        {"taskId": " abc "},
        {"code": 200, "data": {"task_id": "abc", "status": "SUBMITTED"}},
        {"code": "success", "data": {"taskId": "abc", "url": "https://relay.example/v1/images/tasks/abc"}},
        {"code": 200, "data": [{"status": "submitted", "task_id": "abc"}]},
        {"data": json.dumps({"task_id": "abc"})},
        {"task_id": "abc", "data": []},
    ],
)
def test_the_id_of_a_task_is_found_wherever_it_stands(body: JSON) -> None:
    """An id is money."""
    assert IMAGES.read_submitted(reply(body)) == Accepted("abc")


@pytest.mark.parametrize("body", [{"id": "task_01K8"}, {"data": {"id": "TASK-7", "object": "image.generation.task"}}])
def test_an_id_of_another_name_is_one_by_its_look(body: JSON) -> None:
    """It begins with the word."""
    assert isinstance(IMAGES.read_submitted(reply(body)), Accepted)


def test_a_picture_outweighs_all_that_is_said_beside_it() -> None:
    """It is there, and paid for; the id and the error stay at hand."""
    body = {"task_id": "abc", "data": [{"url": URL}], "error": {"message": "one of two failed"}}

    result = result_of(body)

    assert (result.task_id, result.urls, result.raw) == ("abc", (URL,), body)


@pytest.mark.parametrize("body", [{}, {"id": "req_7", "object": "thing"}, {"data": None}, {"data": {}}, {"url": URL}])
def test_a_success_that_says_nothing_is_no_answer(body: JSON) -> None:
    """Neither a picture nor a task: nobody's word, and nobody knows what became of the create."""
    said = IMAGES.read_submitted(reply(body))

    assert isinstance(said, Refused)
    assert not said.problem.enveloped
    assert said.problem.text.startswith("the answer has neither a picture nor a task")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m30s"}, 90.0),
        ({"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "1m30s"}, None),
        ({"x-ratelimit-reset-requests": "1m30s"}, None),
        ({"x-ratelimit-remaining-requests": "0"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("body", [{"data": [{"url": URL}]}, {"data": []}, {"task_id": "abc"}])
def test_an_answer_may_ask_for_a_pause(body: JSON, headers: dict[str, str], seconds: float | None) -> None:
    """Where it was the last request that is let in for now."""
    answer = reply(body, headers=headers)

    said = IMAGES.read_submitted(answer)

    assert isinstance(said, Answered | Accepted)
    assert said.pause == IMAGES.pause(answer) == seconds


def test_an_answer_of_any_depth_can_be_written_down() -> None:
    """What is nested deeper than any sense is cut, so that nothing breaks over it later."""
    text = '{"data":' * 400 + "[1]" + "}" * 400

    result = result_of({"data": [{"url": URL}], "more": json.loads(text), "text": text})
    deep = IMAGES.read_submitted(reply({"data": text}))

    assert "(nested too deep)" in json.dumps(result.raw)
    assert isinstance(deep, Refused)


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_a_large_picture_is_copied_no_more_than_needed(prefix: str) -> None:
    """The JSON as text, the base64 in it, the decoded content, the URL: less than four times the answer in memory."""
    answer = reply({"data": [{"b64_json": prefix + base64.b64encode(PNG * 8000).decode()}]})

    tracemalloc.start()
    IMAGES.read_submitted(answer)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 4 * len(answer.body)
