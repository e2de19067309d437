"""From the flat body of an older create to an order: PROTOCOL §2.

Errors are those of createTask. What the document does not bound is not bounded here, but for the pixels of a picture
that has to be painted. What a model has no use for is ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from nanobanana_async.emulator import _texts as texts
from nanobanana_async.emulator._calls import PARAMETER, VALIDATION, Call, RefusedError
from nanobanana_async.emulator._orders import _fields as fields
from nanobanana_async.emulator._orders._order import ImageRule, Order, Submission

CREDITS = 4.0
_LEAST_SIDE, _MOST_SIDE = 64, 4096
_TEN_MEGABYTES = 10 * 1024 * 1024
_DEFAULT = "google/nano-banana"


@frozen
class _Model:
    """What one model takes, and from how many to how many seconds it needs."""

    images: ImageRule | None
    seconds: tuple[float, float]


_MODELS: Mapping[str, _Model] = MappingProxyType(
    {
        _DEFAULT: _Model(None, (30.0, 60.0)),
        "google/nano-banana-edit": _Model(ImageRule("img_url", 1, 5, _TEN_MEGABYTES), (30.0, 130.0)),
        "google/nano-banana-pro": _Model(ImageRule("img_url", 0, 5), (10.0, 30.0)),
    }
)


def read_generate(call: Call) -> Submission:
    """The submission in a create of the older kind.

    Raises:
        RefusedError: With the code and the kind of text that the vendor has for it.
    """
    body = fields.read_object(call.body)
    name = body.get("model") or _DEFAULT
    model = _MODELS.get(name) if isinstance(name, str) else None
    if model is None:
        raise RefusedError(VALIDATION, texts.UNKNOWN_MODEL)
    said = {key: value for key, value in body.items() if key not in ("model", "callBackUrl")}
    order = _order(str(name), model, said)
    return Submission(order, said, model.seconds, model.images, fields.read_callback(body))


def _order(name: str, model: _Model, said: Mapping[str, object]) -> Order:
    prompt = fields.read_prompt(said)
    images = _images(model.images, said) if model.images else ()
    _check_settings(said)
    size = _size(said)
    return Order(
        model=name,
        prompt=prompt,
        images=images,
        aspect_ratio="1:1" if size is None else f"{size[0]}:{size[1]}",
        resolution="1K",
        output_format="jpg",  # until its format is drawn, when it is accepted
        credits=CREDITS,
        dialect="generate",
        size=size,
    )


def _images(rule: ImageRule, said: Mapping[str, object]) -> tuple[str, ...]:
    """The addresses in one text, with commas between."""
    joined = said.get(rule.name)
    if joined is not None and not isinstance(joined, str):
        raise fields.complaint(f"{rule.name} is not a text of URLs with commas between")
    images = tuple(url.strip() for url in (joined or "").split(",") if joined)
    if len(images) < rule.at_least:
        raise RefusedError(PARAMETER, texts.required(rule.name))
    if len(images) > rule.at_most:
        raise fields.complaint(f"{rule.name} has {len(images)} of at most {rule.at_most} images")
    return images


def _check_settings(said: Mapping[str, object]) -> None:
    """What a painted picture shows nothing of is held to its rules all the same."""
    negative = said.get("negative_prompt")
    if negative is not None and not isinstance(negative, str):
        raise fields.complaint("negative_prompt is not a text")
    fields.read_whole(said, "seed")
    fields.check_range("steps", fields.read_whole(said, "steps"), 20, 60)
    fields.check_range("guidance_scale", said.get("guidance_scale"), 1, 20)


def _size(said: Mapping[str, object]) -> tuple[int, int] | None:
    """Width and height; one alone is a square."""
    width, height = (fields.read_whole(said, name) for name in ("width", "height"))
    for name, value in (("width", width), ("height", height)):
        if value is not None and not _LEAST_SIDE <= value <= _MOST_SIDE:
            raise fields.complaint(f"the emulator paints a {name} from {_LEAST_SIDE} to {_MOST_SIDE} pixels")
    if width is None or height is None:
        side = width or height
        return None if side is None else (side, side)
    return width, height
