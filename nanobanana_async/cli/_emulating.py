"""How the command line starts an emulator: what may go wrong is said in words, and a missing extra in one sentence."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.pacing import Rate

SPEED = 20.0
"""How much faster than life an emulator is that one command starts for itself."""
KEY = "emulator"
STATE_FOLDER = ".emulator"
_FLAGS = {"limit": "--rate", "state_dir": "--state"}


@contextlib.contextmanager
def in_words() -> Iterator[None]:
    """Turn what keeps an emulator from starting into a `ConfigurationError`; to be put round its import, too."""
    try:
        yield
    except ImportError as error:
        raise ConfigurationError(str(error), remedy="Install it, then run the same command again.") from error
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        problem, remedy = _told(error)
        raise ConfigurationError(f"the emulator can't start: {problem}", remedy=remedy) from error


def _told(error: OSError | ValueError) -> tuple[str, str]:
    """What is wrong, and what to do about it, in the words of the command line."""
    from nanobanana_async import emulator  # noqa: PLC0415  an extra; it is loaded by then

    match error:
        case emulator.CannotListenError() if error.is_about_host:
            return error.problem, "Give a --host of this machine, such as 127.0.0.1."
        case emulator.CannotListenError():
            return error.problem, "Give another --port, or --port 0 for any free one."
        case emulator.ExposedHostError():
            return error.problem, "Use --host 127.0.0.1, or say --expose if that is what you want."
        case emulator.OptionError():
            flag = _FLAGS.get(error.option, f"--{error.option.replace('_', '-')}")
            return f"{flag} {error.shown} is not allowed", f"It may be {error.allowed}."
        case emulator.FaultError():
            is_said = "--faults" in str(error)
            return str(error), "" if is_said else "See what there is with: nanobanana emulator --faults"
        case OSError(filename=str(path), strerror=str(problem)):
            return f"{path}: {problem}", "See to that path, or give another."
        case _:
            return str(error), ""


@contextlib.contextmanager
def emulated(
    *, speed: float, seed: int, rate: Rate, state_in: Path | None, faults: Sequence[str] = ()
) -> Iterator[str]:
    """The base URL of an emulator that runs in a thread for as long as the context is open.

    It keeps to `rate`; its tasks outlive it in the folder `state_in`, so that a later command finds them.

    Raises:
        ConfigurationError: it can't start, or its extra is missing.
    """
    with contextlib.ExitStack() as stack:
        with in_words():
            from nanobanana_async import emulator  # noqa: PLC0415  an extra, and half a second

            options = emulator.EmulatorOptions(
                speed=speed,
                seed=seed,
                limit=emulator.Limit(rate.limit, per=rate.per),
                state_dir=None if state_in is None else state_in / STATE_FOLDER,
                allow_remote=True,  # nothing is fetched: a file of the user's with public pictures is to run through
            )
            try:
                server = stack.enter_context(emulator.EmulatorServer(emulator.World(options, faults=faults)))
            except emulator.StateFileError as error:
                raise ConfigurationError(str(error), remedy="Use another output folder.") from error
        yield server.base_url
