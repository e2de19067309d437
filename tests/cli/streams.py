"""Standard streams on which something goes wrong, and a command that is run on them in this process."""

from __future__ import annotations

import io
import os
import signal

import pytest

from nanobanana_async.cli._app import app

Raw = io.RawIOBase | io.BytesIO


class Failing(io.RawIOBase):
    """Takes so many lines, and then raises `error` at each."""

    def __init__(self, error: Exception, lines: int = 0) -> None:
        self.error, self.lines, self.taken = error, lines, bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]  # all that is ever written here
        if self.taken.count(b"\n") >= self.lines:
            raise self.error
        self.taken += content
        return len(content)


class Signalling(io.RawIOBase):
    """Sends this process a signal as soon as a line with such `words` is written, before that goes on."""

    def __init__(self, words: str, number: signal.Signals) -> None:
        self._words, self._number, self.taken = words.encode(), number, bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]  # all that is ever written here
        is_new = self._words not in self.taken
        self.taken += content
        if is_new and self._words in self.taken:
            os.kill(os.getpid(), self._number)
        return len(content)


def text(raw: Raw) -> io.TextIOWrapper:
    """A stream of text, as `sys.stdout` is one."""
    return io.TextIOWrapper(io.BufferedWriter(raw, 1), "utf-8", write_through=True)


def called(*arguments: object, out: Raw, err: Raw) -> int:
    """The exit code of a command that has these streams."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", text(out))
        patch.setattr("sys.stderr", text(err))
        return int(app([str(argument) for argument in arguments], standalone_mode=False))
