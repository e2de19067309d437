"""Single fields of a Kie create, read with the vendor's kind of complaint: PROTOCOL §1.3.

Which field a model has is not known here. None and a field that is not there are one and the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from nanobanana_async.emulator import _texts as texts
from nanobanana_async.emulator._calls import INVALID, PARAMETER, RefusedError


def read_object(body: object) -> Mapping[str, object]:
    """The body, which has to be a JSON object."""
    if not isinstance(body, dict):
        raise RefusedError(INVALID, texts.BODY_NOT_AN_OBJECT)
    return body


def read_prompt(said: Mapping[str, object], *, longest: int | None = None) -> str:
    """The prompt, which has to be there, and not to be blank."""
    prompt = said.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise RefusedError(PARAMETER, texts.required("prompt"))
    if longest is not None and len(prompt) > longest:
        raise complaint(f"prompt is too long: {len(prompt)} of at most {longest} characters")
    return prompt


def read_callback(said: Mapping[str, object]) -> str | None:
    """The `callBackUrl`; whether it is an address is looked at later."""
    callback = said.get("callBackUrl")
    if callback is not None and not isinstance(callback, str):
        raise complaint("callBackUrl is not a URL")
    return callback or None


def one_of(name: str, value: object, allowed: tuple[str, ...]) -> str:
    """The value, which has to be one of some words."""
    if not isinstance(value, str) or value not in allowed:
        raise RefusedError(PARAMETER, texts.out_of_range(name))
    return value


def read_whole(said: Mapping[str, object], name: str) -> int | None:
    """A whole number of any size."""
    value = said.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise complaint(f"{name} is not a whole number")
    return value


def check_range(name: str, value: object, least: float, most: float) -> None:
    """A number, if there is one, has to lie from `least` to `most`."""
    if value is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise complaint(f"{name} is not a number")
    if not least <= value <= most:
        raise RefusedError(PARAMETER, texts.out_of_range(name))


def complaint(about: str) -> RefusedError:
    """What there is to say against a parameter."""
    return RefusedError(PARAMETER, texts.check_parameters(about))
