"""The pro model: up to 4K, with up to eight images to work from. It takes no ``google/`` prefix."""

from __future__ import annotations

from typing import ClassVar, get_args

import attrs

from nanobanana_async.models._image_rules import as_images, shown_images
from nanobanana_async.models._info import MEGABYTE, ModelInfo
from nanobanana_async.models._request import JobsRequest
from nanobanana_async.models._words import AspectRatio, OutputFormat, Resolution
from nanobanana_async.values import Expected, ImageSource


@attrs.frozen
class NanoBananaPro(JobsRequest):
    """An image from a prompt of up to 10 000 characters and up to 8 images of 30 MB: ``nano-banana-pro``, 18 credits
    (24 at 4K).

    Unset, the vendor's defaults are `aspect_ratio` ``1:1``, `resolution` ``1K`` and `output_format` ``png``.

    Raises:
        InvalidFieldsError: a value that the model does not take.
    """

    images: tuple[ImageSource, ...] = attrs.field(default=(), kw_only=True, converter=as_images, repr=shown_images)
    aspect_ratio: AspectRatio | None = attrs.field(default=None, kw_only=True)
    resolution: Resolution | None = attrs.field(default=None, kw_only=True)
    output_format: OutputFormat | None = attrs.field(default=None, kw_only=True)

    info: ClassVar[ModelInfo] = ModelInfo(
        id="nano-banana-pro",
        name="NanoBananaPro",
        prompt_max=10_000,
        images=(0, 8),
        max_image_bytes=30 * MEGABYTE,
        aspect_ratios=get_args(AspectRatio),
        default_aspect_ratio="1:1",
        resolutions=get_args(Resolution),
        formats={"png": "png", "jpg": "jpg"},
        default_format="png",
        credits={"1K": 18.0, "2K": 18.0, "4K": 24.0},
        expected=Expected(first=10.0, usual=30.0),
        vendor_names={"images": ("image_input",)},
    )
