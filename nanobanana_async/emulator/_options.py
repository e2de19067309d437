"""Everything about an emulator that its user may choose, with literal defaults.

A frozen value: a world is made from it once, and two worlds made from equal options and equal clocks answer
alike.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeAlias

from attrs import field, frozen

from nanobanana_async.emulator import _option_checks as checks
from nanobanana_async.emulator import _option_values as values
from nanobanana_async.emulator._windows import Limit, SlidingWindow, Window

RecordShape: TypeAlias = Literal["new", "old"]
GenerateRecord: TypeAlias = Literal["flat", "wrapped", "mixed"]
ImagesItem: TypeAlias = Literal["asked", "both"]
ImagesBase64: TypeAlias = Literal["plain", "prefixed"]
ImagesUrl: TypeAlias = Literal["link", "data"]
ImagesTask: TypeAlias = Literal["top", "data"]
ImagesErrors: TypeAlias = Literal["object", "text", "message", "msg"]
ImagesModels: TypeAlias = Literal["known", "any"]
BalanceForm: TypeAlias = Literal["float", "int"]

DOCUMENTED_LIMIT = Limit(20, per=10.0)
"""New tasks per account (PROTOCOL §1.4)."""


@frozen(kw_only=True)
class EmulatorOptions:
    """How the emulator behaves.

    Args:
        seed: The same seed gives the same task ids, generation times and pictures, task by task. So an emulator that
            is started again without a `state_dir` hands out the ids of before, for tasks that may be others.
        speed: Generation times are divided by this.
        credits: What each account starts with.
        keys: The bearer keys that are let in; None lets in any, each as an account of its own.
        limit: New tasks per stretch of seconds and account; ``"20/10"`` is a `Limit` of 20 in 10 s.
        window: How the limit is counted: a class, or ``"sliding"``, ``"fixed"``, ``"bucket"``.
        balance_form: The balance as a `float`, as on the wire, or as an `int`, as in documents (PROTOCOL §1.7).
        webhook_key: Callbacks are signed with it; None leaves them unsigned.
        record_shape: recordInfo's, `new` (since September 2026) or `old` (as documented before).
        generate_record: That of the older endpoint (PROTOCOL §2): `wrapped` in the usual envelope, `flat` without one,
            or `mixed`, where each task has one of them, and its own name for the result and form of times.
        images_item: What an item of an OpenAI-style answer holds (PROTOCOL §3): what was `asked` for, or `both` an
            address and the picture itself.
        images_b64: `plain` base64, or `prefixed` as a data URL.
        images_url: A `link` to the file host, or the picture itself as `data` URL.
        images_task: Where the id of an asynchronous create stands: on `top`, or in `data`.
        images_errors: The form of their errors: OpenAI's `object`, plain `text`, a `message` or a `msg` on top.
        images_models: Take the `known` three, or `any` name.
        rate_headers: Every answer of that dialect says what is left of the limit, in ``x-ratelimit-…`` headers; a 429
            does so anyway.
        cut_after: Seconds, at a speed of 1, after which a relay gives up on a picture and answers with its own page and
            524; the task goes on, and is paid for. None never does (PROTOCOL §3 knows of 184).
        allow_remote: Take image URLs and callback URLs that leave this machine. Nothing is fetched from there, and no
            callback sent, either way.
        public_url: The address under which links to results are made; None takes the request's own.
        state_dir: A folder in which tasks and uploads outlive the process, for one emulator at a time; None keeps
            them in memory.
        result_days: How long results can be fetched (PROTOCOL §1.8 gives two figures; this is the longer).
        upload_days: How long uploads can be fetched (PROTOCOL §4).

    Raises:
        OptionError: One of them makes no sense; it is a ValueError.
    """

    seed: int = field(default=0, validator=checks.whole())
    speed: float = field(default=1.0, validator=checks.number(above=0))
    credits: float = field(default=10_000.0, validator=checks.number(least=0))
    keys: frozenset[str] | None = field(default=None, converter=values.read_keys, repr=False)
    limit: Limit = field(default=DOCUMENTED_LIMIT, converter=values.read_limit)
    window: Callable[[Limit], Window] = field(default=SlidingWindow, converter=values.read_window)
    balance_form: BalanceForm = field(default="float", validator=checks.one_of("float", "int"))
    webhook_key: str | None = field(default=None, validator=checks.secret, repr=False)
    record_shape: RecordShape = field(default="new", validator=checks.one_of("new", "old"))
    generate_record: GenerateRecord = field(default="wrapped", validator=checks.one_of("wrapped", "flat", "mixed"))
    images_item: ImagesItem = field(default="asked", validator=checks.one_of("asked", "both"))
    images_b64: ImagesBase64 = field(default="plain", validator=checks.one_of("plain", "prefixed"))
    images_url: ImagesUrl = field(default="link", validator=checks.one_of("link", "data"))
    images_task: ImagesTask = field(default="top", validator=checks.one_of("top", "data"))
    images_errors: ImagesErrors = field(default="object", validator=checks.one_of("object", "text", "message", "msg"))
    images_models: ImagesModels = field(default="known", validator=checks.one_of("known", "any"))
    rate_headers: bool = field(default=False, validator=checks.yes_or_no)
    cut_after: float | None = field(default=None, validator=checks.unless_none(checks.number(above=0)))
    allow_remote: bool = field(default=False, validator=checks.yes_or_no)
    public_url: str | None = field(default=None, converter=values.read_url)
    state_dir: Path | None = field(default=None, converter=values.read_folder)
    result_days: float = field(default=14.0, validator=checks.number(least=0))
    upload_days: float = field(default=3.0, validator=checks.number(least=0))
