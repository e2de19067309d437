"""`emulator`: the gateways on this machine, in the foreground, for any client."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from nanobanana_async.cli import _options as options
from nanobanana_async.cli._emulating import in_words
from nanobanana_async.cli._exits import ExitCode
from nanobanana_async.cli._images_answers import HELP, parse_images
from nanobanana_async.cli._output import put
from nanobanana_async.cli._request_lines import line_writer
from nanobanana_async.cli._terminal import Terminal
from nanobanana_async.errors import ConfigurationError
from nanobanana_async.pacing import Rate


class Counting(StrEnum):
    """How the limit is counted."""

    SLIDING = "sliding"
    FIXED = "fixed"
    BUCKET = "bucket"


class BalanceForm(StrEnum):
    """Of the credits that are left."""

    FLOAT = "float"
    INT = "int"


class Shape(StrEnum):
    """Of a task's record."""

    NEW = "new"
    OLD = "old"


def parse_keys(text: str) -> frozenset[str]:
    """``k1,k2`` as keys. Raises typer.BadParameter where there is none."""
    keys = frozenset(key.strip() for key in text.split(",") if key.strip())
    if not keys:
        raise typer.BadParameter("no key: write k1,k2, or leave the option out to let any key in.")
    return keys


def emulator(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 is any free one.")] = 8765,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    expose: Annotated[bool, typer.Option("--expose", help="Allow a host that other machines can reach.")] = False,
    public_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The address that links to results are made with."),
    ] = None,
    keys: Annotated[
        frozenset[str] | None,
        typer.Option(parser=parse_keys, metavar="K1,K2", help="Let in these keys only."),
    ] = None,
    speed: Annotated[
        float,
        typer.Option(parser=options.parse_above_zero, metavar="FACTOR", help="Divides the time that a picture takes."),
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Of its chances: task ids, times, pictures.")] = 0,
    rate: Annotated[
        Rate,
        typer.Option(
            parser=options.parse_rate,
            metavar="N/SECONDS",
            help="New tasks that an account may start in so many seconds.",
        ),
    ] = options.DOCUMENTED_RATE,
    window: Annotated[Counting, typer.Option(help="How that is counted.")] = Counting.SLIDING,
    count_refused: Annotated[bool, typer.Option("--count-refused", help="Refused tasks count, too.")] = False,
    credits: Annotated[float, typer.Option(min=0, help="What each account starts with.")] = 10_000.0,
    state: Annotated[
        Path | None,
        typer.Option(parser=options.parse_path, metavar="DIR", help="Keep tasks and uploads there."),
    ] = None,
    balance_form: Annotated[
        BalanceForm, typer.Option(help="Of the balance: as on the wire, or as in the documents.")
    ] = BalanceForm.FLOAT,
    webhook_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="Sign callbacks with this; without it they are not signed.")
    ] = None,
    record_shape: Annotated[Shape, typer.Option(help="Of today, or of the documents.")] = Shape.NEW,
    images: Annotated[
        Mapping[str, Any] | None,
        typer.Option(parser=parse_images, metavar="NAME=VALUE[,…]", help=HELP),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[,KEY=VALUE]", help="What goes wrong on purpose; again for more of them."),
    ] = None,
    faults: Annotated[bool, typer.Option("--faults", help="List what can go wrong, and leave.")] = False,
    allow_remote: Annotated[
        bool,
        typer.Option(
            "--allow-remote", help="Take picture and callback URLs that leave this machine; nothing is sent there."
        ),
    ] = False,
) -> int:
    """Be the gateway, on this machine.

    No key, no network, no cost. Any key is let in, as an account of its own. Ctrl-C stops it, with exit code 0.

    \b
      nanobanana emulator --port 8765 --speed 20
      KIE_BASE_URL=http://127.0.0.1:8765 KIE_API_KEY=any nanobanana batch prompts.txt -o out
    """
    terminal = Terminal()

    def say_where(base_url: str) -> None:
        put(base_url)
        key = "one-of-yours" if keys else "any"
        terminal.say(f"the emulator is up: {rate} new tasks, {speed:g} times as fast as life, seed {seed}")
        terminal.say(f"  export KIE_BASE_URL={base_url} KIE_API_KEY={key}")
        terminal.say(f"  export NANOBANANA_IMAGES_BASE_URL={base_url}/v1 NANOBANANA_IMAGES_API_KEY={key}")

    with in_words():
        from nanobanana_async import emulator as gateways  # noqa: PLC0415  an extra, and half a second

        if faults:
            return _list_faults()
        counting = {"sliding": gateways.SlidingWindow, "fixed": gateways.FixedWindow, "bucket": gateways.Bucket}

        settings = gateways.EmulatorOptions(
            speed=speed,
            seed=seed,
            credits=credits,
            keys=keys,
            limit=gateways.Limit(rate.limit, per=rate.per),
            window=partial(counting[window], count_refused=count_refused),
            record_shape=record_shape.value,
            balance_form=balance_form.value,
            webhook_key=webhook_key,
            public_url=public_url,
            state_dir=state,
            allow_remote=allow_remote,
            **(images or {}),
        )
        try:
            world = gateways.World(settings, faults=fault or ())
        except gateways.StateFileError as error:
            raise ConfigurationError(str(error), remedy="Give another --state.") from error
        gateways.serve(world, host=host, port=port, expose=expose, report=line_writer(), on_started=say_where)
    terminal.say("the emulator has stopped")
    return ExitCode.OK


def _list_faults() -> int:
    from nanobanana_async.cli._fault_list import list_faults  # noqa: PLC0415  it needs the extra

    list_faults()
    return ExitCode.OK
