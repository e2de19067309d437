"""One outcome on its way to the user: paths or a row of JSON on stdout, what went wrong on stderr."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from pathlib import Path

from nanobanana_async.cli._exits import ExitCode, exit_code_of
from nanobanana_async.cli._output import put
from nanobanana_async.cli._rescue import rescued
from nanobanana_async.cli._terminal import Terminal
from nanobanana_async.client import Client
from nanobanana_async.errors import NanoBananaError, StillRunningError, UnknownOutcomeError
from nanobanana_async.outcomes import Failed, Outcome, Pending, Succeeded, Unknown
from nanobanana_async.runs import manifest_row
from nanobanana_async.storage import run_to_end
from nanobanana_async.values import Item, Result, Task


async def collected(client: Client, item: Item, work: Awaitable[Result], place: str | Path) -> Outcome:
    """What becomes of one item whose result `work` brings: its pictures are saved at `place`.

    What came in the answer, and can't be saved as a picture, is put beside it as it came: it is nowhere else.
    """
    try:
        result = await work
    except NanoBananaError as error:
        return _unfinished(item, error)
    try:
        files = await client.save(result, place)
    except NanoBananaError as error:
        if kept := await run_to_end(rescued, result, place):
            error.remedy = f"It is paid for, and what came is kept as it came: {', '.join(map(str, kept))}"
        return Succeeded(item=item, result=result, file_error=error)
    return Succeeded(item=item, result=result, files=tuple(files))


def _unfinished(item: Item, error: NanoBananaError) -> Outcome:
    match error:
        case StillRunningError(task_id=str(task_id)):
            return Pending(item=item, task=Task(task_id), error=error)
        case UnknownOutcomeError():
            return Unknown(item=item, error=error)
        case _:
            return Failed(item=item, error=error)


def deliver(outcome: Outcome, terminal: Terminal, *, as_json: bool) -> ExitCode:
    """Say what became of an item; what that means for the exit code."""
    if as_json:
        put(json.dumps(manifest_row(outcome), ensure_ascii=False))
    else:
        for path in outcome.files:
            put(str(path))
    if outcome.error is None:
        return ExitCode.OK
    terminal.complain_of(outcome.error)
    return exit_code_of(outcome.error)
