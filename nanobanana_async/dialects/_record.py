"""A task's record, in every shape that Kie was seen to send (PROTOCOL §1.2, §2), as a `Looked`."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs

from nanobanana_async.dialects._lenient import amount, as_dict, first, instant, unwrapped, web_url, whole, word
from nanobanana_async.dialects._snippet import one_line
from nanobanana_async.values import JSON, Looked, Result, Task, TaskState

_STATES: Mapping[str, TaskState] = {state.value: state for state in TaskState}
# The older way to say it, still sent beside `state`; 2 and 3 are both failures (PROTOCOL §2).
_FLAGS: Mapping[int | None, TaskState] = {
    0: TaskState.GENERATING,
    1: TaskState.SUCCESS,
    2: TaskState.FAIL,
    3: TaskState.FAIL,
}
# A URL may hold a comma itself, so a list is cut only where another URL begins.
_BETWEEN_URLS = re.compile(r",\s*(?=https?://)", re.IGNORECASE)


@attrs.frozen
class RecordNames:
    """The names that the records of one dialect use.

    `results` are the places where pictures are told of, before the record itself; `urls` their names there.
    """

    dialect: str
    results: tuple[str, ...]
    urls: tuple[str, ...]
    fail_code: str
    fail_message: str


def task_id_of(record: dict[str, JSON]) -> str | None:
    """The id of the task that `record` is about, if it says one."""
    return word(record.get("taskId")) or word(record.get("task_id"))


def prompt_in_record(record: Mapping[str, JSON]) -> str | None:
    """The prompt that a task's record says it was made with, None where it says none.

    ``param`` is JSON in a text, and ``input`` in it is that once more, or an object (PROTOCOL §1.2).
    """
    asked = as_dict(unwrapped(as_dict(unwrapped(record.get("param"))).get("input")))
    prompt = asked.get("prompt")
    return prompt if isinstance(prompt, str) else None


def looked(
    task_id: str,
    record: dict[str, JSON],
    names: RecordNames,
    *,
    secret: str = "",
    failure: tuple[int, str] | None = None,
) -> Looked:
    """What `record` says of the task; `failure` is a code and a message that say from outside that it failed.

    `secret` is the key, which no text may show.
    """
    task = Task(
        id=task_id,
        model=word(record.get("model")),
        dialect=names.dialect,
        state=TaskState.FAIL if failure else _state(record),
        created_at=instant(record.get("createTime")),
        raw=record,
    )
    code, message = failure or (None, "")
    said_code, said_message = word(record.get(names.fail_code)) or word(code), record.get(names.fail_message)
    failed = task.state is TaskState.FAIL
    return Looked(
        task,
        result=_result(task, record, names) if task.state is TaskState.SUCCESS else None,
        fail_code=_text(said_code, secret) or None if failed else None,
        fail_message=(_text(said_message, secret) or message or None) if failed else None,
        credits=_credits(record),
    )


def _state(record: dict[str, JSON]) -> TaskState:
    said = first(record, "state")
    if said is None:
        return _FLAGS.get(whole(record.get("successFlag")), TaskState.WAITING)
    return _STATES.get(said.strip().lower(), TaskState.WAITING) if isinstance(said, str) else TaskState.WAITING


def _result(task: Task, record: dict[str, JSON], names: RecordNames) -> Result:
    return Result(
        task_id=task.id,
        model=task.model,
        urls=_urls(record, names),
        credits=_credits(record),
        created_at=task.created_at,
        completed_at=instant(record.get("completeTime")),
        raw=record,
    )


def _credits(record: dict[str, JSON]) -> float | None:
    consumed = amount(record.get("creditsConsumed"))
    return consumed if consumed is not None else amount(record.get("consumeCredits"))


def _urls(record: dict[str, JSON], names: RecordNames) -> tuple[str, ...]:
    """The first place that has any: each tells of the same pictures, not of more."""
    for place in (*(record.get(name) for name in names.results), record):
        result = unwrapped(place)
        for said in [result.get(name) for name in names.urls] if isinstance(result, dict) else [result]:
            if urls := _listed(unwrapped(said)):
                return urls
    return ()


def _listed(said: JSON) -> tuple[str, ...]:
    """The URLs of a list, or of a text that stands for one: several may be joined by commas (PROTOCOL §2)."""
    ones = _BETWEEN_URLS.split(said) if isinstance(said, str) else said if isinstance(said, list) else []
    return tuple(dict.fromkeys(url for one in ones if (url := web_url(one)) is not None))


def _text(said: JSON, secret: str) -> str:
    return one_line(said, secret) if isinstance(said, str) else ""
