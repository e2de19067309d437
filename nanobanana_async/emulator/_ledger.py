"""What the emulator saw: the questions that a test asks afterwards.

Lists are bounded, counts and sums are not, so that a benchmark of a hundred thousand tasks can run against it. The
ledger remembers; it decides nothing. It has the world's clock, because credits come back as time passes.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from heapq import heappop, heappush
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from attrs import Attribute, asdict, define, evolve, field, frozen

from nanobanana_async.emulator._orders import Dialect

_KEPT = 200_000
_Seen = TypeVar("_Seen")


@frozen
class CreateSeen:
    """One create, in any dialect: what it asked for and what it was told. Accepted if and only if it has a task id."""

    at: float
    account: str
    code: int
    fingerprint: str = ""
    """Equal for equal dialect, model and input; empty where the request could not be read that far."""
    callback_url: str | None = None
    task_id: str | None = None
    credits: float = 0.0
    """What was taken at acceptance, whether or not it was given back later."""
    gives_back_at: float | None = None
    """When the credits return, because the task fails; None where they don't."""
    faults: tuple[str, ...] = ()
    """The names of the faults that struck; one that was accepted and struck may never have heard of it."""
    dialect: Dialect = "jobs"
    """What it was said in."""
    clock: Callable[[], float] = field(default=time.time, eq=False, repr=False)
    """The world's, in seconds since the epoch."""

    @property
    def attempt(self) -> str | None:
        """The client's own token of this attempt, `?nb_attempt=` in its `callBackUrl`; None where there is none."""
        return attempt_in(self.callback_url) if self.callback_url else None

    def was_given_back(self, now: float | None = None) -> bool:
        """Whether what was taken has been returned by `now`, in seconds since the epoch; None is this moment."""
        return self.gives_back_at is not None and self.gives_back_at <= (self.clock() if now is None else now)


@frozen
class KeySeen:
    """A bearer key reached the file host, where none belongs (PROTOCOL §1.8)."""

    at: float
    account: str
    path: str


@frozen
class CallbackSeen:
    """One callback that was sent, or would have been."""

    at: float
    """When it was answered, or given up."""
    task_id: str
    url: str
    kind: str
    """`genuine`, `forged` or `replayed`."""
    attempt: int
    status: int | None
    """What the receiver answered; None where it said nothing, or was never asked."""
    fault: str | None = None
    note: str = ""
    """Why it was not sent, where it wasn't."""


def _recent_creates() -> deque[CreateSeen]:
    return deque(maxlen=_KEPT)


def _recent_keys() -> deque[KeySeen]:
    return deque(maxlen=1000)


def _recent_ids() -> deque[str]:
    return deque(maxlen=_KEPT)


def _recent_callbacks() -> deque[CallbackSeen]:
    return deque(maxlen=_KEPT)


@define
class Ledger:
    """Everything seen since the emulator was started."""

    clock: Callable[[], float] = field(default=time.time, eq=False, repr=False)
    """The world's, in seconds since the epoch."""
    creates: deque[CreateSeen] = field(factory=_recent_creates, repr=False)
    polls: Counter[str] = field(factory=Counter, repr=False)
    """Looks by task id, known tasks only."""
    unknown_polls: int = 0
    over_limit: int = 0
    """Creates refused by the rate window."""
    over_limit_by_account: Counter[str] = field(factory=Counter, repr=False)
    hung_up: deque[str] = field(factory=_recent_ids, repr=False)
    """Tasks whose client did not wait for the answer that would have brought the picture; they are paid for."""
    uploads: int = 0
    downloads: Counter[str] = field(factory=Counter, repr=False)
    """Files served, by path; known files only."""
    keys_at_files: deque[KeySeen] = field(factory=_recent_keys)
    callbacks: deque[CallbackSeen] = field(factory=_recent_callbacks, repr=False)
    _taken: float = field(default=0.0, init=False, repr=False)
    """All credits, but for those that had come back when the last create was seen."""
    _to_come_back: list[tuple[float, float]] = field(factory=list, init=False, repr=False)
    """When, and how many: a heap."""

    @property
    def accepted(self) -> list[CreateSeen]:
        """The creates that became tasks and were charged."""
        return [create for create in self.creates if create.task_id is not None]

    @property
    def paid(self) -> float:
        """The credits that were taken and not given back, all accounts together.

        A task that will fail is paid for until it has failed.
        """
        now = self.clock()
        return self._taken - sum(credits for at, credits in tuple(self._to_come_back) if at <= now)

    def given_back(self, now: float | None = None) -> list[CreateSeen]:
        """The creates that were charged, and whose credits have returned because their task failed.

        By `now`, in seconds since the epoch; None is this moment.
        """
        moment = self.clock() if now is None else now
        return [create for create in self.creates if create.was_given_back(moment)]

    def saw_create(self, seen: CreateSeen) -> None:
        """Note a create, with what was taken for it."""
        self.creates.append(seen)
        self._taken += seen.credits
        while self._to_come_back and self._to_come_back[0][0] <= seen.at:
            self._taken -= heappop(self._to_come_back)[1]
        if seen.gives_back_at is not None:
            heappush(self._to_come_back, (seen.gives_back_at, seen.credits))

    def struck_by(self, faults: Iterable[str]) -> None:
        """Note which faults struck at the create that was seen last."""
        self.creates[-1] = evolve(self.creates[-1], faults=tuple(faults))

    def charged_twice(self) -> list[str]:
        """The fingerprints that were charged once more while an earlier charge still stood.

        A task that failed gives its credits back: made again after that, it is not paid twice. Equal requests of two
        users are equal all the same, so tests use distinct prompts.
        """
        standing: dict[str, CreateSeen] = {}
        twice: dict[str, None] = {}
        for create in self.accepted:
            earlier = standing.get(create.fingerprint)
            if earlier is not None and (earlier.gives_back_at is None or earlier.gives_back_at > create.at):
                twice[create.fingerprint] = None
            standing[create.fingerprint] = create
        return list(twice)


def attempt_in(callback_url: str) -> str | None:
    """The token of an attempt in a `callBackUrl`; None where it has none."""
    try:
        query = urlsplit(callback_url).query
    except ValueError:
        return None
    return parse_qs(query).get("nb_attempt", [None])[0]


def ledger_to_json(ledger: Ledger, now: float, *, last: int) -> dict[str, object]:
    """The ledger for a test in another process: every count, and of each list the `last` so many entries."""
    return {
        "creates": [_create_to_json(seen, now) for seen in _newest(ledger.creates, last)],
        "accepted": len(ledger.accepted),
        "paid": ledger.paid,
        "given_back": len(ledger.given_back(now)),
        "charged_twice": ledger.charged_twice(),
        "polls": dict(ledger.polls),
        "unknown_polls": ledger.unknown_polls,
        "over_limit": ledger.over_limit,
        "over_limit_by_account": dict(ledger.over_limit_by_account),
        "hung_up": _newest(ledger.hung_up, last),
        "uploads": ledger.uploads,
        "downloads": dict(ledger.downloads),
        "keys_at_files": [asdict(seen) for seen in _newest(ledger.keys_at_files, last)],
        "callbacks": [asdict(seen) for seen in _newest(ledger.callbacks, last)],
    }


def _create_to_json(seen: CreateSeen, now: float) -> Mapping[str, object]:
    said = asdict(seen, filter=_can_be_said)
    return {**said, "attempt": seen.attempt, "was_given_back": seen.was_given_back(now)}


def _can_be_said(attribute: Attribute[Any], _: object) -> bool:
    return attribute.name != "clock"


def _newest(seen: deque[_Seen], last: int) -> list[_Seen]:
    return list(islice(seen, max(len(seen) - last, 0), None))
