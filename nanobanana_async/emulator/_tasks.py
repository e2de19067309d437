"""The tasks, and where they are kept: in memory, by id.

A task is frozen from the moment it is accepted. Its id, its fate and its picture come from the seed and its
ordinal alone, so a second emulator with the same seed tells the same story.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from attrs import asdict, define, field, frozen

from nanobanana_async.emulator._orders import Order
from nanobanana_async.emulator._places import FILES
from nanobanana_async.emulator._plans import Failure, Plan, Stage, Veil

RESULTS = "results/"
"""Below which pictures lie on the file host."""

_EXTENSIONS: Mapping[str, str] = {"png": "png", "jpg": "jpg", "jpeg": "jpg", "webp": "webp"}


@frozen
class Task:
    """An accepted task: what was asked, and what will become of it."""

    id: str
    ordinal: int
    account: str
    order: Order
    input: Mapping[str, object] = field(repr=False)
    callback_url: str | None
    plan: Plan = field(repr=False)
    base_url: str = "http://127.0.0.1"
    """Under which address the emulator was reached when it was accepted; links in its callback stand there."""

    @property
    def file_name(self) -> str:
        """The name of its first picture on the file host."""
        return self.file_names[0]

    @property
    def file_names(self) -> tuple[str, ...]:
        """The names of its pictures on the file host."""
        extension = _EXTENSIONS[self.order.output_format]
        more = (f"{self.id}-{number}.{extension}" for number in range(2, self.order.count + 1))
        return (f"{self.id}.{extension}", *more)

    def result_urls(self, base_url: str) -> list[str]:
        """Where its pictures can be fetched."""
        return [f"{base_url}{FILES}{RESULTS}{name}" for name in self.file_names]


@define
class Tasks:
    """Every task that this emulator has accepted."""

    _seed: int
    _by_id: dict[str, Task] = field(factory=dict, init=False, repr=False)
    _next_ordinal: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[Task]:
        """The tasks in the order of their acceptance."""
        return iter(self._by_id.values())

    def __len__(self) -> int:
        """How many there are."""
        return len(self._by_id)

    def newest(self) -> Iterator[Task]:
        """The tasks from the youngest to the oldest."""
        return reversed(self._by_id.values())

    def draw_next(self) -> tuple[int, Random]:
        """The ordinal of the task about to be accepted, and the source of all its chance."""
        return self._next_ordinal, Random(f"{self._seed}:{self._next_ordinal}")  # noqa: S311 - to be repeated, not secret

    def add(self, task: Task) -> None:
        """Keep a task, new or restored."""
        self._by_id[task.id] = task
        self._next_ordinal = max(self._next_ordinal, task.ordinal + 1)

    def find(self, task_id: str) -> Task | None:
        """The task of this id, whoever's it is."""
        return self._by_id.get(task_id)


def task_to_json(task: Task) -> dict[str, object]:
    """The task as a line of the state file."""
    return asdict(task)


def task_from_json(line: Mapping[str, Any]) -> Task:
    """The task in a line of the state file; the reverse of `task_to_json`."""
    plan = line["plan"]
    failure, veil = plan["failure"], plan.get("veil")
    return Task(
        id=line["id"],
        ordinal=line["ordinal"],
        account=line["account"],
        order=_order(line["order"]),
        input=line["input"],
        callback_url=line["callback_url"],
        plan=Plan(
            stages=tuple(Stage(**stage) for stage in plan["stages"]),
            failure=Failure(**failure) if failure else None,
            veil=Veil(**veil) if veil else None,
        ),
        base_url=line.get("base_url", "http://127.0.0.1"),
    )


def _order(line: Mapping[str, Any]) -> Order:
    size = line.get("size")
    return Order(**{**line, "images": tuple(line["images"]), "size": tuple(size) if size else None})


def id_in(file_name: str) -> str:
    """The id of the task whose picture has this name."""
    return file_name.partition(".")[0].partition("-")[0]
