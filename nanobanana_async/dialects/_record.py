"""A task's record, in every shape that recordInfo was seen to send (PROTOCOL §1.2), as a `Looked`."""

from __future__ import annotations

from collections.abc import Mapping

from nanobanana_async.dialects._lenient import amount, first, instant, unwrapped, web_url, whole, word
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


def task_id_of(record: dict[str, JSON]) -> str | None:
    """The id of the task that `record` is about, if it says one."""
    return word(record.get("taskId")) or word(record.get("task_id"))


def looked(task_id: str, record: dict[str, JSON], *, failure: tuple[int, str] | None = None) -> Looked:
    """What `record` says of the task; `failure` is a code and a message that say from outside that it failed."""
    task = Task(
        id=task_id,
        model=word(record.get("model")),
        state=TaskState.FAIL if failure else _state(record),
        created_at=instant(record.get("createTime")),
        raw=record,
    )
    failed = task.state is TaskState.FAIL
    code, message = failure or (None, "")
    return Looked(
        task,
        result=_result(task, record) if task.state is TaskState.SUCCESS else None,
        fail_code=(word(record.get("failCode")) or word(code)) if failed else None,
        fail_message=(_text(record.get("failMsg")) or message or None) if failed else None,
        credits=_credits(record),
    )


def _state(record: dict[str, JSON]) -> TaskState:
    said = first(record, "state")
    if said is None:
        return _FLAGS.get(whole(record.get("successFlag")), TaskState.WAITING)
    return _STATES.get(said.strip().lower(), TaskState.WAITING) if isinstance(said, str) else TaskState.WAITING


def _result(task: Task, record: dict[str, JSON]) -> Result:
    return Result(
        task_id=task.id,
        model=task.model,
        urls=_urls(record),
        credits=_credits(record),
        created_at=task.created_at,
        completed_at=instant(record.get("completeTime")),
        raw=record,
    )


def _credits(record: dict[str, JSON]) -> float | None:
    consumed = amount(record.get("creditsConsumed"))
    return consumed if consumed is not None else amount(record.get("consumeCredits"))


def _urls(record: dict[str, JSON]) -> tuple[str, ...]:
    """The first place that has any: each tells of the same pictures, not of more."""
    for place in (record.get("resultJson"), record.get("response"), record):
        result = unwrapped(place)
        named = first(result, "resultUrls", "result_urls") if isinstance(result, dict) else result
        if urls := _listed(unwrapped(named)):
            return urls
    return ()


def _listed(said: JSON) -> tuple[str, ...]:
    urls = (web_url(one) for one in (said if isinstance(said, list) else [said]))
    return tuple(dict.fromkeys(url for url in urls if url is not None))


def _text(said: JSON) -> str:
    return one_line(said) if isinstance(said, str) else ""
