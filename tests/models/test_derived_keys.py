"""Derived keys. The digests here were made with sha256sum, and may never change: a changed key pays again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nanobanana_async.models import (
    JobsRequest,
    KieRequest,
    LegacyNanoBanana,
    NanoBanana,
    NanoBanana2,
    NanoBanana2_1,
    NanoBanana2Lite,
    NanoBananaEdit,
    NanoBananaPro,
    OpenAIEdit,
    OpenAIGeneration,
    build_request,
    data_url_content,
    derive_key,
)
from nanobanana_async.values import Request

URL = "https://example.com/a.png"
ABC = hashlib.sha256(b"abc").hexdigest()


@pytest.mark.parametrize(
    ("request_", "digests", "key"),
    [
        (NanoBanana("a cat"), [], "b5feffe64a6e4dc293e8"),
        (NanoBanana("a cat", nsfw_checker=False), [], "7fd24f30071b7c5a4c21"),
        (NanoBananaEdit("a cat", images=URL), [URL], "f4bea323201b3cb57007"),
        (NanoBananaPro("a cat"), [], "3871507ef2738fe8e34c"),
        (NanoBanana2("a cat", resolution="4K", output_format="jpeg"), [], "2e25a3768a192209ad70"),
        (NanoBanana2("a cat", resolution="4K", output_format="jpg"), [], "2e25a3768a192209ad70"),
        (
            NanoBanana2Lite('海の上の月 🍌 "é"', images=[b"abc", URL], aspect_ratio="16:9"),
            [ABC, URL],
            "22055751d26c6972073a",
        ),
        (NanoBanana2_1("a cat"), [], "163ff89f43872da94b04"),
        (KieRequest("new-model", input={"prompt": "x", "a": [1, 2.5, None, True]}), [], "80fb67622dbf82c47f47"),
        (
            KieRequest("new-model", input={"a": [1, 2.5, None, True], "prompt": "x"}, credits=7),
            [],
            "80fb67622dbf82c47f47",
        ),
        (OpenAIGeneration("a cat", model="nano-banana-hd"), [], "13dca540eb43c284b2ba"),
        (
            OpenAIGeneration(
                "a cat",
                images=b"abc",
                aspect_ratio="16:9",
                resolution="2K",
                response_format="b64_json",
                extra={"size": "1024x1024", "quality": "high"},
                credits=7,
            ),
            [ABC],
            "2d2ae65cf7f4a1741b32",
        ),
        (OpenAIEdit("a cat", images=[b"abc", URL], response_format="url"), [ABC, URL], "9f24e1972fa8acc27d8d"),
        (
            OpenAIEdit("a cat", images=URL, model="seller/banana", aspect_ratio="auto", resolution="1536x1024"),
            [URL],
            "066e9ed3fa01d374a96b",
        ),
        (LegacyNanoBanana("a cat"), [], "b5feffe64a6e4dc293e8"),
        (
            LegacyNanoBanana(
                "a cat",
                model="google/nano-banana-edit",
                images=["https://example.com/a,b.png", b"abc"],
                negative_prompt="dogs",
                seed=-7,
                width=512,
                height=768,
                steps=30,
                guidance_scale=7,
            ),
            ["https://example.com/a,b.png", ABC],
            "dd2667afcdd10f4da2b2",
        ),
    ],
)
def test_a_key_stays_what_it_was_in_the_first_release(request_: Request, digests: Sequence[str], key: str) -> None:
    """The key of a request is the same for ever; its price is no part of it."""
    assert derive_key(request_, digests) == key


def test_blanks_round_a_prompt_change_no_key() -> None:
    """A line end left on a prompt does not pay again."""
    assert derive_key(NanoBanana(" a cat\n"), []) == derive_key(NanoBanana("a cat"), [])


def test_a_local_image_counts_by_its_content() -> None:
    """A folder that was moved or a file that was renamed makes the same picture."""
    assert derive_key(NanoBanana2("x", images="a/1.png"), [ABC]) == derive_key(NanoBanana2("x", images=b"abc"), [ABC])


def test_content_counts_however_it_was_given() -> None:
    """As bytes, as the path of a file, or as a data: URL of any head."""
    urls = ["data:image/png;base64,YWJj", "data:image/x;a=b;base64,YWJj"]
    given: list[Any] = [b"abc", "a/1.png", *urls]

    assert {hashlib.sha256(data_url_content(url)).hexdigest() for url in urls} == {ABC}
    assert len({derive_key(OpenAIEdit("x", images=[image]), [ABC]) for image in given}) == 1


def test_an_edit_and_a_generation_of_the_same_images_differ() -> None:
    """They are two pictures."""
    edit, generation = OpenAIEdit("x", images=b"abc"), OpenAIGeneration("x", images=b"abc")

    assert derive_key(edit, [ABC]) != derive_key(generation, [ABC])


def test_how_a_picture_is_handed_over_changes_no_key() -> None:
    """Who asks for base64 in the place of a link does not pay again."""
    as_base64 = OpenAIGeneration("a cat", response_format="b64_json")

    assert derive_key(as_base64, []) == derive_key(OpenAIGeneration("a cat"), [])


def test_a_whole_number_is_one_number() -> None:
    """A table that writes 512.0 does not pay again."""
    as_floats = LegacyNanoBanana("a cat", width=512.0, guidance_scale=7)  # type: ignore[arg-type]  # as a table has it

    assert derive_key(as_floats, []) == derive_key(LegacyNanoBanana("a cat", width=512, guidance_scale=7.0), [])


def test_composed_and_decomposed_letters_differ() -> None:
    """Unicode is taken as it was given."""
    assert derive_key(NanoBanana("é"), []) != derive_key(NanoBanana("e\u0301"), [])


@pytest.mark.parametrize(
    ("images", "digests"),
    [
        ([b"abc"], []),
        ([], [ABC]),
        ([b"abc"], [ABC.upper()]),
        ([b"abc"], [URL]),
        ([URL], [ABC]),
        ([URL], [URL + "?"]),
    ],
)
def test_a_digest_that_is_none_makes_no_key(images: Any, digests: list[str]) -> None:
    """A key made of something else would not be found again."""
    with pytest.raises(ValueError, match=r"digests for|nor the SHA-256"):
        derive_key(NanoBanana2("x", images=images), digests)


# In a fresh environment hypothesis first builds its tables of Unicode, which is slow and no fault of the test.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
FIELDS = st.fixed_dictionaries(
    {"model": st.just("nano-banana-2"), "prompt": st.text(min_size=1).filter(str.strip)},
    optional={
        "aspect_ratio": st.sampled_from(["1:1", "auto"]),
        "resolution": st.sampled_from(["1K", "4k"]),
        "output_format": st.sampled_from(["png", "jpeg"]),
    },
)


@patient
@given(FIELDS, st.randoms(use_true_random=False))
def test_the_order_of_the_fields_changes_no_key(fields: dict[str, str], random: Any) -> None:
    """However a line of a batch file is written, it is the same request."""
    shuffled = list(fields.items())
    random.shuffle(shuffled)

    assert derive_key(build_request(dict(shuffled)), []) == derive_key(build_request(fields), [])


@patient
@given(FIELDS)
def test_a_request_read_back_from_its_fields_has_the_same_key(fields: dict[str, str]) -> None:
    """What is written down of a request is enough to make it again."""
    request = build_request(fields)

    again = build_request({"model": request.model, **request.fields()})
    assert isinstance(again, JobsRequest)
    assert again == request
    assert len(derive_key(again, [])) == 20
