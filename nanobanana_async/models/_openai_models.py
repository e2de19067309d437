"""The models that resellers offer through an API in OpenAI's style, as far as they are documented (PROTOCOL §3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from nanobanana_async.models._google import NanoBanana
from nanobanana_async.models._info import MEGABYTE, ModelInfo
from nanobanana_async.models._pro import NanoBananaPro
from nanobanana_async.models._second import NanoBanana2
from nanobanana_async.models._words import AspectRatio, Resolution
from nanobanana_async.values import Expected

# No vendor's limit is documented for these three: they are ours, and the widest of the jobs models (PROTOCOL §1.5).
PROMPT_MAX: Final = 20_000
MOST_IMAGES: Final = 14
MAX_IMAGE_BYTES: Final = 30 * MEGABYTE

ANY_TIME: Final = Expected(first=5.0, usual=60.0)
"""For a model that is not known: the shortest and the longest of the documented ones, in seconds."""

VENDOR_NAMES: Final[Mapping[str, tuple[str, ...]]] = {"images": ("image",), "resolution": ("image_size",)}


def _model(model: str, expected: Expected, resolutions: tuple[str, ...] = ()) -> ModelInfo:
    return ModelInfo(
        id=model,
        name="OpenAIGeneration",
        edit_name="OpenAIEdit",
        dialect="images",
        prompt_max=PROMPT_MAX,
        images=(0, MOST_IMAGES),
        max_image_bytes=MAX_IMAGE_BYTES,
        aspect_ratios=tuple(ratio for ratio in get_args(AspectRatio) if ratio != "auto"),
        resolutions=resolutions,
        expected=expected,
        vendor_names=VENDOR_NAMES,
    )


# Times are documented for the jobs models of the same names (PROTOCOL §1.4). That hd, which makes 4K, takes as long as
# pro does at 4K is a guess. Prices are each reseller's own.
IMAGES_MODELS: Final = (
    _model("nano-banana", NanoBanana.info.expected),
    _model("nano-banana-2", NanoBanana2.info.expected, get_args(Resolution)),
    _model("nano-banana-hd", NanoBananaPro.info.expect("4K")),
)


def images_model(model: object) -> ModelInfo | None:
    """What is known of `model`; None where it is a name of the reseller's own."""
    name = model.strip() if isinstance(model, str) else None
    return next((info for info in IMAGES_MODELS if info.id == name), None)
