"""`unknown`: creates whose answer was lost, and what a person says became of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from nanobanana_async.cli import _options as options
from nanobanana_async.cli._connection import Connection, Where, connected
from nanobanana_async.cli._exits import ExitCode, run
from nanobanana_async.cli._terminal import Terminal, put, shown
from nanobanana_async.client import Client
from nanobanana_async.errors import ConfigurationError, UsageError
from nanobanana_async.pricing import total
from nanobanana_async.runs import Lost, Verdicts, lost_in, settle
from nanobanana_async.values import Task, TaskState

_WIDTH = 76
_LOOK = (
    "Look for them in the vendor's log, by time and prompt. Then say of each:",
    "  --adopt KEY=TASK_ID  it was taken: the next run fetches it, at no cost",
    "  --resend KEY         the next run sends it again, and perhaps pays twice",
    "  --drop KEY           it is given up, and perhaps paid for",
)


def unknown(
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The -o of a batch.")],
    adopt: Annotated[
        list[str] | None, typer.Option(metavar="KEY=TASK_ID", help="It is this task; nothing is paid. Repeatable.")
    ] = None,
    resend: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="Send it again; may pay twice. Repeatable.")
    ] = None,
    drop: Annotated[list[str] | None, typer.Option(metavar="KEY", help="Give it up. Repeatable.")] = None,
    journal: options.Journal = None,
    as_json: options.Json = False,
    gateway: options.GatewayName = "kie",
    base_url: options.BaseUrl = None,
    env_file: options.EnvFile = None,
    emulator: options.Emulator = False,
) -> int:
    """List what may be paid for, or not, and settle it.

    These are items whose create was sent and whose answer was lost. Only the vendor's log tells whether they are paid
    for. They are never sent again by themselves.

    \b
      nanobanana unknown out
      nanobanana unknown out --adopt sku-17=09e4987e60ef4b82c25e2650652989d6
    """
    found = lost_in(folder.expanduser(), journal)
    if not (adopt or resend or drop):
        _list(found, as_json=as_json)
        return ExitCode.OK
    lost = {one.key: one for one in found}
    wanted = _pairs(adopt or ())
    tasks: dict[str, Task] = {}
    identity = None
    if wanted:
        where = Where(gateway=gateway, base_url=base_url, env_file=env_file, emulator=emulator)
        beside = folder if journal is None else journal.parent
        with connected(where, state_in=beside) as connection:
            tasks, identity = run(_tasks(connection, wanted, lost)), connection.identity
    verdicts = Verdicts(resend=resend or (), adopt=tasks, drop=drop or ())
    run(settle(folder.expanduser(), verdicts, identity=identity, journal=journal))
    _tell(verdicts, lost)
    return ExitCode.OK


def _list(found: list[Lost], *, as_json: bool) -> None:
    for one in found:
        if as_json:
            put(json.dumps(_row(one), ensure_ascii=False))
        else:
            prompt = str(one.record.request.get("prompt", one.record.model))
            put(shown(f"{one.key}  sent {_when(one)}  {total([one.price])}"))
            put(shown(f"  {prompt if len(prompt) <= _WIDTH else f'{prompt[: _WIDTH - 1]}…'}"))
            put(shown(f"  {(one.record.error or {}).get('message', '')}"))
    terminal = Terminal()
    if not found:
        terminal.say("nothing is unknown")
    for line in _LOOK if found else ():
        terminal.say(line)


def _row(one: Lost) -> dict[str, Any]:
    record = one.record.row()
    known = {name: record[name] for name in ("key", "state", "model", "request", "data", "error")}
    sent_at = None if one.sent_at is None else datetime.fromtimestamp(one.sent_at, UTC).isoformat()
    return {**known, "sent_at": sent_at, "price": one.price}


def _when(one: Lost) -> str:
    if one.sent_at is None:
        return "at a time that nobody knows"
    return f"{datetime.fromtimestamp(one.sent_at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _pairs(given: list[str] | tuple[()]) -> dict[str, str]:
    """The task ids by key. Raises: ConfigurationError."""
    pairs: dict[str, str] = {}
    for text in given:
        key, sign, task_id = text.rpartition("=")
        if not (key and sign and task_id.strip()):
            raise ConfigurationError(f"--adopt {text!r} names no task", remedy="Write KEY=TASK_ID.")
        if key in pairs:
            raise ConfigurationError(f"--adopt names two tasks for {key!r}", remedy="Name one.")
        pairs[key] = task_id.strip()
    return pairs


async def _tasks(connection: Connection, wanted: Mapping[str, str], lost: Mapping[str, Lost]) -> dict[str, Task]:
    """What the gateway knows of the tasks. Raises: its errors; UsageError, where one is of another model."""
    tasks = {}
    async with Client(connection.gateway) as client:
        for key, task_id in wanted.items():
            tasks[key] = task = await client.status(task_id)
            model = lost[key].record.model if key in lost else None
            if None not in (model, task.model) and task.model != model:
                raise UsageError(
                    f"the task {task_id!r} can't be that of {key!r}: it is of {task.model!r}, not of {model!r}",
                    remedy="Look for another one in the vendor's log.",
                )
    return tasks


def _tell(verdicts: Verdicts, lost: Mapping[str, Lost]) -> None:
    terminal = Terminal()
    for key, task in verdicts.adopt.items():
        becomes = "tells that it failed" if task.state is TaskState.FAIL else "fetches it"
        terminal.say(f"{key}: it is task {task.id} ({task.state.value}); the next run {becomes}, and nothing is paid")
    for key in verdicts.resend:
        terminal.say(f"{key}: the next run sends it again, for {_price(lost[key])}; if it was taken, it is paid twice")
    for key in verdicts.drop:
        terminal.say(f"{key}: given up; if it was taken, {_price(lost[key])} are gone. To make it anew: --redo {key}")


def _price(one: Lost) -> str:
    return str(total([one.price]))
