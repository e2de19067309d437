"""`models`: what may be asked for, at what price."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from nanobanana_async.cli import _options as options
from nanobanana_async.cli._connection import Where, described
from nanobanana_async.cli._exits import ExitCode
from nanobanana_async.cli._output import put
from nanobanana_async.models import ModelInfo, known_models
from nanobanana_async.pricing import dollars

_COLUMNS = ("model", "class", "images", "ratios", "resolutions", "formats", "credits", "USD", "usually")
_WIDE = 1000


def models(*, gateway: options.GatewayName = "kie", as_json: options.Json = False) -> int:
    """List the models, with prices and times."""
    there = described(Where(gateway=gateway))
    known = known_models(there.default_dialect)
    if as_json:
        for info in known:
            put(json.dumps(_row(info, there.aliases)))
    else:
        _show(known, there.aliases)
    return ExitCode.OK


def _row(info: ModelInfo, aliases: Mapping[str, str]) -> dict[str, Any]:
    return {
        "model": info.id,
        "aliases": [alias for alias, model in aliases.items() if model == info.id],
        "class": info.name,
        **({"edit_class": info.edit_name} if info.edit_name is not None else {}),
        "images": list(info.images),
        "prompt_max": info.prompt_max,
        "aspect_ratios": list(info.aspect_ratios),
        "resolutions": list(info.resolutions),
        "formats": list(info.formats),
        "credits": {size or "any": credits for size, credits in info.credits.items()},
        "usd": {size or "any": dollars(credits) for size, credits in info.credits.items()},
        "usual_seconds": info.expected.usual,
    }


def _show(known: Sequence[ModelInfo], aliases: Mapping[str, str]) -> None:
    """A table on stdout; where a terminal is too narrow for it, a model at a time."""
    from rich.console import Console  # noqa: PLC0415  rich: not for --help
    from rich.table import Table  # noqa: PLC0415  as above

    ratios = list(dict.fromkeys(info.aspect_ratios for info in known))
    rows = [_cells(info, ratios.index(info.aspect_ratios)) for info in known]
    table = Table(*_COLUMNS, box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for row in rows:
        table.add_row(*row)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)
    if console.measure(table, options=console.options.update(max_width=_WIDE)).maximum <= console.width:
        console.print(table)
    else:
        for row in rows:
            console.print(row[0], style="bold")
            console.print("  " + ", ".join(f"{name} {cell}" for name, cell in zip(_COLUMNS[1:], row[1:], strict=True)))
    for number, group in enumerate(ratios):
        console.print(f"ratios {_letter(number)}: {' '.join(group)}", soft_wrap=True)
    if aliases:
        short = ", ".join(f"{alias} for {model}" for alias, model in aliases.items())
        console.print(f"short names: {short}", soft_wrap=True)


def _cells(info: ModelInfo, ratios: int) -> list[str]:
    """The row of a model; several prices stand in the order of its resolutions."""
    least, most = info.images
    return [
        info.id,
        info.name if info.edit_name is None else f"{info.name}, {info.edit_name}",
        f"{least}-{most}" if most else "none",
        _letter(ratios),
        " ".join(info.resolutions) or "-",
        " ".join(info.formats) or "-",
        " ".join(f"{credits:g}" for credits in info.credits.values()) or "-",
        " ".join(f"{dollars(credits):g}" for credits in info.credits.values()) or "-",
        f"{info.expected.usual:g} s",
    ]


def _letter(number: int) -> str:
    return "ABCDEFGH"[number]
