"""What holds for every request that can be made in the dialects images and generate."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nanobanana_async.models import (
    FieldProblem,
    InvalidFieldsError,
    LegacyNanoBanana,
    OpenAIEdit,
    OpenAIGeneration,
    build_request,
    data_url_content,
    derive_key,
    field_names,
    is_data_url,
    is_url,
    public_fields,
    written_image,
)
from nanobanana_async.values import ImageSource

# In a fresh environment hypothesis first builds its tables of Unicode, which is slow and no fault of the test.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

TEXT = st.text(min_size=1, max_size=20).filter(str.strip)
LINE = TEXT.filter(lambda text: text.strip().isprintable())
LOCAL = st.binary(min_size=1, max_size=9) | st.just("a.png") | st.just(Path("in/a.png"))
URLS = st.sampled_from(["https://example.com/a.png", "http://example.com/a,b?c=d"])
DATA_URLS = st.binary(min_size=1, max_size=9).map(lambda b: "data:image/png;base64," + base64.b64encode(b).decode())
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
EXTRA = st.dictionaries(st.sampled_from(["size", "quality", "user", "background"]), JSON_VALUES, min_size=1)

RATIOS = st.sampled_from(["1:1", "16:9", " 21:9"])
OF_MODEL = st.one_of(
    st.fixed_dictionaries({"model": st.just("nano-banana-2")}, optional={"resolution": st.sampled_from(["1K", "4k"])}),
    st.fixed_dictionaries({"model": st.sampled_from(["nano-banana", "nano-banana-hd"])}),
    st.fixed_dictionaries({"model": st.just("seller/x")}, optional={"resolution": LINE}),
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "aspect_ratio": RATIOS,
        "response_format": st.sampled_from(["url", "B64_JSON"]),
        "extra": EXTRA,
        "credits": st.floats(0, 1e6),
    },
)
IMAGES = st.lists(LOCAL | URLS | DATA_URLS, max_size=3)


@st.composite
def images_requests(draw: st.DrawFn) -> OpenAIGeneration | OpenAIEdit:
    images, fields = draw(IMAGES), {**draw(OF_MODEL), **draw(OPTIONS)}
    cls: Any = draw(st.sampled_from([OpenAIGeneration, OpenAIEdit] if images else [OpenAIGeneration]))
    request: OpenAIGeneration | OpenAIEdit = cls(draw(TEXT), images=images, **fields)
    return request


LEGACY = st.builds(
    LegacyNanoBanana,
    TEXT,
    model=st.sampled_from(["google/nano-banana-edit", "google/nano-banana-pro"]),
    images=st.lists(LOCAL | URLS, min_size=1, max_size=5),
    negative_prompt=st.none() | TEXT,
    seed=st.none() | st.integers(-(2**1000), 2**1000) | st.integers(-1000, 1000).map(float),
    width=st.none() | st.integers(1, 2**1000),
    steps=st.none() | st.integers(20, 60),
    guidance_scale=st.none() | st.floats(1, 20) | st.integers(1, 20),
)
REQUESTS = images_requests() | LEGACY


def digest(image: ImageSource) -> str:
    """What a key is made of for `image`; a path stands for a file of its own name."""
    if isinstance(image, str) and is_url(image):
        return image
    content = data_url_content(str(image)) if is_data_url(image) else image
    return hashlib.sha256(content if isinstance(content, bytes) else str(content).encode()).hexdigest()


def sent(image: ImageSource) -> str:
    return str(image) if is_url(image) or is_data_url(image) else "https://files.example/a.png"


@patient
@given(REQUESTS)
def test_what_is_sent_is_json_without_the_model(request_: Any) -> None:
    """And what is written down of it is JSON as well, with no content of an image in it."""
    vendor = request_.vendor_input([sent(image) for image in request_.images])

    assert json.loads(json.dumps(vendor, allow_nan=False)) == vendor
    assert "model" not in vendor
    written = json.loads(json.dumps(public_fields(request_), allow_nan=False)).get("images", [])
    assert written == [written_image(image, None) for image in request_.images]
    assert not any("base64" in image for image in written)


@patient
@given(REQUESTS)
def test_a_request_read_back_from_its_fields_is_the_same(request_: Any) -> None:
    """With the same key, which is made again from a request that was made again."""
    again = build_request({"model": request_.model, **request_.fields()}, dialect=request_.dialect)

    assert again == attrs.evolve(request_) == request_
    assert type(again) is type(request_)
    digests = [digest(image) for image in request_.images]
    assert derive_key(again, digests) == derive_key(request_, digests)


@patient
@given(images_requests(), st.sampled_from([None, "url", "b64_json"]), st.sampled_from([None, 3.0]))
def test_neither_the_price_nor_the_way_of_handing_over_is_asked_for(
    request_: OpenAIGeneration | OpenAIEdit, response_format: str | None, credits: float | None
) -> None:
    """They change no key."""
    changes: dict[str, Any] = {"response_format": response_format, "credits": credits}
    changed = attrs.evolve(request_, **changes)

    digests = [digest(image) for image in request_.images]
    assert derive_key(changed, digests) == derive_key(request_, digests)


@pytest.mark.parametrize("dialect", ["images", "generate"])
@patient
@given(data=st.data(), from_text=st.booleans())
def test_any_line_becomes_a_request_or_a_list_of_problems(dialect: str, data: st.DataObject, from_text: bool) -> None:
    """Whatever JSON stands in a line, nothing else escapes."""
    names = st.sampled_from([*field_names(dialect), "input", "n", "size", "x"])
    words = st.sampled_from(["nano-banana-2", "google/nano-banana", "data:", "7.0", "edits"])
    values = JSON_VALUES | st.floats() | words
    fields = data.draw(st.dictionaries(names, values))
    problems: tuple[FieldProblem, ...] = ()
    try:
        build_request(fields, dialect=dialect, from_text=from_text)
    except InvalidFieldsError as error:
        problems = error.problems or (FieldProblem("none", None, "", ""),)

    assert all(problem.message and problem.remedy for problem in problems)
