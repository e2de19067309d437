"""The world: one gateway with its accounts, tasks and files, as a function from calls to answers.

Theory of operation

1. `serve` is the only way in. It takes a value, returns a value, and never waits: the shell does the waiting.
2. The only clock is the one handed in, the only chance comes from the seed, so a run can be replayed.
3. What is said to a client is on record before it is said: the state file is written inside `serve`.
4. Not for several threads at once; a shell calls it from one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeAlias

from attrs import define, field

from nanobanana_async.emulator._accounts import Account, Accounts
from nanobanana_async.emulator._calls import Answer, Call, Operation, RefusedError, Reply, refused
from nanobanana_async.emulator._faults import Faults
from nanobanana_async.emulator._filehost import FileHost
from nanobanana_async.emulator._files import Files, file_from_json
from nanobanana_async.emulator._jobs import Jobs
from nanobanana_async.emulator._ledger import Ledger
from nanobanana_async.emulator._options import EmulatorOptions
from nanobanana_async.emulator._state import StateLog
from nanobanana_async.emulator._tasks import Tasks, task_from_json
from nanobanana_async.emulator._uploads import Uploads, upload_refused

_Desk: TypeAlias = Callable[[Call, Account, float], Answer]
_DAY = 24 * 60 * 60


@define
class World:
    """A gateway without a network.

    Args:
        options: How it behaves.
        clock: Seconds since the epoch; the only clock there is.
        faults: What goes wrong on purpose; by default nothing.

    Raises:
        StateFileError: The state folder holds what this emulator did not write.
    """

    options: EmulatorOptions = field(factory=EmulatorOptions)
    clock: Callable[[], float] = field(default=time.time, kw_only=True, repr=False)
    faults: Faults = field(factory=Faults, kw_only=True, repr=False)
    ledger: Ledger = field(factory=Ledger, init=False, repr=False)
    accounts: Accounts = field(init=False, repr=False)
    tasks: Tasks = field(init=False, repr=False)
    files: Files = field(init=False, repr=False)
    _log: StateLog = field(init=False, repr=False)
    _desks: Mapping[Operation, _Desk] = field(init=False, repr=False)
    _host: FileHost = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        folder = self.options.state_dir
        self.accounts = Accounts(self.options)
        self.tasks = Tasks(self.options.seed)
        self.files = Files(folder / "uploads" if folder else None, self.options.upload_days * _DAY)
        self._log = StateLog(folder)
        self._host = FileHost(self.options, self.tasks, self.files, self.ledger)
        uploads = Uploads(self.files, self._host, self.ledger, self._log)
        jobs = Jobs(self.options, self.tasks, self._host, self.ledger, self._log, self.faults)
        self._desks = {
            "createTask": jobs.create,
            "recordInfo": jobs.record,
            "credit": jobs.credit,
            "download-url": jobs.download_url,
            "stream-upload": uploads.stream,
            "base64-upload": uploads.base64,
            "url-upload": uploads.from_url,
        }
        self._restore()

    def serve(self, call: Call) -> Reply:
        """The answer to a call, with its effect on the world done."""
        now = self.clock()
        reply = self.faults.on_arrival(call, now) or self._answer(call, now)
        return self.faults.on_answer(call, reply, now)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the state file. The world can still be used; it opens the file again when it must."""
        self._log.close()

    def _answer(self, call: Call, now: float) -> Reply:
        if call.operation == "file":
            return self._host.serve(call, now)
        try:
            account = self.accounts.let_in(call.authorization)
            return self._desks[call.operation](call, account, now)
        except RefusedError as error:
            return upload_refused(error) if call.operation.endswith("-upload") else refused(error)

    def _restore(self) -> None:
        for line in self._log.replay():
            kind = line.pop("kind")
            if kind == "upload":
                self.files.add(file_from_json(line))
            elif kind == "task":
                self._restore_task(line)

    def _restore_task(self, line: Mapping[str, Any]) -> None:
        task = task_from_json(line)
        self.tasks.add(task)
        account = self.accounts.named(task.account)
        account.take(task.order.credits, gives_back_at=task.plan.gives_back_at())
