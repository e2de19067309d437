"""What is seen of a batch while it runs."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import pty
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import attrs
import pytest
from rich.console import Console

from nanobanana_async import (
    Failed,
    Item,
    KeyRefusedError,
    KieRequest,
    NanoBanana,
    PolicyError,
    Result,
    Skipped,
    Succeeded,
    Task,
)
from nanobanana_async.cli import _batch_view
from nanobanana_async.cli._batch_view import BatchView, say_plan
from nanobanana_async.cli._counts import Counts, clock
from nanobanana_async.cli._terminal import Terminal
from nanobanana_async.events import GateClosed, RunStopped, TaskAccepted, TaskLooked
from nanobanana_async.outcomes import Pending
from nanobanana_async.pricing import Price
from nanobanana_async.runs import Plan
from nanobanana_async.testing import Emulator
from nanobanana_async.values import TaskState
from tests import evidence
from tests.scripted_kie import until

ITEM = Item(NanoBanana("a cat"), key="cat")
STOP = KeyRefusedError("no access")


def plan(**counts: int) -> Plan:
    names = ("to_send", "done", "fetched", "adopted", "failed", "unknown", "changed", "invalid", "retried", "renewed")
    fates: dict[str, Any] = dict.fromkeys(names, 0) | counts
    models = Counter({"google/nano-banana": fates["to_send"]})
    price = Price(4.0 * fates["to_send"])
    total = sum(fates.values()) - fates["invalid"] - fates["retried"] - fates["renewed"]
    covered = fates["to_send"]
    return Plan(
        total=total, models=models, price=price, least_seconds=30.0, folder=Path("out"), covered=covered, **fates
    )


def accepted(task_id: str) -> TaskAccepted:
    return TaskAccepted(at=0.0, item=ITEM, task=Task(task_id))


def looked(task_id: str, state: TaskState) -> TaskLooked:
    return TaskLooked(at=0.0, item=ITEM, task=Task(task_id, state=state), looks=1)


def succeeded(task_id: str, **rest: Any) -> Succeeded:
    return Succeeded(item=ITEM, result=Result(task_id, "google/nano-banana", ("http://x/a.png",), 4.0), **rest)


def on_screen(width: int = 120) -> tuple[Terminal, io.StringIO]:
    written = io.StringIO()
    return Terminal(Console(file=written, force_terminal=True, width=width, markup=False, highlight=False)), written


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def on_paper() -> tuple[Terminal, io.StringIO]:
    written = io.StringIO()
    return Terminal(Console(file=written, markup=False, highlight=False)), written


def test_the_counts_are_a_line_of_words() -> None:
    """What is done, what went wrong, what is in flight, what it cost, how fast it goes, how long it will take."""
    counts = Counts(100.0, 48, done=8, least_seconds=60.0)
    for number in range(3):
        counts.hear(accepted(f"t{number}"), 100.0)
    counts.add(succeeded("t0"))
    counts.add(Failed(item=ITEM, error=PolicyError("no")))

    assert counts.line(101.0) == "10/48 · 1 failed · 2 in flight · 4 credits · 0:59 left"
    assert counts.line(130.0) == "10/48 · 1 failed · 2 in flight · 4 credits · 2/min · 0:30 left"


def test_what_refusals_have_taught_stands_in_the_line() -> None:
    """For as long as it holds: the limits that are kept, and for how long nothing is sent."""
    counts = Counts(0.0, 48, least_seconds=60.0, learned="10/10 of 20/10", closed_until=40.5)

    assert counts.line(1.0) == "0/48 · 0 in flight · 0 credits · 10/10 of 20/10 · closed for 40 s · 0:59 left"
    assert counts.line(50.0) == "0/48 · 0 in flight · 0 credits · 0/min · 10/10 of 20/10 · 0:10 left"


def test_what_no_record_tells_makes_the_credits_about_right() -> None:
    """By the documented price; where there is none, that is said."""
    counts, unknown, odd = Counts(0.0, 3), Counts(0.0, 1), Item(KieRequest("new", input={}), key="odd")
    counts.add(Pending(item=ITEM, task=Task("t1")))
    about = counts.line(1.0)
    for one in (counts, unknown):
        one.add(Pending(item=odd, task=Task("t2")))

    assert "about 4 credits ·" in about
    assert "about 4 credits and 1 of unknown price ·" in counts.line(1.0)
    assert " · 1 of unknown price ·" in unknown.line(1.0)


async def test_the_client_is_asked_what_it_has_learned() -> None:
    """At a refusal at once; else no more often than can be read; and never once it is closed."""
    terminal, _ = on_paper()
    emulator = Emulator(faults=["too-many,times=1,retry-after=40"])
    with BatchView(terminal, Path("out")) as view:
        async with emulator.client(on_event=view.hear) as client:
            view.started(client)
            work = asyncio.ensure_future(client.submit("a banana"))
            await until(lambda: "closed for" in view._counts.line(time.monotonic()))
            closed = view._counts.line(time.monotonic())
            work.cancel()
        view.hear(GateClosed(at=0.0, seconds=1.0, error=STOP))

    assert re.search(r"· closed for (39|40) s ·", closed)


def test_past_what_the_rate_allows_the_pace_tells_the_time() -> None:
    """And before anything is known, nothing."""
    counts = Counts(0.0, 11, least_seconds=5.0)
    unknown = counts.seconds_left(10.0)
    counts.add(succeeded("t0"))

    assert unknown == 0.0
    assert counts.seconds_left(10.0) == 100.0


def test_a_task_is_in_flight_until_it_has_ended() -> None:
    """One of an earlier run as well, once it has been looked at."""
    counts = Counts(0.0)
    counts.hear(accepted("t1"), 0.0)
    counts.hear(looked("t1", TaskState.GENERATING), 1.0)
    counts.hear(looked("t2", TaskState.WAITING), 1.0)
    both = set(counts.tasks)
    counts.hear(looked("t1", TaskState.SUCCESS), 2.0)
    counts.hear(RunStopped(at=0.0, error=STOP), 2.0)
    counts.add(Pending(item=ITEM, task=Task("t2")))

    assert both == {"t1", "t2"}
    assert not counts.tasks
    assert counts.owed == {"t1"}  # its picture is not saved yet


@pytest.mark.parametrize(("seconds", "words"), [(0, "0:00"), (59.6, "1:00"), (3600, "1:00:00"), (7325, "2:02:05")])
def test_a_time_is_written_as_on_a_clock(seconds: float, words: str) -> None:
    """With hours where there are some."""
    assert clock(seconds) == words


def test_the_plan_says_everything_that_will_not_be_sent() -> None:
    """And why."""
    terminal, written = on_paper()
    with BatchView(terminal, Path("out")) as view:
        view.planned(
            plan(to_send=2, done=3, fetched=1, adopted=1, failed=1, changed=1, invalid=4, retried=1, renewed=1)
        )

    counts = "3 done before, 1 to fetch again, 1 in flight from before, 1 failed and not sent again"
    changed = "1 with a key that was used for another request"
    assert written.getvalue().splitlines() == [
        f"2 of 9 to send, {counts}, {changed}, 4 invalid and left out | into out",
        "of those to send: 1 again, having failed or got lost, 1 anew, as was asked for or changed",
        "2 × google/nano-banana",
        "8 credits (0.04 USD) | 0:30 at least, at this rate",
    ]


@pytest.mark.parametrize(("width", "bar"), [(120, True), (60, False)])
def test_on_a_terminal_one_line_is_drawn_over(width: int, bar: bool) -> None:
    """With a bar where there is room for it, and never broken in two."""
    terminal, written = on_screen(width)
    with BatchView(terminal, Path("out")) as view:
        view.planned(plan(to_send=4))
        view.reached(succeeded("t1"))
        evidence.until(lambda: "1/4 ·" in plain(written.getvalue()))

    drawn = [line for line in re.split(r"[\r\n]", plain(written.getvalue())) if "1/4 ·" in line]
    assert ("━" in drawn[-1]) == bar
    assert all(len(line.rstrip()) <= width for line in drawn)
    assert written.getvalue().endswith(("\x1b[2K", "\x1b[?25h"))


@pytest.mark.parametrize(
    ("as_json", "beside"), [(True, [True, False, False, False]), (False, [True, False, False, True])]
)
def test_what_is_on_the_way_to_the_same_screen_is_not_drawn_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool, beside: list[bool]
) -> None:
    """A line is drawn beside what goes to a file; and beside paths on the screen, which are shown above it."""
    (read_end, write_end), (main, screen_end) = os.pipe(), pty.openpty()
    with (
        (tmp_path / "rows").open("w") as file,
        os.fdopen(write_end, "w") as pipe,
        os.fdopen(screen_end, "w") as screen,
        os.fdopen(read_end),
        os.fdopen(main),
    ):
        drawn = []
        for stdout in (file, pipe, io.StringIO(), screen):
            terminal, written = on_screen()
            monkeypatch.setattr(sys, "stdout", stdout)
            with BatchView(terminal, Path("out"), as_json=as_json) as view:
                view.planned(plan(to_send=4))
            drawn.append("0/4 ·" in plain(written.getvalue()))

    assert drawn == beside


def test_paths_on_the_screen_are_shown_above_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Written straight to the screen they would be drawn over."""
    main, screen_end = pty.openpty()
    with os.fdopen(screen_end, "w") as screen, os.fdopen(main, "rb", buffering=0):
        terminal, written = on_screen()
        monkeypatch.setattr(sys, "stdout", screen)
        with BatchView(terminal, Path("out")) as view:
            view.planned(plan(to_send=4))
            view.reached(succeeded("t1", files=(Path("out/a.png"),)))

    assert "out/a.png\n" in plain(written.getvalue()).replace("\r", "")


def test_elsewhere_there_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """No escape sequences, and no line for each picture."""
    terminal, written = on_paper()
    with BatchView(terminal, Path("out")) as view:
        view.planned(plan(to_send=4))
        view.reached(succeeded("t1"))
        monkeypatch.setattr(_batch_view, "_EVERY", 0.0)
        view.reached(succeeded("t2"))

    assert written.getvalue().splitlines()[3:] == ["2/4 · 0 in flight · 8 credits · 0:30 left"]


def test_that_a_run_is_stopped_is_said_once() -> None:
    """What is paid for is waited for; why, stands in the report, not at each line that was skipped."""
    terminal, written = on_paper()
    with BatchView(terminal, Path("out")) as view:
        view.hear(accepted("t1"))
        for _ in range(2):
            view.hear(RunStopped(at=0.0, error=STOP))
        view.reached(Skipped(item=ITEM, reason="key", error=STOP))
        view.reached(Failed(item=ITEM, error=STOP))

    assert written.getvalue() == "nothing more is sent; waiting for tasks that are paid for: 1\n"


def test_a_picture_that_was_not_saved_is_a_trouble() -> None:
    """Though it succeeded: with the command that fetches it."""
    terminal, written = on_paper()
    error: Any = PolicyError("the disk is full", remedy="Make room.")
    with BatchView(terminal, Path("out")) as view:
        view.reached(Succeeded(item=ITEM, result=succeeded("t1").result, file_error=error))

    assert written.getvalue() == "not saved (policy): cat: the disk is full\n  Make room.\n"


def test_an_item_whose_key_says_nothing_is_named_by_its_line_too() -> None:
    """A key of the user's own is enough."""
    terminal, written = on_paper()
    with BatchView(terminal, Path("out"), lines={"0f3a": 7}) as view:
        view.reached(Failed(item=Item("a cat", key="0f3a"), error=PolicyError("no", remedy="Another prompt.")))
        view.reached(Failed(item=Item("a dog", key="sku-1"), error=PolicyError("never", remedy="Another prompt.")))

    assert "0f3a (line 7): no\n" in written.getvalue()
    assert " sku-1: never\n" in written.getvalue()


def test_what_the_manifest_holds_is_not_warned_of_again() -> None:
    """Only of tasks that it will name; all else is heard."""
    terminal, written = on_paper()
    logger = logging.getLogger("nanobanana_async")
    with terminal.hearing_warnings(), BatchView(terminal, Path("out")) as view:
        view.hear(accepted("t1"))
        logger.warning("nobody waits for task %s", "t1")
        logger.warning("nobody waits for task %s", "t2")
        logger.warning("paid for and not collected: %s", "t0, t1, t3")
        view.hear(looked("t1", TaskState.SUCCESS))
        logger.warning("paid for, and not saved yet: %s", "t1")

    assert written.getvalue() == "warning: nobody waits for task t2\n"


def test_what_may_come_on_top_of_the_price_is_said() -> None:
    """Lost answers that are sent again, tasks that are overtaken, and who is at work there."""
    terminal, written = on_paper()
    several = attrs.evolve(plan(to_send=2, renewed=2), most=Price(24.0), overtaken=2, at_work="42")
    say_plan(several, terminal, Path("out"))
    said = written.getvalue()
    say_plan(attrs.evolve(plan(to_send=1, renewed=1), overtaken=1), terminal, Path("out"))

    assert "of those made anew: 2 have tasks on the way, paid for; what comes of that is not saved" in said
    assert "with lost answers sent again, as was asked for: 24 credits (0.12 USD) at the most" in said
    assert said.endswith("a run is at work there (process 42): this is what it would leave right now\n")
    assert "of those made anew: 1 has a task on the way" in written.getvalue()
