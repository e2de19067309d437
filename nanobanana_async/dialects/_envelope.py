"""The form that this gateway's answers have: ``{"code": 200, "msg": "success", "data": …}`` (PROTOCOL §1.3).

Failures come as HTTP 200 with the truth in ``code``; proxies in front answer with real statuses, HTML and halves of
bodies. Both are read here, and nothing raises: what can't be read becomes a `Problem` that says what came instead.
"""

from __future__ import annotations

import attrs

from nanobanana_async.dialects._lenient import as_dict, first, loads, whole
from nanobanana_async.dialects._retry_after import retry_after
from nanobanana_async.dialects._snippet import one_line, snippet
from nanobanana_async.values import JSON, Problem, WireReply


@attrs.frozen
class Envelope:
    """An answer, opened. `body` is its JSON object, None if it has none; `secret` is what no text may show."""

    reply: WireReply
    body: dict[str, JSON] | None
    secret: str = attrs.field(default="", repr=False)

    @property
    def code(self) -> int | str | None:
        """The gateway's own verdict: a number, or whatever word stands there instead."""
        said = as_dict(self.body).get("code")
        number = whole(said)
        return number if number is not None else one_line(said, self.secret) if isinstance(said, str) else None

    @property
    def enveloped(self) -> bool:
        """True if this is the gateway's word: a JSON object with a numeric ``code``."""
        return isinstance(self.code, int)

    @property
    def ok(self) -> bool:
        """True if what was asked for was done. Without a ``code`` the HTTP status decides."""
        if self.body is None or self.body.get("success") is False:
            return False
        return self.code == 200 if self.code is not None else 200 <= self.reply.status < 300

    @property
    def data(self) -> JSON:
        """What the answer is about."""
        return as_dict(self.body).get("data")

    @property
    def message(self) -> str:
        """What the answer says in words; empty if it says nothing. Older pages name it ``message`` (PROTOCOL §1.3)."""
        said = first(as_dict(self.body), "msg", "message", "error")
        if isinstance(said, dict):
            said = said.get("message")
        return one_line(said, self.secret) if isinstance(said, str) else ""

    def problem(self, fault: str | None = None) -> Problem:
        """What is wrong with this answer; `fault` says it of one that calls itself a success."""
        return Problem(
            status=self.reply.status,
            code=self.code,
            text=self._text(fault),
            enveloped=self.enveloped,
            retry_after=retry_after(self.reply.headers),
            location=self.reply.headers.get("location"),
        )

    def _text(self, fault: str | None) -> str:
        # Errors are judged by their text. An answer in the gateway's form is never quoted beyond its message, for its
        # data may hold the prompt, and a prompt may say anything: "not enough credits", too.
        if self.enveloped:
            said = self.message or f"code {self.code} and no message"
        else:
            said = self.message or snippet(self.reply.body, self.secret)
        return f"{fault}: {said}" if fault else said


def open_envelope(reply: WireReply, *, secret: str = "") -> Envelope:
    """`reply`, opened."""
    try:
        body = loads(reply.body)
    except ValueError:
        body = None
    return Envelope(reply, body if isinstance(body, dict) else None, secret)
