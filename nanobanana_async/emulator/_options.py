"""Everything about an emulator that its user may choose, with literal defaults.

A frozen value: a world is made from it once, and two worlds made from equal options and equal clocks answer
alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal, TypeAlias

from attrs import field, frozen, validators

from nanobanana_async.emulator._windows import Limit, SlidingWindow, Window

RecordShape: TypeAlias = Literal["new", "old"]
BalanceForm: TypeAlias = Literal["float", "int"]

DOCUMENTED_LIMIT = Limit(20, per=10.0)
"""New tasks per account (PROTOCOL §1.4)."""


def _key_set(keys: Iterable[str] | None) -> frozenset[str] | None:
    return None if keys is None else frozenset(keys)


def _without_slash(url: str | None) -> str | None:
    return None if url is None else url.rstrip("/")


def _folder(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)


@frozen(kw_only=True)
class EmulatorOptions:
    """How the emulator behaves.

    Args:
        seed: The same seed gives the same task ids, generation times and pictures, task by task. So an emulator that
            is started again without a `state_dir` hands out the ids of before, for tasks that may be others.
        speed: Generation times are divided by this.
        credits: What each account starts with.
        keys: The bearer keys that are let in; None lets in any, each as an account of its own.
        limit: New tasks per stretch of seconds and account.
        window: How the limit is counted.
        balance_form: The balance as a `float`, as on the wire, or as an `int`, as in documents (PROTOCOL §1.7).
        webhook_key: Callbacks are signed with it; None leaves them unsigned.
        record_shape: `new` (since September 2026) or `old` (as documented before).
        allow_remote: Take image URLs and callback URLs that leave this machine. Nothing is fetched from there, and no
            callback sent, either way.
        public_url: The address under which links to results are made; None takes the request's own.
        state_dir: A folder in which tasks and uploads outlive the process, for one emulator at a time; None keeps
            them in memory.
        result_days: How long results can be fetched (PROTOCOL §1.8 gives two figures; this is the longer).
        upload_days: How long uploads can be fetched (PROTOCOL §4).
    """

    seed: int = 0
    speed: float = field(default=1.0, validator=validators.gt(0))
    credits: float = field(default=10_000.0, validator=validators.ge(0))
    keys: frozenset[str] | None = field(default=None, converter=_key_set, repr=False)
    limit: Limit = DOCUMENTED_LIMIT
    window: Callable[[Limit], Window] = SlidingWindow
    balance_form: BalanceForm = field(default="float", validator=validators.in_(("float", "int")))
    webhook_key: str | None = field(default=None, validator=validators.optional(validators.min_len(1)), repr=False)
    record_shape: RecordShape = field(default="new", validator=validators.in_(("new", "old")))
    allow_remote: bool = False
    public_url: str | None = field(default=None, converter=_without_slash)
    state_dir: Path | None = field(default=None, converter=_folder)
    result_days: float = 14.0
    upload_days: float = 3.0
