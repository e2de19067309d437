"""The rules for the fields of a jobs request. Each takes a model and a value, and gives the value normalised or raises.

A misspelt or unknown value is silently ignored by the vendor and billed at defaults (PROTOCOL §1.3), so nothing leaves
that has not passed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nanobanana_async.models._choice_rule import checked_choice, checked_ratio, checked_resolution
from nanobanana_async.models._image_rules import as_images, checked_images
from nanobanana_async.models._info import ModelInfo
from nanobanana_async.models._problems import FieldError, shown
from nanobanana_async.models._text_rule import checked_prompt
from nanobanana_async.models._words import Images
from nanobanana_async.values import ImageSource


def checked(info: ModelInfo, name: str, value: Any) -> Any:
    """`value`, normalised, if it may stand in the field `name` of a request for this model.

    Raises:
        FieldError: it may not.
    """
    return _RULES[name](info, value)


def _prompt(info: ModelInfo, value: object) -> str:
    return checked_prompt(value, most=info.prompt_max)


def _images(info: ModelInfo, value: Images | None) -> tuple[ImageSource, ...]:
    return checked_images(info.images, as_images(value))


def _aspect_ratio(info: ModelInfo, value: object) -> str | None:
    return checked_ratio(value, info.aspect_ratios)


def _resolution(info: ModelInfo, value: object) -> str | None:
    return checked_resolution(value, info.resolutions)


def _output_format(info: ModelInfo, value: object) -> str | None:
    # `jpg` and `jpeg` are one format under two names: one of them in the key, or a change of spelling pays twice.
    word = checked_choice("output_format", value, (*info.formats, "jpeg"))
    return "jpg" if word == "jpeg" else word


def _nsfw_checker(_: ModelInfo, value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    message = f"nsfw_checker={shown(value)} is neither True nor False"
    raise FieldError("nsfw_checker", value, message, "Give nsfw_checker as a bool.")


_RULES: Mapping[str, Callable[[ModelInfo, Any], Any]] = {
    "prompt": _prompt,
    "images": _images,
    "aspect_ratio": _aspect_ratio,
    "resolution": _resolution,
    "output_format": _output_format,
    "nsfw_checker": _nsfw_checker,
}
