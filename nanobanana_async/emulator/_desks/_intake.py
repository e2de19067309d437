"""Taking an order, whichever dialect it was said in: what is checked, charged, drawn, kept and noted.

The order of the checks is the order of their cost to the account: the rate window first (a refused request was not
queued), then the words, then the addresses, then the credits. Only then is there a task. Whatever comes of it is noted
in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from attrs import evolve, field, frozen

from nanobanana_async.emulator import _texts as texts
from nanobanana_async.emulator._accounts import Account
from nanobanana_async.emulator._callbacks import Callbacks
from nanobanana_async.emulator._calls import PARAMETER, VALIDATION, Call, RefusedError
from nanobanana_async.emulator._faults import Faults
from nanobanana_async.emulator._filehost import FileHost
from nanobanana_async.emulator._files import PICTURES, Files, StoredFile, file_to_json
from nanobanana_async.emulator._ledger import CreateSeen, Ledger
from nanobanana_async.emulator._options import EmulatorOptions
from nanobanana_async.emulator._orders import Dialect, ImageRule, Order, Submission, reference, reference_path
from nanobanana_async.emulator._places import is_loopback, is_web_url
from nanobanana_async.emulator._plans import IMAGE_UNREACHABLE, Failure, Plan, asked_for_failure, draw_plan
from nanobanana_async.emulator._state import StateLog
from nanobanana_async.emulator._tasks import Task, Tasks, task_to_json


def _as_it_is(order: Order, _draw: Random) -> Order:
    return order


def _as_it_was_said(error: RefusedError, _account: Account, _now: float) -> RefusedError:
    return error


@frozen(kw_only=True)
class Manner:
    """How one dialect goes about it."""

    dialect: Dialect
    read: Callable[[Call], Submission]
    """Understands a create, or raises RefusedError."""
    id_prefix: str = ""
    finished: Callable[[Order, Random], Order] = field(default=_as_it_is)
    """Settles what the gateway chooses about a picture."""
    refusal: Callable[[RefusedError, Account, float], RefusedError] = field(default=_as_it_was_said)
    """A no of this module, as the dialect says it."""


@frozen
class Intake:
    """Where all dialects have their orders taken."""

    _options: EmulatorOptions
    _tasks: Tasks
    _host: FileHost
    _files: Files
    _ledger: Ledger
    _log: StateLog
    _faults: Faults
    _callbacks: Callbacks

    def take(self, manner: Manner, call: Call, account: Account, now: float) -> Task:
        """The task that a create has become, charged and on record.

        Raises:
            RefusedError: It was refused, and nothing was charged.
        """
        submission: Submission | None = None
        try:
            self._admit(account, now)
            submission = manner.read(call)
            self._check_places(submission, call.base_url, now)
            task = self._accept(manner, submission, account, call.base_url, now)
        except RefusedError as error:
            refusal = manner.refusal(error, account, now)
            self._note(manner, account.name, now, submission, code=refusal.code)
            raise refusal from None
        self._note(manner, account.name, now, submission, code=200, task=task)
        return task

    def saw(self, manner: Manner, call: Call, account: str, code: int, now: float) -> None:
        """Note a create that came no further than the door."""
        try:
            submission = manner.read(call)
        except RefusedError:
            submission = None
        self._note(manner, account, now, submission, code=code)

    def _admit(self, account: Account, now: float) -> None:
        if not account.admit(now):
            self._ledger.over_limit += 1
            self._ledger.over_limit_by_account[account.name] += 1
            raise RefusedError(429, texts.TOO_FREQUENT)

    def _check_places(self, submission: Submission, base_url: str, now: float) -> None:
        rule = submission.image_rule
        addresses = [image for image in submission.order.images if reference_path(image) is None]
        if rule is not None:
            for url in addresses:
                self._check_place(rule.name, url, base_url, now)
                self._check_upload(rule, url, base_url, now)
        if submission.callback_url:
            self._check_place(submission.callback_name, submission.callback_url, base_url, now)

    def _check_place(self, name: str, url: str, base_url: str, now: float) -> None:
        if not is_web_url(url):
            raise _complaint(name, f"{name} {texts.shortened(url)!r} is not an http or https URL")
        at_home = is_loopback(url) or self._host.owns(url, base_url, now)
        if not at_home and not self._options.allow_remote:
            raise RefusedError(VALIDATION, texts.stays_here(name, url), param=name)

    def _check_upload(self, rule: ImageRule, url: str, base_url: str, now: float) -> None:
        stored = self._host.behind(url, base_url, now)
        if not isinstance(stored, StoredFile):
            return
        if stored.media_type not in PICTURES:
            raise _complaint(rule.name, f"{rule.name} {stored.name!r} is not a picture")
        if stored.size > rule.max_bytes:
            said = f"{rule.name} {stored.name!r} has {stored.size} of at most {rule.max_bytes} bytes"
            raise _complaint(rule.name, said)

    def _accept(self, manner: Manner, submission: Submission, account: Account, base_url: str, now: float) -> Task:
        if account.balance(now) < submission.order.credits:
            raise RefusedError(402, texts.INSUFFICIENT)
        ordinal, draw = self._tasks.draw_next()
        task_id = f"{manner.id_prefix}{draw.getrandbits(128):032x}"
        order = manner.finished(submission.order, draw)
        plan = self._plan(evolve(submission, order=order), base_url, now, draw)
        task = Task(task_id, ordinal, account.name, order, submission.input, submission.callback_url, plan, base_url)
        self._keep(submission, task, now)
        account.take(order.credits, gives_back_at=plan.gives_back_at())
        self._callbacks.book(task)
        return task

    def _keep(self, submission: Submission, task: Task, now: float) -> None:
        """The contents first: a task that outlives the process finds its input images again."""
        for content in submission.contents:
            stored = self._files.put(reference_path(reference(content)) or "", content, now)
            self._log.append("upload", file_to_json(stored))
        if self._log.keeps:
            self._log.append("task", task_to_json(task))
        self._tasks.add(task)

    def _plan(self, submission: Submission, base_url: str, now: float, draw: Random) -> Plan:
        order = submission.order
        failure = asked_for_failure(order.prompt) or self._unreachable(order.images, base_url, now)
        plan = draw_plan(submission.seconds, draw, now=now, speed=self._options.speed, failure=failure)
        return self._faults.on_plan(order, plan, draw)

    def _unreachable(self, images: tuple[str, ...], base_url: str, now: float) -> Failure | None:
        """An address of our own with nothing behind it fails the task later, as the vendor does (PROTOCOL §1.9)."""
        for url in images:
            if self._host.owns(url, base_url, now) and self._host.behind(url, base_url, now) is None:
                return IMAGE_UNREACHABLE
        return None

    def _note(
        self,
        manner: Manner,
        account: str,
        now: float,
        submission: Submission | None,
        *,
        code: int,
        task: Task | None = None,
    ) -> None:
        self._ledger.saw_create(
            CreateSeen(
                at=now,
                account=account,
                code=code,
                fingerprint=submission.fingerprint() if submission else "",
                callback_url=submission.callback_url if submission else None,
                task_id=task.id if task else None,
                credits=task.order.credits if task else 0.0,
                gives_back_at=task.plan.gives_back_at() if task else None,
                dialect=manner.dialect,
                clock=self._ledger.clock,
            )
        )


def _complaint(name: str, about: str) -> RefusedError:
    return RefusedError(PARAMETER, texts.check_parameters(about), param=name)
