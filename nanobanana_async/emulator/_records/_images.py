"""What an OpenAI-style gateway says of a task: the answer with its pictures, and the record of one that is polled.

PROTOCOL §3. Pure: where the picture itself is to stand, a `Drawn` stands for it, and is painted when the answer is
wanted.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from nanobanana_async.emulator._options import EmulatorOptions
from nanobanana_async.emulator._plans import FAIL, SUCCESS
from nanobanana_async.emulator._tasks import Task

_TOKENS_A_PICTURE, _TOKENS_AN_INPUT, _SIGNS_A_TOKEN = 1290, 258, 4
_STATUSES: Mapping[str, str] = {
    "waiting": "NOT_START",
    "queuing": "NOT_START",
    "generating": "IN_PROGRESS",
    SUCCESS: "SUCCESS",
    FAIL: "FAILURE",
}


@frozen
class Drawn:
    """A picture of a task as text: base64, or with `prefixed` a data URL."""

    number: int
    prefixed: bool


def images_answer(task: Task, *, base_url: str, options: EmulatorOptions, links: bool = False) -> dict[str, object]:
    """The answer of a task that has succeeded; with `links` it holds addresses, whatever was asked for."""
    urls = task.result_urls(base_url)
    items = [{"url": url} if links else _item(task, number, url, options) for number, url in enumerate(urls)]
    return {"created": int(task.plan.last.at), "data": items, "usage": _usage(task)}


def images_record(
    task: Task, now: float, *, base_url: str, options: EmulatorOptions, links: bool = False
) -> dict[str, object]:
    """The `data` of an answer about a task."""
    state = task.plan.state(now)
    failure = task.plan.failure if state == FAIL else None
    return {
        "task_id": task.id,
        "status": _STATUSES.get(state, state.upper()),
        "progress": _progress(task, state, now),
        "fail_reason": failure.msg if failure else "",
        "data": images_answer(task, base_url=base_url, options=options, links=links) if state == SUCCESS else None,
    }


def _item(task: Task, number: int, url: str, options: EmulatorOptions) -> dict[str, object]:
    asked = task.input.get("response_format") or "url"
    both = options.images_item == "both"
    item: dict[str, object] = {}
    if both or asked == "url":
        item["url"] = Drawn(number, prefixed=True) if options.images_url == "data" else url
    if both or asked == "b64_json":
        item["b64_json"] = Drawn(number, prefixed=options.images_b64 == "prefixed")
    return item


def _progress(task: Task, state: str, now: float) -> str:
    if state in (SUCCESS, FAIL):
        return "100%"
    began, ends = task.plan.created_at, task.plan.last.at
    if _STATUSES.get(state) == "NOT_START" or ends <= began:
        return "0%"
    return f"{min(int(100 * (now - began) / (ends - began)), 99)}%"


def _usage(task: Task) -> dict[str, object]:
    text = max(len(task.order.prompt) // _SIGNS_A_TOKEN, 1)
    images = _TOKENS_AN_INPUT * len(task.order.images)
    output = _TOKENS_A_PICTURE * task.order.count
    return {
        "total_tokens": text + images + output,
        "input_tokens": text + images,
        "output_tokens": output,
        "input_tokens_details": {"text_tokens": text, "image_tokens": images},
    }
