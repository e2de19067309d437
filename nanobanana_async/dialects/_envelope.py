"""The form that Kie's answers have: ``{"code": 200, "msg": "success", "data": …}`` (PROTOCOL §1.3).

Failures come as HTTP 200 with the truth in ``code``; proxies in front answer with real statuses, HTML and halves of
bodies. Both are read here.
"""

from __future__ import annotations

import attrs

from nanobanana_async.dialects._answer import Answer
from nanobanana_async.dialects._lenient import as_dict, first, whole
from nanobanana_async.dialects._snippet import one_line


@attrs.frozen
class Envelope(Answer):
    """An answer in Kie's form, or whatever came in its place."""

    @property
    def code(self) -> int | str | None:
        """The number under ``code``, or whatever word stands there instead."""
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
    def message(self) -> str:
        """What the answer says in words; empty if it says nothing. Older pages name it ``message`` (PROTOCOL §1.3)."""
        said = first(as_dict(self.body), "msg", "message", "error")
        if isinstance(said, dict):
            said = said.get("message")
        return one_line(said, self.secret) if isinstance(said, str) else ""
