"""What can't be said at a gateway, and what is said there in its place.

The gateways sell the same models under other names, and are spoken to in other dialects. Who comes with a request of
the one to the other is told the request that he means, before anything is sent; it is never made for him, for prices
and defaults differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.models import JobsRequest, KieRequest, LegacyNanoBanana, OpenAIEdit, OpenAIGeneration
from nanobanana_async.values import Request

# The models by their names at an OpenAI-style gateway (PROTOCOL §3), and their requests at Kie (§1.5): from a prompt,
# and from images.
_AT_KIE: Final[Mapping[str, tuple[str, str]]] = {
    "nano-banana": ("NanoBanana(…)", "NanoBananaEdit(…, images=[…])"),
    "nano-banana-2": ("NanoBanana2(…)", "NanoBanana2(…, images=[…]) or NanoBananaEdit(…, images=[…])"),
    "nano-banana-hd": ('NanoBananaPro(…, resolution="4K")', 'NanoBananaPro(…, images=[…], resolution="4K")'),
}
_ANY_AT_KIE: Final = ("NanoBanana2(…)", "NanoBananaEdit(…, images=[…])")
_AT_OPENAI_IMAGES: Final[Mapping[str, str]] = {
    "google/nano-banana": "nano-banana",
    "google/nano-banana-edit": "nano-banana",
    "nano-banana-2": "nano-banana-2",
}


def not_spoken(where: str, dialect: str, spoken: tuple[str, ...]) -> ConfigurationError:
    """The error for a dialect that is none of those `spoken` at the gateway `where`."""
    listed = " and ".join(map(repr, spoken))
    return ConfigurationError(
        f"{where} does not speak the dialect {dialect!r:.80}; it speaks {listed}",
        remedy=f"Name {'one of those' if len(spoken) > 1 else 'that'}, or leave dialect out.",
    )


def refuse_foreign(request: Request, where: str, spoken: tuple[str, ...]) -> None:
    """ConfigurationError for a request of another dialect than those `spoken`, naming its equivalent there."""
    if request.dialect in spoken:
        return
    kind = type(request).__name__
    raise ConfigurationError(
        f"{where} does not speak the dialect {request.dialect!r} of the request {kind}", remedy=_instead(request)
    )


def _instead(request: Request) -> str:
    match request:
        case OpenAIGeneration() | OpenAIEdit():
            return f"Give {_AT_KIE.get(request.model, _ANY_AT_KIE)[bool(request.images)]}, or a plain prompt."
        case JobsRequest() | LegacyNanoBanana() | KieRequest():
            kind = "OpenAIEdit(…, images=[…], " if request.images else "OpenAIGeneration(…, "
            if name := _AT_OPENAI_IMAGES.get(request.model):
                return f'Give {kind}model="{name}"), or a plain prompt.'
            return f'Give {kind}model="…") with the name that {request.model} has at this gateway.'
        case _:
            return "Give a request of a dialect that is spoken here, or a plain prompt."
