"""The rule for `extra`: a vendor's further fields, sent as they are, but for those that have a field of ours."""

from __future__ import annotations

from collections.abc import Mapping

from nanobanana_async.models._json_rule import checked_json
from nanobanana_async.models._problems import FieldError, shown
from nanobanana_async.values import JSON

# Our own names, and the vendor's names for what we set (PROTOCOL §3): one of the two would win in silence.
_OURS: Mapping[str, str] = {
    "model": "model",
    "prompt": "prompt",
    "images": "images",
    "image": "images",
    "image[]": "images",
    "aspect_ratio": "aspect_ratio",
    "resolution": "resolution",
    "image_size": "resolution",
    "response_format": "response_format",
    "operation": "operation",
    "credits": "credits",
    "extra": "extra",
}
_NOT_TAKEN: Mapping[str, tuple[str, str]] = {
    "n": ("a task makes one image", "Leave n out, and make a request for each image."),
    "stream": ("an answer is read whole", "Leave stream out."),
}


def not_taken(name: object) -> tuple[str, str] | None:
    """Why a vendor's field of this `name` can't be sent, and the remedy; None where it can."""
    if not isinstance(name, str):
        return None
    if name in _OURS:
        return f"it is set by {_OURS[name]}", f"Give it as {_OURS[name]}."
    return _NOT_TAKEN.get(name)


def checked_extra(value: object) -> JSON:
    """The vendor's further fields, as a copy; None where there are none.

    Raises:
        FieldError: they are no dict of JSON, or name what can't be sent.
    """
    if value is None:
        return None
    if not isinstance(value, Mapping):
        message = f"extra={shown(value)} is no dict of the vendor's fields"
        raise FieldError("extra", value, message, 'Give extra as a dict, such as {"quality": "high"}.')
    if wrong := {name: why for name in value if (why := not_taken(name))}:
        message = "; ".join(f"extra has {name!r}, but {why}" for name, (why, _) in wrong.items())
        raise FieldError("extra", value, message, " ".join(remedy for _, remedy in wrong.values()))
    return checked_json("extra", value) or None
