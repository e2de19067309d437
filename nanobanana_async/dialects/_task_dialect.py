"""What Kie's two dialects have in common: a task is created, then asked after until it is done (PROTOCOL §1, §2).

They differ in their paths, in the body of a create, and in the names that a record uses.
"""

from __future__ import annotations

import abc
from collections.abc import Collection, Sequence
from typing import ClassVar
from urllib.parse import quote

import attrs

from nanobanana_async.dialects._envelope import Envelope
from nanobanana_async.dialects._lenient import as_dict, word
from nanobanana_async.dialects._record import RecordNames, looked, task_id_of
from nanobanana_async.dialects._requests import get, post_json, rooted, urls_only
from nanobanana_async.values import (
    JSON,
    Accepted,
    FilePart,
    Look,
    Looked,
    NotVisible,
    Refused,
    Request,
    Result,
    Submitted,
    WireReply,
    WireRequest,
)

_TASK_FAILED = (408, 501)  # upstream silent for over ten minutes; generation failed (PROTOCOL §1.3)
_NOT_THERE = "recordinfo is null"


@attrs.frozen
class TaskDialect(abc.ABC):
    """How the API at `base_url` is spoken to with the key `bearer`. It never sends anything itself.

    No answer makes it raise: what can't be read is a `Refused` whose problem says what came instead.
    """

    names: ClassVar[RecordNames]
    """The dialect's name, and those that its records use."""
    create_path: ClassVar[str]
    record_path: ClassVar[str]

    base_url: str = attrs.field(converter=rooted)
    bearer: str = attrs.field(repr=lambda _: "'***'")

    @abc.abstractmethod
    def create_body(self, request: Request, image_urls: Sequence[str]) -> dict[str, JSON]:
        """What a create says of `request`; the callback is put beside it."""

    def record_in(self, answer: Envelope) -> dict[str, JSON]:
        """The record in the answer to a look; empty where there is none."""
        return as_dict(answer.data)

    @property
    def name(self) -> str:
        """The dialect's name, as it stands in `Task.dialect`."""
        return self.names.dialect

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
        """The create for `request`. It pays, so it may not be repeated; it has 60 s in all."""
        body = self.create_body(request, urls_only(images))
        if callback_url is not None:
            body["callBackUrl"] = callback_url
        return post_json(f"{self.base_url}{self.create_path}", self.bearer, body, pays=True, deadline=60.0)

    def read_submitted(self, reply: WireReply, *, given: Collection[str] = ()) -> Submitted:  # noqa: ARG002  a Dialect's
        """The id of the accepted task, or the refusal."""
        answer = Envelope.opened(reply, secret=self.bearer)
        if not answer.ok:
            return Refused(attrs.evolve(answer.problem(), task_id=_accepted(answer)))
        task_id = _accepted(answer)
        return Accepted(task_id) if task_id is not None else Refused(answer.problem("the answer has no task id"))

    def ask(self, task_id: str) -> WireRequest:
        """The look at a task; it has 20 s in all."""
        return get(f"{self.base_url}{self.record_path}?taskId={quote(task_id, safe='')}", self.bearer)

    def read_record(self, task_id: str, reply: WireReply, *, given: Collection[str] = ()) -> Look:  # noqa: ARG002  a Dialect's
        """What the record of the task `task_id` says, or why there is none to read.

        A 408 or 501 in the gateway's own form says that the task failed. A record of another task is refused.
        """
        answer = Envelope.opened(reply, secret=self.bearer)
        record = self.record_in(answer)
        if task_id_of(record) not in (None, task_id.strip()):
            return Refused(answer.problem("the record is that of another task"))
        if isinstance(answer.code, int) and answer.code in _TASK_FAILED:
            failure = (answer.code, answer.message)
            return looked(task_id, record, self.names, secret=self.bearer, failure=failure)
        if answer.ok and record:
            return looked(task_id, record, self.names, secret=self.bearer)
        if answer.enveloped and (answer.code == 404 or _NOT_THERE in answer.message.lower()):
            return NotVisible(answer.problem())
        return Refused(answer.problem("the answer has no record" if answer.ok else None))

    def to_keep(self, reply: WireReply, result: Result) -> str:  # noqa: ARG002  a Dialect's
        """The whole answer: it has links, and no pictures."""
        return reply.body.decode(errors="replace")

    def read_kept(self, task_id: str | None, model: str | None, raw: str) -> Result | None:
        """The result in `raw`, an answer to a look at the task, as a journal kept it; None where it tells of none."""
        if task_id is None:
            return None
        said = self.read_record(task_id, WireReply(200, body=raw.encode(errors="surrogatepass")))
        result = said.result if isinstance(said, Looked) else None
        return None if result is None else attrs.evolve(result, model=result.model or model)


def _accepted(answer: Envelope) -> str | None:
    """The task's id: opaque text, under the names that were seen (PROTOCOL §1.1, §1.6)."""
    data, top = as_dict(answer.data), as_dict(answer.body)
    places = ((data, "taskId"), (data, "task_id"), (top, "taskId"), (top, "task_id"), (data, "recordId"))
    return next((found for place, name in places if (found := word(place.get(name)))), None)
