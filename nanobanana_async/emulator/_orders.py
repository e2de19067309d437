"""From the body of a createTask to an order, by the vendor's rules: PROTOCOL §1.1, §1.3 and §1.5.

What a model does not know is ignored and billed at defaults, as the vendor does. What it knows and does not
like is refused with the vendor's kind of text. This module decides about the words only; whether an image
can be reached is looked at by the jobs desk.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import cast

from attrs import field, frozen

from nanobanana_async.emulator import _texts as texts
from nanobanana_async.emulator._calls import RefusedError
from nanobanana_async.emulator._catalogue import CATALOGUE, ImageRule, ModelRule

PARAMETER = 500  # PROTOCOL §1.3: parameter errors come with the code of a server error
VALIDATION = 422
INVALID = 400


@frozen
class Order:
    """What was understood: every field has a value, defaults filled in."""

    model: str
    prompt: str = field(repr=False)
    images: tuple[str, ...]
    aspect_ratio: str
    resolution: str
    output_format: str
    credits: float


@frozen
class Submission:
    """A createTask that passed the checks: the order, and the body as it was said."""

    order: Order
    input: Mapping[str, object] = field(repr=False)
    callback_url: str | None = None

    def fingerprint(self) -> str:
        """Equal for equal model and input, whatever the callback: two of them charged is one paid twice."""
        said = json.dumps([self.order.model, self.input], sort_keys=True, separators=(",", ":"))
        return sha256(said.encode()).hexdigest()[:32]


def read_submission(body: object) -> Submission:
    """The submission in a createTask's body.

    Raises:
        RefusedError: With the code and the kind of text that the vendor has for it.
    """
    if not isinstance(body, dict):
        raise RefusedError(INVALID, texts.BODY_NOT_AN_OBJECT)
    rule = _rule(body.get("model"))
    said = body.get("input")
    if not isinstance(said, dict):
        raise RefusedError(PARAMETER, texts.required("input"))
    callback = body.get("callBackUrl")
    if callback is not None and not isinstance(callback, str):
        raise RefusedError(PARAMETER, texts.check_parameters("callBackUrl is not a URL"))
    return Submission(_order(rule, said), said, callback or None)


def _rule(model: object) -> ModelRule:
    # The prefix rule needs no code of its own: a name with the wrong prefix is a name that is not there.
    rule = CATALOGUE.get(model) if isinstance(model, str) else None
    if rule is None:
        raise RefusedError(VALIDATION, texts.UNKNOWN_MODEL)
    return rule


def _order(rule: ModelRule, said: Mapping[str, object]) -> Order:
    resolution = _resolution(rule, said)
    return Order(
        model=rule.id,
        prompt=_prompt(rule, said),
        images=_images(rule.images, said) if rule.images else (),
        aspect_ratio=_ratio(rule, said),
        resolution=resolution,
        output_format=_format(rule, said),
        credits=rule.credits[resolution],
    )


def _prompt(rule: ModelRule, said: Mapping[str, object]) -> str:
    prompt = said.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise RefusedError(PARAMETER, texts.required("prompt"))
    if len(prompt) > rule.max_prompt:
        complaint = f"prompt is too long: {len(prompt)} of at most {rule.max_prompt} characters"
        raise RefusedError(PARAMETER, texts.check_parameters(complaint))
    return prompt


def _images(rule: ImageRule, said: Mapping[str, object]) -> tuple[str, ...]:
    images = said.get(rule.name) or []
    if not isinstance(images, list) or not all(isinstance(image, str) for image in images):
        raise RefusedError(PARAMETER, texts.check_parameters(f"{rule.name} is not a list of URLs"))
    if len(images) < rule.at_least:
        raise RefusedError(PARAMETER, texts.required(rule.name))
    if len(images) > rule.at_most:
        complaint = f"{rule.name} has {len(images)} of at most {rule.at_most} images"
        raise RefusedError(PARAMETER, texts.check_parameters(complaint))
    return tuple(cast("list[str]", images))


def _ratio(rule: ModelRule, said: Mapping[str, object]) -> str:
    ratio = said.get("aspect_ratio")
    if ratio is None and rule.ratio_alias:
        ratio = said.get(rule.ratio_alias)  # deprecated name, still works (PROTOCOL §1.5)
    if ratio is None:
        ratio = rule.default_ratio
    if ratio is None:
        raise RefusedError(PARAMETER, texts.required("aspect_ratio"))
    return _one_of("aspect_ratio", ratio, rule.ratios)


def _resolution(rule: ModelRule, said: Mapping[str, object]) -> str:
    asked = said.get("resolution") if rule.has_resolution else None
    return "1K" if asked is None else _one_of("resolution", asked, tuple(rule.credits))


def _format(rule: ModelRule, said: Mapping[str, object]) -> str:
    asked = said.get("output_format") if rule.formats else None
    return rule.default_format if asked is None else _one_of("output_format", asked, rule.formats)


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise RefusedError(PARAMETER, texts.out_of_range(name))
    return value
