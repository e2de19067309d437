"""The options that several commands share: each is written once, here, with its name, its help and its check."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.pacing import Rate
from nanobanana_async.pricing import DOLLARS_PER_CREDIT, MOST

DOCUMENTED_RATE = Rate(20, per=10)
"""The account's limit as the vendor documents it (PROTOCOL §1.4)."""
HIGHEST_PRICE = MOST * DOLLARS_PER_CREDIT
"""US dollars for an image. More is a slip."""
GATEWAYS = ("kie", "openai-images", "openai-images-async")
"""The gateways by their names; the last is the second asked for tasks, in the place of pictures at once."""


def parse_rate(text: str | Rate) -> Rate:
    """``20/10``: at most 20 new tasks in any 10 seconds. Raises typer.BadParameter for anything else."""
    if isinstance(text, Rate):  # typer hands defaults through the parser too
        return text
    count, slash, seconds = text.partition("/")
    try:
        if slash and math.isfinite(float(seconds)):
            return Rate(int(count), per=float(seconds))
    except (ValueError, ConfigurationError):
        pass
    raise typer.BadParameter(f"{text!r} is no rate: write 20/10 for at most 20 new tasks in any 10 seconds.")


def parse_budget(text: str | float) -> float:
    """``500`` as credits, ``2.50usd`` as what that buys of them. Raises typer.BadParameter for anything else."""
    said = str(text).strip().lower()
    try:
        amount = float(said.removesuffix("usd"))
    except ValueError:
        amount = math.nan
    if not 0 <= amount < math.inf:
        raise typer.BadParameter(f"{text!r} is no budget: write 500 for credits, or 2.50usd for dollars.")
    return amount / DOLLARS_PER_CREDIT if said.endswith("usd") else amount


def parse_gateway(text: str) -> str:
    """One of `GATEWAYS`. Raises typer.BadParameter for anything else."""
    if text not in GATEWAYS:
        raise typer.BadParameter(f"{text!r} is no gateway: there are {', '.join(GATEWAYS)}.")
    return text


def parse_price(text: str | float) -> float:
    """A price in dollars, from 0 to `HIGHEST_PRICE`. Raises typer.BadParameter for anything else."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= HIGHEST_PRICE:
        raise typer.BadParameter(
            f"{text!r} is no price: write dollars as a number from 0 to {HIGHEST_PRICE:.0f}, such as 0.04."
        )
    return number


def parse_above_zero(text: str | float) -> float:
    """A finite number above 0. Raises typer.BadParameter for anything else."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise typer.BadParameter(f"{text!r} is no number above 0.")
    return number


def parse_path(text: str | Path) -> Path:
    """A path, with a leading ``~`` or ``~name`` replaced by that home. Raises typer.BadParameter where there is none.

    Shells do that for a word of its own, and not behind a sign of equality.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise typer.BadParameter(f"{str(text)!r} can't be used: {error} Write the path in full.") from None


def one_of(*words: str) -> Callable[[str], str]:
    """What takes one of `words`, and raises typer.BadParameter for anything else: a slip must never mean another."""

    def parse_word(text: str) -> str:
        if text not in words:
            raise typer.BadParameter(f"{text!r} is none of {', '.join(words)}.")
        return text

    return parse_word


Model = Annotated[
    str | None,
    typer.Option("--model", "-m", metavar="MODEL", help="The model, by id or short name; see `nanobanana models`."),
]
BatchModel = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="The model of rows that name none, by id or short name; see `nanobanana models`.",
    ),
]
AspectRatio = Annotated[str | None, typer.Option("--aspect-ratio", metavar="RATIO", help="Such as 16:9.")]
Resolution = Annotated[str | None, typer.Option(metavar="1K|2K|4K", help="The size of it.")]
OutputFormat = Annotated[str | None, typer.Option("--format", metavar="png|jpg", help="The kind of file.")]
Timeout = Annotated[
    float,
    typer.Option(parser=parse_above_zero, metavar="SECONDS", help="How long to wait for a task."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout, instead of paths.")]
TheRate = Annotated[
    Rate,
    typer.Option(
        "--rate",
        parser=parse_rate,
        metavar="N/SECONDS",
        help="At most N new tasks in any so many seconds: the account's limit.",
    ),
]
GatewayName = Annotated[
    str,
    typer.Option(
        "--gateway",
        parser=parse_gateway,
        metavar="|".join(GATEWAYS),
        help="Who makes the pictures; see --base-url.",
    ),
]
Price = Annotated[
    float | None,
    typer.Option(
        parser=parse_price,
        metavar="USD",
        help="What an image costs at --gateway openai-images, for the plan and --budget.",
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL", help="The gateway's URL. [default: KIE_BASE_URL, or NANOBANANA_IMAGES_BASE_URL: it has no other]"
    ),
]
EnvFile = Annotated[
    Path | None,
    typer.Option(
        parser=parse_path,
        metavar="FILE",
        help="NAME=value lines for KIE_API_KEY, NANOBANANA_IMAGES_API_KEY and the like.",
    ),
]
Emulator = Annotated[
    bool,
    typer.Option("--emulator", help="Start an emulator and use that: no key, no network, no cost."),
]
Speed = Annotated[
    float | None,
    typer.Option(
        parser=parse_above_zero,
        metavar="FACTOR",
        help="How much faster than life the emulator is: 20 with --emulator, else 1.",
    ),
]
Dialect = Annotated[
    str | None,
    typer.Option(
        parser=one_of("jobs", "images", "generate"),
        metavar="generate",
        help="Of a task of Kie's older endpoint. [default: the gateway's usual one]",
    ),
]
Journal = Annotated[
    Path | None,
    typer.Option(
        parser=parse_path,
        metavar="PATH",
        help="The journal, on a disk of this machine. [default: the one of before, else run.db in DIR]",
    ),
]
Output = Annotated[Path, typer.Option("--output", "-o", parser=parse_path, metavar="DIR", help="The folder to fill.")]
OnChange = Annotated[
    str,
    typer.Option(
        parser=one_of("hold", "regenerate", "keep"),
        metavar="hold|regenerate|keep",
        help="What to do with a key that was paid for with another line.",
    ),
]
RetryFailed = Annotated[
    str,
    typer.Option(
        parser=one_of("transient", "all", "none"),
        metavar="transient|all|none",
        help="Which failures of earlier runs are sent again.",
    ),
]
OnUnknown = Annotated[
    str,
    typer.Option(
        parser=one_of("hold", "resend"),
        metavar="hold|resend",
        help="What to do with lost answers: resend may pay for them twice more.",
    ),
]
OnServerError = Annotated[
    str,
    typer.Option(
        "--on-server-error",
        parser=one_of("repeat", "hold"),
        metavar="repeat|hold",
        help="What to do with the gateway's own errors, documented as free: repeat them twice, or trust none.",
    ),
]
Redo = Annotated[
    list[str] | None, typer.Option(metavar="KEY", help="Make this item anew, and pay for it anew; repeatable.")
]
Fault = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME[,KEY=VALUE]",
        help="What goes wrong at --emulator, on purpose; repeatable. See `nanobanana emulator --faults`.",
    ),
]
Seed = Annotated[int | None, typer.Option(metavar="N", help="Of the chances of --emulator. [default: 0]")]
