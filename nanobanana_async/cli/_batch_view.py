"""What is seen of a batch while it runs: a line that is drawn over on a terminal, a line now and then elsewhere.

Each failure is said once, the first twenty in full. On stdout is each picture's path as soon as it is saved; with JSON
asked for, each outcome in its place.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import attrs

from nanobanana_async.cli._counts import Counts, clock
from nanobanana_async.cli._output import OutputLostError, put, stdout_is_a_file, stdout_is_a_screen
from nanobanana_async.cli._terminal import Terminal, not_warned_of
from nanobanana_async.client import Client
from nanobanana_async.errors import ClientClosedError, NanoBananaError
from nanobanana_async.events import Event, GateClosed, RunStopped
from nanobanana_async.outcomes import Outcome, Skipped
from nanobanana_async.runs import Plan, manifest_row
from nanobanana_async.values import JSON

if TYPE_CHECKING:  # rich is a tenth of a second, and `--help` does without
    from rich.console import RenderableType
    from rich.live import Live

SAID_IN_FULL = 20
_EVERY = 10.0
"""Seconds between two lines where nothing can be drawn over."""
_ASKED_EVERY = 1.0
"""Seconds between two questions to the client."""
_BAR = 24


@attrs.define(eq=False)
class BatchView:
    """Shows one batch into `folder`. Made for `run_batch`, whose callbacks are `listeners`.

    `lines` are the places in the file of those whose keys say nothing to people.
    """

    terminal: Terminal
    folder: Path
    as_json: bool = False
    lines: Mapping[str, int] = attrs.field(factory=dict)
    is_planned: bool = attrs.field(default=False, init=False)
    _stopped_by: str | None = attrs.field(default=None, init=False)
    _counts: Counts = attrs.field(factory=lambda: Counts(time.monotonic()), init=False)
    _live: Live | None = attrs.field(default=None, init=False)
    _troubles: int = attrs.field(default=0, init=False)
    _shown: set[str] = attrs.field(factory=set, init=False)
    _quiet: contextlib.ExitStack = attrs.field(factory=contextlib.ExitStack, init=False)
    _said_at: float = attrs.field(factory=time.monotonic, init=False)
    _client: Client | None = attrs.field(default=None, init=False)
    _asked_at: float = attrs.field(default=-math.inf, init=False)

    @property
    def listeners(self) -> dict[str, Callable[[Any], None]]:
        """By the names that `run_batch` knows them by."""
        return {
            "on_plan": self.planned,
            "on_start": self.started,
            "on_event": self.hear,
            "on_outcome": self.reached,
            "on_left": self.left,
        }

    @property
    def in_flight(self) -> int:
        """How many are on their way: tasks, and creates that wait for their answers."""
        return self._counts.in_flight

    @property
    def on_the_wire(self) -> int:
        """How many creates wait for their answers: each may be paid for."""
        with contextlib.suppress(ClientClosedError):
            return self._client.statistics().creating if self._client is not None else 0
        return 0

    def __enter__(self) -> Self:
        # That a task is left behind stands in the manifest, and is said once. What stands in none is said, too.
        self._quiet.enter_context(not_warned_of(lambda: self._counts.owed))
        self._quiet.enter_context(not_warned_of(lambda: self._shown, up_to=logging.ERROR))
        return self

    def __exit__(self, *_: object) -> None:
        self._quiet.close()
        if self._live is not None:
            self._live.stop()
        if self._troubles > SAID_IN_FULL:
            self.terminal.say(f"… and {self._troubles - SAID_IN_FULL} more like these: see the manifest")

    def planned(self, plan: Plan) -> None:
        """The file is read and nothing is sent yet: say what it will cost, and begin to show."""
        say_plan(plan, self.terminal, self.folder)
        self.is_planned = True
        nothing_to_do = plan.done + plan.failed + plan.unknown
        self._counts = Counts(
            time.monotonic(),
            plan.total,
            done=nothing_to_do,
            beyond=plan.beyond,
            least_seconds=plan.least_seconds,
        )
        # What reaches the same screen, straight or through a pipe, would be written into the line. Paths that go
        # straight there are shown above it.
        if self.terminal.is_live and (stdout_is_a_file() or (stdout_is_a_screen() and not self.as_json)):
            self._live = self._drawing()

    def started(self, client: Client) -> None:
        """It begins: from now on the client can be asked what it has learned."""
        self._client = client

    def hear(self, event: Event) -> None:
        """Something happened: count it; that the run is stopped is said at once, why in its report."""
        self._counts.hear(event, time.monotonic())
        self._ask_client(at_once=isinstance(event, GateClosed))
        if isinstance(event, RunStopped) and self._stopped_by is None:
            self._stopped_by = event.error.message
            if self._counts.tasks:
                self.terminal.say(
                    f"nothing more is sent; waiting for tasks that are paid for: {len(self._counts.tasks)}"
                )
        self._say_line()

    def reached(self, outcome: Outcome) -> None:
        """An item has its outcome: count it, and say it where it is a trouble. Raises OutputLostError."""
        self._counts.add(outcome)
        if outcome.task_id is not None and (outcome.error is None or self._troubles < SAID_IN_FULL):
            self._shown.add(outcome.task_id)
        self._say_trouble(outcome)
        if self.as_json:
            self._put(json.dumps(manifest_row(outcome, folder=self.folder), ensure_ascii=False))
        else:
            self._show(outcome.files)
        self._say_line()

    def left(self, row: dict[str, JSON]) -> None:
        """The run was cut short, and this is what the manifest says of an item that it left."""
        if self.as_json:
            self._put(json.dumps(row, ensure_ascii=False))

    def _put(self, line: str) -> None:
        try:
            put(line)
        except OutputLostError as error:
            self.terminal.say(f"{error}; nothing more is sent", "bold")
            raise

    def _show(self, files: Iterable[Path]) -> None:
        """The paths for the next program; on the screen where the line is drawn, above that."""
        for path in files:
            if self._live is not None and stdout_is_a_screen():
                self.terminal.say(str(path))
            else:
                self._put(str(path))

    def _say_line(self) -> None:
        """How it stands, now and then, where nothing can be drawn over."""
        now = time.monotonic()
        if self.is_planned and self._live is None and now - self._said_at >= _EVERY:
            self._said_at = now
            self.terminal.say(self._counts.line(now))

    def _ask_client(self, *, at_once: bool) -> None:
        """What the client has learned of its limits: no more often than can be read."""
        now = time.monotonic()
        if self._client is None or (not at_once and now - self._asked_at < _ASKED_EVERY):
            return
        self._asked_at = now
        with contextlib.suppress(ClientClosedError):  # events still come while it closes
            statistics = self._client.statistics()
            self._counts.learned, self._counts.closed_until = statistics.learned, now + statistics.cooldown

    def _say_trouble(self, outcome: Outcome) -> None:
        error = outcome.error
        if error is None or isinstance(outcome, Skipped) or self._is_told(error):
            return
        self._troubles += 1
        if self._troubles <= SAID_IN_FULL:
            state = "not saved" if outcome.ok else outcome.state
            line = self.lines.get(outcome.item.key or "")
            named = f"{outcome.item.key} (line {line})" if line else outcome.item.key
            message = f"{named}: {error.message}"
            self.terminal.complain(f"{state} ({error.reason})", message, self.terminal.remedy_of(error))

    def _is_told(self, error: NanoBananaError) -> bool:
        """Whether it is what stopped the run: that is in its report, once. Where its answer is, the manifest tells."""
        return self._stopped_by is not None and error.message.startswith(self._stopped_by)

    # --- the line -----------------------------------------------------------------------------------------------

    def _drawing(self) -> Live:
        from rich.live import Live  # noqa: PLC0415  rich: not for --help

        live = Live(
            get_renderable=self._drawn,
            console=self.terminal.console,
            transient=True,
            redirect_stdout=False,  # stdout is the next program's
            redirect_stderr=False,
        )
        live.start()
        return live

    def _drawn(self) -> RenderableType:
        from rich.progress_bar import ProgressBar  # noqa: PLC0415  as above
        from rich.table import Table  # noqa: PLC0415  as above
        from rich.text import Text  # noqa: PLC0415  as above

        counts = self._counts
        line = Text(counts.line(time.monotonic()), no_wrap=True, overflow="ellipsis")
        if self.terminal.console.width < _BAR + 1 + len(line):
            return line
        both = Table.grid(padding=(0, 1))
        both.add_row(ProgressBar(total=max(1, counts.total), completed=counts.finished, width=_BAR), line)
        return both


def say_plan(plan: Plan, terminal: Terminal, folder: Path) -> None:
    """What a run will do and cost, in words."""
    counts = {
        "done before": plan.done,
        "to fetch again": plan.fetched,
        "in flight from before": plan.adopted,
        "failed and not sent again": plan.failed,
        "unknown and not sent again": plan.unknown,
        "with a key that was used for another request": plan.changed,
        "invalid and left out": plan.invalid,
    }
    rest = "".join(f", {count} {words}" for words, count in counts.items() if count)
    terminal.say(f"{plan.to_send} of {plan.total} to send{rest} | into {folder}")
    again = {"again, having failed or got lost": plan.retried, "anew, as was asked for or changed": plan.renewed}
    if any(again.values()):
        said = ", ".join(f"{count} {words}" for words, count in again.items() if count)
        terminal.say(f"of those to send: {said}")
    if plan.overtaken:
        its = "1 has a task" if plan.overtaken == 1 else f"{plan.overtaken} have tasks"
        terminal.say(f"of those made anew: {its} on the way, paid for; what comes of that is not saved", "bold")
    if plan.renewed_before:
        terminal.say(f"made anew already, by a run that was cut short: {plan.renewed_before}")
    if plan.to_send:
        models = ", ".join(f"{count} × {model}" for model, count in plan.models.most_common())
        least = f" | {clock(plan.least_seconds)} at least, at this rate" if plan.least_seconds else ""
        terminal.say(models)
        terminal.say(f"{plan.price}{least}")
    if plan.to_send and plan.most is not None:
        terminal.say(f"with lost answers sent again, as was asked for: {plan.most} at the most")
    if plan.on_budget is not None:
        terminal.say(plan.on_budget, "bold")
    if plan.at_work is not None:
        terminal.say(f"a run is at work there (process {plan.at_work}): this is what it would leave right now", "bold")
