"""The commands, gathered. Each is a function in a file of its own; here they get their names and their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

import nanobanana_async
from nanobanana_async.cli._balance import balance
from nanobanana_async.cli._batch import batch
from nanobanana_async.cli._demo import demo
from nanobanana_async.cli._download import download
from nanobanana_async.cli._emulator import emulator
from nanobanana_async.cli._exits import told
from nanobanana_async.cli._generate import edit, generate
from nanobanana_async.cli._models import models
from nanobanana_async.cli._status import status
from nanobanana_async.cli._unknown import unknown

app = typer.Typer(
    name="nanobanana",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with the values of variables would show keys
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

_COMMANDS: tuple[Callable[..., int], ...] = (
    generate,
    edit,
    batch,
    download,
    status,
    unknown,
    balance,
    models,
    emulator,
    demo,
)
for _command in _COMMANDS:
    app.command()(told(_command))


def _say_version(asked: bool) -> None:  # noqa: FBT001  typer calls it so
    if asked:
        typer.echo(f"nanobanana {nanobanana_async.__version__}")
        raise typer.Exit


@app.callback()
def nanobanana(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Make images with the Nano Banana models: one, or a file of them.

    \b
      nanobanana demo                                       see it work, with no key and no network
      nanobanana generate "a banana in orbit" -o banana.png
      nanobanana batch prompts.jsonl -o out                 go on with the same command after any stop
      nanobanana batch products.csv -o out --prompt "Studio photo of {name}" --key-column sku

    The key is read from KIE_API_KEY. Paths and JSON go to stdout, all else to stderr. Exit codes: 0 all succeeded,
    1 some did not, 2 wrong usage or bad input, 3 stopped early (key, credits, budget), 130 interrupted.
    """
