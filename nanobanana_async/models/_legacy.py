"""The request of the older generate endpoint at Kie: `LegacyNanoBanana` (PROTOCOL §2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs

from nanobanana_async.models._google import NanoBanana, NanoBananaEdit
from nanobanana_async.models._image_rules import as_images, checked_images, shown_images
from nanobanana_async.models._info import MEGABYTE, ModelInfo
from nanobanana_async.models._model_names import unknown_model
from nanobanana_async.models._number_rule import number_or_none, whole_or_none
from nanobanana_async.models._pro import NanoBananaPro
from nanobanana_async.models._problems import FieldError
from nanobanana_async.models._prompt_request import PromptRequest, under_vendor_names
from nanobanana_async.models._text_rule import bounded_text, checked_prompt, checked_text
from nanobanana_async.values import JSON, Expected, ImageSource

_CREDITS: Final = 4.0
_PROMPT_MAX: Final = 5000  # as the jobs model of the same name; the older endpoint's own limit is not documented
_MOST_IMAGES: Final = 5


def _model(model: str, expected: Expected, *, images: tuple[int, int], megabytes: int | None = None) -> ModelInfo:
    return ModelInfo(
        id=model,
        name="LegacyNanoBanana",
        dialect="generate",
        prompt_max=_PROMPT_MAX,
        images=images,
        max_image_bytes=megabytes * MEGABYTE if megabytes is not None else None,
        credits={None: _CREDITS},
        expected=expected,
        vendor_names={"images": ("img_url",)},
    )


# Times, the weight of images, and which model takes any, are as documented for the jobs models of the same names
# (PROTOCOL §1.4, §1.5): `img_url` is "for editing" (§2), and a picture made without it would be paid for all the same.
_PLAIN: Final = _model("google/nano-banana", NanoBanana.info.expected, images=(0, 0))
_EDITOR: Final = _model("google/nano-banana-edit", NanoBananaEdit.info.expected, images=(1, _MOST_IMAGES), megabytes=10)
_PRO: Final = _model("google/nano-banana-pro", NanoBananaPro.info.expected, images=(0, _MOST_IMAGES), megabytes=30)
GENERATE_MODELS: Final = (_PLAIN, _EDITOR, _PRO)
_ANY_MODEL: Final = _PRO
"""Whose rules hold for the other fields where the model is wrong: those that allow the most."""


@attrs.frozen
class LegacyNanoBanana(PromptRequest):
    """An image from a prompt of up to 5000 characters and up to 5 images, through Kie's older endpoint: 4 credits.

    It takes what the present one does not: `negative_prompt` (what the picture must not show), `seed`, `width` and
    `height` in pixels, `steps` from 20 to 60, and `guidance_scale` from 1 to 20 (how closely to follow the prompt).

    `model` is ``google/nano-banana``, which takes no images, and with images ``google/nano-banana-edit``, which needs
    one; or, named, ``google/nano-banana-pro``, which makes from a prompt or edits.

    Raises:
        InvalidFieldsError: a value that the model does not take.
    """

    images: tuple[ImageSource, ...] = attrs.field(default=(), kw_only=True, converter=as_images, repr=shown_images)
    model: str = attrs.field(kw_only=True)
    negative_prompt: str | None = attrs.field(default=None, kw_only=True)
    seed: int | None = attrs.field(default=None, kw_only=True)
    width: int | None = attrs.field(default=None, kw_only=True)
    height: int | None = attrs.field(default=None, kw_only=True)
    steps: int | None = attrs.field(default=None, kw_only=True)
    guidance_scale: float | None = attrs.field(default=None, kw_only=True)

    @model.default
    def _default_model(self) -> str:
        return _EDITOR.id if self.images else _PLAIN.id

    @classmethod
    def known_model(cls, model: object) -> str | None:
        """The id of `model` if there is such a one, else None."""
        info = _known(model)
        return info.id if info is not None else None

    @classmethod
    def check(cls, name: str, value: Any, *, model: object) -> Any:
        """`value` as the field `name` keeps it, in a request for `model`.

        Raises:
            FieldError: the field can't have this value.
        """
        match name:
            case "prompt":
                return checked_prompt(value, most=_PROMPT_MAX)
            case "model":
                return _checked_model(value)
            case "images":
                return _checked_images(_known(model) or _ANY_MODEL, as_images(value))
            case "negative_prompt":
                return _negative_prompt(value)
            case "seed":
                return whole_or_none("seed", value)
            case "steps":
                return whole_or_none("steps", value, least=20, most=60)
            case "guidance_scale":
                return number_or_none("guidance_scale", value, least=1, most=20)
            case _:
                return whole_or_none(name, value, least=1)  # width and height: no upper bound is documented

    @property
    def dialect(self) -> str:
        """The dialect that this is said in: ``"generate"``."""
        return "generate"

    @property
    def credits(self) -> float:
        """The documented price of the task in credits (PROTOCOL §2)."""
        return _CREDITS

    @property
    def max_image_bytes(self) -> int | None:
        """The most that each input image may weigh, in bytes; None where the model takes none."""
        return self._info.max_image_bytes

    @property
    def expected(self) -> Expected:
        """The time that such a task takes, in seconds: as documented for the jobs model of the same name."""
        return self._info.expect(editing=bool(self.images))

    def vendor_input(self, image_urls: Sequence[str]) -> dict[str, JSON]:
        """The vendor's fields without the model, with `image_urls` (one for each of `images`) joined by commas.

        Raises:
            ValueError: there are more or fewer URLs than images.
        """
        given = self.placed(image_urls)
        if "images" in given:
            given["images"] = ",".join(url.replace(",", "%2C") for url in given["images"])
        return under_vendor_names(given, self._info.vendor_names)

    @property
    def _info(self) -> ModelInfo:
        return _known(self.model) or _ANY_MODEL


def _known(model: object) -> ModelInfo | None:
    name = model.strip() if isinstance(model, str) else None
    return next((info for info in GENERATE_MODELS if info.id == name), None)


def _checked_model(value: object) -> str:
    name = checked_text("model", value).strip()
    if (info := _known(name)) is not None:
        return info.id
    remedy = "Name one of those; other models are asked for by a request of their own, such as NanoBanana2."
    problem = unknown_model(name, [info.id for info in GENERATE_MODELS], remedy=remedy)
    raise FieldError(problem.field, value, problem.message, problem.remedy)


def _checked_images(info: ModelInfo, images: tuple[ImageSource, ...]) -> tuple[ImageSource, ...]:
    if images and not info.images[1]:
        owners = ", ".join(other.id for other in GENERATE_MODELS if other.images[1])
        message = f"{info.id} has no images; it is a field of {owners}"
        raise FieldError("images", images, message, f"Choose {_EDITOR.id}, or leave the model out.")
    return checked_images(info.images, images)


def _negative_prompt(value: object) -> str | None:
    if value is None:
        return None
    remedy = "Say what the picture must not show, or leave it out."
    return bounded_text("negative_prompt", value, most=_PROMPT_MAX, remedy=remedy)
