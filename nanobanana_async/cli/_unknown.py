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
from nanobanana_async.cli._output import put
from nanobanana_async.cli._same_gateway import options_needed, refuse_another
from nanobanana_async.cli._terminal import Terminal, shown
from nanobanana_async.client import Client
from nanobanana_async.errors import ConfigurationError
from nanobanana_async.pricing import total
from nanobanana_async.runs import Lost, Record, Verdicts, journal_place, lost_in, settle
from nanobanana_async.values import Task, TaskState

_WIDTH = 76
_LOOK = (
    "Look for them in the vendor's log, by time and prompt. Then say of each:",
    "  --adopt KEY=TASK_ID  it was taken: the next run fetches it, at no cost",
    "  --not-taken KEY      it was not: the next run sends it, at no risk",
    "  --resend KEY         the next run sends it again, and perhaps pays twice",
    "  --drop KEY           it is given up, and perhaps paid for",
)


def unknown(
    *,
    place: Annotated[
        Path,
        typer.Argument(parser=options.parse_path, metavar="DIR|JOURNAL", help="The -o of a batch, or any journal."),
    ],
    adopt: Annotated[
        list[str] | None, typer.Option(metavar="KEY=TASK_ID", help="It is this task; nothing is paid. Repeatable.")
    ] = None,
    not_taken: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="It was not taken: send it. Repeatable.")
    ] = None,
    resend: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="Send it again; may pay twice. Repeatable.")
    ] = None,
    drop: Annotated[list[str] | None, typer.Option(metavar="KEY", help="Give it up. Repeatable.")] = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help='Those of the batch of this name; "" for single calls.'),
    ] = None,
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
      nanobanana unknown app.db --name "" --not-taken order-4711
    """
    where = Where(gateway=gateway, base_url=base_url, env_file=env_file, emulator=emulator)
    found = [one for one in lost_in(place, journal) if name in (None, one.name)]
    if not (adopt or not_taken or resend or drop):
        _list(found, options_needed(place, journal, where), as_json=as_json)
        return ExitCode.OK
    wanted = _pairs(adopt or ())
    tasks: dict[str, Task] = {}
    identity = None
    if wanted:
        refuse_another(place, journal, where)
        with connected(where, state_in=_beside(place, journal)) as connection:
            tasks, identity = run(_tasks(connection, wanted)), connection.identity
    verdicts = Verdicts(resend=resend or (), not_taken=not_taken or (), adopt=tasks, drop=drop or ())
    run(settle(place, verdicts, name=name, identity=identity, journal=journal))
    # One that was lost only this moment is settled as well.
    _tell(verdicts, {key: Lost(Record(key=key, state="unknown"), None, None) for key in verdicts.keys} | _by_key(found))
    return ExitCode.OK


def _by_key(found: list[Lost]) -> dict[str, Lost]:
    return {one.key: one for one in found}


def _beside(place: Path, journal: Path | None) -> Path:
    """The folder of the journal, where the state of an emulator is as well."""
    return journal_place(place, journal).path.parent if place.is_dir() else place.parent


def _list(found: list[Lost], wanted: str | None, *, as_json: bool) -> None:
    are_of_several = len({one.name for one in found}) > 1 or any(one.name == "" for one in found)
    for one in found:
        if as_json:
            put(json.dumps(_row(one), ensure_ascii=False))
            continue
        whose = f"  {_whose(one)}" if are_of_several else ""
        prompt = str(one.record.request.get("prompt", one.record.model))
        put(shown(f"{one.key}{whose}  sent {_when(one)}  {total([one.price])}"))
        put(shown(f"  {prompt if len(prompt) <= _WIDTH else f'{prompt[: _WIDTH - 1]}…'}"))
        put(shown(f"  {(one.record.error or {}).get('message', '')}"))
    terminal = Terminal()
    if not found:
        terminal.say("nothing is unknown")
    for line in _LOOK if found else ():
        terminal.say(line)
    if found and wanted is not None:
        terminal.say(f"With --adopt, name the gateway as well: {wanted}")


def _whose(one: Lost) -> str:
    match one.name:
        case None:
            return "(in the manifest alone)"
        case "":
            return "(a single call)"
        case name:
            return f"(batch {name!r})"


def _row(one: Lost) -> dict[str, Any]:
    record = one.record.row()
    known = {name: record[name] for name in ("key", "state", "model", "request", "data", "error")}
    sent_at = None if one.sent_at is None else datetime.fromtimestamp(one.sent_at, UTC).isoformat()
    return {**known, "sent_at": sent_at, "price": one.price, "name": one.name}


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


async def _tasks(connection: Connection, wanted: Mapping[str, str]) -> dict[str, Task]:
    """What the gateway knows of the tasks. Raises: its errors."""
    async with Client(connection.gateway) as client:
        return {key: await client.status(task_id) for key, task_id in wanted.items()}


def _tell(verdicts: Verdicts, lost: Mapping[str, Lost]) -> None:
    """What will be done by the next run; of a single call, by the next one with its key."""
    terminal = Terminal()
    for key, task in verdicts.adopt.items():
        becomes = "tells that it failed" if task.state is TaskState.FAIL else "fetches it"
        run = _next(lost[key])
        terminal.say(f"{key}: it is task {task.id} ({task.state.value}); {run} {becomes}, and nothing is paid")
    for key in verdicts.not_taken:
        terminal.say(f"{key}: it was not taken; {_next(lost[key])} sends it, for {_price(lost[key])}")
    for key in verdicts.resend:
        run, price = _next(lost[key]), _price(lost[key])
        terminal.say(f"{key}: {run} sends it again, for {price}; if it was taken, it is paid twice")
    for key in verdicts.drop:
        anew = "" if lost[key].name == "" else f" To make it anew: --redo {key}"
        terminal.say(f"{key}: given up; if it was taken, {_price(lost[key])} are gone.{anew}")


def _next(one: Lost) -> str:
    return "the next call with that key" if one.name == "" else "the next run"


def _price(one: Lost) -> str:
    return str(total([one.price]))
