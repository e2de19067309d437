"""What recordInfo says of a task: PROTOCOL §1.2, in the shape of today and in that of the documents.

Pure: a task, a moment and the address of the file host in; a plain dict out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from nanobanana_async.emulator._options import RecordShape
from nanobanana_async.emulator._plans import FAIL, SUCCESS
from nanobanana_async.emulator._tasks import Task

_DOCUMENTED = (
    "taskId",
    "model",
    "state",
    "param",
    "resultJson",
    "failCode",
    "failMsg",
    "costTime",
    "completeTime",
    "createTime",
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
dumps = _ENCODER.encode
"""JSON as it stands inside other JSON: short, and as it was said."""


def jobs_record(task: Task, now: float, *, base_url: str, shape: RecordShape) -> dict[str, object]:
    """The `data` of a recordInfo answer."""
    said = _documented(task, task.plan.state(now), base_url)
    return said | (_since_left_out(task, now) if shape == "old" else _added_since(task, said, now))


def as_documented(task: Task, said: Mapping[str, object], now: float) -> dict[str, object]:
    """A record in the shape of the documents, whichever it had."""
    return {name: said[name] for name in _DOCUMENTED} | _since_left_out(task, now)


def as_today(task: Task, said: Mapping[str, object], now: float) -> dict[str, object]:
    """A record in the shape of today, whichever it had."""
    return {name: said[name] for name in _DOCUMENTED} | _added_since(task, said, now)


def _documented(task: Task, state: str, base_url: str) -> dict[str, object]:
    ended = state in (SUCCESS, FAIL)
    failure = task.plan.failure if state == FAIL else None
    # Seconds, for that is what the wire has; the document's milliseconds were never seen.
    created, completed = _milliseconds(task.plan.created_at), _milliseconds(task.plan.last.at)
    return {
        "taskId": task.id,
        "model": task.order.model,
        "state": state,
        "param": _param(task),
        "resultJson": dumps({"resultUrls": task.result_urls(base_url)}) if state == SUCCESS else "",
        "failCode": failure.code if failure else None,
        "failMsg": failure.msg if failure else None,
        "costTime": round((completed - created) / 1000) if ended else None,
        "completeTime": completed if ended else None,
        "createTime": created,
    }


def _since_left_out(task: Task, now: float) -> dict[str, object]:
    return {"updateTime": _milliseconds(min(now, task.plan.last.at))}


def _added_since(task: Task, said: Mapping[str, object], now: float) -> dict[str, object]:
    urls, state = said["resultJson"], task.plan.state(now)
    return {
        "creditsConsumed": 0.0 if state == FAIL else task.order.credits,
        "operationType": task.order.model,
        "response": json.loads(urls) if isinstance(urls, str) and urls else urls or None,
        "successFlag": {SUCCESS: 1, FAIL: 2}.get(state, 0),
        "paramJson": said["param"],
    }


def _param(task: Task) -> str:
    """JSON in JSON: on the wire the input is text inside the text."""
    said: dict[str, object] = {"input": dumps(task.input), "model": task.order.model}
    if task.callback_url:
        said["callBackUrl"] = task.callback_url
    return dumps(said)


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
