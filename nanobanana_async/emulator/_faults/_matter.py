"""What a call is about: the model and the prompt of the create, or of the task that is asked for.

Read leniently, since a fault may be meant for a request that nobody could accept.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from nanobanana_async.emulator._calls import Call, Form
from nanobanana_async.emulator._orders import Order
from nanobanana_async.emulator._tasks import Tasks, id_in


@frozen
class Matter:
    """A model and a prompt."""

    model: str
    prompt: str = field(repr=False)


def matter_of(call: Call, tasks: Tasks) -> Matter | None:
    """What a call is about; None where it is about no task at all, such as an upload or the balance."""
    match call.operation:
        case "createTask":
            body = call.body if isinstance(call.body, dict) else {}
            return _said(body.get("model"), body.get("input"))
        case "generate":
            body = call.body if isinstance(call.body, dict) else {}
            return _said(body.get("model"), body)
        case "generations" | "edits":
            return _in_any_form(call.body)
        case "recordInfo" | "record-info" | "images-task":
            return _of_task(call.subject, tasks)
        case "file":
            return _of_task(_id(call.subject), tasks)
        case "download-url":
            url = call.body.get("url") if isinstance(call.body, dict) else None
            return _of_task(_id(url), tasks) if isinstance(url, str) else None
        case _:
            return None


def matter_of_order(order: Order) -> Matter:
    """What a task is about."""
    return Matter(order.model, order.prompt)


def _in_any_form(body: object) -> Matter:
    if isinstance(body, Form):
        said = {part.name: part.text for part in body.parts if part.file_name is None}
        return _said(said.get("model"), said)
    said = body if isinstance(body, dict) else {}
    return _said(said.get("model"), said)


def _said(model: object, fields: object) -> Matter:
    prompt = fields.get("prompt") if isinstance(fields, Mapping) else None
    return Matter(model if isinstance(model, str) else "", prompt if isinstance(prompt, str) else "")


def _of_task(task_id: str, tasks: Tasks) -> Matter | None:
    task = tasks.find(task_id)
    return matter_of_order(task.order) if task else None


def _id(path: str) -> str:
    """The task id in the path or the address of a result."""
    return id_in(path.rpartition("/")[2])
