"""The words by which gateways of the images dialect tell how far a task is (PROTOCOL §3).

They stand under ``status``, ``state`` or ``task_status``, in any case. A word that nobody knows says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from nanobanana_async.values import JSON, TaskState

_NAMES = ("task_status", "state", "status")  # the last of them may be that of the answer, beside the task's own
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
_ENDS = frozenset(
    {"error", "errored", "cancelled", "canceled", "rejected", "expired", "timeout", "timed_out", "aborted"}
)
"""Of tasks that have failed; but an answer may say the same of itself: that the question could not be answered."""
_OF_A_TASK = ("task_id", "taskId", "id", "job_id", "progress", "fail_reason")


def state_said(record: dict[str, JSON]) -> TaskState | None:
    """How far `record` says that its task is; None where it says nothing of it."""
    for name in _NAMES:
        said = record.get(name)
        if not isinstance(said, str):
            continue
        word = said.strip().lower()
        if word in _STATES:
            return _STATES[word]
        if word in _ENDS and any(mark in record for mark in _OF_A_TASK):
            return TaskState.FAIL
    return None


def says_under_way(record: dict[str, JSON]) -> bool:
    """Whether `record` calls itself a task, or a picture, that is not done yet."""
    said = state_said(record)
    return said is not None and not said.is_final
