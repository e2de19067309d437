"""What a call is about: the model and the prompt of the create, or of the task that is asked for.

Read leniently, since a fault may be meant for a request that nobody could accept.
"""

from __future__ import annotations

from attrs import field, frozen

from nanobanana_async.emulator._calls import Call
from nanobanana_async.emulator._orders import Order
from nanobanana_async.emulator._tasks import Tasks


@frozen
class Matter:
    """A model and a prompt."""

    model: str
    prompt: str = field(repr=False)


def matter_of(call: Call, tasks: Tasks) -> Matter | None:
    """What a call is about; None where it is about no task at all, such as an upload or the balance."""
    match call.operation:
        case "createTask":
            return _said_in(call.body)
        case "recordInfo":
            return _of_task(call.subject, tasks)
        case "file":
            return _of_task(_stem(call.subject), tasks)
        case "download-url":
            url = call.body.get("url") if isinstance(call.body, dict) else None
            return _of_task(_stem(url), tasks) if isinstance(url, str) else None
        case _:
            return None


def matter_of_order(order: Order) -> Matter:
    """What a task is about."""
    return Matter(order.model, order.prompt)


def _said_in(body: object) -> Matter | None:
    said = body if isinstance(body, dict) else {}
    fields = said.get("input")
    model, prompt = said.get("model"), fields.get("prompt") if isinstance(fields, dict) else None
    return Matter(model if isinstance(model, str) else "", prompt if isinstance(prompt, str) else "")


def _of_task(task_id: str, tasks: Tasks) -> Matter | None:
    task = tasks.find(task_id)
    return matter_of_order(task.order) if task else None


def _stem(path: str) -> str:
    """The task id in the path or the address of a result."""
    return path.rpartition("/")[2].partition(".")[0]
