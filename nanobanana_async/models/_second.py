"""The second generation: `NanoBanana2`, `NanoBanana2Lite` and `NanoBanana2_1`, with very wide and very tall ratios."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, get_args

import attrs

from nanobanana_async.models._image_rules import as_images, shown_images
from nanobanana_async.models._info import MEGABYTE, ModelInfo
from nanobanana_async.models._request import JobsRequest
from nanobanana_async.models._words import OutputFormat, Resolution, WideAspectRatio
from nanobanana_async.values import JSON, Expected, ImageSource


@attrs.frozen
class NanoBanana2(JobsRequest):
    """An image from a prompt of up to 20 000 characters and up to 14 images of 30 MB: ``nano-banana-2``, 8 credits
    (12 at 2K, 18 at 4K).

    Unset, the vendor's defaults are `aspect_ratio` ``auto``, `resolution` ``1K`` and `output_format` ``jpg``.

    Raises:
        InvalidFieldsError: a value that the model does not take.
    """

    images: tuple[ImageSource, ...] = attrs.field(default=(), kw_only=True, converter=as_images, repr=shown_images)
    aspect_ratio: WideAspectRatio | None = attrs.field(default=None, kw_only=True)
    resolution: Resolution | None = attrs.field(default=None, kw_only=True)
    output_format: OutputFormat | None = attrs.field(default=None, kw_only=True)

    info: ClassVar[ModelInfo] = ModelInfo(
        id="nano-banana-2",
        name="NanoBanana2",
        prompt_max=20_000,
        images=(0, 14),
        max_image_bytes=30 * MEGABYTE,
        aspect_ratios=get_args(WideAspectRatio),
        default_aspect_ratio="auto",
        resolutions=get_args(Resolution),
        formats={"png": "png", "jpg": "jpg"},
        default_format="jpg",
        credits={"1K": 8.0, "2K": 12.0, "4K": 18.0},
        expected=Expected(first=5.0, usual=15.0),
        vendor_names={"images": ("image_input",)},
    )


@attrs.frozen
class NanoBanana2Lite(JobsRequest):
    """An image from a prompt of up to 20 000 characters and up to 10 images of 30 MB: ``nano-banana-2-lite``,
    4 credits. Neither the resolution nor the file format can be chosen.

    Raises:
        InvalidFieldsError: a value that the model does not take.
    """

    images: tuple[ImageSource, ...] = attrs.field(default=(), kw_only=True, converter=as_images, repr=shown_images)
    aspect_ratio: WideAspectRatio | None = attrs.field(default=None, kw_only=True)

    info: ClassVar[ModelInfo] = ModelInfo(
        id="nano-banana-2-lite",
        name="NanoBanana2Lite",
        prompt_max=20_000,
        images=(0, 10),
        max_image_bytes=30 * MEGABYTE,
        aspect_ratios=get_args(WideAspectRatio),
        default_aspect_ratio="auto",
        credits={None: 4.0},
        expected=Expected(first=5.0, usual=15.0),  # not documented: as its elder, nano-banana-2
        vendor_names={"images": ("image_urls",)},
    )

    def vendor_input(self, image_urls: Sequence[str]) -> dict[str, JSON]:
        """The vendor's fields; the ratio is always among them, for this model requires it (PROTOCOL §1.5).

        Raises:
            ValueError: there are more or fewer URLs than images.
        """
        return {"aspect_ratio": self.info.default_aspect_ratio, **super().vendor_input(image_urls)}


@attrs.frozen
class NanoBanana2_1(JobsRequest):  # noqa: N801  # the vendor's version number, 2.1: "21" would be another
    """An image from a prompt of up to 20 000 characters and up to 10 images of 30 MB: ``nano-banana-2-1``, 4 credits
    (6 at 2K, 9 at 4K).

    Unset, the vendor's defaults are `aspect_ratio` ``auto``, `resolution` ``1K`` and `output_format` ``jpg``.

    Raises:
        InvalidFieldsError: a value that the model does not take.
    """

    images: tuple[ImageSource, ...] = attrs.field(default=(), kw_only=True, converter=as_images, repr=shown_images)
    aspect_ratio: WideAspectRatio | None = attrs.field(default=None, kw_only=True)
    resolution: Resolution | None = attrs.field(default=None, kw_only=True)
    output_format: OutputFormat | None = attrs.field(default=None, kw_only=True)

    info: ClassVar[ModelInfo] = ModelInfo(
        id="nano-banana-2-1",
        name="NanoBanana2_1",
        prompt_max=20_000,
        images=(0, 10),
        max_image_bytes=30 * MEGABYTE,  # not documented: as its elder, nano-banana-2
        aspect_ratios=get_args(WideAspectRatio),
        default_aspect_ratio="auto",
        resolutions=get_args(Resolution),
        formats={"png": "png", "jpg": "jpg"},
        default_format="jpg",
        credits={"1K": 4.0, "2K": 6.0, "4K": 9.0},
        expected=Expected(first=5.0, usual=15.0),  # not documented either
        vendor_names={"images": ("image_input",)},
    )
