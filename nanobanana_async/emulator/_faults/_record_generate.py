"""The other ways in which record-info says the same thing (PROTOCOL §2)."""

from __future__ import annotations

from collections.abc import Mapping

from nanobanana_async.emulator._faults._effect import RecordEffect, Said, fail_code
from nanobanana_async.emulator._faults._fault import Fault
from nanobanana_async.emulator._faults._names import FaultName
from nanobanana_async.emulator._tasks import Task


def _no_url(_fault: Fault, _task: Task, said: Said, _now: float) -> Said | None:
    if said["successFlag"] != 1:
        return None
    none: Said = {"imageUrl": ""} if "imageUrl" in said else {"response": {}}
    return said | none


def _fail_code(fault: Fault, task: Task, said: Said, _now: float) -> Said | None:
    if task.plan.failure is None or said.get("errorCode") is None:
        return None
    return said | {"errorCode": fail_code(fault, task.plan.failure.code)}


GENERATE: Mapping[FaultName, RecordEffect] = {"no-url": _no_url, "fail-code": _fail_code}
"""What each fault makes of a record-info; the others have nothing to act on."""
