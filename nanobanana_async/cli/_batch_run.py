"""How `batch` and `demo` run: read the file, connect, hand everything to `runs`, say what it came to."""

from __future__ import annotations

import json
from collections.abc import Coroutine, Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from nanobanana_async.cli._batch_stops import BatchStops
from nanobanana_async.cli._batch_view import BatchView, say_plan
from nanobanana_async.cli._closing import NOT_PAID_AGAIN, closing_lines, unknown_line
from nanobanana_async.cli._connection import Connection, Where, connected, described, identity_of
from nanobanana_async.cli._emulating import STATE_FOLDER
from nanobanana_async.cli._exits import ExitCode, run
from nanobanana_async.cli._folder_status import MANIFEST, folder_status
from nanobanana_async.cli._option_words import in_options
from nanobanana_async.cli._options import DOCUMENTED_RATE
from nanobanana_async.cli._output import OutputLostError, put
from nanobanana_async.cli._same_gateway import options_of, written_options
from nanobanana_async.cli._terminal import Terminal
from nanobanana_async.errors import ConfigurationError, StorageError
from nanobanana_async.pacing import Rate
from nanobanana_async.runs import (
    BadFileError,
    Rows,
    RunReport,
    grace_of,
    journal_place,
    plan_batch,
    read_items,
    run_batch,
)

_LEFT_OUT_IN_FULL = 20


@attrs.frozen(kw_only=True)
class BatchWish:
    """What the options of `batch` say. `reading` is how the file is to be read, in the words of `read_items`; `rules`
    are for a run and its plan, `sending` is for a run alone, in those of `run_batch`.
    """

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
    sending: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def shared(self) -> dict[str, Any]:
        """What a run and its plan are told alike."""
        said = {"rate": self.rate, "budget": self.budget, "download": self.download, "name": self.name}
        return {**said, "journal": self.journal, **self.rules}

    @property
    def beside_journal(self) -> Path:
        """The folder of the journal, where the state of an emulator goes as well. Raises: as `journal_place`."""
        return journal_place(self.folder, self.journal).path.parent

    @property
    def options(self) -> str:
        """Those by which another command finds a task of this batch; an emulator keeps it in the folder."""
        beside = {"-o": self.folder if self.where.emulator else None}
        return options_of(self.where) + written_options(beside)

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
            **self.sending,
            **self.shared,
            **rest,
        )


def make_all(wish: BatchWish) -> int:
    """Run the batch and say what it came to; the exit code. Raises what `read_items` and `run_batch` do."""
    terminal = Terminal(options=wish.options)
    _check_folder(wish)
    rows = _rows(wish, terminal)
    with connected(wish.where, rate=wish.rate, state_in=wish.beside_journal) as connection:
        lines = {row.key: row.line for row in rows.rows if not row.has_own_key}
        view = BatchView(terminal, wish.folder, wish.as_json, lines)
        stops = BatchStops(terminal, view, grace_of(connection.gateway))
        try:
            with view:
                report = run(wish.start(rows, connection, finish=stops.asked_to_finish, **view.listeners), stops=stops)
        except KeyboardInterrupt:
            _say_cut_short(view, terminal, wish.journal)
            return ExitCode.INTERRUPTED
        except OutputLostError as error:
            _say_cut_short(view, terminal, wish.journal)
            return ExitCode.INTERRUPTED if error.is_unread else ExitCode.STOPPED
        except StorageError as error:
            terminal.complain_of(error)
            terminal.say(f"Once that is put right, run the same command again. {NOT_PAID_AGAIN}")
            return ExitCode.STOPPED
    _say_end(report, terminal)
    not_sent = report.counts["skipped"] - report.changed + report.not_renewed
    return ExitCode.INTERRUPTED if stops.asked_to_finish.is_set() and not_sent else report.exit_code


def plan_only(wish: BatchWish) -> int:
    """Say what `make_all` would do and what that would cost. Nothing is sent or written, and no key is needed."""
    terminal = Terminal()
    _check_folder(wish)
    rows = _rows(wish, terminal)
    if rows.problems and not (wish.skip_invalid and rows.rows):
        raise BadFileError.listing(rows.problems, are_all=not rows.rows)
    gateway, identity = described(wish.where), identity_of(wish.where)
    plan = run(plan_batch(rows, wish.folder, gateway=gateway, identity=identity, **wish.shared))
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


def _say_cut_short(view: BatchView, terminal: Terminal, journal: Path | None) -> None:
    terminal.say("interrupted", "bold")
    if view.is_planned:
        found = folder_status(view.folder, journal)
        terminal.say(str(found))
        pending, manifest = found.states["pending"], view.folder / MANIFEST
        if pending:
            terminal.say(f"tasks that are paid for and not finished: {pending}; their ids are in {manifest}")
        again = "it waits for them" if pending else "it goes on"
        terminal.say(f"Run the same command again: {again}. {NOT_PAID_AGAIN}")
        _say_all([unknown_line(found.states["unknown"], view.folder)], terminal)


def _say_end(report: RunReport, terminal: Terminal) -> None:
    terminal.say(in_options(str(report)), "" if report.ok else "bold")
    _say_all(closing_lines(report), terminal)


def _say_all(lines: Iterable[str], terminal: Terminal) -> None:
    for line in filter(None, lines):
        terminal.say(line)
