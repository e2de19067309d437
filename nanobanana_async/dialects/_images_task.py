"""A task of the images dialect's asynchronous variant, in the shapes that are told of it (PROTOCOL §3)."""

from __future__ import annotations

import re
from collections.abc import Collection

import attrs

from nanobanana_async.dialects._images_answer import ImagesAnswer, sentence
from nanobanana_async.dialects._lenient import as_dict, first, instant_of_seconds, unwrapped, word
from nanobanana_async.dialects._pictures import Pictures, pictures_in
from nanobanana_async.dialects._snippet import one_line
from nanobanana_async.dialects._task_words import says_under_way, state_said
from nanobanana_async.values import JSON, Looked, Task, TaskState

_NOT_THERE = re.compile(
    r"\b(task|record)\b.{0,80}\b(not exist|not found|unknown|is null)|no such task|unknown task|task_not_(exist|found)",
    re.IGNORECASE,
)


_YES = ("success", 0, 200)
_AN_ID = re.compile(r"(?=[^\d]{0,64}\d)[A-Za-z0-9][\w.:~-]{2,127}", re.ASCII)


def task_id_in(body: dict[str, JSON]) -> str | None:
    """The id of the task that an answer names; None where it names none.

    It stands at the top, or under ``data``, ``result`` or ``task``.
    """
    task = word(as_dict(body.get("task")).get("id"))
    return next((found for place in _places(body) if (found := task_id_of(place)) is not None), task)


def other_id_in(body: dict[str, JSON]) -> str | None:
    """The same under names that others have as well: of a job; of what says that it is under way; or an id alone."""
    places = _places(body)
    going_on = [place for place in places if says_under_way(place)]
    found = [word(place.get("job_id")) for place in places]
    found += [*(word(place.get("id")) for place in going_on), _id_alone(body)]
    found += [word(place.get("request_id")) for place in going_on]
    return next((one for one in found if one is not None), None)


def _places(body: dict[str, JSON]) -> list[dict[str, JSON]]:
    under = unwrapped(body.get("data"))
    entries = under[:1] if isinstance(under, list) else [under]
    return [as_dict(place) for place in (body, *entries, body.get("result"), body.get("task"))]


def _id_alone(body: dict[str, JSON]) -> str | None:
    """The text under ``data``, where it looks like an id and the answer calls itself a success."""
    said, code = body.get("data"), body.get("code")
    is_yes = code in _YES and not isinstance(code, bool)
    return said if is_yes and isinstance(said, str) and _AN_ID.fullmatch(said) else None


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


def record_in(answer: ImagesAnswer, base_url: str, given: Collection[str] = ()) -> Record:
    """The record in the answer to a look.

    It stands under ``data``, where it may be the only one of a list; or it is the answer itself, where that has the
    status of a task, or pictures and no other object that could be one.
    """
    top = as_dict(answer.body)
    found = pictures_in(top, base_url, given)
    under = as_dict(_alone(unwrapped(top.get("data")), found))
    if under and (state_said(under) is not None or "status" in under or state_said(top) is None):
        return Record(under, pictures_in(under, base_url, given), is_whole=False)
    if state_said(top) is not None or found.urls:
        return Record(top, found, is_whole=True)
    return Record({}, found, is_whole=False)


def _alone(value: JSON, found: Pictures) -> JSON:
    """What is alone in a list, where that is no list of pictures; else `value`."""
    return value[0] if isinstance(value, list) and len(value) == 1 and not found.urls else value


def is_told(answer: ImagesAnswer, record: Record) -> bool:
    """Whether `answer` tells of the task in `record`.

    An error beside it is the task's own, where that has failed. A list of pictures is believed whatever is said.
    """
    if record.pictures.urls and not record.pictures.elsewhere:
        return True
    if not record.said or not answer.is_success:
        return False
    return answer.ok or record.is_whole or state_said(record.said) is TaskState.FAIL


def is_under_way(found: Pictures) -> bool:
    """Whether the answer to a create calls itself a task that is not done: a link in it leads to no picture yet."""
    return found.state not in (None, TaskState.SUCCESS)


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
    said = state_said(record)
    is_made = bool(found.urls) and (said is None or (said is TaskState.FAIL and not found.elsewhere))
    return TaskState.SUCCESS if is_made else said or TaskState.WAITING


def _fail_code(record: dict[str, JSON], secret: str) -> str | None:
    said = word(as_dict(record.get("error")).get("code"))
    return one_line(said, secret) or None if said is not None else None


def _fail_message(record: dict[str, JSON], secret: str) -> str | None:
    said = sentence(first(record, "fail_reason")) or sentence(record.get("error")) or sentence(record)
    return one_line(said, secret) or None
