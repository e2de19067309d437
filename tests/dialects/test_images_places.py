"""Pictures under the names that others than OpenAI have for them: they are paid for, so they are read (PROTOCOL §3)."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from nanobanana_async.values import JSON, Answered, Refused
from tests.dialects.relay import DATA, IMAGES, TEXT, URL, urls_of
from tests.dialects.wishes import reply

OTHER = "https://cdn.relay.example/b.png"
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(255))
GOOGLES = {"candidates": [{"content": {"parts": [{"text": "Here:"}, {"inlineData": {"mimeType": "x", "data": TEXT}}]}}]}


@pytest.mark.parametrize("name", ["base64", "b64", "image_base64", "image", "data", "b64_json"])
@pytest.mark.parametrize("text", [TEXT, DATA, TEXT.rstrip("=")])
def test_content_is_found_under_every_name_that_says_so(name: str, text: str) -> None:
    """In a list, in what stands in its place, and beside it."""
    assert urls_of({"data": [{name: text}]}) == (DATA,)
    assert urls_of({"data": [{name: [text]}]}) == (DATA,)
    assert urls_of({"result": {name: text}}) == (DATA,)
    assert urls_of({"output": [{name: text}]}) == (DATA,)


@pytest.mark.parametrize("name", ["base64", "b64", "image_base64", "image", "data"])
@pytest.mark.parametrize("text", [URL, "YWJj", "", {"url": URL}, 7])
def test_what_is_no_picture_under_such_a_name_is_none(name: str, text: JSON) -> None:
    """A link there may be that of an image which was given; and any word might be base64."""
    assert urls_of({"data": [{name: text}]}) == ()


@pytest.mark.parametrize("name", ["image", "message", "content"])
def test_an_image_beside_the_list_is_the_one_that_was_given(name: str) -> None:
    """The request calls its own so."""
    assert isinstance(IMAGES.read_submitted(reply({"prompt": "x", name: DATA})), Refused)


@pytest.mark.parametrize("name", ["output", "result", "results"])
@pytest.mark.parametrize(
    "value", [URL, [URL], {"url": URL}, [{"url": URL}], {"images": [URL]}, {"image_url": {"url": URL}}, [[URL]]]
)
def test_a_link_is_found_in_a_result(name: str, value: JSON) -> None:
    """As text, as an object or a list; in the place of `data` or beside it."""
    assert urls_of({name: value}) == (URL,)
    assert urls_of({"code": 200, "data": {name: value}}) == (URL,)
    assert urls_of({"data": [], name: value}) == (URL,)
    assert urls_of({"data": [{"url": OTHER}], name: value}) == (OTHER,)


@pytest.mark.parametrize("value", ["success", "/v1/images/a b", "", True, {"ok": URL}, digest := "sha256:" + "ab" * 32])
def test_a_result_that_is_a_word_is_none(value: JSON) -> None:
    """Nor is what begins with a slash: many things are told under that name."""
    assert isinstance(IMAGES.read_submitted(reply({"result": value})), Refused)


def test_what_was_made_goes_before_what_was_given() -> None:
    """Where both may stand beside each other."""
    body = {"image_urls": [OTHER], "image_url": OTHER, "images": [OTHER]}

    assert urls_of({**body, "output": [URL]}) == (URL,)
    assert urls_of({**body, "result_url": URL}) == (URL,)


@pytest.mark.parametrize(
    "body",
    [
        GOOGLES,
        {"candidates": [{"content": {"parts": [{"inline_data": {"mime_type": "image/png", "data": TEXT}}]}}]},
        {"choices": [{"message": {"content": "", "images": [{"type": "image_url", "image_url": {"url": DATA}}]}}]},
        {"choices": [{"delta": {"images": [{"image_url": {"url": DATA}}]}}]},
        {"choices": [{"message": {"content": [{"type": "image_url", "image_url": {"url": DATA}}]}}]},
        {"data": GOOGLES},
    ],
)
def test_the_forms_of_others_are_read(body: JSON) -> None:
    """Google's, and those of chats: relays pass on what they get."""
    assert urls_of(body) == (DATA,)


def test_words_on_the_way_are_no_pictures() -> None:
    """A chat may name a link."""
    said = IMAGES.read_submitted(reply({"choices": [{"message": {"content": URL}}], "candidates": URL}))

    assert isinstance(said, Refused)


@pytest.mark.parametrize(("levels", "found"), [(1, (URL, OTHER)), (6, (URL, OTHER)), (7, ()), (60, ())])
def test_lists_in_lists_are_opened(levels: int, found: tuple[str, ...]) -> None:
    """As far as makes any sense."""
    value: Any = [{"url": URL}, {"url": OTHER}]
    for _ in range(levels):
        value = [value]

    assert urls_of({"data": value}) == found


@pytest.mark.parametrize(
    "url",
    [
        f"data:image/png;base64;charset=utf-8,{TEXT}",
        f"data:image/png; base64 ;name=a.png,{TEXT}",
        f"data:image/png;base64,data:image/png;base64,{TEXT}",
        f"data:text/plain;base64,Data:;BASE64,{TEXT}",
    ],
)
def test_the_head_of_a_data_url_may_be_in_any_order_and_there_twice(url: str) -> None:
    """Who adds one may not see that there is one."""
    assert urls_of({"data": [{"url": url}]}) == urls_of({"data": [{"b64_json": url}]}) == (DATA,)


@pytest.mark.parametrize(
    "url", [f"{'data:image/png;base64,' * 4}{TEXT}", f"data:image/png;base64,data:image/png,{TEXT}"]
)
def test_heads_that_make_no_sense_are_none(url: str) -> None:
    """More of them, or one that speaks of no base64."""
    said = IMAGES.read_submitted(reply({"data": [{"b64_json": url}]}))

    assert isinstance(said, Answered)
    assert said.result.urls == ()


def test_jpegs_are_known_in_the_alphabet_of_urls() -> None:
    """Where nothing else says that it is a picture."""
    text = base64.urlsafe_b64encode(JPEG).decode()

    said = IMAGES.read_submitted(reply({"data": [text]}))

    assert isinstance(said, Answered)
    assert said.result.urls == (f"data:image/jpeg;base64,{base64.b64encode(JPEG).decode()}",)


@pytest.mark.parametrize("text", [DATA, TEXT])
def test_content_at_the_top_is_a_picture_under_any_name(text: str) -> None:
    """A link there is one only where the task is said to be done: it may lead to a page."""
    assert urls_of({"url": text}) == (DATA,)
    assert urls_of({"status": "succeeded", "url": URL}) == (URL,)
