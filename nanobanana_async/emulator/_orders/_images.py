"""From an OpenAI-style request to an order: PROTOCOL §3, as JSON or as a form.

The three models are held to their rules; another name is another gateway's model, and takes what any takes. What the
OpenAI packages send beside them (`quality`, `user`, `background` and so on) is ignored.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from attrs import frozen

from nanobanana_async.emulator._calls import Call, Form, FormPart, RefusedError
from nanobanana_async.emulator._files import PICTURES, sniffed_type
from nanobanana_async.emulator._orders._images_catalogue import (
    ANY_MODEL,
    IMAGES_MODELS,
    RATIOS,
    SIZES,
    ImagesModel,
)
from nanobanana_async.emulator._orders._order import ImageRule, Order, Submission
from nanobanana_async.emulator._orders._references import FIELD, MAX_BYTES, read_references

MOST_PICTURES = 10
_RULE = ImageRule(FIELD, 0, 1000, MAX_BYTES)
_NAMES = (FIELD, f"{FIELD}[]")
_IN_PIXELS = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,4})", re.ASCII)
_ANY_RATIO = re.compile(r"[1-9]\d{0,3}:[1-9]\d{0,3}", re.ASCII)
_FORMATS = ("url", "b64_json")
_UNREADABLE = "We could not parse the body of your request: JSON was expected, or for an edit a form."


@frozen
class _Said:
    """What a request says: its fields, and its input images."""

    fields: Mapping[str, object]
    images: tuple[str | FormPart, ...]


def read_images(call: Call, *, any_model: bool = False) -> Submission:
    """The submission in a generation or an edit; with `any_model` other names than those three are taken.

    Raises:
        RefusedError: With the HTTP status, the parameter and the word that OpenAI has for it.
    """
    said = _said(call.body)
    model_id, model = _model(said.fields, any_model=any_model)
    prompt = _text(said.fields, "prompt")
    if call.operation == "edits" and not said.images:
        raise _missing(FIELD)
    if said.fields.get("stream"):
        raise RefusedError(400, "This emulator does not stream images.", param="stream")
    size, count = _size(said.fields, model), _count(said.fields)
    _one_of(said.fields, "response_format", _FORMATS)
    ratio = _ratio(said.fields, model, default="auto" if call.operation == "edits" else "1:1")
    references = read_references(said.images)
    return Submission(
        Order(
            model=model_id,
            prompt=prompt,
            images=references.names,
            aspect_ratio=ratio,
            resolution=size,
            output_format="png",
            credits=model.credits[size] * count,
            dialect="images",
            count=count,
        ),
        {**said.fields, **({FIELD: list(references.names)} if references.names else {})},
        model.seconds,
        _RULE,
        call.query.get("webhook") or None if is_async(call) else None,
        "webhook",
        references.contents,
    )


def is_async(call: Call) -> bool:
    """Whether a create is to be answered with an id, and not with the picture."""
    return call.query.get("async", "").lower() in ("true", "1")


def _said(body: object) -> _Said:
    if isinstance(body, Form):
        fields = {part.name: part.text for part in body.parts if part.file_name is None and part.content}
        images = tuple(_image_in(part) for part in body.parts if part.name in _NAMES)
        return _Said({name: _typed(name, text) for name, text in fields.items() if name not in _NAMES}, images)
    if not isinstance(body, dict):
        raise RefusedError(400, _UNREADABLE)
    fields = {name: value for name, value in body.items() if value is not None and name != FIELD}
    return _Said(fields, _listed(body.get(FIELD)))


def _image_in(part: FormPart) -> str | FormPart:
    """An address or base64 in a field; a file, or the bytes of one in a field."""
    is_text = part.file_name is None and sniffed_type(part.content) not in PICTURES
    return part.text if is_text else part


def _typed(name: str, text: str) -> object:
    """A form knows texts only; the few fields that are none are read as what they are."""
    if name == "n" and text.isascii() and text.isdigit():
        return int(text[:9])
    return text.lower() == "true" if name == "stream" else text


def _listed(images: object) -> tuple[str, ...]:
    listed = [images] if isinstance(images, str) else images or []
    if not isinstance(listed, list) or not all(isinstance(image, str) for image in listed):
        raise RefusedError(400, "Invalid type for 'image': a text, or a list of texts.", param=FIELD)
    return tuple(listed)


def _model(said: Mapping[str, object], *, any_model: bool) -> tuple[str, ImagesModel]:
    name = _text(said, "model")
    model = IMAGES_MODELS.get(name, ANY_MODEL if any_model else None)
    if model is None:
        raise model_not_found(name)
    return name, model


def model_not_found(name: str) -> RefusedError:
    """The refusal of a model that is not there."""
    msg = f"The model `{name[:100]}` does not exist or you do not have access to it."
    return RefusedError(404, msg, param="model", word="model_not_found")


def _text(said: Mapping[str, object], name: str) -> str:
    value = said.get(name, "")
    if not isinstance(value, str):
        raise RefusedError(400, f"Invalid type for '{name}': a text is expected.", param=name, word="invalid_type")
    if not value.strip():
        raise _missing(name)
    return value


def _size(said: Mapping[str, object], model: ImagesModel) -> str:
    if "image_size" in said and not model.takes_size:
        raise RefusedError(400, "'image_size' is for nano-banana-2 only.", param="image_size", word="invalid_value")
    return _one_of(said, "image_size", SIZES) or model.default_size


def _count(said: Mapping[str, object]) -> int:
    count = said.get("n", 1)
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST_PICTURES:
        raise RefusedError(400, f"Invalid 'n': a number from 1 to {MOST_PICTURES}.", param="n", word="invalid_value")
    return count


def _ratio(said: Mapping[str, object], model: ImagesModel, *, default: str) -> str:
    """The ratio asked for; that of `size` where none is."""
    ratio = said.get("aspect_ratio")
    if model is ANY_MODEL and isinstance(ratio, str) and _ANY_RATIO.fullmatch(ratio):
        return ratio
    return _one_of(said, "aspect_ratio", RATIOS) or _ratio_of_pixels(said) or default


def _ratio_of_pixels(said: Mapping[str, object]) -> str | None:
    size = said.get("size")
    if size is None or size == "auto":
        return None if size is None else "auto"
    found = _IN_PIXELS.fullmatch(size) if isinstance(size, str) else None
    if found is None:
        raise RefusedError(400, "Invalid 'size': 'auto', or as in '1024x1024'.", param="size", word="invalid_value")
    width, height = int(found[1]), int(found[2])
    common = math.gcd(width, height)
    return f"{width // common}:{height // common}"


def _one_of(said: Mapping[str, object], name: str, allowed: tuple[str, ...]) -> str | None:
    value = said.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or value not in allowed:
        msg = f"Invalid value for '{name}'. Supported values are: {', '.join(map(repr, allowed))}."
        raise RefusedError(400, msg, param=name, word="invalid_value")
    return value


def _missing(name: str) -> RefusedError:
    return RefusedError(400, f"Missing required parameter: '{name}'.", param=name, word="missing_required_parameter")
