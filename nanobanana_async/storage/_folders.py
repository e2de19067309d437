"""Whether a folder can take files, found out by writing one: asked before anything is paid."""

from __future__ import annotations

from pathlib import Path

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.storage._disk import disk_remedy, disk_words
from nanobanana_async.storage._part import PartFile
from nanobanana_async.storage._threads import run_to_end

_TRIAL = bytes(4096)  # one block of most disks: an empty file would be made on a full one too


async def ensure_writable(folder: str | Path) -> Path:
    """The folder, made if it was missing, after a file was written into it and removed again. ``~`` is expanded.

    Raises:
        ConfigurationError: it can't be made or written to; nothing was charged.
    """
    return await run_to_end(_prove, folder)


def expanded(path: str | Path) -> Path:
    """`path` with a leading ``~`` or ``~name`` replaced by that home. Raises: ConfigurationError if there is none."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise ConfigurationError(f"{str(path)!r} can't be used: {error}", remedy="Write the path in full.") from error


def _prove(folder: str | Path) -> Path:
    path = expanded(folder)
    trial = PartFile(path, "trial")
    try:
        file = trial.opened()
        file.write(_TRIAL)
        file.flush()
    except (OSError, ValueError) as error:
        message = f"the folder {str(path)!r} can't be written to: {disk_words(error)}; nothing was sent or charged"
        raise ConfigurationError(message, remedy=f"{disk_remedy(error)}.") from error
    finally:
        trial.discard()
    return path
