"""Questions about a task: which one is meant, and whether its record is to be seen at all (PROTOCOL §1.2)."""

from __future__ import annotations

from attrs import frozen

from nanobanana_async.emulator import _texts as texts
from nanobanana_async.emulator._accounts import Account
from nanobanana_async.emulator._calls import Answer, Call, RefusedError
from nanobanana_async.emulator._envelopes import succeeded
from nanobanana_async.emulator._ledger import Ledger
from nanobanana_async.emulator._orders import Dialect
from nanobanana_async.emulator._plans import FAIL, Plan
from nanobanana_async.emulator._tasks import Task, Tasks


@frozen
class Looks:
    """Finds the task of a look, and counts it."""

    _tasks: Tasks
    _ledger: Ledger

    def task(self, dialect: Dialect, call: Call, account: Account, now: float) -> Task:
        """The task asked for: another account's, or another dialect's, is as unknown as one that never was.

        Raises:
            RefusedError: It is not there, or not yet.
        """
        if not call.subject:
            raise RefusedError(400, texts.TASK_ID_REQUIRED)
        task = self._tasks.find(call.subject)
        if task is None or task.account != account.name or task.order.dialect != dialect:
            self._ledger.unknown_polls += 1
            raise RefusedError(422, texts.RECORD_IS_NULL)
        self._ledger.polls[task.id] += 1
        veil = task.plan.veil
        if veil is not None and now < veil.until:
            raise RefusedError(veil.code, texts.NOT_FOUND if veil.code == 404 else texts.RECORD_IS_NULL)
        return task

    def saw(self, call: Call) -> None:
        """Count a look that came no further than the door."""
        task = self._tasks.find(call.subject)
        if task is not None:
            self._ledger.polls[task.id] += 1


def enveloped(said: dict[str, object], plan: Plan, now: float) -> Answer:
    """A record in the envelope that its task has come to.

    Raises:
        RefusedError: By code 408, which says of itself that the task failed (PROTOCOL §1.3).
    """
    if plan.failure is None or plan.failure.envelope == 200 or plan.state(now) != FAIL:
        return succeeded(said)
    if plan.failure.envelope == 408:
        raise RefusedError(408, texts.UPSTREAM_SILENT)
    return Answer({"code": plan.failure.envelope, "msg": texts.GENERATION_FAILED, "data": said})
