"""A task of the images dialect's asynchronous variant, in the shapes that are told of it (PROTOCOL §3)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs

from nanobanana_async.dialects._images_answer import ImagesAnswer, sentence
from nanobanana_async.dialects._lenient import as_dict, first, instant_of_seconds, unwrapped, word
from nanobanana_async.dialects._pictures import Pictures, pictures_in
from nanobanana_async.dialects._snippet import one_line
from nanobanana_async.values import JSON, Looked, Task, TaskState

_STATES: Mapping[str, TaskState] = {
    **{state.value: state for state in TaskState},
    "not_start": TaskState.WAITING,
    "submitted": TaskState.WAITING,
    "pending": TaskState.WAITING,
    "queued": TaskState.QUEUING,
    "in_progress": TaskState.GENERATING,
    "processing": TaskState.GENERATING,
    "running": TaskState.GENERATING,
    "succeeded": TaskState.SUCCESS,
    "completed": TaskState.SUCCESS,
    "failure": TaskState.FAIL,
    "failed": TaskState.FAIL,
}
_NOT_THERE = re.compile(
    r"\b(task|record)\b.{0,80}\b(not exist|not found|unknown|is null)|no such task|unknown task|task_not_(exist|found)",
    re.IGNORECASE,
)


def task_id_in(body: dict[str, JSON]) -> str | None:
    """The id of the task that an answer names, at its top or under ``data``; None where it names none."""
    under = unwrapped(body.get("data"))
    entries = under[:1] if isinstance(under, list) else [under]
    return next((found for place in (body, *entries) if (found := task_id_of(as_dict(place))) is not None), None)


def task_id_of(record: dict[str, JSON]) -> str | None:
    """The id of the task that `record` is about. An ``id`` is one only by its look: rows and pictures have ids too."""
    by_name = word(record.get("task_id")) or word(record.get("taskId"))
    other = word(record.get("id"))
    return by_name or (other if other is not None and other.lower().startswith("task") else None)


@attrs.frozen
class Record:
    """What the answer to a look says of a task, and its pictures. `is_whole`: it is the answer, without an envelope."""

    said: dict[str, JSON]
    pictures: Pictures
    is_whole: bool


def record_in(answer: ImagesAnswer, base_url: str) -> Record:
    """The record in the answer to a look.

    It stands under ``data``; or it is the answer itself, where that has the status of a task, or pictures and no other
    object that could be one.
    """
    top = as_dict(answer.body)
    under = as_dict(unwrapped(top.get("data")))
    if under and ("status" in under or _state_said(top) is None):
        return Record(under, pictures_in(under, base_url), is_whole=False)
    found = pictures_in(top, base_url)
    if _state_said(top) is not None or found.urls:
        return Record(top, found, is_whole=True)
    return Record({}, found, is_whole=False)


def is_told(answer: ImagesAnswer, record: Record) -> bool:
    """Whether `answer` tells of the task in `record`.

    An error beside it is the task's own, where that has failed. A list of pictures is believed whatever is said.
    """
    if record.pictures.urls and not record.pictures.elsewhere:
        return True
    if not record.said or not answer.is_success:
        return False
    return answer.ok or record.is_whole or _state_said(record.said) is TaskState.FAIL


def is_under_way(found: Pictures) -> bool:
    """Whether the answer to a create calls itself a task that is not done: a link in it leads to no picture yet."""
    return _state_said({"status": found.said("status")}) not in (None, TaskState.SUCCESS)


def is_not_there(answer: ImagesAnswer) -> bool:
    """Whether the gateway says that there is no such task."""
    if answer.body is None:
        return False
    return 404 in (answer.reply.status, answer.code) or _NOT_THERE.search(answer.message) is not None


def looked(task_id: str, told: Record, *, secret: str) -> Looked:
    """What `told` says of the task. Its pictures, and their content, are in the result alone."""
    record, found = told.said, told.pictures
    task = Task(
        id=task_id,
        model=word(found.said("model")),
        dialect="images",
        state=_state(record, found),
        created_at=instant_of_seconds(first(record, "created_at", "created")),
        raw=found.kept,
    )
    failed = task.state is TaskState.FAIL
    return Looked(
        task,
        result=found.result(task_id) if task.state is TaskState.SUCCESS else None,
        fail_code=_fail_code(record, secret) if failed else None,
        fail_message=_fail_message(record, secret) if failed else None,
        credits=None,
    )


def _state(record: dict[str, JSON], found: Pictures) -> TaskState:
    """Its status; but a picture is a success under every word that does not say that it is still being made.

    Beside a failure only a list of pictures is one: a single link may be that of an image that was given.
    """
    said = _state_said(record)
    is_made = bool(found.urls) and (said is None or (said is TaskState.FAIL and not found.elsewhere))
    return TaskState.SUCCESS if is_made else said or TaskState.WAITING


def _state_said(record: dict[str, JSON]) -> TaskState | None:
    said = record.get("status")
    return _STATES.get(said.strip().lower()) if isinstance(said, str) else None


def _fail_code(record: dict[str, JSON], secret: str) -> str | None:
    said = word(as_dict(record.get("error")).get("code"))
    return one_line(said, secret) or None if said is not None else None


def _fail_message(record: dict[str, JSON], secret: str) -> str | None:
    said = sentence(first(record, "fail_reason")) or sentence(record.get("error")) or sentence(record)
    return one_line(said, secret) or None
