"""The command `nanobanana`: a thin shell over `runs` and `client`. The only home of typer and rich.

It reads options, says what is happening, and turns outcomes into exit codes; whatever it does can be done from Python
by the same names. People's words go to stderr, what a program may want to read goes to stdout.
"""

from __future__ import annotations

import os
import sys

__all__ = ["main"]

_OF_THE_EXTRA = ("typer", "rich", "click", "shellingham")


def main() -> None:
    """Run the command that ``sys.argv`` names, and leave with its exit code.

    Without the extra that it needs it says so in one sentence.
    """
    try:
        from nanobanana_async.cli._app import app  # noqa: PLC0415  typer may be missing, and that is said in words
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _OF_THE_EXTRA:
            raise
        sys.stderr.write('error: the command line needs an extra: pip install "nanobanana-async[cli]"\n')
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    _open_what_is_closed()
    app(prog_name="nanobanana")


def _open_what_is_closed() -> None:
    """Let no file of ours get the number of a standard stream that the shell has closed (``>&-``)."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # it gets the lowest number that is free
