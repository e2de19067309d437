"""The world: one gateway with its accounts, tasks and files, as a function from calls to answers.

Theory of operation

1. `serve` is the only way in. It takes a value, returns a value, and never waits: the shell does the waiting.
2. The only clock is the one handed in, the only chance comes from the seed, so a run can be replayed.
3. What is said to a client is on record before it is said: the state file is written inside `serve`. What can't be
   recorded doesn't happen, and is refused as an error of the server.
4. Not for several threads at once; a shell calls it from one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self, TypeAlias

from attrs import define, field, setters

from nanobanana_async.emulator import _texts as texts
from nanobanana_async.emulator._accounts import Account, Accounts, account_name, bearer_key
from nanobanana_async.emulator._callbacks import Callbacks
from nanobanana_async.emulator._calls import Call, FileAnswer, Later, RefusedError, Reply
from nanobanana_async.emulator._desks import (
    GENERATE,
    JOBS,
    AccountDesk,
    Generate,
    Images,
    Intake,
    Jobs,
    Looks,
    Manner,
    Uploads,
    models,
    with_errors_as,
    with_rate_headers,
)
from nanobanana_async.emulator._envelopes import refused_at
from nanobanana_async.emulator._faults import Fault, Faults
from nanobanana_async.emulator._filehost import FileHost
from nanobanana_async.emulator._files import Files, file_from_json
from nanobanana_async.emulator._ledger import Ledger
from nanobanana_async.emulator._operations import CREATES, IMAGES, LOOKS, Operation
from nanobanana_async.emulator._option_values import WindowName, read_limit, read_window
from nanobanana_async.emulator._options import EmulatorOptions
from nanobanana_async.emulator._state import StateLog
from nanobanana_async.emulator._tasks import Task, Tasks, task_from_json
from nanobanana_async.emulator._windows import Limit, Window

_Desk: TypeAlias = Callable[[Call, Account, float], Reply]
_DAY = 24 * 60 * 60
_NOT_KEPT = RefusedError(500, texts.INTERNAL_ERROR)
_logger = logging.getLogger("nanobanana_async.emulator")


def _as_engine(faults: Faults | Fault | str | Iterable[Fault | str] | None) -> Faults:
    return faults if isinstance(faults, Faults) else Faults(faults)


@define
class World:
    """A gateway without a network.

    Args:
        options: How it behaves.
        clock: Seconds since the epoch; the only clock there is.
        faults: What goes wrong on purpose, as an engine or as faults; by default nothing. `faults.add` takes more
            while it runs.

    Raises:
        FaultError: A fault cannot be understood.
        StateFileError: Another emulator is at work on the state folder, or it holds what no emulator wrote.
    """

    options: EmulatorOptions = field(factory=EmulatorOptions)
    clock: Callable[[], float] = field(default=time.time, kw_only=True, repr=False)
    faults: Faults = field(factory=Faults, converter=_as_engine, kw_only=True, repr=False, on_setattr=setters.frozen)
    ledger: Ledger = field(init=False, repr=False)
    accounts: Accounts = field(init=False, repr=False)
    tasks: Tasks = field(init=False, repr=False)
    files: Files = field(init=False, repr=False)
    callbacks: Callbacks = field(init=False, repr=False)
    _log: StateLog = field(init=False, repr=False)
    _desks: Mapping[Operation, _Desk] = field(init=False, repr=False)
    _host: FileHost = field(init=False, repr=False)
    _manners: Mapping[Operation, Manner] = field(init=False, repr=False)
    """How each create is taken in."""
    _intake: Intake = field(init=False, repr=False)
    _looks: Looks = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        folder = self.options.state_dir
        self.ledger = Ledger(self.clock)
        self.accounts = Accounts(self.options)
        self.tasks = Tasks(self.options.seed)
        self.files = Files(folder / "uploads" if folder else None, self.options.upload_days * _DAY)
        self._log = StateLog(folder)
        self._host = FileHost(self.options, self.tasks, self.files, self.ledger)
        self.callbacks = Callbacks(self.options, self.accounts, self.ledger, self._log, self.faults)
        self._looks = Looks(self.tasks, self.ledger)
        self._intake = Intake(
            self.options, self.tasks, self._host, self.files, self.ledger, self._log, self.faults, self.callbacks
        )
        images = Images(self.options, self._intake, self._looks, self.faults, self._host)
        self._manners = {
            "createTask": JOBS,
            "generate": GENERATE,
            "generations": images.manner,
            "edits": images.manner,
        }
        self._desks = self._staffed(images)
        try:
            self._restore()
        except BaseException:
            self._log.close()
            raise
        self.faults.begin(self.clock, self.tasks, seed=self.options.seed)

    def _staffed(self, images: Images) -> Mapping[Operation, _Desk]:
        """Who answers what."""
        jobs = Jobs(self.options, self._intake, self._looks, self.faults)
        generate = Generate(self.options, self._intake, self._looks, self.faults)
        account = AccountDesk(self.options, self._host)
        uploads = Uploads(self.files, self._host, self.ledger, self._log)
        return {
            "createTask": jobs.create,
            "recordInfo": jobs.record,
            "generate": generate.create,
            "record-info": generate.record,
            "generations": images.create,
            "edits": images.create,
            "images-task": images.task,
            "models": models,
            "credit": account.credit,
            "download-url": account.download_url,
            "stream-upload": uploads.stream,
            "base64-upload": uploads.base64,
            "url-upload": uploads.from_url,
        }

    def serve(self, call: Call) -> Reply:
        """The answer to a call, with its effect on the world done."""
        now = self.clock()
        withheld = self.faults.on_arrival(call, now)
        reply = self._answer(call, now) if withheld is None else self._withheld(call, withheld, now)
        if call.operation in IMAGES and self.options.images_errors != "object":
            reply = with_errors_as(reply, self.options.images_errors)
        reply = self.faults.on_answer(call, reply, now)
        if self.faults.latest and call.operation in CREATES:
            self.ledger.struck_by(fault.name for fault in self.faults.latest)
        return reply

    def hung_up(self, later: Later) -> None:
        """The client of an answer that was kept back has left without it: for the shell to say. It is paid for."""
        if later.task_id:
            self.ledger.hung_up.append(later.task_id)

    def limit_to(
        self,
        limit: Limit | str,
        *,
        window: Callable[[Limit], Window] | WindowName | None = None,
        account: str | None = None,
    ) -> None:
        """Change the limit while running. What was let in before counts as well.

        Args:
            limit: New tasks per stretch of seconds, from now on; ``"20/10"`` will do.
            window: How it is counted, as in `EmulatorOptions.window`; None leaves that as it is.
            account: The name of the only account that this is for; None means all, those to come included.

        Raises:
            OptionError: It is no limit, or no window.
        """
        self.accounts.limit_to(read_limit(limit), None if window is None else read_window(window), account)

    def has_picture(self, task: Task) -> bool:
        """Whether the picture of a task can be fetched at this moment."""
        return self._host.has_picture(task, self.clock())

    def thumbnail(self, task_id: str, base_url: str) -> FileAnswer | None:
        """A small print of a task's picture, for those who look at the emulator itself; no fault touches it."""
        return self._host.thumbnail(task_id, base_url, self.clock())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the state folder. The world can still be used; it takes the folder again when it must."""
        self._log.close()

    def _answer(self, call: Call, now: float) -> Reply:
        if call.operation == "file":
            return self._host.serve(call, now)
        try:
            account = self.accounts.let_in(call.authorization)
        except RefusedError as error:
            self._saw_create(call, _knocker(call), error.code, now)
            return refused_at(call.operation, error)
        reply = self._served(call, account, now)
        is_told = self.options.rate_headers and call.operation in IMAGES
        return with_rate_headers(reply, account, now) if is_told else reply

    def _served(self, call: Call, account: Account, now: float) -> Reply:
        try:
            return self._desks[call.operation](call, account, now)
        except RefusedError as error:
            return refused_at(call.operation, error)
        except OSError as error:
            _logger.warning("%s was refused, for the state folder can't be written: %s", call.operation, error)
            self._saw_create(call, account.name, _NOT_KEPT.code, now)
            return refused_at(call.operation, _NOT_KEPT)

    def _withheld(self, call: Call, reply: Reply, now: float) -> Reply:
        """A fault stands in for the answer: all that is left is to remember who asked for what."""
        self._saw_create(call, _knocker(call), reply.code if isinstance(reply.code, int) else 0, now)
        if call.operation in LOOKS:
            self._looks.saw(call)
        elif call.operation == "file":
            self._host.saw_key(call, now)
        return reply

    def _saw_create(self, call: Call, account: str, code: int, now: float) -> None:
        """Note a create that came no further than the door; anything else was none."""
        if call.operation in CREATES:
            self._intake.saw(self._manners[call.operation], call, account, code, now)

    def _restore(self) -> None:
        for line in self._log.replay():
            kind = line.pop("kind")
            if kind == "upload":
                self.files.add(file_from_json(line))
            elif kind == "task":
                self._restore_task(line)
            elif kind == "callback":
                self.callbacks.settled_before(line["task"])

    def _restore_task(self, line: Mapping[str, Any]) -> None:
        task = task_from_json(line)
        self.tasks.add(task)
        account = self.accounts.named(task.account)
        account.take(task.order.credits, gives_back_at=task.plan.gives_back_at())
        self.callbacks.book(task)


def _knocker(call: Call) -> str:
    """The name of the account that somebody says he is; empty for one who shows no key."""
    key = bearer_key(call.authorization)
    return account_name(key) if key is not None else ""
