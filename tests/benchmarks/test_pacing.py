"""The measure of benchmarks/pacing.py: its bound, and what its contenders do to a server."""

from __future__ import annotations

import attrs
import pytest

from benchmarks import pacing
from benchmarks.pacing import CONTENDERS, MODULES, Run, Server, generation_times, lower_bound, run, safe_bound


@pytest.mark.parametrize(("kind", "then"), [("sliding", 10.0), ("fixed", 1.0), ("bucket", 0.5)])
def test_the_bound_sends_when_the_window_first_lets_it(kind: str, then: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty at once, and one more when ten seconds, the window of that phase or a twentieth of ten seconds is over."""
    monkeypatch.setattr(pacing, "generation_times", lambda _, tasks: [0.0] * tasks)

    assert lower_bound(Server(kind, 20, counts_refused=False), 0, 21, begins=0.0) == then


def test_the_bound_waits_for_the_task_that_is_done_last() -> None:
    """Where all can be sent at once, it is the longest of their times."""
    assert lower_bound(Server("sliding", 20, counts_refused=False), 0, 20, begins=0.0) == max(generation_times(0, 20))


def test_who_does_not_know_how_the_server_counts_needs_longer() -> None:
    """A fixed window lets the second twenty in after a second; nobody can know that without a risk."""
    fixed = Server("fixed", 20, counts_refused=False)

    assert safe_bound(fixed, 0, 40, begins=0.0) > 1.05
    assert safe_bound(attrs.evolve(fixed, kind="sliding"), 0, 40, begins=0.0) == 1


@pytest.mark.parametrize("contender", CONTENDERS)
def test_nobody_is_quicker_than_the_bound(contender: str) -> None:
    """The same tasks take everybody at least as long as the one who knows all."""
    pytest.importorskip(MODULES.get(contender, "nanobanana_async"))

    found = run(contender, Server("sliding", 20, counts_refused=False), 0, 30)

    assert isinstance(found, Run)
    assert found.ratio > 1


def test_a_gather_is_refused_where_ours_is_not() -> None:
    """Thirty at once are ten too many."""
    server = Server("sliding", 20, counts_refused=False)

    ours, gather = run("ours", server, 0, 30), run("gather, backoff", server, 0, 30)

    assert ours is not None
    assert gather is not None
    assert (ours.refused, gather.refused >= 10) == (0, True)


@pytest.mark.parametrize("contender", ["aiolimiter(20, 10), backoff", "log stamped at sending"])
def test_a_limiter_spares_the_server(contender: str) -> None:
    """It is refused less often than those who don't have one."""
    pytest.importorskip(MODULES.get(contender, "nanobanana_async"))
    server = Server("sliding", 20, counts_refused=False)

    limited, gather = run(contender, server, 0, 30), run("gather, backoff", server, 0, 30)

    assert limited is not None
    assert gather is not None
    assert limited.refused < gather.refused


def test_a_batch_that_knocks_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where refused ones count too, those who go on knocking are never let in, and the run ends all the same."""
    monkeypatch.setattr(pacing, "PATIENCE", 200.0)

    assert run("gather, backoff", Server("sliding", 20, counts_refused=True), 0, 60) is None
