"""The words of who has heard nothing: of a relay whose own question was cut, or came to no end (PROTOCOL §3).

A relay asks another gateway, and that one asks whoever makes the pictures. Where one of them loses the next, it tells
so as if it were a refusal, under any status. A picture may be made behind it all the same, and paid for, so nothing
that sounds like it may ever be taken for a no. What clearly is a refusal stays one, whatever else it mentions: words
about what was asked for, and words about a field that happens to be called ``timeout``.
"""

from __future__ import annotations

import functools
import re

STATUSES = frozenset({408, 444, 460, 499, 502, 504, 507, 598, 599, *range(520, 531)})
"""HTTP statuses, and codes in a body, by which somebody in between says that no answer came, or that it got lost."""

ABOUT_THE_REQUEST = frozenset({400, 413, 415, 422})
"""HTTP statuses by which what was asked for is refused, where nothing speaks of somebody behind."""

_LONGEST = 2048  # characters of a message that are looked at, at either end
_NUMBERS = "|".join(map(str, sorted(STATUSES)))
_TIME_OUT = r"tim(?:ed|e)[ _-]?out"
_CUT = (
    # Time that has run out.
    _TIME_OUT,
    r"deadline[ _](?:was[ _]|has[ _]been[ _])?(?:exceeded|expired)",
    r"\betimedout\b",
    r"(?:did|does|do) ?n[o']t (?:respond|answer|reply|finish|complete)",
    r"(?:took|taking) too long|time limit|wait(?:ed|ing)? (?:time\b|\d+ ?s)",
    r"still (?:running|processing|generating|working|in progress)",
    # The same in the languages of relays; what takes its time is known by that as well.
    r"超时|无响应|没有响应|未响应|連線逾時|逾時|タイムアウト|시간 ?초과",
    r"连接.{0,4}(?:断|重置|关闭|中断|失败|异常)|断开连接|上游.{0,8}(?:错误|异常|失败)",
    r"тайм-?аут|время ожидания|превышен\w* .{0,10}врем|соединение .{0,10}(?:разорвано|закрыто|сброшено)",
    r"zeitüberschreitung|verbindung .{0,20}(?:getrennt|abgebrochen|unterbrochen|geschlossen)",
    r"délai .{0,20}(?:dépassé|expiré)|tiempo de espera|tempo esgotado|connexion .{0,12}(?:interrompue|fermée)",
    r"\bund_err_",
    # A connection that has ended, or gave nothing.
    r"connection[ _]?(?:was |has been |is )?(?:\w+ly )?(?:error|reset|aborted|closed|lost|dropped|broken|terminat|cut)",
    r"(?:reset|closed|aborted) (?:the connection|by (?:the )?(?:peer|server|remote|upstream))",
    r"closed (?:the |network |idle )?connection",
    r"(?:premature|unexpected(?:ly)?|early)[ _](?:close|end of|closed|eof)|prematurely",
    r"\bhung up\b|failed to respond|recv failure|max retries exceeded",
    r"\b(?:aborted|terminated)$|has been aborted|worker .{0,8}(?:killed|lost|died|exited)",
    r"other side closed",
    r"payload is not completed",
    r"(?:connect|connection|server|upstream|stream|socket)\b.{0,20}\bdisconnect",
    r"disconnected",
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
    r"failed to (?:read|receive|get|parse|decode|unmarshal)\b.{0,30}\b(?:response|(?<!request )body)",
    r"(?:read|bad|unmarshal)_response_body",
    r"invalid character .{1,12} looking for|json parse error|invalid json response|in json at position|not valid json",
    r"expecting value: line",
    rf"(?:status(?:[ _-]?code)?|\bhttp(?: error)?|\berror(?: code)?|responded with|returned)\W{{0,3}}(?:{_NUMBERS})\b",
    # The picture was made, and got lost on the way.
    r"failed to \w+ .{0,20}\b(?:generated|result|output)\b.{0,10}\b(?:image|picture|file)",
    r"failed to (?:upload|store|save|persist)\b.{0,60}\b(?:storage|bucket|s3|oss|r2|cos|cdn)\b",
    r"failed to (?:store|save|persist)\b.{0,20}\b(?:image|picture|file)",
    r"no (?:valid )?(?:image|picture)s?(?: data| url)? (?:(?:was |were )?found )?in .{0,20}(?:response|result|answer)",
)
_LOST = "|".join(_CUT)
_REFUSED = (
    r"content[ _]polic|violat\w+ .{0,40}polic|safety system|flagged|moderation_blocked|content_filter"
    r"|insufficient[ _](?:\w+[ _])?(?:quota|balance|credit)|违规|敏感|余额不足|额度不足"
)
_CODE_OF_REFUSAL = (
    r"invalid_(?!request(?:_error)?$|response|status)|unsupported_|missing_|unknown_param|policy|moderation"
)
_OF_THE_REQUEST = (
    r"request (?:body|entity|payload)|too large|\bprompt\b|\b(?:reference|input|source|init)[ _]?images?\b"
    r"|image_urls?\b|\b(?:fetch|download|load|retriev|open|get)\w* .{0,30}\b(?:image|picture|url|file)"
)
_OF_ONE_BEHIND = (
    r"upstream|backend|provider|do[ _]request|\b(?:response|reply)[ _](?:body|cut|code|status)|generated"
    r"|status[ _-]?code"
)
_BEHIND = r"\bupstream_error\b"
"""The word of relays for an error of who is behind them: whether that one has begun, they don't tell."""
_FIELD = (
    rf"[\w.]{{0,40}}{_TIME_OUT}(?:_\w+)?['\"`)\]]*:?\s*(?:value )?"
    r"(?:must|should|is required|is not (?:allowed|permitted|supported|a valid)|is too|is invalid|has to|needs to"
    r"|can(?:no|')t be|out of range|expected|input should|field required|extra inputs)"
    rf"|(?:parameter|field|argument|param|property)s?(?: supplied)?\W{{1,4}}[\w.]{{0,40}}{_TIME_OUT}"
    rf"|(?:invalid|unsupported) (?:value|type)\b.{{0,20}}['\"`][\w.]{{0,40}}{_TIME_OUT}"
)


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """When it is needed first: to compile them all takes milliseconds, and most never hear such words."""
    return re.compile(pattern, re.IGNORECASE)


def _has(pattern: str, text: str) -> bool:
    return _compiled(pattern).search(text) is not None


def tells_of_silence(text: str, *, code: str, status: int) -> bool:
    """Whether `text`, under an HTTP `status`, says that somebody has heard nothing.

    `code` is its word for programs, empty where it has none.
    """
    text = text if len(text) <= 2 * _LONGEST else f"{text[:_LONGEST]} {text[-_LONGEST:]}"
    if _has(_REFUSED, text) or _has(_CODE_OF_REFUSAL, code := code[:_LONGEST]):
        return False
    said = f"{text} {code}"
    if _has(_TIME_OUT, said):  # else no field is called so, and to look for one takes long
        said = _compiled(_FIELD).sub(" ", said)
    is_of_the_request = status in ABOUT_THE_REQUEST
    if not _has(_LOST, said):
        return not is_of_the_request and _has(_BEHIND, said)
    return not (is_of_the_request and _has(_OF_THE_REQUEST, said)) or _has(_OF_ONE_BEHIND, said)
