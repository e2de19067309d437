"""The steps in which a command is stopped, and what is said of each."""

from __future__ import annotations

import asyncio
import io
import signal
from pathlib import Path

import pytest
from rich.console import Console

from nanobanana_async import Item, NanoBanana, Task
from nanobanana_async.cli._batch_stops import BatchStops
from nanobanana_async.cli._batch_view import BatchView
from nanobanana_async.cli._exits import run
from nanobanana_async.cli._stderr import STDERR
from nanobanana_async.cli._stopping import Ways
from nanobanana_async.cli._terminal import Terminal
from nanobanana_async.events import TaskAccepted
from tests.scripted_kie import ScriptedKie, until


class Told:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def finish(self) -> None:
        self.words.append("finish")

    def leave(self) -> None:
        self.words.append("leave")

    def give_up(self) -> None:
        self.words.append("give up")

    def cancel(self) -> None:
        self.words.append("cancel")


def test_ctrl_c_goes_three_steps() -> None:
    """Each gives up more than the one before; each is told before it is taken."""
    told = Told()
    ways = Ways(told.cancel, told)
    for _ in range(3):
        ways.press()

    assert told.words == ["finish", "leave", "cancel", "give up", "cancel"]


def test_a_signal_that_comes_twice_gives_nothing_up() -> None:
    """As SIGHUP and SIGTERM where a session ends; only Ctrl-C goes further."""
    told = Told()
    ways = Ways(told.cancel, told)
    for _ in range(3):
        ways.leave()
    before = list(told.words)
    ways.press()

    assert before == ["leave", "cancel"]
    assert told.words[2:] == ["give up", "cancel"]


def test_where_nobody_is_told_every_signal_cancels() -> None:
    """Whoever is stopped has nothing to say."""
    told = Told()
    ways = Ways(told.cancel, None)
    ways.leave()
    ways.leave()

    assert told.words == ["cancel", "cancel"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_work_is_told_before_it_is_cancelled(number: signal.Signals) -> None:
    """And may finish what it must."""
    told = Told()

    async def work() -> None:
        try:
            signal.raise_signal(number)
            await asyncio.sleep(30)
        finally:
            told.words.append("finished")

    with pytest.raises(KeyboardInterrupt):
        run(work(), stops=told)

    assert told.words == ["leave", "finished"]


def test_what_is_told_to_ignore_a_hangup_ignores_it() -> None:
    """As under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)

    async def work() -> str:
        signal.raise_signal(signal.SIGHUP)
        await asyncio.sleep(0)
        return "done"

    try:
        assert run(work(), stops=Told()) == "done"
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_reader_of_words_that_leaves_after_the_end_stops_nothing() -> None:
    """The work is over, and its loop is closed."""

    async def work() -> object:
        return STDERR.when_unread

    unread = run(work(), stops=Told())
    assert callable(unread)
    unread()

    assert STDERR.when_unread is not unread


async def test_what_a_step_costs_is_said(tmp_path: Path) -> None:
    """How many answers are waited for, for how long; and that they may be paid for, before they are given up."""
    written, kie = io.StringIO(), ScriptedKie()
    terminal = Terminal(Console(file=written, markup=False, highlight=False))
    view = BatchView(terminal, tmp_path)
    stops = BatchStops(terminal, view, grace=60.0)
    view.hear(TaskAccepted(at=0.0, item=Item(NanoBanana("a cat")), task=Task("t1")))
    stops.finish()
    stops.leave()
    stops.give_up()
    before = written.getvalue()
    kie.answering.clear()
    async with kie.client() as client:
        view.started(client)
        waiting = asyncio.create_task(client.submit("a banana"))
        await until(lambda: kie.on_the_wire)
        stops.leave()
        kie.answering.set()
        await waiting
    stops.give_up()
    closed = view.on_the_wire

    assert stops.asked_to_finish.is_set()
    assert before == (
        "nothing more is sent; what is paid for is finished and saved: 1 in flight\n"
        "Ctrl-C again leaves them for the next run.\n"
    )
    assert written.getvalue().removeprefix(before) == (
        "nothing more is sent; waiting for the answer to 1 create: 60 s at the most\n"
        "Ctrl-C again gives it up: it may be paid for, and nobody would know.\n"
        "no longer waiting for the answer to 1 create: what has not come is unknown\n"
    )
    assert closed == 0
