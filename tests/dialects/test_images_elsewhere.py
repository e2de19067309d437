"""Pictures in places, and in writings, that no document names: they are paid for, so they are read (PROTOCOL §3)."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from nanobanana_async.values import JSON, Accepted, Answered, Refused
from tests.dialects.relay import DATA, DIGEST, IMAGES, PNG, TEXT, URL, urls_of
from tests.dialects.wishes import reply


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("/files/a.png", "https://relay.example/files/a.png"),
        (" /files/a b.png", "https://relay.example/files/a%20b.png"),
        ("//cdn.example/a.png", "https://cdn.example/a.png"),
        ("https://cdn.example/a b.png?c=d e", "https://cdn.example/a%20b.png?c=d%20e"),
        ("/9j/a.png", "https://relay.example/9j/a.png"),
        (TEXT, DATA),
        (TEXT.rstrip("="), DATA),
        (f"data:image/png;base64,{TEXT.replace('+', '%2B').replace('/', '%2F').replace('=', '%3D')}", DATA),
    ],
)
def test_a_link_is_read_however_it_is_written(written: str, read: str) -> None:
    """Without a host, with blanks, or as the picture itself; it is kept whole, for who keeps it has no base URL."""
    assert urls_of({"data": [{"url": written}]}) == (read,)
    assert urls_of({"data": [{"image_url": {"url": written}}]}) == (read,)


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"url": URL}},
        {"data": {"image_url": URL}},
        {"data": URL},
        {"data": [{"image_url": URL}]},
        {"data": [{"image_url": {"url": URL, "detail": "x"}}]},
        {"images": [{"url": URL}]},
        {"images": [URL]},
        {"data": {"images": [{"url": URL}]}},
        {"data": [], "images": [{"url": URL}]},
        {"image_url": URL},
        {"image_url": {"url": URL}},
        {"result_url": URL},
        {"data": {"status": "SUCCESS", "result_urls": [URL]}},
        {"data": {"status": "DONE", "result_url": URL}},
        [{"url": URL}],
        [URL],
        [{"b64_json": "$", "url": URL}],
    ],
)
def test_a_link_is_found_wherever_it_stands(body: JSON) -> None:
    """In one object or text in the place of the list, under other names, or in a list alone."""
    assert urls_of(body) == (URL,)


@pytest.mark.parametrize(
    "body", [{"data": {"b64_json": TEXT}}, {"b64_json": TEXT}, {"images": [TEXT]}, {"data": DATA}, {"image_url": DATA}]
)
def test_content_is_found_there_as_well(body: JSON) -> None:
    """And stays out of what is kept."""
    assert urls_of(body) == (DATA,)


def test_the_list_goes_before_all_other_places() -> None:
    """They tell of the same pictures, or of those that were given."""
    beside = {"image_url": "https://a/given.png", "images": ["https://a/given.png"]}

    assert urls_of({"data": {"data": [{"url": URL}], "url": "https://a/page"}, **beside}) == (URL,)


@pytest.mark.parametrize(
    "body",
    [
        {"url": URL},
        {"data": {"url": "https://relay.example/v1/images/tasks/7"}},
        {"data": "/v1/images/tasks/7"},
        {"data": {"status": "processing", "image_url": URL}},
        {"status": "queued", "images": [URL]},
        {"data": {"url": "file:///etc/passwd"}},
        {"images": [DIGEST]},
        {"data": DIGEST},
        {"image_url": DIGEST, "b64_json": DIGEST, "result_urls": [DIGEST]},
        {"data": {"url": {"href": URL}}},
        {"images": 7, "result_url": None},
        [],
        ["a", 7],
    ],
)
def test_what_leads_to_no_picture_is_none(body: JSON) -> None:
    """The address of a task, of one that is under way, or other schemes: nobody's word."""
    said = IMAGES.read_submitted(reply(body))

    assert isinstance(said, Refused)
    assert not said.problem.enveloped


@pytest.mark.parametrize("under", [{"task_id": "abc", "url": URL}, {"id": "task_7", "image_url": URL}])
def test_a_task_goes_before_a_link_beside_it(under: dict[str, Any]) -> None:
    """It leads to where the task is told of."""
    assert isinstance(IMAGES.read_submitted(reply({"data": under})), Accepted)


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(PNG * 100).decode(),
        f"data:image/png;base64,{base64.b64encode(PNG * 100).decode()}",
        base64.encodebytes(PNG * 100).decode(),
        base64.urlsafe_b64encode(PNG * 100).decode().rstrip("="),
    ],
)
def test_long_base64_is_kept_as_its_digest_wherever_it_stands(text: str) -> None:
    """A thumbnail, or whatever somebody calls it, is not carried about."""
    body = {"data": [{"url": URL, "thumbnail": text}], "more": {"preview": [f"![]({text})"]}}

    said = IMAGES.read_submitted(reply(body))

    assert isinstance(said, Answered)
    raw = json.dumps(said.result.raw)
    assert raw.count(f"sha256:{hashlib.sha256(PNG * 100).hexdigest()}") == 2
    assert len(raw) < 400


def test_long_texts_that_are_no_base64_are_kept() -> None:
    """A prompt, and a link; a run of letters that can't be decoded is told by its length."""
    link, prompt = f"https://a/{'b' * 2000}", "a banana, " * 200
    body = {"data": [{"url": link, "revised_prompt": prompt}], "more": "a" * 1025}

    said = IMAGES.read_submitted(reply(body))

    assert isinstance(said, Answered)
    assert said.result.raw == {**body, "more": "(no picture: 1025 characters)"}
