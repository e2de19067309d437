"""The rule for `extra`: a vendor's further fields, sent as they are, but for those that have a field of ours."""

from __future__ import annotations

from collections.abc import Mapping

from nanobanana_async.models._foreign_names import ForeignName, never_sent, squeezed
from nanobanana_async.models._json_rule import checked_json
from nanobanana_async.models._problems import FieldError, shown
from nanobanana_async.values import JSON

# Our own names, and the vendor's names for what we set (PROTOCOL §3), as `squeezed` gives them: one of the two would
# win in silence.
_OURS: Mapping[str, str] = {
    "model": "model",
    "prompt": "prompt",
    "images": "images",
    "image": "images",
    "aspectratio": "aspect_ratio",
    "resolution": "resolution",
    "imagesize": "resolution",
    "responseformat": "response_format",
    "operation": "operation",
    "credits": "credits",
    "extra": "extra",
}


def not_taken(name: object) -> ForeignName | None:
    """Why a vendor's field of this `name` can't be sent, and the remedy; None where it can."""
    if not isinstance(name, str):
        return None
    ours = _OURS.get(squeezed(name))
    return ForeignName(f"it is set by {ours}", f"Give it as {ours}.") if ours is not None else never_sent(name)


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
    if wrong := {name: found for name in value if (found := not_taken(name))}:
        message = "; ".join(f"extra has {name!r}, but {found.why}" for name, found in wrong.items())
        raise FieldError("extra", value, message, " ".join(found.instead for found in wrong.values()))
    return checked_json("extra", value) or None
