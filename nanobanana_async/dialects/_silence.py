"""The words of who has heard nothing: of a relay whose own question was cut, or came to no end (PROTOCOL §3).

A relay asks another gateway, and that one asks whoever makes the pictures. Where one of them loses the next, it tells
so as if it were a refusal, under any status. A picture may be made behind it all the same, and paid for, so nothing
that sounds like it may ever be taken for a no. What clearly is a refusal stays one, whatever else it mentions: words
about what was asked for, and words about a field that happens to be called ``timeout``.
"""

from __future__ import annotations

import re

STATUSES = frozenset({408, 499, 502, 504, *range(520, 531)})
"""HTTP statuses, and codes in a body, by which somebody in between says that no answer came."""

_LONGEST = 2048  # characters of a message that are looked at
_NUMBERS = "408|499|502|504|52[0-9]|530"
_TIME_OUT = r"tim(?:ed|e)[ _-]?out"
_CUT = (
    # Time that has run out.
    _TIME_OUT,
    r"deadline[ _](?:was[ _]|has[ _]been[ _])?exceeded",
    r"\betimedout\b",
    r"\bund_err_",
    # A connection that has ended, or gave nothing.
    r"connection[ _]?(?:was |has been |is )?(?:\w+ly )?(?:error|reset|aborted|closed|lost|dropped|broken|terminat|cut)",
    r"(?:reset|closed|aborted) (?:the connection|by (?:the )?(?:peer|server|remote|upstream))",
    r"closed (?:the )?connection",
    r"(?:connect|connection|server|upstream|stream|socket)\b.{0,20}\bdisconnect",
    r"\bdisconnected\b",
    r"upstream connect error",
    r"reset before headers",
    r"reset reason",
    r"broken pipe",
    r"socket hang ?up",
    r"\becon(?:nreset|naborted)\b",
    r"\bepipe\b",
    r"\beof\b",
    r"(?<!image )(?<!file )fetch failed",
    r"\babort ?error\b",
    r"(?:operation|request) was (?:aborted|cancell?ed)",
    r"context cancell?ed",
    r"incomplete ?(?:chunked |message )?read",
    r"remote ?protocol ?error",
    r"read ?error",
    r"stream (?:error|was reset|reset|closed)",
    # Relays, in their own words.
    r"bad gateway",
    r"do[ _]request[ _]failed",
    r"(?:no|empty|incomplete) (?:response|reply|answer)\b",
    r"failed to (?:read|receive|get|parse|decode)\b.{0,30}\b(?:response|body)",
    r"(?:read|bad)_response_body",
    rf"status(?:[ _-]?code)?\W{{0,3}}(?:{_NUMBERS})\b",
    # The picture was made, and got lost on the way.
    r"failed to \w+ .{0,20}\b(?:generated|result|output)\b.{0,10}\b(?:image|picture|file)",
    r"failed to (?:upload|store|save|persist)\b.{0,60}\b(?:storage|bucket|s3|oss|r2|cos|cdn)\b",
)
_LOST = re.compile("|".join(_CUT), re.IGNORECASE)
_REFUSED = re.compile(
    r"content[ _]polic|violat\w+ .{0,40}polic|safety system|flagged|moderation_blocked|content_filter"
    r"|insufficient[ _](?:\w+[ _])?(?:quota|balance|credit)",
    re.IGNORECASE,
)
_CODE_OF_REFUSAL = re.compile(
    r"invalid_(?!request(?:_error)?$|response|status)|unsupported_|missing_|unknown_param|policy|moderation",
    re.IGNORECASE,
)
_FIELD = re.compile(
    rf"[\w.]{{0,40}}{_TIME_OUT}(?:_\w+)?['\"`)\]]*:?\s*(?:value )?"
    r"(?:must|should|is required|is not (?:allowed|permitted|supported|a valid)|is too|is invalid|has to|needs to"
    r"|can(?:no|')t be|out of range|expected|input should|field required|extra inputs)"
    rf"|(?:parameter|field|argument|param|property)s?(?: supplied)?\W{{1,4}}[\w.]{{0,40}}{_TIME_OUT}"
    rf"|(?:invalid|unsupported) (?:value|type)\b.{{0,20}}['\"`][\w.]{{0,40}}{_TIME_OUT}",
    re.IGNORECASE,
)


def tells_of_silence(text: str, *, code: str) -> bool:
    """Whether `text` says that somebody has heard nothing; `code` is its word for programs, empty where it has none."""
    text = text[:_LONGEST]
    if _REFUSED.search(text) or _CODE_OF_REFUSAL.search(code := code[:_LONGEST]):
        return False
    return _LOST.search(_FIELD.sub(" ", f"{text} {code}")) is not None
