"""The rules for the fields of a request. Each takes a model and a value, and gives the value normalised or raises.

A misspelt or unknown value is silently ignored by the vendor and billed at defaults (PROTOCOL §1.3), so nothing leaves
that has not passed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nanobanana_async.models._image_rules import as_images, checked_images
from nanobanana_async.models._info import ModelInfo
from nanobanana_async.models._near import did_you_mean, nearest, nearest_ratio
from nanobanana_async.models._problems import FieldError, shown
from nanobanana_async.models._text_rule import checked_text
from nanobanana_async.models._words import Images
from nanobanana_async.values import ImageSource


def checked(info: ModelInfo, name: str, value: Any) -> Any:
    """`value`, normalised, if it may stand in the field `name` of a request for this model.

    Raises:
        FieldError: it may not.
    """
    return _RULES[name](info, value)


def _prompt(info: ModelInfo, value: object) -> str:
    text = checked_text("prompt", value).strip()
    limit = f"1 to {info.prompt_max} characters"
    if not text:
        raise FieldError("prompt", value, f"prompt is empty; it takes {limit}", "Say what the picture shows.")
    if len(text) > info.prompt_max:
        message = f"prompt has {len(text)} characters; it takes {limit}"
        raise FieldError("prompt", value, message, f"Shorten it by {len(text) - info.prompt_max} characters.")
    return text


def _images(info: ModelInfo, value: Images | None) -> tuple[ImageSource, ...]:
    return checked_images(info.images, as_images(value))


def _aspect_ratio(info: ModelInfo, value: object) -> str | None:
    return _choice("aspect_ratio", value, info.aspect_ratios, str.lower, near=nearest_ratio)


def _resolution(info: ModelInfo, value: object) -> str | None:
    return _choice("resolution", value, info.resolutions, str.upper)


def _output_format(info: ModelInfo, value: object) -> str | None:
    # `jpg` and `jpeg` are one format under two names: one of them in the key, or a change of spelling pays twice.
    word = _choice("output_format", value, (*info.formats, "jpeg"), str.lower)
    return "jpg" if word == "jpeg" else word


def _nsfw_checker(_: ModelInfo, value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    message = f"nsfw_checker={shown(value)} is neither True nor False"
    raise FieldError("nsfw_checker", value, message, "Give nsfw_checker as a bool.")


def _choice(
    field: str,
    value: object,
    allowed: tuple[str, ...],
    fold: Callable[[str], str],
    *,
    near: Callable[[object, Iterable[str]], str | None] = nearest,
) -> str | None:
    if value is None:
        return None
    word = fold(value.strip()) if isinstance(value, str) else None
    if word in allowed:
        return word
    listed = ", ".join(allowed)
    meant = near(value, allowed)
    message = f"{field}={shown(value)} is not one of {listed}{did_you_mean(meant)}"
    raise FieldError(
        field, value, message, f"Write {meant!r}." if meant else f"Choose one of those, or leave {field} out."
    )


_RULES: Mapping[str, Callable[[ModelInfo, Any], Any]] = {
    "prompt": _prompt,
    "images": _images,
    "aspect_ratio": _aspect_ratio,
    "resolution": _resolution,
    "output_format": _output_format,
    "nsfw_checker": _nsfw_checker,
}
