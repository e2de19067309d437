"""What the emulator saw: the questions that a test asks afterwards.

Lists are bounded, counts are not, so that a benchmark of a hundred thousand tasks can run against it. The
ledger remembers; it decides nothing.
"""

from __future__ import annotations

from collections import Counter, deque

from attrs import define, field, frozen

_KEPT = 200_000


@frozen
class CreateSeen:
    """One createTask: what it asked for and what it was told. Accepted if and only if it has a task id."""

    at: float
    account: str
    code: int
    fingerprint: str = ""
    """Equal for equal model and input; empty where the request could not be read that far."""
    callback_url: str | None = None
    task_id: str | None = None
    credits: float = 0.0
    """What was taken at acceptance, whether or not it was given back later."""


@frozen
class KeySeen:
    """A bearer key reached the file host, where none belongs (PROTOCOL §1.8)."""

    at: float
    account: str
    path: str


def _recent_creates() -> deque[CreateSeen]:
    return deque(maxlen=_KEPT)


def _recent_keys() -> deque[KeySeen]:
    return deque(maxlen=1000)


@define
class Ledger:
    """Everything seen since the emulator was started."""

    creates: deque[CreateSeen] = field(factory=_recent_creates, repr=False)
    polls: Counter[str] = field(factory=Counter, repr=False)
    """recordInfo by task id, known tasks only."""
    unknown_polls: int = 0
    over_limit: int = 0
    """createTasks refused by the rate window."""
    uploads: int = 0
    downloads: Counter[str] = field(factory=Counter, repr=False)
    """Files served, by path; known files only."""
    keys_at_files: deque[KeySeen] = field(factory=_recent_keys)

    @property
    def accepted(self) -> list[CreateSeen]:
        """The creates that became tasks and were charged."""
        return [create for create in self.creates if create.task_id is not None]

    def charged_twice(self) -> list[str]:
        """The fingerprints that were accepted more than once."""
        counts = Counter(create.fingerprint for create in self.accepted)
        return [fingerprint for fingerprint, count in counts.items() if count > 1]
