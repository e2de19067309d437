"""What a callback says of a task, in the words of the dialect that the task was asked for in (PROTOCOL §1.6, §2).

Pure: a record in, a body out. A record is what whoever asked at that moment would have been told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal, TypeAlias, assert_never

from nanobanana_async.emulator._options import EmulatorOptions
from nanobanana_async.emulator._orders import Dialect
from nanobanana_async.emulator._plans import SUCCESS
from nanobanana_async.emulator._records import generate_record, images_record, jobs_record
from nanobanana_async.emulator._tasks import Task

Said: TypeAlias = dict[str, object]
Shape: TypeAlias = Literal["top", "taskId", "task_id"]
"""Where the id stands: on top, `data.taskId`, `data.task_id`."""

FOREIGN_URL = "https://forged.example/banana.png"


def record_of(task: Task, now: float, options: EmulatorOptions) -> Said:
    """What is said of a task at this moment."""
    dialect = task.order.dialect
    match dialect:
        case "jobs":
            return jobs_record(task, now, base_url=task.base_url, shape=options.record_shape)
        case "generate":
            return generate_record(task, now, base_url=task.base_url, shape=options.generate_record)
        case "images":
            return images_record(task, now, base_url=task.base_url, options=options, links=True)
        case _:
            assert_never(dialect)


def succeeded_by(said: Mapping[str, object]) -> bool:
    """Whether a record says that its task succeeded."""
    return said.get("state") == SUCCESS or said.get("status") == "SUCCESS" or said.get("successFlag") == 1


def message(said: Mapping[str, object], shape: Shape | None = None) -> bytes:
    """The body of a callback: a record in the envelope of a callback; None leaves the id where it stands."""
    name = id_name(said)
    body: Said = {**_envelope(said), "data": dict(said)}
    if shape not in (None, name):
        rest = {key: value for key, value in said.items() if key != name}
        body |= {name: said[name], "data": rest} if shape == "top" else {"data": {shape: said[name], **rest}}
    # Non-ASCII is escaped: a lone surrogate in a prompt has no UTF-8.
    return json.dumps(body, separators=(",", ":")).encode()


def id_name(said: Mapping[str, object]) -> Literal["taskId", "task_id"]:
    """What a record calls the id of its task."""
    return "taskId" if "taskId" in said else "task_id"


def _envelope(said: Mapping[str, object]) -> Said:
    if "status" in said:
        return {"code": "success"}
    if succeeded_by(said):
        return {"code": 200, "msg": "Playground task completed successfully."}
    return {"code": 501, "msg": "Playground task failed."}


def forged(dialect: Dialect, said: Mapping[str, object], now: float) -> Said:
    """The record of a success that nobody had, with its picture far away."""
    match dialect:
        case "jobs":
            return _forged_job(said, now)
        case "generate":
            return _forged_generate(said, now)
        case "images":
            answer = {"created": int(now), "data": [{"url": FOREIGN_URL}]}
            return {**said, "status": "SUCCESS", "progress": "100%", "fail_reason": "", "data": answer}
        case _:
            assert_never(dialect)


def _forged_job(said: Mapping[str, object], now: float) -> Said:
    result = {"resultUrls": [FOREIGN_URL]}
    claim = {"state": SUCCESS, "resultJson": json.dumps(result), "failCode": None, "failMsg": None}
    later = {"response": result, "successFlag": 1} if "successFlag" in said else {}
    return {**said, **claim, **later, "completeTime": int(now * 1000)}


def _forged_generate(said: Mapping[str, object], now: float) -> Said:
    if "imageUrl" in said:
        return {**said, "successFlag": 1, "imageUrl": FOREIGN_URL}
    result = {"resultImageUrl": FOREIGN_URL}
    none = {"errorCode": None, "errorMessage": ""}
    return {**said, "successFlag": 1, "response": result, **none, "completeTime": int(now * 1000)}
