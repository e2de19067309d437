"""The standard models, with the ``google/`` prefix: `NanoBanana` from a prompt, `NanoBananaEdit` from images."""

from __future__ import annotations

from typing import ClassVar, get_args

import attrs

from nanobanana_async.models._image_rules import as_images, shown_images
from nanobanana_async.models._info import MEGABYTE, ModelInfo
from nanobanana_async.models._request import JobsRequest
from nanobanana_async.models._words import AspectRatio, OutputFormat
from nanobanana_async.values import Expected, ImageSource

# `image_size` became `aspect_ratio`; the side that doesn't know a name ignores it, so both are sent (PROTOCOL §1.5).
_RATIO_NAMES = ("image_size", "aspect_ratio")


@attrs.frozen
class NanoBanana(JobsRequest):
    """An image from a prompt of up to 5000 characters: ``google/nano-banana``, 4 credits.

    Unset, the vendor's defaults are `aspect_ratio` ``1:1`` and `output_format` ``png``.

    Raises:
        InvalidFieldsError: a value that the model does not take.
    """

    aspect_ratio: AspectRatio | None = attrs.field(default=None, kw_only=True)
    output_format: OutputFormat | None = attrs.field(default=None, kw_only=True)
    nsfw_checker: bool | None = attrs.field(default=None, kw_only=True)

    info: ClassVar[ModelInfo] = ModelInfo(
        id="google/nano-banana",
        name="NanoBanana",
        prompt_max=5000,
        aspect_ratios=get_args(AspectRatio),
        default_aspect_ratio="1:1",
        formats={"png": "png", "jpg": "jpeg"},
        default_format="png",
        credits={None: 4.0},
        expected=Expected(first=30.0, usual=60.0),
        vendor_names={"aspect_ratio": _RATIO_NAMES},
    )


@attrs.frozen
class NanoBananaEdit(JobsRequest):
    """An image from 1 to 10 images of up to 10 MB each and a prompt of up to 5000 characters:
    ``google/nano-banana-edit``, 4 credits.

    Unset, the vendor's defaults are `aspect_ratio` ``1:1`` and `output_format` ``png``.

    Raises:
        InvalidFieldsError: a value that the model does not take.
    """

    images: tuple[ImageSource, ...] = attrs.field(kw_only=True, converter=as_images, repr=shown_images)
    aspect_ratio: AspectRatio | None = attrs.field(default=None, kw_only=True)
    output_format: OutputFormat | None = attrs.field(default=None, kw_only=True)

    info: ClassVar[ModelInfo] = ModelInfo(
        id="google/nano-banana-edit",
        name="NanoBananaEdit",
        prompt_max=5000,
        images=(1, 10),
        max_image_bytes=10 * MEGABYTE,
        aspect_ratios=get_args(AspectRatio),
        default_aspect_ratio="1:1",
        formats={"png": "png", "jpg": "jpeg"},
        default_format="png",
        credits={None: 4.0},
        expected=Expected(first=30.0, usual=130.0),
        vendor_names={"images": ("image_urls",), "aspect_ratio": _RATIO_NAMES},
    )
