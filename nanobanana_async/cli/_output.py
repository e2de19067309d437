"""Stdout: what the next program reads, a line at a time, as soon as it is known.

Its reader may leave (``| head``), its disk may be full, and it may be closed from the start. None of that is a reason
for a traceback; and what is paid for must not hang on it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys


class OutputLostError(Exception):
    """Nothing reaches stdout any more. Where `is_unread`, its reader has left, as ``| head`` does."""

    def __init__(self, error: OSError | ValueError) -> None:
        symbol = errno.errorcode.get(getattr(error, "errno", None) or 0)
        words = getattr(error, "strerror", None) or str(error)
        super().__init__(f"{words} ({symbol})" if symbol else words)
        self.is_unread = isinstance(error, BrokenPipeError)

    def __str__(self) -> str:
        why = "nobody reads it any more" if self.is_unread else f"it can't be written: {self.args[0]}"
        return f"stdout: {why}"


def put(line: str) -> None:
    """One line for the next program, at once; nothing where stdout is closed from the start.

    Raises:
        OutputLostError: it can't be written, or nobody reads any more. Whatever is put from then on goes nowhere.
    """
    if sys.stdout is None:
        return
    content = f"{line}\n".encode("utf-8", "surrogateescape")  # a path goes out as the bytes that it is
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except (OSError, ValueError) as error:
        let_go_of_stdout()
        raise OutputLostError(error) from error


def stdout_is_a_file() -> bool:
    """Whether nothing that is put there can reach this screen, as it can through a pipe."""
    try:
        return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):
        return False


def stdout_is_a_screen() -> bool:
    """Whether what is put there is seen at once, by whoever sits at the terminal."""
    try:
        return os.isatty(sys.stdout.fileno())
    except (AttributeError, OSError, ValueError):
        return False


def let_go_of_stdout() -> None:
    """Point stdout at nothing, so that Python doesn't complain of it on its way out."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        point_at_nothing(sys.stdout.fileno())


def point_at_nothing(descriptor: int) -> None:
    """Whatever is written there from now on is thrown away. Raises: OSError."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, descriptor)
    os.close(nothing)
