"""What reaches the user's eyes: messages, problems with what can be done about them, and warnings, all on stderr.

Nothing is wrapped here: a terminal does that itself, and a file or a pipe wants whole lines.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Collection, Iterator
from typing import IO, TYPE_CHECKING, cast

import attrs

from nanobanana_async.cli._option_words import in_options
from nanobanana_async.cli._stderr import STDERR
from nanobanana_async.errors import (
    BadImageError,
    InvalidRequestError,
    NanoBananaError,
    StillRunningError,
    StorageError,
    UsageError,
)
from nanobanana_async.runs import BadFileError

if TYPE_CHECKING:  # rich is a tenth of a second, and `--help` does without
    from rich.console import Console

_CONTROL = {code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}
"""What a gateway or a file says is shown, never obeyed: no escape sequence reaches the terminal."""


def _stderr() -> Console:
    from rich.console import Console  # noqa: PLC0415  as above

    return Console(file=cast("IO[str]", STDERR), highlight=False, markup=False, emoji=False)


_LEFT_BEHIND = "paid for, and left with"


@attrs.frozen
class Terminal:
    """Where a command says things. Colour only on a terminal, and not where NO_COLOR is set: rich sees to both.

    `options` are those by which a later command asks at the same gateway, with a blank before each.
    """

    console: Console = attrs.field(factory=_stderr)
    options: str = ""

    @property
    def is_live(self) -> bool:
        """Whether a line can be drawn over and over."""
        return self.console.is_terminal and not self.console.is_dumb_terminal

    def say(self, text: str, style: str = "") -> None:
        """One message for people."""
        self.console.print(shown(text), style=style, soft_wrap=True)

    def complain(self, label: str, message: str, remedy: str = "", *, style: str = "bold red") -> None:
        """A problem and, under it, what can be done."""
        from rich.text import Text  # noqa: PLC0415  rich: not for --help

        # In one piece: a line that is being drawn over would come between two.
        said = Text.assemble((f"{label}: ", style), shown(message))
        if remedy:
            said.append(f"\n  {shown(remedy)}", style="dim")
        self.console.print(said, soft_wrap=True)

    def complain_of(self, error: NanoBananaError) -> None:
        """What went wrong, of what kind that is, and what the person at the shell can do about it."""
        # What is wrong with the command speaks for itself; what a gateway says may not say what it means.
        is_own = isinstance(error, UsageError | InvalidRequestError | BadImageError) and error.problem is None
        self.complain("error" if is_own else f"error ({error.reason})", error.message, self.remedy_of(error))

    def remedy_of(self, error: NanoBananaError) -> str:
        """The remedy in the words of the command line."""
        return remedy_of(error, self.options)

    @contextlib.contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Show that something is being waited for, where that can be drawn."""
        if not self.is_live:
            yield
            return
        with self.console.status(shown(text)):
            yield

    @contextlib.contextmanager
    def hearing_warnings(self) -> Iterator[None]:
        """Let the package's own warnings speak here, so that they don't tear a progress line apart."""
        logger, handler = logging.getLogger("nanobanana_async"), _Warnings(self)
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)


@contextlib.contextmanager
def not_warned_of(tasks: Callable[[], Collection[str]], *, up_to: int = logging.WARNING) -> Iterator[None]:
    """Hear no warning that names one of `tasks`, alone or in a list, nor what was left with a batch: for commands that
    say what becomes of them. What is graver than the level `up_to` is heard all the same.
    """

    def is_news(record: logging.LogRecord) -> bool:
        if record.levelno > up_to:
            return True
        if str(record.msg).startswith(_LEFT_BEHIND):  # by a task that is heard of only now
            return False
        named = {word for given in record.args or () for word in str(given).split(", ")}
        return not isinstance(record.args, tuple) or named.isdisjoint(tasks())

    logger = logging.getLogger("nanobanana_async")
    logger.addFilter(is_news)
    try:
        yield
    finally:
        logger.removeFilter(is_news)


class _Warnings(logging.Handler):
    """Log records from WARNING upwards, as lines of a terminal."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(logging.WARNING)
        self._terminal = terminal

    def emit(self, record: logging.LogRecord) -> None:
        self._terminal.complain(record.levelname.lower(), self.format(record), style="yellow")


def shown(text: str) -> str:
    """`text` without the characters that a terminal would obey."""
    return text.translate(_CONTROL)


def remedy_of(error: NanoBananaError, options: str = "") -> str:
    """The remedy in the words of the command line; `options` are those that lead to the gateway."""
    if error.task_id and isinstance(error, StillRunningError | StorageError):
        return f"It is paid for; fetch it later with: nanobanana download {error.task_id}{options}"
    if isinstance(error, StillRunningError):
        return (
            "The next time give it longer with --timeout; `nanobanana batch` keeps a journal, by which what was on the "
            "wire is not lost."
        )
    if isinstance(error, BadFileError) and not error.are_all:
        return "Correct these lines, or leave them out with --skip-invalid."
    return in_options(error.remedy)
