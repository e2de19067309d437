"""What the options of an emulator may be written as: a value goes through as it is, a text form is read.

What an option means is not known here. No error shows a key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from nanobanana_async.emulator._nearest import did_you_mean
from nanobanana_async.emulator._option_checks import OptionError
from nanobanana_async.emulator._places import is_web_url
from nanobanana_async.emulator._windows import Bucket, FixedWindow, Limit, SlidingWindow, Window

WindowName: TypeAlias = Literal["sliding", "fixed", "bucket"]

_WINDOWS: Mapping[str, Callable[[Limit], Window]] = {
    "sliding": SlidingWindow,
    "fixed": FixedWindow,
    "bucket": Bucket,
}


def read_limit(said: Limit | str) -> Limit:
    """A limit, or a text such as ``20/10``: so many new tasks in so many seconds."""
    allowed = "a Limit, or a text such as '20/10': so many new tasks in so many seconds"
    if isinstance(said, Limit):
        return said
    try:
        count, _, seconds = said.partition("/")
        return Limit(int(count), per=float(seconds))
    except (AttributeError, TypeError, ValueError) as error:
        raise OptionError("limit", repr(said), allowed) from error


def read_window(said: Callable[[Limit], Window] | WindowName) -> Callable[[Limit], Window]:
    """A way of counting: a class, or one of three words."""
    counting = _WINDOWS.get(said) if isinstance(said, str) else said
    if not callable(counting):
        allowed = f"{', '.join(_WINDOWS)}, or a class such as SlidingWindow"
        raise OptionError("window", repr(said), f"{allowed}{did_you_mean(said, _WINDOWS)}")
    return counting


def read_keys(said: Iterable[str] | None) -> frozenset[str] | None:
    """Several keys, or None."""
    if said is None:
        return None
    try:
        keys = None if isinstance(said, str | bytes) else frozenset(said)
    except TypeError:
        keys = None
    if keys is None or not all(isinstance(key, str) and key for key in keys):
        allowed = 'several texts, as in keys=["k1", "k2"]; leave it out to let any key in'
        raise OptionError("keys", f"<{type(said).__name__}>", allowed)
    return keys


def read_url(said: str | None) -> str | None:
    """An http or https address, without a slash at its end; or None."""
    if said is None:
        return None
    if not isinstance(said, str) or not is_web_url(said):
        raise OptionError("public_url", repr(said), "an http or https address, such as http://pictures.test:8765")
    return said.rstrip("/")


def read_folder(said: str | Path | None) -> Path | None:
    """A folder, which need not be there yet; or None."""
    if said is None:
        return None
    if not isinstance(said, str | Path) or not str(said):
        raise OptionError("state_dir", repr(said), "the path of a folder, as text or Path")
    return Path(said)
