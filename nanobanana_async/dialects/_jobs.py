"""The jobs dialect: a task is created, then asked after until it is done (PROTOCOL §1)."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import attrs

from nanobanana_async.dialects._envelope import Envelope, open_envelope
from nanobanana_async.dialects._lenient import as_dict, word
from nanobanana_async.dialects._record import looked, task_id_of
from nanobanana_async.dialects._requests import get, post_json, rooted, urls_only
from nanobanana_async.values import (
    JSON,
    Accepted,
    FilePart,
    Look,
    NotVisible,
    Refused,
    Request,
    Submitted,
    WireReply,
    WireRequest,
)

_TASK_FAILED = (408, 501)  # upstream silent for over ten minutes; generation failed (PROTOCOL §1.3)
_NOT_THERE = "recordinfo is null"


@attrs.frozen
class JobsDialect:
    """How the jobs API at `base_url` is spoken to with the key `bearer`. It never sends anything itself.

    No answer makes it raise: what can't be read is a `Refused` whose problem says what came instead.
    """

    base_url: str = attrs.field(converter=rooted)
    bearer: str = attrs.field(repr=lambda _: "'***'")

    @property
    def name(self) -> str:
        """``"jobs"``."""
        return "jobs"

    @property
    def answers_at_once(self) -> bool:
        """No: a task is accepted, and looked at until it is done."""
        return False

    @property
    def takes_files(self) -> bool:
        """No: images are public URLs (PROTOCOL §1.5)."""
        return False

    def submit(
        self, request: Request, images: Sequence[str | FilePart], *, callback_url: str | None = None
    ) -> WireRequest:
        """The createTask for `request`. It pays, so it may not be repeated; it has 60 s in all."""
        body: dict[str, JSON] = {"model": request.model}
        if callback_url is not None:
            body["callBackUrl"] = callback_url
        body["input"] = request.vendor_input(urls_only(images))
        return post_json(f"{self.base_url}/api/v1/jobs/createTask", self.bearer, body, pays=True, deadline=60.0)

    def read_submitted(self, reply: WireReply) -> Submitted:
        """The id of the accepted task, or the refusal."""
        answer = open_envelope(reply, secret=self.bearer)
        if not answer.ok:
            return Refused(attrs.evolve(answer.problem(), task_id=_accepted(answer)))
        task_id = _accepted(answer)
        return Accepted(task_id) if task_id is not None else Refused(answer.problem("the answer has no task id"))

    def ask(self, task_id: str) -> WireRequest:
        """The recordInfo of a task; it has 20 s in all."""
        return get(f"{self.base_url}/api/v1/jobs/recordInfo?taskId={quote(task_id, safe='')}", self.bearer)

    def read_record(self, task_id: str, reply: WireReply) -> Look:
        """What the record of the task `task_id` says, or why there is none to read.

        A 408 or 501 in the gateway's own form says that the task failed. A record of another task is refused.
        """
        answer = open_envelope(reply, secret=self.bearer)
        record = as_dict(answer.data)
        if task_id_of(record) not in (None, task_id.strip()):
            return Refused(answer.problem("the record is that of another task"))
        if isinstance(answer.code, int) and answer.code in _TASK_FAILED:
            return looked(task_id, record, failure=(answer.code, answer.message))
        if answer.ok and record:
            return looked(task_id, record)
        if answer.enveloped and (answer.code == 404 or _NOT_THERE in answer.message.lower()):
            return NotVisible(answer.problem())
        return Refused(answer.problem("the answer has no record" if answer.ok else None))


def _accepted(answer: Envelope) -> str | None:
    """The task's id: opaque text, under the names that were seen (PROTOCOL §1.1, §1.6)."""
    data, top = as_dict(answer.data), as_dict(answer.body)
    places = ((data, "taskId"), (data, "task_id"), (top, "taskId"), (top, "task_id"), (data, "recordId"))
    return next((found for place, name in places if (found := word(place.get(name)))), None)
