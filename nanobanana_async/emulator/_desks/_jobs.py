"""The jobs desk: createTask and recordInfo (PROTOCOL §1.1, §1.2)."""

from __future__ import annotations

from attrs import frozen

from nanobanana_async.emulator._accounts import Account
from nanobanana_async.emulator._calls import Answer, Call
from nanobanana_async.emulator._desks._intake import Intake, Manner
from nanobanana_async.emulator._desks._looks import Looks, enveloped
from nanobanana_async.emulator._envelopes import succeeded
from nanobanana_async.emulator._faults import Faults
from nanobanana_async.emulator._options import EmulatorOptions
from nanobanana_async.emulator._orders import read_jobs
from nanobanana_async.emulator._records import jobs_record

JOBS = Manner(dialect="jobs", read=read_jobs)


@frozen
class Jobs:
    """Takes orders of the jobs dialect and answers questions about them."""

    _options: EmulatorOptions
    _intake: Intake
    _looks: Looks
    _faults: Faults

    def create(self, call: Call, account: Account, now: float) -> Answer:
        """`createTask`."""
        task = self._intake.take(JOBS, call, account, now)
        return succeeded({"taskId": task.id, "recordId": task.id})

    def record(self, call: Call, account: Account, now: float) -> Answer:
        """`recordInfo`."""
        task = self._looks.task("jobs", call, account, now)
        said = jobs_record(task, now, base_url=call.base_url, shape=self._options.record_shape)
        return enveloped(self._faults.on_record(task, said, now), task.plan, now)
