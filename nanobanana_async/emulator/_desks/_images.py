"""The desk of the images dialect: generations, edits, and the tasks of those that are not waited for (PROTOCOL §3).

An answer that holds a picture comes when the picture is done: the desk says how long that takes, and whoever has the
connection waits. The credits are taken before, and given back if it fails.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from functools import cache, partial

from attrs import evolve, field, frozen

from nanobanana_async.emulator._accounts import Account
from nanobanana_async.emulator._calls import Answer, Call, FileAnswer, Later, RefusedError, Reply, Silence, Whole
from nanobanana_async.emulator._desks._intake import Intake, Manner
from nanobanana_async.emulator._desks._looks import Looks
from nanobanana_async.emulator._desks._rate_headers import rate_headers
from nanobanana_async.emulator._faults import Faults
from nanobanana_async.emulator._filehost import FileHost
from nanobanana_async.emulator._openai import MODERATION_BLOCKED, openai_refused
from nanobanana_async.emulator._options import EmulatorOptions
from nanobanana_async.emulator._orders import is_async, read_images
from nanobanana_async.emulator._plans import FAIL, IMAGE_UNREACHABLE, Failure
from nanobanana_async.emulator._proxy_page import page
from nanobanana_async.emulator._records import Drawn, images_answer, images_record
from nanobanana_async.emulator._tasks import Task

_SHORTEST = 0.001  # seconds after the end of a task, so that its file is there whichever clock is a little behind
_NOT_THERE = "The task does not exist."


@frozen
class Images:
    """Takes orders of the images dialect, and has their pictures painted."""

    _options: EmulatorOptions
    _intake: Intake
    _looks: Looks
    _faults: Faults
    _host: FileHost
    manner: Manner = field(init=False)

    @manner.default
    def _its_manner(self) -> Manner:
        read = partial(read_images, any_model=self._options.images_models == "any")
        return Manner(dialect="images", read=read, id_prefix="task_", refusal=_in_http)

    def create(self, call: Call, account: Account, now: float) -> Reply:
        """`generations` and `edits`."""
        task = self._intake.take(self.manner, call, account, now)
        if is_async(call):
            said = {"task_id": task.id}
            return Answer(said if self._options.images_task == "top" else {"code": "success", "data": said})
        return self._in_the_end(task, call.base_url, now)

    def task(self, call: Call, account: Account, now: float) -> Reply:
        """`images/tasks/{id}`."""
        try:
            task = self._looks.task("images", call, account, now)
        except RefusedError:
            raise RefusedError(404, _NOT_THERE, param="task_id", word="task_not_found") from None
        said = images_record(task, now, base_url=call.base_url, options=self._options)
        said = self._faults.on_record(task, said, now)
        return self._painted({"code": "success", "data": said}, task, call.base_url, now)

    def _in_the_end(self, task: Task, base_url: str, now: float) -> Reply:
        """The answer that comes when the picture is done, or when the relay in front gives up."""
        plan, given_up = task.plan, self._options.cut_after
        seconds = plan.last.at - now + _SHORTEST
        if given_up is not None and (not plan.ends or given_up / self._options.speed < seconds):
            return Later(page(524, title="524 A timeout occurred"), given_up / self._options.speed, task.id)
        if not plan.ends:
            return Silence()
        return Later(self._answer(task, base_url), seconds, task.id)

    def _answer(self, task: Task, base_url: str) -> Whole:
        ends_at, failure = task.plan.last.at, task.plan.failure
        if failure is not None and task.plan.last.state == FAIL:
            return openai_refused(_failed(failure))
        said = images_answer(task, base_url=base_url, options=self._options)
        return self._painted(self._faults.on_record(task, said, ends_at), task, base_url, ends_at)

    def _painted(self, said: Mapping[str, object], task: Task, base_url: str, now: float) -> Whole:
        """The answer with its pictures in it, painted when it is wanted; a plain one where it has none."""
        drawn: list[Drawn] = []
        json.dumps(said, default=drawn.append)
        if not drawn:
            return Answer(said)
        return FileAnswer("application/json", lambda: self._dumped(said, task, base_url, now))

    def _dumped(self, said: Mapping[str, object], task: Task, base_url: str, now: float) -> bytes:
        @cache
        def painted(number: int) -> str:
            return base64.b64encode(self._host.picture(task, number, base_url, now).produce()).decode()

        def text(drawn: Drawn) -> str:
            return f"data:image/png;base64,{painted(drawn.number)}" if drawn.prefixed else painted(drawn.number)

        return json.dumps(said, separators=(",", ":"), default=text).encode()


def _in_http(error: RefusedError, account: Account, now: float) -> RefusedError:
    """A no of the intake with the status that HTTP has for it."""
    if error.code == 429:
        seconds = max(math.ceil(account.opens_in(now)), 1)
        msg = f"Rate limit reached for requests. Please try again in {seconds}s."
        return RefusedError(429, msg, headers={"Retry-After": str(seconds), **rate_headers(account, now)})
    return evolve(error, code=400) if error.param is not None and error.code in (422, 500) else error


def _failed(failure: Failure) -> RefusedError:
    """Why a task failed, as whoever waited for it is told (PROTOCOL §1.9)."""
    if failure == IMAGE_UNREACHABLE:
        return RefusedError(400, failure.msg, param="image", word="invalid_image")
    code = int(failure.code) if failure.code.isascii() and failure.code.isdigit() else 500
    return RefusedError(code, failure.msg, word=MODERATION_BLOCKED if code == 400 else None)
