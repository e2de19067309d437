"""What the page shows, read off a world at one moment: values only, no HTML.

It must stay quick beside a hundred thousand tasks: one glance at each at most, and a close look at fifty.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from attrs import frozen

from nanobanana_async.emulator._exchanges import Exchange
from nanobanana_async.emulator._plans import FAIL, SUCCESS
from nanobanana_async.emulator._tasks import Task
from nanobanana_async.emulator._windows import Limit
from nanobanana_async.emulator._world import World

TASKS_A_PAGE = 50
_PICTURES = 20
_LOOKED_THROUGH = 1000  # for pictures: beyond these nobody calls one new
_ACCOUNTS = 50


@frozen
class AccountFacts:
    """One account now."""

    name: str
    balance: float
    started: int
    """Tasks that were let in within the last stretch of the limit."""
    limit: Limit
    over_limit: int
    """Creates refused by the limit, ever."""


@frozen
class TaskFacts:
    """One task now."""

    task: Task
    state: str
    seconds: float
    """From acceptance to its end, or to now."""
    polls: int
    error: str
    was_given_back: bool
    """Whether its credits have returned, because it failed."""


@frozen
class FaultFacts:
    """One active fault."""

    text: str
    says: str
    struck: int


@frozen
class TaskCounts:
    """How many tasks there are, by what has become of them."""

    all: int
    failed: int
    running: int


@frozen
class Facts:
    """Everything that the page shows."""

    now: float
    accounts: tuple[AccountFacts, ...]
    accounts_left_out: int
    counts: TaskCounts
    tasks: tuple[TaskFacts, ...]
    older: int | None
    """The `before` of the next page of tasks; None where this is the last."""
    pictures: tuple[Task, ...]
    faults: tuple[FaultFacts, ...]
    requests: tuple[Exchange, ...]
    """The newest first."""


def look_at(world: World, recent: Iterable[Exchange], *, before: int | None = None) -> Facts:
    """The facts of this moment; `before` is the ordinal above which tasks are left out."""
    now = world.clock()
    tasks = list(islice(_below(world.tasks.newest(), before), TASKS_A_PAGE + 1))
    shown = tasks[:TASKS_A_PAGE]
    return Facts(
        now=now,
        accounts=_accounts(world, now),
        accounts_left_out=max(len(world.accounts) - _ACCOUNTS, 0),
        counts=_counted(world.tasks, now),
        tasks=tuple(_task(world, task, now) for task in shown),
        older=shown[-1].ordinal if len(tasks) > TASKS_A_PAGE else None,
        pictures=_pictures(world),
        faults=active_faults(world),
        requests=tuple(reversed(tuple(recent))),
    )


def active_faults(world: World) -> tuple[FaultFacts, ...]:
    """What goes wrong on purpose, in the order in which it was added; equal ones stand there once."""
    return tuple(FaultFacts(str(fault), fault.spec.says, struck) for fault, struck in world.faults.counts().items())


def _below(tasks: Iterable[Task], before: int | None) -> Iterable[Task]:
    return tasks if before is None else (task for task in tasks if task.ordinal < before)


def _accounts(world: World, now: float) -> tuple[AccountFacts, ...]:
    over = world.ledger.over_limit_by_account
    return tuple(
        AccountFacts(each.name, each.balance(now), each.let_in_lately(now), each.limit, over.get(each.name, 0))
        for each in islice(world.accounts, _ACCOUNTS)
    )


def _counted(tasks: Iterable[Task], now: float) -> TaskCounts:
    total = failed = running = 0
    for task in tasks:
        total += 1
        last = task.plan.stages[-1]
        if last.at > now or not task.plan.ends:
            running += 1
        elif last.state == FAIL:
            failed += 1
    return TaskCounts(total, failed, running)


def _task(world: World, task: Task, now: float) -> TaskFacts:
    plan = task.plan
    state = plan.state(now)
    is_over = state in (SUCCESS, FAIL)
    failure = plan.failure if state == FAIL else None
    gives_back_at = plan.gives_back_at()
    return TaskFacts(
        task,
        state,
        seconds=(plan.last.at if is_over else now) - plan.created_at,
        polls=world.ledger.polls.get(task.id, 0),
        error=f"{failure.code}: {failure.msg}" if failure else "",
        was_given_back=gives_back_at is not None and gives_back_at <= now,
    )


def _pictures(world: World) -> tuple[Task, ...]:
    latest = islice(world.tasks.newest(), _LOOKED_THROUGH)
    return tuple(islice((task for task in latest if world.has_picture(task)), _PICTURES))
