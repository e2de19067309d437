"""`demo`: the whole thing, on this machine, in less than a minute."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nanobanana_async.cli import _options as options
from nanobanana_async.cli._batch_run import BatchWish, make_all
from nanobanana_async.cli._connection import Where
from nanobanana_async.cli._emulating import SPEED
from nanobanana_async.cli._exits import ExitCode
from nanobanana_async.cli._terminal import Terminal
from nanobanana_async.errors import ConfigurationError

FILE = "prompts.jsonl"
_PACKAGE = Path(__file__).parent.parent


def demo(
    *,
    output: options.Output = Path("nanobanana-demo"),
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Only the first N prompts.")] = None,
    rate: options.TheRate = options.DOCUMENTED_RATE,
    speed: options.Speed = None,
    seed: options.Seed = None,
) -> int:
    """See it work, with no key and no network.

    The prompts that come along go to an emulator and become pictures in a folder. It takes half a minute.
    """
    terminal = Terminal()
    source = examples() / FILE
    speed = speed or SPEED
    terminal.say(f"demo: prompts go to an emulator on this machine, {speed:g} times as fast as life")
    where = Where(emulator=True, speed=speed, seed=seed)
    code = make_all(BatchWish(source=str(source), folder=output, where=where, reading={"limit": limit}, rate=rate))
    if code == ExitCode.OK:
        terminal.say(f"look at the pictures in {output}; with a key in KIE_API_KEY the same is:", "bold")
        terminal.say(f"  nanobanana batch {source} -o pictures")
    return code


def examples() -> Path:
    """The folder of the examples: in the package where it is installed, beside it in a checkout.

    Raises:
        ConfigurationError: it is in neither place.
    """
    for folder in (_PACKAGE / "examples", _PACKAGE.parent / "examples"):
        if (folder / FILE).is_file():
            return folder
    raise ConfigurationError(
        f"the examples are missing: no {FILE} in {_PACKAGE / 'examples'}", remedy="Install the package again."
    )
