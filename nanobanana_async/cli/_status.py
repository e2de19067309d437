"""`status`: how a task stands, or a folder that a batch has filled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from nanobanana_async.cli import _options as options
from nanobanana_async.cli._connection import Connection, Where, connected
from nanobanana_async.cli._exits import ExitCode, run
from nanobanana_async.cli._folder_status import folder_status
from nanobanana_async.cli._output import put
from nanobanana_async.cli._terminal import shown
from nanobanana_async.client import Client
from nanobanana_async.errors import ConfigurationError, InvalidRequestError
from nanobanana_async.values import Task, TaskState


def status(
    *,
    subject: Annotated[str, typer.Argument(metavar="TASK_ID|FOLDER", help="A task's id, or the -o of a batch.")],
    dialect: options.Dialect = None,
    journal: options.Journal = None,
    as_json: options.Json = False,
    gateway: options.GatewayName = "kie",
    base_url: options.BaseUrl = None,
    env_file: options.EnvFile = None,
    emulator: options.Emulator = False,
) -> int:
    """Show how a task or a folder stands.

    The exit code is 0 when all of it succeeded, and the pictures of a folder are there, else 1.

    \b
      nanobanana status 09e4987e60ef4b82c25e2650652989d6
      nanobanana status out
    """
    folder = options.parse_path(subject)
    if folder.is_dir():
        return _show_folder(folder, journal, as_json=as_json)
    if "/" in subject:
        raise ConfigurationError(f"there is no folder {subject!r}", remedy="Give the -o of a batch, or a task's id.")
    where = Where(gateway=gateway, base_url=base_url, env_file=env_file, emulator=emulator)
    with _read_as_a_task(subject), connected(where) as connection:
        task = run(_status(connection, subject, dialect))
    put(json.dumps(_row(task)) if as_json else f"{shown(task.id)}: {task.state.value}")
    return ExitCode.OK if task.state is TaskState.SUCCESS else ExitCode.SOME_FAILED


@contextmanager
def _read_as_a_task(subject: str) -> Iterator[None]:
    """Errors say that it was read so because there is no such folder: perhaps that was meant."""
    try:
        yield
    except ConfigurationError as error:
        message = f"there is no folder {subject!r}, and as a task's id it can't be asked for: {error.message}"
        raise ConfigurationError(message, remedy=error.remedy) from error
    except InvalidRequestError as error:
        error.remedy = f"{error.remedy} There is no folder {subject!r} either."
        raise


async def _status(connection: Connection, task_id: str, dialect: str | None) -> Task:
    async with Client(connection.gateway) as client:
        return await client.status(task_id, dialect=dialect)


def _row(task: Task) -> dict[str, Any]:
    created_at = None if task.created_at is None else task.created_at.isoformat()
    return {"task_id": task.id, "state": task.state.value, "model": task.model, "created_at": created_at}


def _show_folder(folder: Path, journal: Path | None, *, as_json: bool) -> ExitCode:
    found = folder_status(folder, journal)
    if as_json:
        put(json.dumps(found.row(), ensure_ascii=False))
    else:
        put(shown(str(found)))
        for row in found.unfinished:
            why = f"  {row['why']}" if row["state"] == "failed" and row["why"] else ""
            put(shown(f"{row['state']}  {row['key']}  {row['task_id'] or 'no task id'}{why}"))
    return ExitCode.OK if found.ok else ExitCode.SOME_FAILED
