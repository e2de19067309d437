"""What goes into a journal and what comes out of it, as frozen values.

A *key* within a *scope* names one thing that somebody wants. It has *generations*, one after the other: to make it anew
is to begin the next. A generation is an item with a state, and has *attempts*: creates on the wire, each with a random
token. Times are seconds since the epoch, money is in credits. No value here may ever hold an API key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.values import JSON, Charged


def _paths(files: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if files is None else tuple(files)


@attrs.frozen(kw_only=True)
class Draft:
    """What is wanted under a key, whether or not it is ever sent.

    `scope` is the name of a batch, ``""`` for single calls. `fingerprint` tells a changed request from the same one.
    `request` are the public fields of the request, to be read by people and to be sent again; `data` is the user's own.
    `price` is what has to be reserved for it, None where nobody knows. `at` is the time of day.
    """

    scope: str
    key: str
    fingerprint: str
    request: Mapping[str, JSON]
    data: JSON = None
    model: str
    dialect: str
    price: float | None = None
    at: float


@attrs.frozen
class Found:
    """What somebody has found under a key: its generation, its state, and the attempt that it follows."""

    generation: int
    state: ItemState
    token: str | None


@attrs.frozen(kw_only=True)
class Intent(Draft):
    """A create that is about to be sent: on disk before its first byte leaves.

    `number` is how many-th attempt of its generation the caller takes it for, from 1; where others have made more in
    the meantime the journal counts on. `token` is a random word that no other attempt has. `instead_of` is what has
    failed, or whose answer was lost, and is to be sent once more: the right is given only where that still stands so.
    With `renews` it may be anything that is not being sent, and what is sent begins the next generation.
    """

    number: int = 1
    token: str
    instead_of: Found | None = None
    renews: bool = False


@attrs.frozen
class Claimed:
    """The right to send one create: nobody else has it. `number` is the attempt's, as the journal counts."""

    generation: int
    number: int


@attrs.frozen(kw_only=True)
class Change:
    """What became of an item, of one of its attempts, or of both in one step.

    `to` is the item's new state, `attempt` the token and the new state of an attempt. None leaves what is there, in
    every field. What is said of the task and its money (`task_id`, `credits`, `charged`, `price`) is noted with the
    attempt that is named, else with the one that the item follows. `price` is what the create costs after all, where
    that is known better than when it was sent. `error` is an error as JSON, `raw` the gateway's answer as it came,
    `files` are paths.

    `token` names the attempt without a new state for it; beside `attempt`, it is the one that the item follows from
    then on. Where the item follows another one than is named, because somebody has sent it once more, all that is noted
    is what is said of the attempt: nobody writes his end over the work of another.
    """

    scope: str
    key: str
    generation: int
    at: float
    to: ItemState | None = None
    attempt: tuple[str, AttemptState] | None = None
    token: str | None = None
    task_id: str | None = None
    raw: str | None = None
    credits: float | None = None
    charged: Charged | None = None
    price: float | None = None
    error: Mapping[str, JSON] | None = None
    files: tuple[str, ...] | None = attrs.field(default=None, converter=_paths)
    created_at: float | None = None
    completed_at: float | None = None

    @property
    def about(self) -> str | None:
        """The token of the attempt that it names; None where it names none."""
        return self.token if self.attempt is None else self.attempt[0]

    @property
    def in_short(self) -> str:
        """For a log: its key, the state that it leads to, its task if it names one; never what was asked for."""
        state = self.to or (self.attempt[1] if self.attempt is not None else None)
        task = f"task {self.task_id}" if self.task_id is not None else None
        return ", ".join(word for word in (f"key {self.key!r}", state and state.value, task) if word)

    @property
    def of_attempt_alone(self) -> Change:
        """What it says of its attempt, and nothing of the item."""
        return attrs.evolve(self, to=None, raw=None, error=None, files=None, created_at=None, completed_at=None)


@attrs.frozen(kw_only=True)
class Attempt:
    """One create on the wire, as it is known.

    `answered_at` is when its answer came, or was given up: from then on nothing more was expected. `run` is who sent
    it. `charged` is None where nothing was said of it yet.
    """

    generation: int
    number: int
    token: str
    state: AttemptState
    run: str
    price: float | None
    sent_at: float
    answered_at: float | None = None
    task_id: str | None = None
    credits: float | None = None
    charged: Charged | None = None


@attrs.frozen(kw_only=True)
class Entry:
    """All that is known of a key, in its newest generation.

    `attempts` counts those of this generation. `token`, `sent_at`, `accepted_at`, `task_id`, `credits`, `charged` and,
    once there is one, `price` are of the attempt that the item follows: the last that was sent, or the one that was
    adopted. `entered_at` is when
    the generation began, `updated_at` when it was last moved, `run` who moved it last; `is_owned` says that this run is
    still at work: it holds its lock.
    """

    scope: str
    key: str
    generation: int
    state: ItemState
    fingerprint: str
    request: Mapping[str, JSON]
    data: JSON
    model: str
    dialect: str
    price: float | None
    attempts: int
    run: str
    is_owned: bool
    entered_at: float
    updated_at: float
    token: str | None = None
    sent_at: float | None = None
    accepted_at: float | None = None
    task_id: str | None = None
    credits: float | None = None
    charged: Charged | None = None
    raw: str | None = None
    error: Mapping[str, JSON] | None = None
    files: tuple[str, ...] = ()
    created_at: float | None = None
    completed_at: float | None = None
