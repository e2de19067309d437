"""What record-info says of a task of the older kind: PROTOCOL §2, in every shape that was seen.

Two families: flat, and wrapped as the siblings of that service have it. The latter differ among themselves in the name
of the result and in how they write a time, so a task of shape `mixed` draws its own way and keeps it. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Literal

from attrs import frozen

from nanobanana_async.emulator._options import GenerateRecord
from nanobanana_async.emulator._plans import FAIL, IMAGE_UNREACHABLE, SUCCESS
from nanobanana_async.emulator._tasks import Task


@frozen
class _Style:
    """One way of saying it."""

    flat: bool
    result: Literal["resultImageUrl", "resultUrls", "result_urls"] = "resultImageUrl"
    times: Literal["milliseconds", "text"] = "milliseconds"


_STYLES: Mapping[GenerateRecord, tuple[_Style, ...]] = {
    "flat": (_Style(flat=True),),
    "wrapped": (_Style(flat=False),),
    "mixed": (
        _Style(flat=True),
        _Style(flat=False),
        _Style(flat=False, times="text"),
        _Style(flat=False, result="resultUrls"),
        _Style(flat=False, result="result_urls", times="text"),
    ),
}


def generate_record(task: Task, now: float, *, base_url: str, shape: GenerateRecord) -> dict[str, object]:
    """All of a flat record; the `data` of a wrapped one."""
    style = _style(task, shape)
    return _flat(task, now, base_url) if style.flat else _wrapped(task, now, base_url, style)


def is_flat(task: Task, shape: GenerateRecord) -> bool:
    """Whether the record of this task has no envelope."""
    return _style(task, shape).flat


def _style(task: Task, shape: GenerateRecord) -> _Style:
    return Random(f"{task.id}:record").choice(_STYLES[shape])  # noqa: S311 - to be repeated, not secret


def _flat(task: Task, now: float, base_url: str) -> dict[str, object]:
    state = task.plan.state(now)
    said: dict[str, object] = {
        "taskId": task.id,
        "successFlag": _flag(task, state),
        "imageUrl": task.result_urls(base_url)[0] if state == SUCCESS else None,
        "createTime": _text(task.plan.created_at, "%Y-%m-%dT%H:%M:%SZ"),
        "completeTime": _text(task.plan.last.at, "%Y-%m-%dT%H:%M:%SZ") if state in (SUCCESS, FAIL) else None,
    }
    return said | _error(task, state) if state == FAIL else said


def _wrapped(task: Task, now: float, base_url: str, style: _Style) -> dict[str, object]:
    state = task.plan.state(now)
    ended = state in (SUCCESS, FAIL)
    return {
        "taskId": task.id,
        "successFlag": _flag(task, state),
        "response": _response(task, base_url, style) if state == SUCCESS else None,
        **_error(task, state),
        "createTime": _time(task.plan.created_at, style),
        "completeTime": _time(task.plan.last.at, style) if ended else None,
    }


def _flag(task: Task, state: str) -> int:
    """3 where the task could not even be begun, for its picture was not to be had; 2 for any other failure."""
    if state == FAIL:
        return 3 if task.plan.failure == IMAGE_UNREACHABLE else 2
    return 1 if state == SUCCESS else 0


def _response(task: Task, base_url: str, style: _Style) -> dict[str, object]:
    urls = task.result_urls(base_url)
    return {style.result: urls[0] if style.result == "resultImageUrl" else urls}


def _error(task: Task, state: str) -> dict[str, object]:
    failure = task.plan.failure if state == FAIL else None
    if failure is None:
        return {"errorCode": None, "errorMessage": ""}
    return {"errorCode": int(failure.code) if failure.code.isdecimal() else failure.code, "errorMessage": failure.msg}


def _time(moment: float, style: _Style) -> object:
    return int(moment * 1000) if style.times == "milliseconds" else _text(moment, "%Y-%m-%d %H:%M:%S")


def _text(moment: float, form: str) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime(form)
