"""How `batch` and `demo` run: read the file, connect, hand everything to `runs`, say what it came to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from nanobanana_async.cli._batch_view import BatchView, say_plan
from nanobanana_async.cli._closing import NOT_PAID_AGAIN, closing_lines, unknown_line
from nanobanana_async.cli._connection import Connection, Where, connected, described
from nanobanana_async.cli._emulating import STATE_FOLDER
from nanobanana_async.cli._exits import ExitCode, run
from nanobanana_async.cli._folder_status import MANIFEST, folder_status
from nanobanana_async.cli._options import DOCUMENTED_RATE
from nanobanana_async.cli._terminal import Terminal, put
from nanobanana_async.errors import ConfigurationError, StorageError
from nanobanana_async.pacing import Rate
from nanobanana_async.runs import BadFileError, Rows, RunReport, plan_batch, read_items, run_batch

_LEFT_OUT_IN_FULL = 20


@attrs.frozen(kw_only=True)
class BatchWish:
    """What the options of `batch` say. `reading` is how the file is to be read, in the words of `read_items`."""

    source: str
    folder: Path
    where: Where
    reading: Mapping[str, Any]
    skip_invalid: bool = False
    rate: Rate = DOCUMENTED_RATE
    in_flight: int = 300
    deadline: float = 900.0
    budget: float | None = None
    download: bool = True
    name: str | None = None
    as_json: bool = False
    journal: Path | None = None
    rules: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def shared(self) -> dict[str, Any]:
        """What a run and its plan are told alike."""
        said = {"rate": self.rate, "budget": self.budget, "download": self.download, "name": self.name}
        return {**said, "journal": self.journal, **self.rules}

    @property
    def beside_journal(self) -> Path:
        """The folder of the journal, where the state of an emulator goes as well."""
        return self.folder if self.journal is None else self.journal.parent

    def start(self, rows: Rows, connection: Connection, **rest: Any) -> Coroutine[Any, Any, RunReport]:
        """The run of `rows`, to be awaited."""
        return run_batch(
            rows,
            self.folder,
            gateway=connection.gateway,
            identity=connection.identity,
            polling=connection.polling,
            in_flight=self.in_flight,
            deadline=self.deadline,
            skip_invalid=self.skip_invalid,
            **self.shared,
            **rest,
        )


def make_all(wish: BatchWish) -> int:
    """Run the batch and say what it came to; the exit code. Raises what `read_items` and `run_batch` do."""
    terminal = Terminal()
    _check_folder(wish)
    rows = _rows(wish, terminal)
    with connected(wish.where, rate=wish.rate, state_in=wish.beside_journal) as connection:
        view = BatchView(terminal, wish.folder, wish.as_json)
        asked_to_finish = asyncio.Event()

        def finish() -> None:
            asked_to_finish.set()
            _say_finishing(view, terminal)

        try:
            with view:
                report = run(wish.start(rows, connection, finish=asked_to_finish, **view.listeners), finish=finish)
        except KeyboardInterrupt:
            _say_interrupted(view, terminal, wish.journal)
            return ExitCode.INTERRUPTED
        except StorageError as error:
            terminal.complain_of(error)
            return ExitCode.STOPPED
    _say_end(report, terminal)
    return ExitCode.INTERRUPTED if asked_to_finish.is_set() and report.counts["skipped"] else report.exit_code


def plan_only(wish: BatchWish) -> int:
    """Say what `make_all` would do and what that would cost. Nothing is sent or written, and no key is needed."""
    terminal = Terminal()
    rows = _rows(wish, terminal)
    if rows.problems and not (wish.skip_invalid and rows.rows):
        raise BadFileError.listing(rows.problems, are_all=not rows.rows)
    plan = run(plan_batch(rows, wish.folder, **wish.shared))
    say_plan(plan, terminal, wish.folder)
    if wish.as_json:
        put(json.dumps({**plan.row(), "folder": str(wish.folder)}, ensure_ascii=False))
    terminal.say("dry run: nothing was sent")
    return ExitCode.OK


def _check_folder(wish: BatchWish) -> None:
    """Pictures of an emulator and paid ones never share a folder: either would pass for the other.

    Raises:
        ConfigurationError: the folder holds those of the other kind.
    """
    has_pictures = (wish.folder / MANIFEST).exists()
    is_emulated = (wish.beside_journal / STATE_FOLDER).exists()
    if has_pictures and is_emulated != wish.where.emulator:
        whose = "an emulator's" if is_emulated else "a gateway's"
        raise ConfigurationError(
            f"the folder {str(wish.folder)!r} holds {whose} pictures", remedy="Use another folder for the others."
        )


def _rows(wish: BatchWish, terminal: Terminal) -> Rows:
    """The file, read; the lines that are left out are said."""
    rows = read_items(wish.source, gateway=described(wish.where), **wish.reading)
    if wish.skip_invalid and rows.rows:
        for problem in rows.problems[:_LEFT_OUT_IN_FULL]:
            terminal.complain("left out", str(problem), style="yellow")
        if len(rows.problems) > _LEFT_OUT_IN_FULL:
            terminal.say(f"… and {len(rows.problems) - _LEFT_OUT_IN_FULL} problems more")
    return rows


def _say_finishing(view: BatchView, terminal: Terminal) -> None:
    terminal.say(f"nothing more is sent; what is paid for is finished and saved: {view.in_flight} in flight", "bold")
    terminal.say("Ctrl-C again leaves them for the next run.")


def _say_interrupted(view: BatchView, terminal: Terminal, journal: Path | None) -> None:
    terminal.say("interrupted", "bold")
    if view.is_planned:
        found = folder_status(view.folder, journal)
        terminal.say(str(found))
        pending, manifest = found.states["pending"], view.folder / MANIFEST
        terminal.say(f"tasks that are paid for and not finished: {pending}; their ids are in {manifest}")
        terminal.say(f"Run the same command again: it waits for them. {NOT_PAID_AGAIN}")
        _say_all([unknown_line(found.states["unknown"], view.folder)], terminal)


def _say_end(report: RunReport, terminal: Terminal) -> None:
    terminal.say(str(report), "" if report.ok else "bold")
    _say_all(closing_lines(report), terminal)


def _say_all(lines: Iterable[str], terminal: Terminal) -> None:
    for line in filter(None, lines):
        terminal.say(line)
