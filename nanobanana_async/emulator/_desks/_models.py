"""The list of models of the images dialect, in OpenAI's form (PROTOCOL §3)."""

from __future__ import annotations

from nanobanana_async.emulator._accounts import Account
from nanobanana_async.emulator._calls import Answer, Call
from nanobanana_async.emulator._orders import IMAGES_MODELS, model_not_found

_SINCE = 1_760_000_000
_OWNER = "nanobanana-emulator"


def models(call: Call, _account: Account, _now: float) -> Answer:
    """`models`: all of them, or the one that is named.

    Raises:
        RefusedError: 404, there is none of this name.
    """
    if not call.subject:
        return Answer({"object": "list", "data": [_model(name) for name in IMAGES_MODELS]})
    if call.subject not in IMAGES_MODELS:
        raise model_not_found(call.subject)
    return Answer(_model(call.subject))


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": _SINCE, "owned_by": _OWNER}
