"""Every fault there is, with its line and its parameters: what the command line and the page list.

Data alone. What a fault does stands in the module of its kind; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from nanobanana_async.emulator._faults import _readers as readers
from nanobanana_async.emulator._faults._names import FaultName
from nanobanana_async.emulator._faults._spec import FaultParameter, FaultSpec
from nanobanana_async.emulator._faults._wordings import FAILURES, REFUSALS
from nanobanana_async.emulator._operations import LOOKS, OPERATIONS, Operation

_Specs: TypeAlias = tuple[FaultSpec, ...]
_EVERYWHERE = OPERATIONS
_IN_JSON: tuple[Operation, ...] = tuple(operation for operation in _EVERYWHERE if operation != "file")

_FORM = FaultParameter(
    "form",
    readers.one_of(("body", "status", "bare")),
    "body",
    "an envelope over HTTP 200, the same with a real HTTP status (files and /v1 always), or that status with a page",
)
_AFTER = FaultParameter("retry-after", readers.WORD, None, "the Retry-After header: seconds, a date, or nonsense")
_SAYS = FaultParameter("text", readers.TEXT, None, "the msg, in place of the vendor's")
_COMMON = (_FORM, _SAYS, _AFTER)
_CHARGED = FaultParameter("charged", readers.YES_OR_NO, "yes", "no: it strikes on arrival, and the call has no effect")


def _kind(default: str, words: Mapping[str, str] = REFUSALS) -> FaultParameter:
    return FaultParameter("kind", readers.one_of(words), default, "which of the vendor's texts")


def _refusal(name: FaultName, says: str, *more: FaultParameter) -> FaultSpec:
    return FaultSpec(name, "refusal", says, parameters=(*more, *_COMMON), may_be_on=_EVERYWHERE)


def _wire(
    name: FaultName, says: str, *more: FaultParameter, may_be_on: tuple[Operation, ...] = _EVERYWHERE
) -> FaultSpec:
    return FaultSpec(name, "wire", says, parameters=(*more, _CHARGED), may_be_on=may_be_on)


def _fate(name: FaultName, says: str, *parameters: FaultParameter) -> FaultSpec:
    return FaultSpec(name, "fate", says, parameters=parameters)


def _record(name: FaultName, says: str, *parameters: FaultParameter) -> FaultSpec:
    return FaultSpec(name, "record", says, parameters=parameters, on=LOOKS)


def _file(name: FaultName, says: str, *parameters: FaultParameter) -> FaultSpec:
    return FaultSpec(name, "file", says, parameters=parameters, on=("file",))


def _callback(name: FaultName, says: str, *parameters: FaultParameter) -> FaultSpec:
    return FaultSpec(name, "callback", says, parameters=parameters)


_REFUSALS: _Specs = (
    _refusal("too-many", "429, the call frequency is too high; not queued"),
    _refusal("maintenance", "455, under maintenance; 503 under /v1"),
    _refusal("server-error", "500, by its text an error of the server, or of the parameters", _kind("internal")),
    _refusal("high-demand", "422 with the text of high demand (E003): for the moment only"),
    _refusal("validation", "422, the request is not valid", _kind("model")),
    _refusal("invalid", "400, the request is not valid", _kind("check")),
    _refusal(
        "unauthorized",
        "401, the key is refused",
        FaultParameter("kind", readers.one_of(("access", "authentication")), "access", "which of two texts"),
    ),
    _refusal("no-credits", "402, not enough credits"),
    _refusal("key-capped", "433, this key's own cap is used up; under /v1 429, insufficient_quota"),
    _refusal("disabled", "505, the feature is disabled; 403 under /v1"),
    _refusal("not-found", "404"),
    FaultSpec(
        "redirect",
        "refusal",
        "a redirect in the place of an answer",
        parameters=(
            FaultParameter("status", readers.whole("300 to 399", least=300, most=399), 307, "the HTTP status"),
            FaultParameter("to", readers.WORD, None, "the Location; left out, the very same path"),
        ),
        may_be_on=_EVERYWHERE,
    ),
    FaultSpec(
        "answer",
        "refusal",
        "any answer in the gateway's envelope",
        parameters=(
            FaultParameter("code", readers.CODE, 500, "the code in the body"),
            FaultParameter("status", readers.STATUS, 200, "the HTTP status"),
            _SAYS,
            _AFTER,
        ),
        may_be_on=_EVERYWHERE,
    ),
)
_WIRE: _Specs = (
    _wire("silent", "no answer, and the connection stays open"),
    _wire("closed", "the connection is closed without a byte of the answer"),
    _wire("reset", "the connection is reset without a byte of the answer"),
    _wire(
        "bad-gateway",
        "a proxy's HTML page with its own status",
        FaultParameter("status", readers.STATUS, 502, "502, 503, 504, 520, …"),
    ),
    _wire("html", "an HTML page with HTTP 200"),
    _wire(
        "cut",
        "closed in the middle of the answer, whose full length was announced",
        FaultParameter("share", readers.SHARE, 0.5, "how much of the body is sent"),
    ),
    _wire("cut-json", "half of the JSON, of the length that was announced", may_be_on=_IN_JSON),
    _wire("null-data", "code 200 with data null", may_be_on=_IN_JSON),
    _wire(
        "drip",
        "the head at once, the body byte by byte",
        FaultParameter("seconds", readers.SECONDS, 1.0, "between two bytes"),
    ),
    _wire(
        "huge",
        "a body that nobody should read to its end",
        FaultParameter("size", readers.SIZE, 64 * 1024**2, "in bytes"),
    ),
    _wire(
        "gzip-bomb",
        "a small body that unpacks to a huge one",
        FaultParameter("size", readers.SIZE, 1024**3, "in bytes, unpacked"),
    ),
)
_FATES: _Specs = (
    _fate(
        "slow",
        "generation takes long",
        FaultParameter("seconds", readers.PERIOD, None, "how long, by the clock; speed does not shorten it"),
        FaultParameter("factor", readers.FACTOR, 10.0, "so many times the usual, where no seconds are given"),
    ),
    _fate(
        "stuck",
        "the task never ends",
        FaultParameter("state", readers.OPEN_STATE, "waiting", "waiting, queuing, generating, or any word"),
    ),
    _fate("skipped-state", "the record never shows `generating`"),
    _fate("all-states", "the record shows waiting, queuing, generating and the end"),
    _fate(
        "unknown-state",
        "a word that nobody knows, in the place of the states between the first and the last",
        FaultParameter("state", readers.OPEN_STATE, "paused", "the word"),
        FaultParameter("seconds", readers.PERIOD, None, "for so long; left out, until the task ends as usual"),
    ),
    _fate(
        "invisible",
        "the record is not there right after the task was accepted",
        FaultParameter("seconds", readers.PERIOD, 10.0, "for so many seconds"),
        FaultParameter("form", readers.one_of(("422", "404")), "422", "how that is said"),
    ),
    _fate(
        "fail",
        "the task fails, and the credits are given back",
        _kind("internal", FAILURES),
        FaultParameter("code", readers.TEXT, None, "the failCode, in place of that of the kind"),
        FaultParameter("text", readers.TEXT, None, "the failMsg, in place of that of the kind"),
    ),
    _fate("record-408", "the task fails, and recordInfo says so by code 408 (upstream silent)"),
    _fate("record-501", "the task fails, and recordInfo says so by code 501 (generation failed)"),
)
_RECORDS: _Specs = (
    _record("odd-case", "the state in capitals"),
    _record(
        "no-url",
        "success without a URL",
        FaultParameter("looks", readers.COUNT, None, "the first so many looks at each task; left out, for ever"),
    ),
    _record(
        "fail-code",
        "the failCode of a failed task in another form",
        FaultParameter("form", readers.one_of(("null", "empty", "int", "word")), "int", "instead of text"),
    ),
    _record("plain-param", "the input inside param is a plain object, as documented"),
    _record("old-record", "the record in the documented shape"),
    _record("new-record", "the record in the shape of today"),
    _record("result-dict", "resultJson is an object, not text"),
    _record("result-string", "one string for the list of URLs"),
)
_FILES: _Specs = (
    _file(
        "truncated",
        "the connection is closed in the middle of the file, whose full length was announced",
        FaultParameter("share", readers.SHARE, 0.5, "how much of it is sent"),
    ),
    _file(
        "short",
        "a part of the file that announces its own length, and looks whole by HTTP",
        FaultParameter("share", readers.SHARE, 0.5, "how much of it there is"),
    ),
    _file("expired", "403, the link has expired"),
    _file("gone", "404"),
    _file("wrong-type", "a JPEG for a PNG and the reverse, under its true media type"),
    _file("mislabelled", "the picture asked for, under the media type of another"),
    _file("html-file", "an HTML page with HTTP 200"),
    _file("empty-file", "no bytes at all"),
    _file(
        "private-redirect",
        "302 to a private address",
        FaultParameter("to", readers.WORD, "http://10.0.0.1/x.png", "where to"),
    ),
    _file("refuses-agents", "403 for the default User-Agents of HTTP libraries"),
)
_BALANCE: _Specs = (FaultSpec("balance-int", "balance", "the balance as an int", on=("credit",)),)
_CALLBACKS: _Specs = (
    _callback(
        "callback-late",
        "the callback comes late",
        FaultParameter("seconds", readers.SECONDS, 30.0, "after it was due"),
    ),
    _callback("callback-twice", "the callback comes twice"),
    _callback("callback-out-of-order", "the callback comes after the next one that is due"),
    _callback("callback-forged", "a forged callback comes as well"),
    _callback("callback-replayed", "the same callback comes once more, much later, as it was"),
    _callback("callback-never", "the callback never comes"),
    _callback(
        "callback-shape",
        "where the task id stands in the callback",
        FaultParameter("shape", readers.one_of(("top", "taskId", "task_id")), "top", "on top, or in data"),
    ),
)

FAULTS: Mapping[FaultName, FaultSpec] = MappingProxyType(
    {spec.name: spec for specs in (_REFUSALS, _WIRE, _FATES, _RECORDS, _FILES, _BALANCE, _CALLBACKS) for spec in specs}
)
"""All faults by name, in the order in which they are listed."""
