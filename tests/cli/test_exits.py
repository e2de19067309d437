"""From what happened to the exit code, and to words."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import signal
from collections.abc import Callable

import pytest
import typer
from rich.console import Console

from nanobanana_async import (
    BadImageError,
    ConfigurationError,
    InvalidRequestError,
    KeyCappedError,
    NanoBananaError,
    NetworkError,
    OutOfCreditsError,
    PolicyError,
    StillRunningError,
    StorageError,
)
from nanobanana_async.cli._exits import ExitCode, exit_code_of, run, told
from nanobanana_async.cli._output import OutputLostError
from nanobanana_async.cli._terminal import Terminal, remedy_of
from nanobanana_async.values import Problem

REFUSED = Problem(status=200, code=422, text="no", enveloped=True)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("x"), 2),
        (InvalidRequestError("x"), 2),
        (BadImageError("x"), 2),
        (InvalidRequestError("x", problem=REFUSED), 1),
        (BadImageError("x", task_id="t"), 1),
        (OutOfCreditsError("x"), 3),
        (KeyCappedError("x"), 3),
        (PolicyError("x"), 1),
        (NetworkError("x"), 1),
        (StillRunningError("x", task_id="t"), 1),
    ],
)
def test_an_error_has_its_exit_code(error: NanoBananaError, code: int) -> None:
    """Bad input is 2 where we find it, and 1 where the gateway does."""
    assert exit_code_of(error) == code


@pytest.mark.parametrize("error", [StillRunningError("x", task_id="t1"), StorageError("x", task_id="t1")])
def test_what_is_paid_for_is_fetched_by_its_id(error: NanoBananaError) -> None:
    """The remedy is a command, not a method."""
    assert remedy_of(error).endswith("nanobanana download t1")
    assert remedy_of(PolicyError("x")) == PolicyError("x").remedy


def raising(error: BaseException) -> Callable[[], int]:
    def command() -> int:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (OutOfCreditsError("no credits", remedy="Buy some."), 3, "error (out_of_credits): no credits\n  Buy some.\n"),
        (BrokenPipeError(), 130, ""),
        (OutputLostError(BrokenPipeError()), 130, ""),
        (OutputLostError(OSError(28, "No space")), 1, "error: stdout: it can't be written: No space (ENOSPC)\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
    ],
)
def test_what_ends_a_command_is_said_in_words(
    error: BaseException, code: int, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """On stderr. A reader that left hears nothing."""
    kept = os.dup(1)
    try:
        with pytest.raises(typer.Exit) as left:
            told(raising(error))()
    finally:
        os.dup2(kept, 1)
        os.close(kept)

    assert left.value.exit_code == code
    assert capfd.readouterr() == ("", words)


def test_a_bug_keeps_its_traceback() -> None:
    """What is no error of ours is not made to look like one."""
    with pytest.raises(ZeroDivisionError):
        told(raising(ZeroDivisionError()))()


def test_sigterm_ends_the_work_as_ctrl_c_does() -> None:
    """It may finish what it must."""
    finished = []

    async def work() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
            await asyncio.sleep(30)
        finally:
            finished.append(True)

    with pytest.raises(KeyboardInterrupt):
        run(work())

    assert finished == [True]


def test_work_that_ends_gives_its_value() -> None:
    """And the exit code of all that succeeded is 0."""

    async def work() -> ExitCode:
        return ExitCode.OK

    assert run(work()) == 0


def test_warnings_are_lines_of_the_terminal() -> None:
    """A bug among them with its traceback; and none of their escape sequences."""
    written = io.StringIO()
    terminal = Terminal(Console(file=written, markup=False, highlight=False))
    logger = logging.getLogger("nanobanana_async")
    with terminal.hearing_warnings():
        logger.warning("task %s\x1b[2J", "t1")
        logger.error("a worker broke", exc_info=ZeroDivisionError())

    assert written.getvalue().startswith("warning: task t1\N{REPLACEMENT CHARACTER}[2J\nerror: a worker broke\nZeroDiv")


def test_a_terminal_shows_that_it_waits() -> None:
    """Where a line can be drawn over; a long one is left for the terminal to fold."""
    written = io.StringIO()
    terminal = Terminal(Console(file=written, force_terminal=True, width=40))
    with terminal.waiting("a minute"):
        terminal.say("long " * 20)

    assert "a minute" in written.getvalue()
    assert "long " * 20 in written.getvalue()
