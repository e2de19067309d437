"""Faults of kinds `wire`, `file` and `balance`: what becomes of an answer after the call has had its effect.

Each is a pure function from the answer that would be sent to the one that is; None where it has nothing to act on. On
arrival (`charged=no`) the answer that is spoilt says that nothing was done, and nothing was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from nanobanana_async.emulator._calls import (
    Answer,
    Call,
    Cut,
    Drip,
    FileAnswer,
    Flood,
    HangUp,
    Immediate,
    Page,
    Silence,
    Whole,
)
from nanobanana_async.emulator._faults._fault import Fault
from nanobanana_async.emulator._faults._files import FILE_FAULTS
from nanobanana_async.emulator._faults._names import FaultName
from nanobanana_async.emulator._faults._refusals import refusal, without_effect
from nanobanana_async.emulator._operations import IMAGES
from nanobanana_async.emulator._proxy_page import page

_JSON = "application/json"
_Effect: TypeAlias = Callable[[Fault, Call, Whole], Immediate | None]


def withheld(fault: Fault, call: Call) -> Immediate:
    """The answer to a call that goes no further."""
    if fault.spec.kind == "refusal":
        return refusal(fault, call)
    nothing_done = without_effect(call)
    return spoiled(fault, call, nothing_done) or nothing_done


def spoiled(fault: Fault, call: Call, reply: Whole) -> Immediate | None:
    """What is left of an answer; None where the fault has nothing to act on."""
    return _EFFECTS[fault.name](fault, call, reply)


def applies(fault: Fault, call: Call, reply: Immediate) -> bool:
    """Whether a fault has anything to act on, whatever else strikes. The wire spoils everything."""
    if fault.spec.kind == "wire":
        return True
    return isinstance(reply, Whole) and spoiled(fault, call, reply) is not None


def _cut_json(_fault: Fault, _call: Call, reply: Whole) -> Whole | None:
    match reply:
        case Answer():
            content = reply.content
            return Page(content[: len(content) // 2], _JSON, reply.status, reply.headers)
        case FileAnswer(media_type="application/json", produce=produce):
            return FileAnswer(_JSON, lambda: _half(produce()), reply.status, reply.headers)
        case _:
            return None


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _null_data(_fault: Fault, call: Call, reply: Whole) -> Answer:
    if call.operation not in IMAGES:
        return Answer({"code": 200, "msg": "success", "data": None})
    rest = reply.payload if isinstance(reply, Answer) and "error" not in reply.payload else {}
    return Answer({**rest, "data": None})


def _flood(fault: Fault, call: Call, _reply: Whole) -> Flood:
    media_type = "image/png" if call.operation == "file" else _JSON
    return Flood(int(fault.number("size")), fault.name == "gzip-bomb", media_type)


def _whole_balance(_fault: Fault, _call: Call, reply: Whole) -> Answer | None:
    balance = reply.payload.get("data") if isinstance(reply, Answer) else None
    if not isinstance(balance, float) or not isinstance(reply, Answer):
        return None
    return Answer({**reply.payload, "data": int(balance)}, reply.status, reply.headers)


_EFFECTS: Mapping[FaultName, _Effect] = {
    "silent": lambda _fault, _call, _reply: Silence(),
    "closed": lambda _fault, _call, _reply: HangUp(),
    "reset": lambda _fault, _call, _reply: HangUp(reset=True),
    "bad-gateway": lambda fault, _call, _reply: page(int(fault.number("status"))),
    "html": lambda _fault, _call, _reply: page(200, title="Welcome"),
    "cut": lambda fault, _call, reply: Cut(reply, fault.number("share")),
    "cut-json": _cut_json,
    "null-data": _null_data,
    "drip": lambda fault, _call, reply: Drip(reply, fault.number("seconds")),
    "huge": _flood,
    "gzip-bomb": _flood,
    "balance-int": _whole_balance,
    **FILE_FAULTS,
}
