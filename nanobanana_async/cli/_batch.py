"""`batch`: a file in, a folder of pictures out."""

from __future__ import annotations

from typing import Annotated

import typer

from nanobanana_async.cli import _options as options
from nanobanana_async.cli._batch_run import BatchWish, make_all, plan_only
from nanobanana_async.cli._connection import Where


def batch(
    *,
    source: Annotated[
        str,
        typer.Argument(metavar="FILE|-", help="JSONL, CSV or .txt, a prompt a line; - reads JSONL from stdin."),
    ],
    output: options.Output,
    model: options.BatchModel = None,
    prompt: Annotated[
        str | None,
        typer.Option("--prompt", "-p", metavar="TEMPLATE", help='Prompts from the columns: "Studio photo of {name}".'),
    ] = None,
    key_column: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The column that names each item, and its file."),
    ] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Only the first N items.")] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="KEY", help="Only this item; repeatable.")] = None,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Leave bad lines out, instead of sending nothing.")
    ] = False,
    journal: options.Journal = None,
    retry_failed: options.RetryFailed = "transient",
    on_change: options.OnChange = "hold",
    on_unknown: options.OnUnknown = "hold",
    on_server_error: options.OnServerError = "repeat",
    redo: options.Redo = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the file and say the price; send nothing.")] = False,
    aspect_ratio: options.AspectRatio = None,
    resolution: options.Resolution = None,
    output_format: options.OutputFormat = None,
    rate: options.TheRate = options.DOCUMENTED_RATE,
    in_flight: Annotated[
        int, typer.Option(metavar="N", min=1, help="At most N tasks between create and result.")
    ] = 300,
    deadline: options.Timeout = 900.0,
    budget: Annotated[
        float | None,
        typer.Option(
            parser=options.parse_budget, metavar="CREDITS", help="The most that this folder may cost: 500, or 2.50usd."
        ),
    ] = None,
    no_download: Annotated[
        bool,
        typer.Option("--no-download", help="Leave the pictures where they are."),
    ] = False,
    name: Annotated[
        str | None,
        typer.Option(metavar="TEMPLATE", help='File names: "{model}/{key}".'),
    ] = None,
    as_json: options.Json = False,
    gateway: options.GatewayName = "kie",
    base_url: options.BaseUrl = None,
    price: options.Price = None,
    env_file: options.EnvFile = None,
    emulator: options.Emulator = False,
    speed: options.Speed = None,
    seed: options.Seed = None,
    fault: options.Fault = None,
) -> int:
    """Make a picture for each line of a file.

    Each picture's path goes to stdout as it is saved. The first Ctrl-C stops sending, and finishes and saves what is
    paid for; the second, or SIGTERM, leaves that for the next run.

    Run the same command again and it goes on where it was, however it ended: kill -9 and a power cut included. It goes
    by its journal, DIR/run.db, where each create stands before it is sent: what is paid for is not paid for again.
    DIR/manifest.jsonl and manifest.csv are made from it at the end.

    \b
      nanobanana batch prompts.jsonl -o out --dry-run         what it would do and cost; nothing is written
      nanobanana batch prompts.txt -o out --model nano-banana-2 --aspect-ratio 16:9
      nanobanana batch products.csv -o out --prompt "Studio photo of {name}" --key-column sku
      nanobanana batch prompts.jsonl -o trial --limit 20 --emulator --fault fail,probability=0.1
    """
    wish = BatchWish(
        source=source,
        folder=output,
        where=Where(
            gateway=gateway,
            price=price,
            base_url=base_url,
            env_file=env_file,
            emulator=emulator,
            speed=speed,
            seed=seed,
            faults=tuple(fault or ()),
        ),
        reading={
            "model": model,
            "prompt": prompt,
            "key_column": key_column,
            "limit": limit,
            "only": tuple(only or ()),
            "aspect_ratio": aspect_ratio,
            "resolution": resolution,
            "output_format": output_format,
        },
        skip_invalid=skip_invalid,
        rate=rate,
        in_flight=in_flight,
        deadline=deadline,
        budget=budget,
        download=not no_download,
        name=name,
        as_json=as_json,
        journal=journal,
        rules={
            "on_change": on_change,
            "retry_failed": retry_failed,
            "on_unknown": on_unknown,
            "redo": tuple(redo or ()),
        },
        sending={"on_server_error": on_server_error},
    )
    return plan_only(wish) if dry_run else make_all(wish)
