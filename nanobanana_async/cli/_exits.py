"""From what happened to the exit code, and from an error to words: the one place where either is decided."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import signal
from collections.abc import Callable, Coroutine
from enum import IntEnum
from typing import Any, ParamSpec, TypeVar

import typer

from nanobanana_async.cli._output import OutputLostError, let_go_of_stdout
from nanobanana_async.cli._stderr import STDERR
from nanobanana_async.cli._stopping import Steps, Stops, Ways
from nanobanana_async.cli._terminal import Terminal
from nanobanana_async.errors import (
    AccountError,
    BadImageError,
    InvalidRequestError,
    NanoBananaError,
    UsageError,
)

P = ParamSpec("P")
T = TypeVar("T")
_Cancel = Callable[[], object]


class ExitCode(IntEnum):
    """What the shell is told."""

    OK = 0
    """All succeeded."""
    SOME_FAILED = 1
    """Some did not."""
    USAGE = 2
    """Wrong usage or bad input; nothing was sent."""
    STOPPED = 3
    """Stopped early: the key, or the credits."""
    INTERRUPTED = 130
    """Interrupted, or nobody reads the output any more; the same command carries on."""


def exit_code_of(error: NanoBananaError) -> ExitCode:
    """The exit code for a command that ends with `error`."""
    match error:
        case UsageError():
            return ExitCode.USAGE
        case InvalidRequestError() | BadImageError() if error.problem is None and error.task_id is None:
            return ExitCode.USAGE  # found here: the gateway never saw it
        case AccountError():
            return ExitCode.STOPPED
        case _:
            return ExitCode.SOME_FAILED


def told(command: Callable[P, int]) -> Callable[P, None]:
    """`command` for the shell: its number is the exit code, and what it raises is said in words, never as a traceback.

    What is no error of ours is a bug, and keeps its traceback.
    """

    @functools.wraps(command)
    def run_and_tell(*args: P.args, **options: P.kwargs) -> None:
        raise typer.Exit(_exit_code(functools.partial(command, *args, **options)))

    return run_and_tell


def _exit_code(command: Callable[[], int]) -> int:
    terminal = Terminal()
    try:
        with terminal.hearing_warnings():
            return command()
    except NanoBananaError as error:
        terminal.complain_of(error)
        return exit_code_of(error)
    except OutputLostError as error:
        if not error.is_unread:
            terminal.complain("error", str(error))
        return ExitCode.INTERRUPTED if error.is_unread else ExitCode.SOME_FAILED
    except BrokenPipeError:
        let_go_of_stdout()
        return ExitCode.INTERRUPTED
    except KeyboardInterrupt:
        terminal.say("interrupted")
        return ExitCode.INTERRUPTED


def run(
    work: Coroutine[Any, Any, T], *, stops: Stops | None = None, steps: Callable[[_Cancel], Steps] | None = None
) -> T:
    """`asyncio.run`, for which SIGTERM and SIGHUP are what Ctrl-C is: the work is cancelled, and finishes what it must.

    With `stops`, it is told of each of them first; Ctrl-C ends it in three steps, and it ends as by SIGTERM where the
    reader of stderr has left. `steps` makes other steps, from what cancels the work. Raises: KeyboardInterrupt, where
    it was cancelled.
    """
    if stops is not None:
        steps = functools.partial(Ways, stops=stops)
    try:
        return asyncio.run(_stopped_by_signals(work, steps))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        STDERR.when_unread = lambda: None


async def _stopped_by_signals(work: Coroutine[Any, Any, T], steps: Callable[[_Cancel], Steps] | None) -> T:
    main = asyncio.current_task()
    assert main is not None
    loop = asyncio.get_running_loop()
    ways = Ways(main.cancel, None) if steps is None else steps(main.cancel)
    if steps is not None:
        STDERR.when_unread = functools.partial(_soon, loop, ways.leave)
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
        loop.add_signal_handler(signal.SIGTERM, ways.leave)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
            loop.add_signal_handler(signal.SIGHUP, ways.leave)
        if steps is not None:
            loop.add_signal_handler(signal.SIGINT, ways.press)
    return await work


def _soon(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    """Do it on the loop, whichever thread asks for it."""
    with contextlib.suppress(RuntimeError):  # the loop is closed: there is nothing left to stop
        loop.call_soon_threadsafe(action)
