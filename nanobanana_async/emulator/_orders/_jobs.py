"""From the body of a createTask to an order, by the vendor's rules: PROTOCOL §1.1, §1.3 and §1.5.

What a model does not know is ignored and billed at defaults, as the vendor does. What it knows and does not
like is refused with the vendor's kind of text. This module decides about the words only; whether an image
can be reached is looked at when the order is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from nanobanana_async.emulator import _texts as texts
from nanobanana_async.emulator._calls import PARAMETER, VALIDATION, Call, RefusedError
from nanobanana_async.emulator._orders import _fields as fields
from nanobanana_async.emulator._orders._jobs_catalogue import CATALOGUE, ModelRule
from nanobanana_async.emulator._orders._order import ImageRule, Order, Submission


def read_jobs(call: Call) -> Submission:
    """The submission in a createTask.

    Raises:
        RefusedError: With the code and the kind of text that the vendor has for it.
    """
    body = fields.read_object(call.body)
    rule = _rule(body.get("model"))
    said = body.get("input")
    if not isinstance(said, dict):
        raise RefusedError(PARAMETER, texts.required("input"))
    callback = fields.read_callback(body)
    return Submission(_order(rule, said), said, rule.seconds, rule.images, callback)


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
        prompt=fields.read_prompt(said, longest=rule.max_prompt),
        images=_images(rule.images, said) if rule.images else (),
        aspect_ratio=_ratio(rule, said),
        resolution=resolution,
        output_format=_format(rule, said),
        credits=rule.credits[resolution],
    )


def _images(rule: ImageRule, said: Mapping[str, object]) -> tuple[str, ...]:
    images = said.get(rule.name) or []
    if not isinstance(images, list) or not all(isinstance(image, str) for image in images):
        raise fields.complaint(f"{rule.name} is not a list of URLs")
    if len(images) < rule.at_least:
        raise RefusedError(PARAMETER, texts.required(rule.name))
    if len(images) > rule.at_most:
        raise fields.complaint(f"{rule.name} has {len(images)} of at most {rule.at_most} images")
    return tuple(cast("list[str]", images))


def _ratio(rule: ModelRule, said: Mapping[str, object]) -> str:
    ratio = said.get("aspect_ratio")
    if ratio is None and rule.ratio_alias:
        ratio = said.get(rule.ratio_alias)  # deprecated name, still works (PROTOCOL §1.5)
    if ratio is None:
        ratio = rule.default_ratio
    if ratio is None:
        raise RefusedError(PARAMETER, texts.required("aspect_ratio"))
    return fields.one_of("aspect_ratio", ratio, rule.ratios)


def _resolution(rule: ModelRule, said: Mapping[str, object]) -> str:
    asked = said.get("resolution") if rule.has_resolution else None
    return "1K" if asked is None else fields.one_of("resolution", asked, tuple(rule.credits))


def _format(rule: ModelRule, said: Mapping[str, object]) -> str:
    asked = said.get("output_format") if rule.formats else None
    return rule.default_format if asked is None else fields.one_of("output_format", asked, rule.formats)
