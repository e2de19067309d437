"""The other ways in which recordInfo says the same thing (PROTOCOL §1.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from nanobanana_async.emulator._faults._effect import RecordEffect, Said, fail_code
from nanobanana_async.emulator._faults._fault import Fault
from nanobanana_async.emulator._faults._names import FaultName
from nanobanana_async.emulator._records import as_documented, as_today, dumps
from nanobanana_async.emulator._tasks import Task


def _odd_case(_fault: Fault, _task: Task, said: Said, _now: float) -> Said:
    return said | {"state": str(said["state"]).upper()}


def _no_url(_fault: Fault, _task: Task, said: Said, _now: float) -> Said | None:
    if _urls(said) is None:
        return None
    none: Said = {"resultUrls": []}
    return said | {"resultJson": dumps(none)} | ({"response": none} if "response" in said else {})


def _fail_code(fault: Fault, task: Task, said: Said, _now: float) -> Said | None:
    if task.plan.failure is None or said["failCode"] is None:
        return None
    return said | {"failCode": fail_code(fault, task.plan.failure.code)}


def _plain_param(_fault: Fault, task: Task, said: Said, _now: float) -> Said:
    param = dumps(json.loads(str(said["param"])) | {"input": task.input})
    return said | {"param": param} | ({"paramJson": param} if "paramJson" in said else {})


def _old_record(_fault: Fault, task: Task, said: Said, now: float) -> Said:
    return as_documented(task, said, now)


def _new_record(_fault: Fault, task: Task, said: Said, now: float) -> Said:
    return as_today(task, said, now)


def _result_dict(_fault: Fault, _task: Task, said: Said, _now: float) -> Said | None:
    urls = _urls(said)
    return None if urls is None else said | {"resultJson": urls}


def _result_string(_fault: Fault, _task: Task, said: Said, _now: float) -> Said | None:
    urls = _urls(said)
    listed = urls.get("resultUrls") if urls else None
    if not isinstance(listed, list) or not listed:
        return None
    alone: Said = {"resultUrls": listed[0]}
    return said | {"resultJson": dumps(alone)} | ({"response": alone} if "response" in said else {})


def _urls(said: Said) -> Said | None:
    """The object behind `resultJson`; None while there is none."""
    result = said["resultJson"]
    if isinstance(result, str):
        return dict(json.loads(result)) if result else None
    return dict(result) if isinstance(result, Mapping) else None


JOBS: Mapping[FaultName, RecordEffect] = {
    "odd-case": _odd_case,
    "no-url": _no_url,
    "fail-code": _fail_code,
    "plain-param": _plain_param,
    "old-record": _old_record,
    "new-record": _new_record,
    "result-dict": _result_dict,
    "result-string": _result_string,
}
"""What each fault makes of a recordInfo."""
