"""The creates of the images dialect: where they go, and what they hold (PROTOCOL §3)."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

import attrs
import pytest

from nanobanana_async.dialects import ImagesDialect
from nanobanana_async.values import JSON, Dialect, FilePart
from tests.dialects.wishes import Wish, WishOf

KEY = "sk-0123456789abcdef"
AT_ONCE = ImagesDialect("https://relay.example", KEY)
LATER = ImagesDialect("https://relay.example/v1", KEY, asynchronous=True)
PNG = b"\x89PNG\r\n\x1a\n and so on"
PNG_URL = "data:image/png;base64," + base64.b64encode(PNG).decode()
PART = FilePart("file", "banana.png", PNG, "image/png")
MIB = 1024 * 1024
GENERATION = WishOf(images_field="image", more={"aspect_ratio": "16:9"})
EDIT = WishOf(operation="edits")


def test_it_is_a_dialect_that_may_answer_at_once() -> None:
    """It has what the task manager needs, takes files, and keeps its key to itself."""
    dialect: Dialect = AT_ONCE

    assert (dialect.name, dialect.answers_at_once, dialect.takes_files) == ("images", True, True)
    assert not LATER.answers_at_once
    assert KEY not in repr(AT_ONCE)


@pytest.mark.parametrize(
    ("base_url", "start"),
    [
        ("https://relay.example", "https://relay.example/v1"),
        ("https://relay.example/", "https://relay.example/v1"),
        ("https://relay.example/v1", "https://relay.example/v1"),
        (" https://relay.example/v1/ ", "https://relay.example/v1"),
        ("https://relay.example/openai", "https://relay.example/openai/v1"),
        ("https://relay.example/api/v1", "https://relay.example/api/v1"),
        ("https://v1", "https://v1/v1"),
        ("https://relay.example/xv1", "https://relay.example/xv1/v1"),
        ("https://v3.example", "https://v3.example/v1"),
        ("https://relay.example/v2ray", "https://relay.example/v2ray/v1"),
        ("https://relay.example/V1", "https://relay.example/V1"),
        ("https://relay.example/api/v3/", "https://relay.example/api/v3"),
        ("https://relay.example/v1beta", "https://relay.example/v1beta"),
        ("https://relay.example/v1beta/openai/", "https://relay.example/v1beta/openai"),
        ("https://relay.example/v1/account/name/openai", "https://relay.example/v1/account/name/openai"),
    ],
)
def test_the_base_url_may_hold_the_version_or_not(base_url: str, start: str) -> None:
    """Users of OpenAI's packages write it, others don't; it stands in a path once."""
    dialect = ImagesDialect(base_url, KEY)

    assert dialect.submit(GENERATION, []).url == f"{start}/images/generations"
    assert dialect.submit(EDIT, []).url == f"{start}/images/edits"
    assert dialect.ask("t").url == f"{start}/images/tasks/t"


def test_a_generation_is_json_and_pays() -> None:
    """Model and fields side by side; it lasts as long as its task, and its answer may hold pictures."""
    wire = AT_ONCE.submit(GENERATION, ["https://a/b.png"])

    assert wire.method == "POST"
    assert json.loads(wire.body or b"") == {
        "model": "nano-banana-2",
        "prompt": "à 🍌",
        "image": ["https://a/b.png"],
        "aspect_ratio": "16:9",
    }
    assert wire.headers == {"content-type": "application/json", "accept": "application/json"}
    assert (wire.bearer, wire.pays, wire.deadline, wire.max_bytes) == (KEY, True, 200, 64 * MIB)


def test_a_request_without_an_operation_is_a_generation() -> None:
    """A request of a user's own need not know of operations."""
    assert AT_ONCE.submit(Wish(), []).url.endswith("/images/generations")


def test_an_operation_that_nobody_knows_is_named() -> None:
    """Nothing is sent to a path that was made up."""
    with pytest.raises(ValueError, match=r"'variations'.*'generations' and 'edits'"):
        AT_ONCE.submit(WishOf(operation="variations"), [])


@pytest.mark.parametrize(
    ("content", "media_type", "head"),
    [
        (PNG, "image/png", "data:image/png"),
        (b"\xff\xd8\xff\xe0", "application/octet-stream", "data:image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBP", "", "data:image/webp"),
        (b"?", "text/plain", "data:image/png"),
        (b"GIF89a", "image/gif", "data:image/gif"),
    ],
)
def test_files_go_into_a_generation_as_data_urls(content: bytes, media_type: str, head: str) -> None:
    """Between the URLs, in their order; with what they are said to be, or else what their first bytes say."""
    part = FilePart("file", "a", content, media_type)

    wire = AT_ONCE.submit(GENERATION, ["https://a/b.png", part, PNG_URL])

    images = json.loads(wire.body or b"")["image"]
    assert images == ["https://a/b.png", f"{head};base64,{base64.b64encode(content).decode()}", PNG_URL]


def test_an_edit_is_a_form_with_a_part_for_each_image() -> None:
    """All named `image`: a file, a URL as a plain field, and a data URL as the file that it holds."""
    jpeg = b"\xff\xd8\xff\xe0 and so on"
    jpeg_url = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()

    wire = AT_ONCE.submit(EDIT, [PART, "https://a/b.png", jpeg_url, PNG_URL])

    assert (wire.method, wire.body) == ("POST", None)
    assert wire.form == {"model": "nano-banana-2", "prompt": "à 🍌"}
    assert wire.files == (
        FilePart("image", "banana.png", PNG, "image/png"),
        FilePart("image", None, b"https://a/b.png"),
        FilePart("image", "image-3.jpg", jpeg, "image/jpeg"),
        FilePart("image", "image-4.png", PNG, "image/png"),
    )
    assert (wire.bearer, wire.pays, wire.deadline, wire.max_bytes) == (KEY, True, 200, 64 * MIB)
    assert wire.headers == {"accept": "application/json"}
    assert KEY not in repr(wire)


def test_the_fields_of_a_form_are_text() -> None:
    """Text as it is, the rest as JSON; what is null is not sent, and no image is sent twice."""
    more = {"image_size": "2K", "n": 1, "hd": True, "scale": 1.5, "tags": ["à"], "meta": {"a": None}, "x": None}

    wire = AT_ONCE.submit(WishOf(operation="edits", more=more, images_field="image"), [PART])

    assert wire.form == {
        "model": "nano-banana-2",
        "prompt": "à 🍌",
        "image_size": "2K",
        "n": "1",
        "hd": "true",
        "scale": "1.5",
        "tags": '["à"]',
        "meta": '{"a": null}',
    }
    assert len(wire.files) == 1


@pytest.mark.parametrize("url", ["data:image/png;base64,§§§", "data:image/png,abc", "data:nothing", "data:;base64,"])
def test_a_data_url_that_is_none_is_refused_without_showing_it(url: str) -> None:
    """An edit must not be paid for without its picture."""
    with pytest.raises(ValueError, match="image 2 is a data: URL") as failure:
        AT_ONCE.submit(EDIT, [PART, url])

    assert url not in str(failure.value)


@pytest.mark.parametrize("wish", [GENERATION, EDIT])
def test_an_asynchronous_create_asks_for_a_task(wish: WishOf) -> None:
    """By the query, where the callback stands too. Who does not know it answers with the picture, as late as ever."""
    bare = LATER.submit(wish, [])
    called = LATER.submit(wish, [], callback_url="https://me/hook?a=1&b=2")

    assert bare.url == f"https://relay.example/v1/images/{wish.operation}?async=true"
    assert called.url == f"{bare.url}&webhook=https%3A%2F%2Fme%2Fhook%3Fa%3D1%26b%3D2"
    assert (bare.pays, bare.deadline, bare.max_bytes) == (True, 200, 64 * MIB)
    assert attrs.evolve(LATER, answer_within=5).submit(wish, []).deadline == 60


def test_a_create_that_is_answered_at_once_needs_no_callback() -> None:
    """It would be an error to some gateways, and news to nobody."""
    assert AT_ONCE.submit(GENERATION, [], callback_url="https://me/hook") == AT_ONCE.submit(GENERATION, [])


@attrs.frozen
class Odd(Wish):
    """Sends what it makes of each image, and not the image's own text."""

    def vendor_input(self, image_urls: Sequence[str]) -> dict[str, JSON]:
        return {"pictures": {"content": [url.partition(",")[2] for url in image_urls]}}


def test_a_request_may_make_of_the_urls_what_it_likes() -> None:
    """Then it gets them whole."""
    body = json.loads(AT_ONCE.submit(Odd(), [PART, "data:image/png;base64,AAAA"]).body or b"")

    assert body["pictures"] == {"content": [base64.b64encode(PNG).decode(), "AAAA"]}


def test_files_and_urls_keep_their_order_and_their_neighbours() -> None:
    """Two files of one kind are two; a prompt that says what stands for one is a prompt."""
    other = FilePart("file", "b.png", PNG + b"other", "image/png")
    wish = WishOf(images_field="image", more={"prompt": "data:image/png;base64,", "n": 1, "extra": {"a": [None]}})

    wire = AT_ONCE.submit(wish, [PART, "https://a/b.png", other, PART])
    body = json.loads(wire.body or b"")

    others = "data:image/png;base64," + base64.b64encode(PNG + b"other").decode()
    assert body["image"] == [PNG_URL, "https://a/b.png", others, PNG_URL]
    assert (body["prompt"], body["n"], body["extra"]) == ("data:image/png;base64,", 1, {"a": [None]})


@attrs.frozen
class One(Wish):
    """Sends its image as a value, and not in a list."""

    def vendor_input(self, image_urls: Sequence[str]) -> dict[str, JSON]:
        return {"image": image_urls[0], "prompt": "a"}


def test_a_picture_may_stand_alone() -> None:
    """Where the field takes one."""
    body = json.loads(AT_ONCE.submit(One(), [PART]).body or b"")

    assert body == {"model": "nano-banana-2", "image": PNG_URL, "prompt": "a"}
