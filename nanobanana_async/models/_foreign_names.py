"""The parameters of other image APIs that are no fields here, and what there is in their place.

Whoever comes from such an API takes them for granted. A picture that is paid for without them is not what was asked
for, and a near name of ours is not what was meant, so none is guessed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import attrs

_SIZES: Final = ("aspect_ratio", "resolution")
_INSTEAD: Mapping[str, tuple[str, ...]] = {
    "size": _SIZES,
    "width": _SIZES,
    "height": _SIZES,
    "quality": ("resolution",),
    "format": ("output_format", "response_format"),
    "response_format": ("output_format",),
    "output_format": ("response_format",),
    "img_url": ("images",),
    "input_urls": ("images",),
    "cfg_scale": ("guidance_scale",),
    "num_inference_steps": ("steps",),
}
"""Our fields that do the same, where a request has them."""

_IN_THE_PROMPT: Final = frozenset({"style", "background", "negative_prompt"})
_ONE_EACH: Final = frozenset({"n", "num_images", "number_of_images", "batch_size"})
_OTHERS: Final = frozenset(
    {
        "callback_url",
        "callbackurl",
        "guidance_scale",
        "input_fidelity",
        "moderation",
        "nsfw_checker",
        "output_compression",
        "partial_images",
        "sampler",
        "seed",
        "steps",
        "strength",
        "style_preset",
        "user",
    }
)


@attrs.frozen
class ForeignName:
    """Why nothing would come of such a parameter, and what to do, in a sentence each; `why` begins in lower case."""

    why: str
    instead: str


def foreign_name(name: str, fields: Collection[str]) -> ForeignName | None:
    """What is to be said of `name` where requests have these `fields`; None for a field, or a name of no such API."""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    if name in fields or plain in fields:
        return None
    if plain in _ONE_EACH:
        return ForeignName("a task makes one image", f"Leave {name} out, and make a request for each image.")
    if plain in ("mask", "mask_url"):
        return ForeignName("masks can't be sent", f"Leave {name} out, and say in the prompt what is to change.")
    if plain == "stream":
        return ForeignName("an answer is read whole", f"Leave {name} out.")
    if plain not in _INSTEAD and plain not in _IN_THE_PROMPT and plain not in _OTHERS:
        return None
    ours = [field for field in _INSTEAD.get(plain, ()) if field in fields]
    extra = f', or put it into extra if the vendor has it: {{"{plain}": …}}' if "extra" in fields else ""
    return ForeignName("it is a parameter of other image APIs", f"{_instead(name, plain, ours)}{extra}.")


def _instead(name: str, plain: str, ours: Collection[str]) -> str:
    if ours:
        return f"Give {' and '.join(ours)} instead"
    return "Say it in the prompt" if plain in _IN_THE_PROMPT else f"Leave {name} out"
