"""The form that answers of OpenAI-style gateways have: a real HTTP status, and words under ``error`` (PROTOCOL §3).

``{"error": {"message", "type", "param", "code"}}`` is OpenAI's own. Relays also send ``error`` as text, or a message
at the top; proxies in front of them do that as well, and say nothing of what the gateway did. Gateways that are built
with FastAPI or Django have ``detail`` in its place, also for what they refuse before they have looked at it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice

import attrs

from nanobanana_async.dialects._answer import Answer
from nanobanana_async.dialects._lenient import as_dict, first, whole
from nanobanana_async.dialects._rate_headers import until_reset
from nanobanana_async.dialects._silence import ABOUT_THE_REQUEST, STATUSES, tells_of_silence
from nanobanana_async.dialects._snippet import one_line, snippet
from nanobanana_async.values import JSON, Problem, WireReply

# Statuses by which something in front of a gateway says that it got no answer from it. There only OpenAI's own form is
# the gateway's word: ``{"message": "Endpoint request timed out"}`` is a proxy's, and the picture may be paid for.
_IN_FRONT = STATUSES | {503}
_CLEAR = frozenset({401, 402, 429})  # about the key, the money and the limit: nothing was asked for behind
_LONGEST_WORD = 64
_MOST_TEXTS = 50  # of an error that are looked at, for words of silence
_DEEPEST = 6
_OF_A_FIELD = frozenset({"param", "loc", "field", "prompt"})  # no words, but what they are about
_NO = re.compile(
    r"fail|error|invalid|denied|insufficient|exceed|reject|forbidden|unauthori[sz]|not_|quota|limit", re.IGNORECASE
)
_BY_WORD: Mapping[str, int] = {
    "invalid_api_key": 401,
    "authentication_error": 401,
    "invalid_prompt": 400,
    "invalid_request_error": 400,
    "model_not_found": 404,
    "rate_limit_exceeded": 429,
}
"""What a no means by its word, where it comes under the status of a success and has no number."""


@attrs.frozen
class ImagesAnswer(Answer):
    """An answer of an OpenAI-style gateway, or whatever came in its place."""

    @classmethod
    def _body(cls, said: JSON, reply: WireReply) -> dict[str, JSON] | None:
        """A list alone is taken for that of the pictures."""
        is_of_pictures = isinstance(said, list) and 200 <= reply.status < 300
        return super()._body({"images": said} if is_of_pictures else said, reply)

    @property
    def error(self) -> JSON:
        """What stands under ``error``; None where that is nothing."""
        return as_dict(self.body).get("error") or None

    @property
    def enveloped(self) -> bool:
        """True if it is a no of the gateway's own: an ``error``, or a message beside a status or code that is one."""
        status = self.reply.status
        if self.body is None or not (self.is_success or status >= 400):
            return False
        if self.is_cut:
            return False
        if isinstance(self.error, dict):
            return True
        if status in _IN_FRONT:
            return False
        if status < 500 and not self.is_success and sentence(self.body.get("detail")):  # a framework's own form
            return True
        if status in ABOUT_THE_REQUEST:  # whatever form it has, it is about what was asked for
            return True
        says_no = status >= 400 or self.body.get("success") is False or _is_no(self.body.get("code"))
        return self.error is not None or (says_no and isinstance(first(self.body, "message", "msg"), str))

    @cached_property
    def is_cut(self) -> bool:
        """Whether it says, in whatever form, that none came from who makes the pictures: one may be made."""
        status = self.reply.status
        if status in STATUSES:
            return True
        if self.body is None or status in _CLEAR or not (self.is_success or status >= 400):
            return False
        codes = [as_dict(self.error).get("code"), self.body.get("code")]
        if any(whole(code) in STATUSES for code in codes):
            return True
        is_told_at_the_top = not self.is_success or _is_no(self.body.get("code"))
        said = [*islice(_texts(self.error), _MOST_TEXTS), sentence(self.body) if is_told_at_the_top else ""]
        return tells_of_silence(" ".join(said), code=_joined(codes), status=status)

    @property
    def code(self) -> int | None:
        """The HTTP status of a no; where that is a success, the number in the body, or that of its words.

        None where it is a success that says no in words alone: what was done then, nobody can tell.
        """
        if not self.enveloped:
            return None
        if not self.is_success:
            return self.reply.status
        place = self.error if isinstance(self.error, dict) else as_dict(self.body)
        named = (_BY_WORD.get(one) for one in (place.get("code"), place.get("type")) if isinstance(one, str))
        return _failure(place.get("code")) or next((code for code in named if code is not None), None)

    @property
    def ok(self) -> bool:
        """True if it is an answer and no no."""
        return self.is_success and self.body is not None and not self.enveloped and not self.is_cut

    @property
    def message(self) -> str:
        """What the answer says in words, and in brackets the words for it that are meant for programs."""
        said = one_line(sentence(self.error) or sentence(self.body), self.secret)
        words = ", ".join(word for word in self._words() if word != said)
        if not words:
            return said
        return f"{said} ({words})" if said else f"no message ({words})"

    @property
    def wait(self) -> float | None:
        """Seconds that it asks to wait for: by Retry-After, or with a 429 until its limit is reset."""
        asked = super().wait
        return until_reset(self.reply.headers) if asked is None and self.reply.status == 429 else asked

    @property
    def is_success(self) -> bool:
        """True if its HTTP status is one."""
        return 200 <= self.reply.status < 300

    def problem(self, fault: str | None = None) -> Problem:
        """What is wrong with this answer; `fault` says it of one that calls itself a success."""
        return attrs.evolve(super().problem(fault), is_cut=self.is_cut)

    def _text(self, fault: str | None) -> str:
        # Of an answer that nothing can be read from, all is shown, not its message: what was paid for may stand there.
        if fault and not self.enveloped:
            return f"{fault}: {snippet(self.reply.body, self.secret)}"
        return super()._text(fault)

    def _words(self) -> list[str]:
        """Its ``type`` and ``code``, where they are words, and the field that its ``param`` names."""
        place = self.error if isinstance(self.error, dict) else as_dict(self.body) if self.enveloped else {}
        said = (place.get(name) for name in ("type", "code"))
        words = [one_line(one, self.secret) for one in said if isinstance(one, str) and whole(one) is None]
        field = place.get("param")
        if isinstance(field, str) and field.strip():
            words.append(f"param {one_line(field, self.secret)!r}")
        return list(dict.fromkeys(word for word in words if 0 < len(word) <= _LONGEST_WORD))


def _failure(said: JSON) -> int | None:
    """A number that can only be the code of a failure."""
    code = whole(said)
    return code if code is not None and 400 <= code < 1000 else None


def _is_no(said: JSON) -> bool:
    """Whether a ``code`` at the top of an answer is one of a no: vendors number theirs as they like."""
    code = whole(said)
    if code is not None:
        return code < 0 or code >= 400
    return isinstance(said, str) and _NO.search(said) is not None


def _texts(said: JSON, depth: int = 0) -> Iterator[str]:
    """Every text in it, the outer ones first: gateways put the words of who is behind them into their own."""
    if isinstance(said, str):
        yield said
    elif depth < _DEEPEST and isinstance(said, list | dict):
        inside = said if isinstance(said, list) else [one for name, one in said.items() if name not in _OF_A_FIELD]
        yield from (one for one in inside if isinstance(one, str))
        for one in inside:
            if not isinstance(one, str):
                yield from _texts(one, depth + 1)


def _joined(values: list[JSON]) -> str:
    return " ".join(value for value in values if isinstance(value, str))


def _of_a_field(said: dict[str, JSON]) -> JSON:
    """What a validator says of the first field, where fields are all that it names: ``{"prompt": ["too long"]}``."""
    name, why = next(iter(said.items()), ("", None))
    return f"{name}: {why[0]}" if isinstance(why, list) and why and isinstance(why[0], str) else None


def sentence(said: JSON) -> str:
    """The words in a message: text, an object that holds it, or a list of such, as validators send it."""
    for _ in range(4):
        if isinstance(said, list):
            said = said[0] if said else None
        elif isinstance(said, dict):
            said = first(said, "message", "msg", "detail", "errors") or _of_a_field(said)
    return said if isinstance(said, str) else ""
