"""Whether a folder can take files, found out by writing one: asked before anything is paid."""

from __future__ import annotations

from pathlib import Path

from nanobanana_async.errors import ConfigurationError, StorageError
from nanobanana_async.storage._disk import disk_remedy, disk_words, meets
from nanobanana_async.storage._part import PartFile
from nanobanana_async.storage._threads import run_to_end

_TRIAL = bytes(4096)  # one block of most disks: an empty file would be made on a full one too


async def ensure_writable(folder: str | Path) -> Path:
    """The folder, made if it was missing, after a file was written into it and removed again. ``~`` is expanded.

    Raises:
        ConfigurationError: it can't be made or written to; nothing was charged.
    """
    return await run_to_end(_prove, folder)


async def takes_no_more(folder: Path, error: StorageError) -> bool:
    """Whether what kept one file from being written into `folder` keeps every other one from it: a full disk, say.

    A name that is too long does not, nor does a picture that is none. Where the error leaves it open (there is no right
    to write, something is gone), it is found out by writing; a folder that is gone is not made anew for that.
    """
    met_by = meets(error.__cause__)
    return met_by == "all" or (met_by == "some" and not await run_to_end(_takes, folder))


def expanded(path: str | Path) -> Path:
    """`path` with a leading ``~`` or ``~name`` replaced by that home. Raises: ConfigurationError if there is none."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise ConfigurationError(f"{str(path)!r} can't be used: {error}", remedy="Write the path in full.") from error


def _takes(folder: Path) -> bool:
    try:
        return folder.is_dir() and bool(_prove(folder))
    except (OSError, ConfigurationError):  # it may not even be looked at
        return False


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
