"""`generate` and `edit`: one picture, from a prompt or from other pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from nanobanana_async.cli import _options as options
from nanobanana_async.cli._connection import Where
from nanobanana_async.cli._single import Wish, make_one
from nanobanana_async.errors import ConfigurationError
from nanobanana_async.models import is_url

Place = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="The file to write, replaced if it is there, or a folder: the task's id is the name then.",
    ),
]


def generate(
    *,
    prompt: Annotated[str, typer.Argument(help="What the picture shows.")],
    output: Place = ".",
    model: options.Model = None,
    image: Annotated[
        list[str] | None,
        typer.Option(help="A picture to work from, a path or a URL; repeatable."),
    ] = None,
    aspect_ratio: options.AspectRatio = None,
    resolution: options.Resolution = None,
    output_format: options.OutputFormat = None,
    timeout: options.Timeout = 900.0,
    as_json: options.Json = False,
    gateway: options.GatewayName = "kie",
    base_url: options.BaseUrl = None,
    price: options.Price = None,
    env_file: options.EnvFile = None,
    emulator: options.Emulator = False,
    speed: options.Speed = None,
    seed: options.Seed = None,
) -> int:
    """Make one picture from a prompt.

    \b
      nanobanana generate "a banana in orbit, studio light" -o banana.png
      nanobanana generate "the same, at dusk" --image banana.png --model nano-banana-2 --resolution 4K
    """
    where = Where(
        gateway=gateway, price=price, base_url=base_url, env_file=env_file, emulator=emulator, speed=speed, seed=seed
    )
    fields = {"model": model, "aspect_ratio": aspect_ratio, "resolution": resolution, "output_format": output_format}
    return make_one(Wish(prompt, image or (), fields, output), where, timeout=timeout, as_json=as_json)


def edit(
    *,
    images: Annotated[
        list[str], typer.Argument(metavar="IMAGE... [PROMPT]", help="Paths or URLs of pictures, then what to do.")
    ],
    prompt: Annotated[
        str | None,
        typer.Option("--prompt", "-p", help="What to do, instead of the last argument."),
    ] = None,
    output: Place = ".",
    model: options.Model = None,
    aspect_ratio: options.AspectRatio = None,
    resolution: options.Resolution = None,
    output_format: options.OutputFormat = None,
    timeout: options.Timeout = 900.0,
    as_json: options.Json = False,
    gateway: options.GatewayName = "kie",
    base_url: options.BaseUrl = None,
    price: options.Price = None,
    env_file: options.EnvFile = None,
    emulator: options.Emulator = False,
    speed: options.Speed = None,
    seed: options.Seed = None,
) -> int:
    """Change a picture, or make one of several.

    The model is google/nano-banana-edit unless you name another that takes pictures.

    \b
      nanobanana edit photo.png "make it night" -o night.png
      nanobanana edit cat.png hat.png --prompt "the cat wears the hat" -o cat-in-hat.png
    """
    where = Where(
        gateway=gateway, price=price, base_url=base_url, env_file=env_file, emulator=emulator, speed=speed, seed=seed
    )
    fields = {"model": model, "aspect_ratio": aspect_ratio, "resolution": resolution, "output_format": output_format}
    pictures, wanted = pictures_and_prompt(images, prompt)
    return make_one(Wish(wanted, pictures, fields, output), where, timeout=timeout, as_json=as_json)


def pictures_and_prompt(arguments: Sequence[str], prompt: str | None) -> tuple[Sequence[str], str]:
    """The pictures, and the prompt: the last argument where no option gives it.

    Raises:
        ConfigurationError: there is no prompt, or what would be taken for it is a picture; or there is no picture.
    """
    if prompt is not None:
        return arguments, prompt
    *pictures, last = arguments
    if is_url(last) or Path(last).is_file():
        raise ConfigurationError(
            f"no prompt: {last!r} is a picture",
            remedy='Say what to do with it: nanobanana edit photo.png "make it night"',
        )
    if not pictures:
        raise ConfigurationError(
            f"no picture to edit, only {last!r}", remedy='Name it first: nanobanana edit photo.png "make it night"'
        )
    return pictures, last
