"""Faults of kind `record`: the other ways in which a gateway says the same thing of a task (PROTOCOL §1.2, §2, §3).

Each is a pure function from what would be said to what is, for each dialect that has something for it to act on. A task
that is said in one way stays so.
"""

from __future__ import annotations

from collections.abc import Mapping

from nanobanana_async.emulator._faults._effect import RecordEffect, Said
from nanobanana_async.emulator._faults._fault import Fault
from nanobanana_async.emulator._faults._names import FaultName
from nanobanana_async.emulator._faults._record_generate import GENERATE
from nanobanana_async.emulator._faults._record_images import IMAGES
from nanobanana_async.emulator._faults._record_jobs import JOBS
from nanobanana_async.emulator._orders import Dialect
from nanobanana_async.emulator._tasks import Task

_EFFECTS: Mapping[Dialect, Mapping[FaultName, RecordEffect]] = {
    "jobs": JOBS,
    "generate": GENERATE,
    "images": IMAGES,
}


def changed_record(fault: Fault, task: Task, said: Said, now: float) -> Said | None:
    """What is said of a task; None where the fault has nothing to act on."""
    effect = _EFFECTS[task.order.dialect].get(fault.name)
    return None if effect is None else effect(fault, task, said, now)
