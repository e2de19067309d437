"""The jobs desk: createTask, recordInfo, the balance and short links (PROTOCOL §1).

The order of the checks in `create` is the order of their cost to the account: the rate window first (a
refused request was not queued), then the words, then the addresses, then the credits. Only then is there a
task.
"""

from __future__ import annotations

from random import Random

from attrs import frozen

from nanobanana_async.emulator import _texts as texts
from nanobanana_async.emulator._accounts import Account
from nanobanana_async.emulator._callbacks import Callbacks
from nanobanana_async.emulator._calls import Answer, Call, RefusedError, succeeded
from nanobanana_async.emulator._catalogue import CATALOGUE, ImageRule
from nanobanana_async.emulator._faults import Faults
from nanobanana_async.emulator._filehost import FileHost
from nanobanana_async.emulator._files import StoredFile
from nanobanana_async.emulator._ledger import CreateSeen, Ledger
from nanobanana_async.emulator._options import EmulatorOptions
from nanobanana_async.emulator._orders import PARAMETER, VALIDATION, Submission, read_submission
from nanobanana_async.emulator._places import is_loopback, is_web_url
from nanobanana_async.emulator._plans import FAIL, IMAGE_UNREACHABLE, Failure, Plan, asked_for_failure, draw_plan
from nanobanana_async.emulator._records import record
from nanobanana_async.emulator._state import StateLog
from nanobanana_async.emulator._tasks import Task, Tasks, task_to_json

_PICTURES = ("image/png", "image/jpeg", "image/webp")


@frozen
class Jobs:
    """Takes orders and answers questions about them."""

    _options: EmulatorOptions
    _tasks: Tasks
    _host: FileHost
    _ledger: Ledger
    _log: StateLog
    _faults: Faults
    _callbacks: Callbacks

    def create(self, call: Call, account: Account, now: float) -> Answer:
        """`createTask`, accepted or refused; noted either way."""
        submission: Submission | None = None
        try:
            self._admit(account, now)
            submission = read_submission(call.body)
            self._check_places(submission, call.base_url, now)
            task = self._accept(submission, account, call.base_url, now)
        except RefusedError as error:
            self._note(account.name, now, submission, code=error.code)
            raise
        self._note(account.name, now, submission, code=200, task=task)
        return succeeded({"taskId": task.id, "recordId": task.id})

    def record(self, call: Call, account: Account, now: float) -> Answer:
        """`recordInfo`: another account's task is as unknown as one that never was."""
        if not call.subject:
            raise RefusedError(400, texts.TASK_ID_REQUIRED)
        task = self._tasks.find(call.subject)
        if task is None or task.account != account.name:
            self._ledger.unknown_polls += 1
            raise RefusedError(422, texts.RECORD_IS_NULL)
        self._ledger.polls[task.id] += 1
        return self._recorded(task, call.base_url, now)

    def saw_create(self, call: Call, account: str, code: int, now: float) -> None:
        """Note a createTask that came no further than the door."""
        try:
            submission = read_submission(call.body)
        except RefusedError:
            submission = None
        self._note(account, now, submission, code=code)

    def saw_poll(self, call: Call) -> None:
        """Count a recordInfo that came no further than the door."""
        task = self._tasks.find(call.subject)
        if task is not None:
            self._ledger.polls[task.id] += 1

    def credit(self, _: Call, account: Account, now: float) -> Answer:
        """`chat/credit`: the balance, as a float unless told otherwise."""
        balance = account.balance(now)
        return succeeded(float(balance) if self._options.balance_form == "float" else int(balance))

    def download_url(self, call: Call, _: Account, now: float) -> Answer:
        """`common/download-url`: a link of 20 minutes to a file of ours."""
        url = call.body.get("url") if isinstance(call.body, dict) else None
        link = self._host.short_link(url, call.base_url, now) if isinstance(url, str) else None
        if link is None:
            raise RefusedError(VALIDATION, texts.WRONG_URL)
        return succeeded(link)

    def _recorded(self, task: Task, base_url: str, now: float) -> Answer:
        plan = task.plan
        if plan.veil is not None and now < plan.veil.until:
            raise RefusedError(plan.veil.code, texts.NOT_FOUND if plan.veil.code == 404 else texts.RECORD_IS_NULL)
        said = record(task, now, base_url=base_url, shape=self._options.record_shape)
        said = self._faults.on_record(task, said, now)
        if plan.failure is None or plan.failure.envelope == 200 or plan.state(now) != FAIL:
            return succeeded(said)
        if plan.failure.envelope == 408:
            raise RefusedError(408, texts.UPSTREAM_SILENT)
        return Answer({"code": plan.failure.envelope, "msg": texts.GENERATION_FAILED, "data": said})

    def _admit(self, account: Account, now: float) -> None:
        if not account.admit(now):
            self._ledger.over_limit += 1
            self._ledger.over_limit_by_account[account.name] += 1
            raise RefusedError(429, texts.TOO_FREQUENT)

    def _check_places(self, submission: Submission, base_url: str, now: float) -> None:
        rule = CATALOGUE[submission.order.model].images
        if rule is not None:
            for url in submission.order.images:
                self._check_place(rule.name, url, base_url, now)
                self._check_upload(rule, url, base_url, now)
        if submission.callback_url:
            self._check_place("callBackUrl", submission.callback_url, base_url, now)

    def _check_place(self, name: str, url: str, base_url: str, now: float) -> None:
        if not is_web_url(url):
            complaint = f"{name} {texts.shortened(url)!r} is not an http or https URL"
            raise RefusedError(PARAMETER, texts.check_parameters(complaint))
        at_home = is_loopback(url) or self._host.owns(url, base_url, now)
        if not at_home and not self._options.allow_remote:
            raise RefusedError(VALIDATION, texts.stays_here(name, url))

    def _check_upload(self, rule: ImageRule, url: str, base_url: str, now: float) -> None:
        stored = self._host.behind(url, base_url, now)
        if not isinstance(stored, StoredFile):
            return
        if stored.media_type not in _PICTURES:
            raise RefusedError(PARAMETER, texts.check_parameters(f"{rule.name} {stored.name!r} is not a picture"))
        if stored.size > rule.max_bytes:
            complaint = f"{rule.name} {stored.name!r} has {stored.size} of at most {rule.max_bytes} bytes"
            raise RefusedError(PARAMETER, texts.check_parameters(complaint))

    def _accept(self, submission: Submission, account: Account, base_url: str, now: float) -> Task:
        order = submission.order
        if account.balance(now) < order.credits:
            raise RefusedError(402, texts.INSUFFICIENT)
        ordinal, draw = self._tasks.draw_next()
        task_id = f"{draw.getrandbits(128):032x}"
        plan = self._plan(submission, base_url, now, draw)
        task = Task(task_id, ordinal, account.name, order, submission.input, submission.callback_url, plan, base_url)
        if self._log.keeps:
            self._log.append("task", task_to_json(task))
        self._tasks.add(task)
        account.take(order.credits, gives_back_at=plan.gives_back_at())
        self._callbacks.book(task)
        return task

    def _plan(self, submission: Submission, base_url: str, now: float, draw: Random) -> Plan:
        order = submission.order
        failure = asked_for_failure(order.prompt) or self._unreachable(order.images, base_url, now)
        plan = draw_plan(order, draw, now=now, speed=self._options.speed, failure=failure)
        return self._faults.on_plan(order, plan, draw)

    def _unreachable(self, images: tuple[str, ...], base_url: str, now: float) -> Failure | None:
        """An address of our own with nothing behind it fails the task later, as the vendor does (PROTOCOL §1.9)."""
        for url in images:
            if self._host.owns(url, base_url, now) and self._host.behind(url, base_url, now) is None:
                return IMAGE_UNREACHABLE
        return None

    def _note(
        self,
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
                clock=self._ledger.clock,
            )
        )
