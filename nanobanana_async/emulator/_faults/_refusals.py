"""Faults of kind `refusal`: a no in the vendor's words, before anything is looked at (PROTOCOL §1.3, §1.9).

Nothing is charged, nothing counted, nothing kept. The envelope is that of the path that was asked; an OpenAI-style one
has a real HTTP status, whatever the form.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from nanobanana_async.emulator import _texts as texts
from nanobanana_async.emulator._calls import Answer, Call, Immediate, RefusedError
from nanobanana_async.emulator._envelopes import refused_at
from nanobanana_async.emulator._faults import _wordings as wordings
from nanobanana_async.emulator._faults._fault import Fault
from nanobanana_async.emulator._faults._names import FaultName
from nanobanana_async.emulator._operations import IMAGES
from nanobanana_async.emulator._proxy_page import page
from nanobanana_async.emulator._routes import path_of

_NO_EFFECT = RefusedError(500, texts.INTERNAL_ERROR)
_REFUSALS: Mapping[FaultName, RefusedError] = {
    "too-many": RefusedError(429, texts.TOO_FREQUENT),
    "maintenance": RefusedError(455, wordings.MAINTENANCE),
    "server-error": _NO_EFFECT,
    "high-demand": RefusedError(422, wordings.HIGH_DEMAND),
    "validation": RefusedError(422, texts.UNKNOWN_MODEL),
    "invalid": RefusedError(400, texts.check_parameters("The input is not valid")),
    "unauthorized": RefusedError(401, texts.NO_ACCESS),
    "no-credits": RefusedError(402, texts.INSUFFICIENT),
    "key-capped": RefusedError(433, wordings.KEY_CAPPED),
    "disabled": RefusedError(505, wordings.DISABLED),
    "not-found": RefusedError(404, texts.NOT_FOUND),
}
_WORDS = {**wordings.REFUSALS, "access": texts.NO_ACCESS, "authentication": texts.UNAUTHENTICATED}


def refusal(fault: Fault, call: Call) -> Immediate:
    """What a fault of kind `refusal` answers to a call."""
    if fault.name == "redirect":
        to = fault.text("to") or call.base_url + path_of(call.operation, call.subject)
        return page(int(fault.number("status")), headers={"Location": to})
    headers = _headers(fault)
    if fault.name == "answer":
        code = int(fault.number("code"))
        said = RefusedError(code, fault.text("text") or texts.INTERNAL_ERROR, word=str(code), headers=headers)
        return evolve(refused_at(call.operation, said), status=int(fault.number("status")))
    said = RefusedError(_REFUSALS[fault.name].code, _words(fault), headers=headers)
    match fault.text("form"):
        case "bare":
            return page(_status(said, call), headers=headers)
        case "status":
            return evolve(refused_at(call.operation, said), status=_status(said, call))
        case _:
            return _as_usual(said, call)


def without_effect(call: Call) -> Answer:
    """The answer that is lost where a fault of the wire strikes on arrival: that nothing was done."""
    return _as_usual(_NO_EFFECT, call)


def _as_usual(said: RefusedError, call: Call) -> Answer:
    """As the gateway says it; a file host has nothing but its status."""
    answer = refused_at(call.operation, said)
    return evolve(answer, status=said.code) if call.operation == "file" else answer


def _status(said: RefusedError, call: Call) -> int:
    """The code as a real HTTP status, and in the images dialect one that HTTP has."""
    return refused_at(call.operation, said).status if call.operation in IMAGES else said.code


def _words(fault: Fault) -> str:
    kind = fault.text("kind")
    said = fault.text("text")
    if said is not None:
        return said
    return _WORDS[kind] if kind is not None else _REFUSALS[fault.name].msg


def _headers(fault: Fault) -> dict[str, str]:
    after = fault.text("retry-after")
    return {"Retry-After": after} if after is not None else {}
