"""How a yes and a no are said: by Kie, by its upload host, by an OpenAI-style gateway (PROTOCOL §1.3, §3, §4)."""

from __future__ import annotations

from nanobanana_async.emulator._calls import Answer, RefusedError
from nanobanana_async.emulator._openai import openai_refused
from nanobanana_async.emulator._operations import IMAGES, UPLOADS, Operation

_OPENAI_PATHS = "/v1/"


def succeeded(data: object) -> Answer:
    """The envelope of a call that worked."""
    return Answer({"code": 200, "msg": "success", "data": data})


def refused(error: RefusedError) -> Answer:
    """The envelope of a call that did not: the truth is in `code`, the HTTP status is 200."""
    return Answer({"code": error.code, "msg": error.msg, "data": None}, headers=error.headers)


def upload_refused(error: RefusedError) -> Answer:
    """The upload host's envelope for a no."""
    return Answer({"success": False, "code": error.code, "msg": error.msg}, headers=error.headers)


def refused_at(operation: Operation, error: RefusedError) -> Answer:
    """A no as it is said where this was asked for."""
    if operation in IMAGES:
        return openai_refused(error)
    return upload_refused(error) if operation in UPLOADS else refused(error)


def not_served(path: str, error: RefusedError) -> Answer:
    """A no to what is no call at all: a path or method that is not there, a body that is too large."""
    if path.startswith(_OPENAI_PATHS):
        return openai_refused(error)
    return Answer(refused(error).payload, error.code)
