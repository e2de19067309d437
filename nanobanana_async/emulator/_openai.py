"""Errors in OpenAI's form, as the images dialect has them: a real HTTP status, and words for it (PROTOCOL §3).

The codes that come in here are Kie's or HTTP's own; those that HTTP doesn't have become the nearest that it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from attrs import frozen

from nanobanana_async.emulator._calls import Answer, RefusedError
from nanobanana_async.emulator._options import ImagesErrors

_INVALID = "invalid_request_error"
_SERVER = "server_error"
_QUOTA = "insufficient_quota"
_USER = "image_generation_user_error"
MODERATION_BLOCKED = "moderation_blocked"


@frozen
class _Meaning:
    """What a code stands for in OpenAI's form."""

    status: int
    type: str
    code: str | None = None


_MEANINGS: Mapping[int, _Meaning] = MappingProxyType(
    {
        401: _Meaning(401, _INVALID, "invalid_api_key"),
        402: _Meaning(402, _QUOTA, _QUOTA),
        429: _Meaning(429, "requests", "rate_limit_exceeded"),
        433: _Meaning(429, _QUOTA, _QUOTA),
        455: _Meaning(503, _SERVER, "maintenance"),
        505: _Meaning(403, _INVALID, "feature_disabled"),
    }
)


def openai_refused(error: RefusedError) -> Answer:
    """A no in OpenAI's form."""
    meaning = _meaning(error)
    said = {"message": error.msg, "type": meaning.type, "param": error.param, "code": error.word or meaning.code}
    return Answer({"error": said}, meaning.status, error.headers)


def restyled(payload: Mapping[str, object], style: ImagesErrors) -> Mapping[str, object]:
    """An error as some relays say it; whatever is none stays as it is."""
    said = payload.get("error")
    if not isinstance(said, Mapping):
        return payload
    match style:
        case "object":
            return payload
        case "text":
            return {"error": said["message"]}
        case "message" | "msg":
            return {style: said["message"]}
        case _:
            assert_never(style)


def _meaning(error: RefusedError) -> _Meaning:
    if error.word == MODERATION_BLOCKED:
        return _Meaning(error.code, _USER)
    known = _MEANINGS.get(error.code)
    if known is not None:
        return known
    if not 400 <= error.code < 600:
        return _Meaning(500, _SERVER)
    return _Meaning(error.code, _INVALID if error.code < 500 else _SERVER)
