"""The emulator's line a request, in the colour of its outcome where that can be seen.

Written plainly: rich would take longer than the request. What a client sent is shown, never obeyed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Protocol

from nanobanana_async.cli._terminal import shown

_COLOURS = {"done": 32, "later": 33, "refused": 31, "wire": 35}
"""Green; yellow for what may be repeated, red for what may not; magenta for what the wire did."""


class Line(Protocol):
    """The emulator's `Exchange`, as far as it is needed here: its module is an extra."""

    @property
    def outcome(self) -> str:
        """`done`, `later`, `refused` or `wire`."""


def line_writer() -> Callable[[Line], None]:
    """What writes a line to stderr; in colour on a terminal, unless NO_COLOR is set."""
    return _write_coloured if sys.stderr.isatty() and not os.environ.get("NO_COLOR") else _write


def _write(line: Line) -> None:
    sys.stderr.write(f"{shown(str(line))}\n")


def _write_coloured(line: Line) -> None:
    sys.stderr.write(f"\x1b[{_COLOURS[line.outcome]}m{shown(str(line))}\x1b[0m\n")
