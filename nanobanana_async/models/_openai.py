"""The requests of the images dialect: `OpenAIGeneration` from a prompt, `OpenAIEdit` from images (PROTOCOL §3)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import attrs

from nanobanana_async.models._choice_rule import checked_choice, checked_ratio, checked_resolution
from nanobanana_async.models._extra_rule import checked_extra
from nanobanana_async.models._image_rules import as_images, checked_images, shown_images
from nanobanana_async.models._info import ModelInfo
from nanobanana_async.models._number_rule import credits_or_none
from nanobanana_async.models._openai_models import (
    ANY_TIME,
    IMAGES_MODELS,
    MAX_IMAGE_BYTES,
    MOST_IMAGES,
    PROMPT_MAX,
    VENDOR_NAMES,
    images_model,
)
from nanobanana_async.models._problems import FieldError, shown
from nanobanana_async.models._prompt_request import PromptRequest, under_vendor_names
from nanobanana_async.models._text_rule import checked_prompt, filled_text, line_or_none
from nanobanana_async.models._words import AspectRatio, Resolution, ResponseFormat
from nanobanana_async.values import JSON, Expected, ImageSource

_NOT_SENT = ("credits", "extra", "images", "operation")  # extra's own fields are, and images where they have a place


@attrs.frozen
class ImagesRequest(PromptRequest):
    """What both requests of the images dialect take.

    The fields of ``nano-banana``, ``nano-banana-2`` and ``nano-banana-hd`` are checked; any other model is the
    reseller's own, and is sent as it was named, with what was asked of it. `aspect_ratio`, `resolution` and
    `response_format` may be any text, such as one from a file of settings: it is checked on construction.
    """

    model: str = attrs.field(default="nano-banana-2", kw_only=True)
    images: tuple[ImageSource, ...] = attrs.field(default=(), kw_only=True, converter=as_images, repr=shown_images)
    aspect_ratio: AspectRatio | str | None = attrs.field(default=None, kw_only=True)
    resolution: Resolution | str | None = attrs.field(default=None, kw_only=True)
    response_format: ResponseFormat | str | None = attrs.field(default=None, kw_only=True)
    extra: Mapping[str, JSON] | None = attrs.field(default=None, kw_only=True, hash=False, repr=shown)
    credits: float | None = attrs.field(default=None, kw_only=True)

    least_images: ClassVar[int] = 0
    """With how few images it can be made."""

    @classmethod
    def known_model(cls, model: object) -> str | None:
        """The id of `model` if it is documented, else None."""
        info = images_model(model)
        return info.id if info is not None else None

    @classmethod
    def check(cls, name: str, value: Any, *, model: object) -> Any:
        """`value` as the field `name` keeps it, in a request for `model`.

        Raises:
            FieldError: the field can't have this value.
        """
        match name:
            case "prompt":
                return checked_prompt(value, most=PROMPT_MAX)
            case "model":
                return filled_text("model", value, remedy="Give the gateway's name of a model.")
            case "images":
                bounds = (cls.least_images, MOST_IMAGES)
                return checked_images(bounds, as_images(value), data_url_bytes=MAX_IMAGE_BYTES)
            case "response_format":
                return checked_choice("response_format", value, ("url", "b64_json"))
            case "extra":
                return checked_extra(value)
            case "credits":
                return credits_or_none(value)
            case _:
                return _of_model(images_model(model), name, value)

    @property
    def dialect(self) -> str:
        """The dialect that this is said in: ``"images"``."""
        return "images"

    @property
    def max_image_bytes(self) -> int:
        """The most that each input image may weigh, in bytes."""
        return MAX_IMAGE_BYTES

    @property
    def expected(self) -> Expected:
        """The time that such a task takes, in seconds: that of the jobs model of the same name, or a guess."""
        info = images_model(self.model)
        return ANY_TIME if info is None else info.expect(self.resolution, editing=bool(self.images))

    def fields(self) -> dict[str, JSON]:
        """What the user set, under our public names and normalised; the images as they were given."""
        given = super().fields()
        if "extra" in given:
            given["extra"] = copy.deepcopy(given["extra"])
        return given

    def vendor_input(self, image_urls: Sequence[str]) -> dict[str, JSON]:
        """The vendor's fields, without the model and the images.

        Raises:
            ValueError: there are not as many `image_urls` as images.
        """
        given = self.placed(image_urls)
        sent = {name: value for name, value in given.items() if name not in _NOT_SENT}
        return {**under_vendor_names(sent, VENDOR_NAMES), **given.get("extra", {})}


@attrs.frozen
class OpenAIGeneration(ImagesRequest):
    """An image from a prompt, and from up to 14 images that it may go by, at a gateway of OpenAI's style.

    The fields of ``nano-banana``, ``nano-banana-2`` and ``nano-banana-hd`` are checked: `resolution` is only for
    ``nano-banana-2``, and no ratio is ``auto``. Any other model is sent as it was named. Images are URLs, ``data:``
    URLs, paths or bytes. `response_format` is how the picture is handed over, and `extra` holds further fields of the
    vendor's, such as ``{"quality": "high"}``. `credits` is the price of one image where you know it, for budgets.

    Raises:
        InvalidFieldsError: a value that the model does not take.
    """

    @property
    def operation(self) -> str:
        """``"generations"``."""
        return "generations"

    def fields(self) -> dict[str, JSON]:
        """What the user set, under our public names and normalised; the images as they were given.

        With images, that it is no edit is said as well: the two make different pictures.
        """
        given = super().fields()
        return {**given, "operation": self.operation} if self.images else given

    def vendor_input(self, image_urls: Sequence[str]) -> dict[str, JSON]:
        """The vendor's fields, with `image_urls` (URLs and ``data:`` URLs, one for each of `images`); no model.

        Raises:
            ValueError: there are not as many `image_urls` as images.
        """
        sent = super().vendor_input(image_urls)
        return {**sent, "image": list(image_urls)} if image_urls else sent


@attrs.frozen
class OpenAIEdit(ImagesRequest):
    """An image from 1 to 14 images and a prompt, at a gateway of OpenAI's style.

    All else is as in `OpenAIGeneration`.

    Raises:
        InvalidFieldsError: a value that the model does not take.
    """

    images: tuple[ImageSource, ...] = attrs.field(kw_only=True, converter=as_images, repr=shown_images)

    least_images: ClassVar[int] = 1

    @property
    def operation(self) -> str:
        """``"edits"``."""
        return "edits"


def _of_model(info: ModelInfo | None, name: str, value: object) -> str | None:
    """The ratio or the resolution, as `name` says; anything, where nothing is known of the model."""
    if info is None:
        return line_or_none(name, value)
    if name == "aspect_ratio":
        return checked_ratio(value, info.aspect_ratios)
    if value is None or info.resolutions:
        return checked_resolution(value, info.resolutions)
    owners = ", ".join(other.id for other in IMAGES_MODELS if other.resolutions)
    message = f"{info.id} has no resolution; it is a field of {owners}"
    raise FieldError("resolution", value, message, f"Leave resolution out, or choose {owners}.")
