"""`download`: the pictures of tasks that are paid for already, by their ids."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Annotated

import attrs
import typer

from nanobanana_async.cli import _options as options
from nanobanana_async.cli._connection import Connection, Where, connected
from nanobanana_async.cli._exits import ExitCode, run
from nanobanana_async.cli._outcomes import collected, deliver
from nanobanana_async.cli._same_gateway import options_of, written_options
from nanobanana_async.cli._terminal import Terminal
from nanobanana_async.client import Client
from nanobanana_async.runs import journal_place
from nanobanana_async.storage import ensure_writable
from nanobanana_async.values import Item, Result, Task


def download(
    *,
    task_ids: Annotated[
        list[str], typer.Argument(metavar="TASK_ID...", help="As the create or the manifest named them.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", parser=options.parse_path, metavar="DIR", help="The folder; the task's id is the name."
        ),
    ] = Path(),
    dialect: options.Dialect = None,
    timeout: options.Timeout = 900.0,
    as_json: options.Json = False,
    gateway: options.GatewayName = "kie",
    base_url: options.BaseUrl = None,
    env_file: options.EnvFile = None,
    emulator: options.Emulator = False,
    speed: options.Speed = None,
    seed: options.Seed = None,
) -> int:
    """Fetch the pictures of tasks by their ids.

    Those that are not finished are waited for. Nothing is paid.

    \b
      nanobanana download 09e4987e60ef4b82c25e2650652989d6 -o out
    """
    where = Where(gateway=gateway, base_url=base_url, env_file=env_file, emulator=emulator, speed=speed, seed=seed)
    with connected(where, state_in=journal_place(output).path.parent if emulator else None) as connection:
        again = {"--dialect": dialect, "-o": output if emulator else None}
        terminal = Terminal(options=options_of(where) + written_options(again))
        wanted = _Wanted(tuple(dict.fromkeys(task_ids)), output, dialect, timeout)
        return run(_download(wanted, connection, terminal, as_json=as_json))


@attrs.frozen
class _Wanted:
    """The tasks, all of one dialect (None is the gateway's usual one), where they go, and how long they may take."""

    task_ids: tuple[str, ...]
    folder: Path
    dialect: str | None
    timeout: float


async def _download(wanted: _Wanted, connection: Connection, terminal: Terminal, *, as_json: bool) -> ExitCode:
    """All of them at once; the exit code of the worst."""
    await ensure_writable(wanted.folder)
    async with Client(connection.gateway, polling=connection.polling, deadline=wanted.timeout) as client:

        async def fetch(task_id: str) -> ExitCode:
            work = _result(client, client.status(task_id, dialect=wanted.dialect), terminal)
            outcome = await collected(client, Item("", key=task_id), work, wanted.folder)
            return deliver(outcome, terminal, as_json=as_json)

        codes = await asyncio.gather(*map(fetch, wanted.task_ids))
    return max(codes)


async def _result(client: Client, asked: Awaitable[Task], terminal: Terminal) -> Result:
    """The result of a task, waited for. An id that nobody knows is refused at once, not at the deadline."""
    task = await asked
    if not task.state.is_final:
        terminal.say(f"task {task.id}: {task.state.value}, waiting", "dim")
    return await client.wait(task)
