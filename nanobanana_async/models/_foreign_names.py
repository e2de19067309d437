"""The parameters of other image APIs that are no fields here, and what there is in their place.

Whoever comes from such an API takes them for granted. A picture that is paid for without them is not what was asked
for, and a near name of ours is not what was meant, so none is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

import attrs

_SIZES: Final = ("aspect_ratio", "resolution")
_INSTEAD: Mapping[str, tuple[str, ...]] = {
    "size": _SIZES,
    "width": _SIZES,
    "height": _SIZES,
    "quality": ("resolution",),
    "format": ("output_format",),
    "response_format": ("output_format",),
    "img_url": ("images",),
    "input_urls": ("images",),
    "cfg_scale": ("guidance_scale",),
    "num_inference_steps": ("steps",),
}
"""Our fields that do the same, where a request has them."""

_FILE_TYPE: Final = frozenset({"output_format", "format"})
_IN_THE_PROMPT: Final = frozenset({"style", "background", "negative_prompt"})
_ONE_EACH: Final = frozenset(
    {
        "n",
        "numimages",
        "numberofimages",
        "numoutputs",
        "numsamples",
        "batchsize",
        "samplecount",
        "samples",
        "candidatecount",
    }
)
"""What such APIs call the number of pictures, as `squeezed` gives it."""
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


def squeezed(name: str) -> str:
    """`name` as any API writes it: ``num_images``, ``num-images``, ``numImages`` and ``image[]`` without the signs."""
    return re.sub(r"[\W_]+", "", name.lower())


def never_sent(name: str) -> ForeignName | None:
    """What is to be said of a parameter that is sent to nobody, not as a field of a vendor's own either.

    More pictures than one would be paid for, and one was reckoned with.
    """
    plain = squeezed(name)
    if plain in _ONE_EACH:
        return ForeignName("a task makes one image", f"Leave {name} out, and make a request for each image.")
    return ForeignName("an answer is read whole", f"Leave {name} out.") if plain == "stream" else None


def foreign_name(name: str, fields: Collection[str]) -> ForeignName | None:
    """What is to be said of `name` where requests have these `fields`; None for a field, or a name of no such API."""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    if name in fields or plain in fields:
        return None
    if (found := never_sent(name)) is not None:
        return found
    if plain in ("mask", "mask_url"):
        return ForeignName("masks can't be sent", f"Leave {name} out, and say in the prompt what is to change.")
    if plain in _FILE_TYPE and "output_format" not in fields:
        instead = f"Leave {name} out: the file takes the type of what comes."
        return ForeignName("the type of the file can't be asked for", instead)
    if plain not in _INSTEAD and plain not in _IN_THE_PROMPT and plain not in _OTHERS:
        return None
    ours = [field for field in _INSTEAD.get(plain, ()) if field in fields]
    extra = f', or put it into extra if the vendor has it: {{"{plain}": …}}' if "extra" in fields else ""
    return ForeignName("it is a parameter of other image APIs", f"{_instead(name, plain, ours)}{extra}.")


def _instead(name: str, plain: str, ours: Collection[str]) -> str:
    if ours:
        return f"Give {' and '.join(ours)} instead"
    return "Say it in the prompt" if plain in _IN_THE_PROMPT else f"Leave {name} out"
