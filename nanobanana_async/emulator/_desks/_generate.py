"""The desk of the older endpoint: generate and record-info (PROTOCOL §2)."""

from __future__ import annotations

from random import Random

from attrs import evolve, frozen

from nanobanana_async.emulator._accounts import Account
from nanobanana_async.emulator._calls import Answer, Call
from nanobanana_async.emulator._desks._intake import Intake, Manner
from nanobanana_async.emulator._desks._looks import Looks, enveloped
from nanobanana_async.emulator._envelopes import succeeded
from nanobanana_async.emulator._faults import Faults
from nanobanana_async.emulator._options import EmulatorOptions
from nanobanana_async.emulator._orders import Order, read_generate
from nanobanana_async.emulator._records import generate_record, is_flat


def _in_any_format(order: Order, draw: Random) -> Order:
    """JPEG, PNG or WebP comes back, and nobody asks which."""
    return evolve(order, output_format=draw.choice(("jpg", "png", "webp")))


GENERATE = Manner(dialect="generate", read=read_generate, id_prefix="nano_banana_task_", finished=_in_any_format)


@frozen
class Generate:
    """Takes orders of the older kind and answers questions about them."""

    _options: EmulatorOptions
    _intake: Intake
    _looks: Looks
    _faults: Faults

    def create(self, call: Call, account: Account, now: float) -> Answer:
        """`generate`."""
        task = self._intake.take(GENERATE, call, account, now)
        return succeeded({"taskId": task.id})

    def record(self, call: Call, account: Account, now: float) -> Answer:
        """`record-info`: flat, or in the envelope of everything else."""
        task = self._looks.task("generate", call, account, now)
        shape = self._options.generate_record
        said = generate_record(task, now, base_url=call.base_url, shape=shape)
        said = self._faults.on_record(task, said, now)
        answer = enveloped(said, task.plan, now)
        return Answer(said) if answer.code == 200 and is_flat(task, shape) else answer
