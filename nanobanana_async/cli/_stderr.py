"""Stderr: people's words. Where nobody reads them any more, or they can't be written, they go nowhere, and no more.

They are said from within the work: by listeners, while creates are on the wire. What raised there would cut these off,
and they may be paid for. So nothing raises here; who has to know is called.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import TextIO

import attrs

from nanobanana_async.cli._output import point_at_nothing


@attrs.define(eq=False)
class PeoplesStream:
    """The stream that people read, whatever `sys.stderr` is at the moment; a file as far as rich asks for one.

    `when_unread` is called once its reader has left, from whichever thread was writing. A disk that is full calls
    nobody: the work can go on without its words.
    """

    when_unread: Callable[[], None] = lambda: None

    @property
    def encoding(self) -> str:
        """That of stderr."""
        return getattr(sys.stderr, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Say it, if that can be. Never raises an OSError."""
        stream: TextIO | None = sys.stderr
        if stream is not None:
            self._try(lambda: stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Let it be seen, if that can be."""
        stream: TextIO | None = sys.stderr
        if stream is not None:
            self._try(stream.flush)

    def isatty(self) -> bool:
        """Whether it is seen on a terminal."""
        stream: TextIO | None = sys.stderr
        with contextlib.suppress(OSError, ValueError):
            return stream is not None and stream.isatty()
        return False

    def fileno(self) -> int:
        """The descriptor of stderr. Raises: OSError, where there is none."""
        if sys.stderr is None:
            raise OSError("stderr is closed")
        return sys.stderr.fileno()

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except BrokenPipeError:
            self._let_go()
            self.when_unread()
        except UnicodeError:
            pass  # this alone can't be said there
        except (OSError, ValueError):
            self._let_go()

    def _let_go(self) -> None:
        """What is left in its buffer would fail again on Python's way out, and become the exit code."""
        with contextlib.suppress(OSError, ValueError):
            point_at_nothing(self.fileno())


STDERR = PeoplesStream()
"""The one of this process."""
