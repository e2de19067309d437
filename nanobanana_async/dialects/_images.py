"""The images dialect: OpenAI's, as resellers and relays speak it (PROTOCOL §3)."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from urllib.parse import quote

import attrs

from nanobanana_async.dialects._content import read_bytes
from nanobanana_async.dialects._images_answer import ImagesAnswer
from nanobanana_async.dialects._images_create import edit, generation
from nanobanana_async.dialects._images_task import (
    is_not_there,
    is_told,
    is_under_way,
    looked,
    other_id_in,
    record_in,
    task_id_in,
    task_id_of,
)
from nanobanana_async.dialects._lenient import as_dict, loads
from nanobanana_async.dialects._mended import readings
from nanobanana_async.dialects._pictures import pictures_in, pictures_kept
from nanobanana_async.dialects._rate_headers import until_reset
from nanobanana_async.dialects._requests import get, rooted
from nanobanana_async.values import (
    Accepted,
    Answered,
    FilePart,
    Look,
    NotVisible,
    OperationRequest,
    Refused,
    Request,
    Result,
    Submitted,
    WireReply,
    WireRequest,
)

_LARGEST = 64 * 1024 * 1024  # bytes of an answer: it may hold pictures (DESIGN §5)
_ID_WITHIN = 60.0  # seconds in which a task's id, or its record, is there
_VERSION = re.compile(r"[^/]/v\d+(\.\d+)*((alpha|beta|preview|rc)\d*)?(/|$)", re.IGNORECASE)


def versioned(base_url: str) -> str:
    """The URL with ``/v1`` at its end: users of OpenAI's packages write it, others don't.

    A path that has a version in it (``/api/v3``, ``/v1beta/openai``, ``/V1``) is as its owner wants it.
    """
    root = rooted(base_url)
    return root if _VERSION.search(root) else f"{root}/v1"


@attrs.frozen
class ImagesDialect:
    """How the OpenAI-style API at `base_url` is spoken to with the key `bearer`. It never sends anything itself.

    `base_url` may end in ``/v1`` or not. A create is answered with the picture, within `answer_within` seconds; or,
    where `asynchronous`, with the id of a task that is then looked at. No answer makes it raise: what can't be read is
    a `Refused` whose problem says what came instead.
    """

    base_url: str = attrs.field(converter=versioned)
    bearer: str = attrs.field(repr=lambda _: "'***'")
    asynchronous: bool = attrs.field(default=False, kw_only=True)
    answer_within: float = attrs.field(default=200.0, kw_only=True)

    @property
    def name(self) -> str:
        """``"images"``."""
        return "images"

    @property
    def answers_at_once(self) -> bool:
        """Whether a create lasts as long as its task: yes, unless it is asked for otherwise."""
        return not self.asynchronous

    @property
    def takes_files(self) -> bool:
        """Yes: an edit is a form with files, and a generation takes ``data:`` URLs."""
        return True

    def submit(
        self, request: Request, images: Sequence[str | FilePart], *, callback_url: str | None = None
    ) -> WireRequest:
        """The create for `request`, by its operation; a request without one is a generation.

        It pays, so it may not be repeated; it has 200 s in all, asynchronous 60 s. Only an asynchronous create can name
        a callback: `callback_url` is ignored where the answer comes at once.

        Raises:
            ValueError: the request's operation is neither ``generations`` nor ``edits``, or an image can't be sent.
        """
        operation = request.operation if isinstance(request, OperationRequest) else "generations"
        if operation not in ("generations", "edits"):
            raise ValueError(f"operation={operation!r}: the images dialect has 'generations' and 'edits'")
        made = edit if operation == "edits" else generation
        wire = made(f"{self.base_url}/images/{operation}{self._query(callback_url)}", self.bearer, request, images)
        # A relay that takes no notice of "?async=true" answers with the picture all the same, as late as any other.
        deadline = max(_ID_WITHIN, self.answer_within) if self.asynchronous else self.answer_within
        return attrs.evolve(wire, pays=True, deadline=deadline, max_bytes=_LARGEST)

    def read_submitted(self, reply: WireReply, *, given: Collection[str] = ()) -> Submitted:
        """The result, or the id of the accepted task, or the refusal.

        A list of pictures is the result whatever else is said, under any status: they are paid for. Pictures in other
        places are, where nothing speaks against it. A content that came in the answer is a ``data:`` URL of the result,
        and only a digest in its `raw`. A success that is no JSON is read as far as it goes. `given` are the images of
        the request: what comes back of them is no picture.
        """
        answer = ImagesAnswer.opened(reply, secret=self.bearer)
        said = self._submitted(answer, given)
        if isinstance(said, Refused) and answer.body is None and answer.is_success:
            return self._submitted_all_the_same(reply, given) or said
        return said

    def _submitted(self, answer: ImagesAnswer, given: Collection[str]) -> Submitted:
        body = as_dict(answer.body)
        task_id, found = task_id_in(body), pictures_in(body, self.base_url, given)
        is_alone = answer.ok and task_id is None
        if found.urls and (is_alone and not is_under_way(found) if found.elsewhere else found.is_there):
            return Answered(found.result(task_id), pause=self.pause(answer.reply))
        if not answer.ok:
            return Refused(attrs.evolve(answer.problem(), task_id=task_id))
        task_id = task_id or other_id_in(body)
        if task_id is not None:
            return Accepted(task_id, pause=self.pause(answer.reply))
        if found.listed and not found.urls:
            return Answered(found.result(None), pause=self.pause(answer.reply))
        return Refused(answer.problem("the answer has neither a picture nor a task"))

    def _submitted_all_the_same(self, reply: WireReply, given: Collection[str]) -> Submitted | None:
        """What an answer that is no JSON says of pictures, or else of a task; None where it says of neither."""
        picture, accepted = read_bytes(reply.body), None
        bodies = readings(reply.body) if picture is None else [{"data": [{"b64_json": picture.text}]}]
        for body in bodies:
            said = self._submitted(ImagesAnswer(reply, body, self.bearer), given)
            if isinstance(said, Answered) and said.result.urls:
                return said
            accepted = accepted or (said if isinstance(said, Accepted) else None)
        return accepted

    def pause(self, reply: WireReply) -> float | None:
        """Seconds for which nothing should follow a create that was answered so; None where nothing is against it."""
        return until_reset(reply.headers)

    def ask(self, task_id: str) -> WireRequest:
        """The look at a task; it has 60 s in all, for the answer may hold pictures."""
        wire = get(f"{self.base_url}/images/tasks/{_escaped(task_id)}", self.bearer)
        return attrs.evolve(wire, max_bytes=_LARGEST, deadline=_ID_WITHIN)

    def read_record(self, task_id: str, reply: WireReply, *, given: Collection[str] = ()) -> Look:
        """What the record of the task `task_id` says, or why there is none to read.

        A record of another task is refused. Content is told of as by `read_submitted`, and `given` is as there.
        """
        answer = ImagesAnswer.opened(reply, secret=self.bearer)
        if answer.body is None and answer.is_success:
            answer = ImagesAnswer(reply, next(readings(reply.body), None), self.bearer)
        record = record_in(answer, self.base_url, given)
        if task_id_of(record.said) not in (None, task_id.strip()):
            return Refused(answer.problem("the record is that of another task"))
        if is_told(answer, record):
            return looked(task_id, record, secret=self.bearer)
        if is_not_there(answer):
            return NotVisible(answer.problem())
        return Refused(answer.problem("the answer has no record" if answer.ok else None))

    def to_keep(self, reply: WireReply, result: Result) -> str:  # noqa: ARG002  a Dialect's
        """The answer as JSON, with digests in the place of pictures."""
        return json.dumps(result.raw)

    def read_kept(self, task_id: str | None, model: str | None, raw: str) -> Result | None:
        """The result in `raw`, that of an earlier result as JSON; None where it tells of none.

        A picture whose content came in the answer has a URL ``sha256:…``. Never give it what came from the wire: there
        a digest is nobody's.
        """
        try:
            body = loads(raw)
        except ValueError:
            return None
        found = pictures_kept(as_dict(body))
        return found.result(task_id, model) if found.listed or found.urls else None

    def _query(self, callback_url: str | None) -> str:
        if not self.asynchronous:
            return ""
        return "?async=true" + (f"&webhook={quote(callback_url, safe='')}" if callback_url is not None else "")


def _escaped(task_id: str) -> str:
    """`task_id` as a part of a path: of dots alone it would be a step in it."""
    part = quote(task_id, safe="")
    return part if part.strip(".") else part.replace(".", "%2E")
