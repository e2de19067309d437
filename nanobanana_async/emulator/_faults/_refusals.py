"""Faults of kind `refusal`: a no in the vendor's words, before anything is looked at (PROTOCOL §1.3, §1.9).

Nothing is charged, nothing counted, nothing kept. The envelope is that of the path that was asked.
"""

from __future__ import annotations

from collections.abc import Mapping

from nanobanana_async.emulator import _texts as texts
from nanobanana_async.emulator._calls import Answer, Call, RefusedError, Reply, refused
from nanobanana_async.emulator._faults import _wordings as wordings
from nanobanana_async.emulator._faults._fault import Fault
from nanobanana_async.emulator._faults._names import FaultName
from nanobanana_async.emulator._faults._pages import page
from nanobanana_async.emulator._routes import path_of
from nanobanana_async.emulator._uploads import upload_refused

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


def refusal(fault: Fault, call: Call) -> Reply:
    """What a fault of kind `refusal` answers to a call."""
    if fault.name == "redirect":
        to = fault.text("to") or call.base_url + path_of(call.operation, call.subject)
        return page(int(fault.number("status")), headers={"Location": to})
    headers = _headers(fault)
    if fault.name == "answer":
        said = RefusedError(int(fault.number("code")), fault.text("text") or texts.INTERNAL_ERROR)
        return _enveloped(said, call, int(fault.number("status")), headers)
    said = RefusedError(_REFUSALS[fault.name].code, _words(fault))
    match fault.text("form"):
        case "bare":
            return page(said.code, headers=headers)
        case "body" if call.operation != "file":
            return _enveloped(said, call, 200, headers)
        case _:
            return _enveloped(said, call, said.code, headers)


def without_effect(call: Call) -> Answer:
    """The answer that is lost where a fault of the wire strikes on arrival: that nothing was done."""
    return _enveloped(_NO_EFFECT, call, 500 if call.operation == "file" else 200, {})


def _words(fault: Fault) -> str:
    kind = fault.text("kind")
    said = fault.text("text")
    if said is not None:
        return said
    return _WORDS[kind] if kind is not None else _REFUSALS[fault.name].msg


def _headers(fault: Fault) -> dict[str, str]:
    after = fault.text("retry-after")
    return {"Retry-After": after} if after is not None else {}


def _enveloped(said: RefusedError, call: Call, status: int, headers: Mapping[str, str]) -> Answer:
    answer = upload_refused(said) if call.operation.endswith("-upload") else refused(said)
    return Answer(answer.payload, status, headers)
