"""An answer, opened: what every dialect asks of one, and what is shown of one that says no.

Nothing here raises for what a gateway sends: what can't be read becomes a `Problem` that says what came instead. No
text of it holds the key.
"""

from __future__ import annotations

import abc
from typing import Self

import attrs

from nanobanana_async.dialects._lenient import as_dict, loads
from nanobanana_async.dialects._retry_after import retry_after
from nanobanana_async.dialects._snippet import one_line, snippet
from nanobanana_async.values import JSON, Problem, WireReply

_REQUEST_IDS = ("x-request-id", "x-oneapi-request-id", "request-id", "cf-ray")  # the last is Cloudflare's own
_LONGEST_ID = 200


@attrs.frozen
class Answer(abc.ABC):
    """`reply`, opened: `body` is its JSON object, None if it has none; `secret` is what no text may show."""

    reply: WireReply
    body: dict[str, JSON] | None = attrs.field(repr=False)
    secret: str = attrs.field(default="", repr=False)

    @classmethod
    def opened(cls, reply: WireReply, *, secret: str = "") -> Self:
        """`reply`, as an answer of this form."""
        try:
            said = loads(reply.body)
        except ValueError:
            said = None
        return cls(reply, cls._body(said, reply), secret)

    @classmethod
    def _body(cls, said: JSON, reply: WireReply) -> dict[str, JSON] | None:  # noqa: ARG003  for those that go by it
        """What `reply` has said, where that is an object."""
        return said if isinstance(said, dict) else None

    @property
    @abc.abstractmethod
    def code(self) -> int | str | None:
        """The gateway's own verdict: a number, or whatever word stands there instead."""

    @property
    @abc.abstractmethod
    def enveloped(self) -> bool:
        """True if this is the gateway's own word, in its own form; not a proxy's."""

    @property
    @abc.abstractmethod
    def ok(self) -> bool:
        """True if what was asked for was done."""

    @property
    @abc.abstractmethod
    def message(self) -> str:
        """What the answer says in words; empty if it says nothing."""

    @property
    def data(self) -> JSON:
        """What the answer is about."""
        return as_dict(self.body).get("data")

    @property
    def wait(self) -> float | None:
        """Seconds that it asks to wait for; None where it doesn't."""
        return retry_after(self.reply.headers)

    def problem(self, fault: str | None = None) -> Problem:
        """What is wrong with this answer; `fault` says it of one that calls itself a success."""
        location = self.reply.headers.get("location")
        return Problem(
            status=self.reply.status,
            code=self.code,
            text=self._text(fault),
            enveloped=self.enveloped,
            retry_after=self.wait,
            location=None if location is None else one_line(location, self.secret),
            request_id=self._request_id,
        )

    @property
    def _request_id(self) -> str | None:
        named = (self.reply.headers.get(name) for name in _REQUEST_IDS)
        return next((one_line(name, self.secret)[:_LONGEST_ID] for name in named if name and name.strip()), None)

    def _text(self, fault: str | None) -> str:
        # Errors are judged by their text. An answer in the gateway's form is never quoted beyond its message, for its
        # data may hold the prompt, and a prompt may say anything: "not enough credits", too.
        if self.enveloped:
            said = self.message or f"code {self.code} and no message"
        else:
            said = self.message or snippet(self.reply.body, self.secret)
        return f"{fault}: {said}" if fault else said
