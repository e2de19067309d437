"""A line a request: what it says, and of which kind it is."""

from __future__ import annotations

import pytest

from nanobanana_async.emulator import Exchange


def exchange(code: object, *, fault: str | None = None, spoiled: bool = False) -> Exchange:
    return Exchange("POST", "/x", 200, code, 0.0123, fault=fault, spoiled=spoiled)


@pytest.mark.parametrize("code", [200, 204, 303])
def test_what_worked_is_done(code: int) -> None:
    """So is an answer that leads on to the page."""
    assert exchange(code).outcome == "done"


@pytest.mark.parametrize("code", [429, 455, 500, 502, 503, 524])
def test_what_may_be_repeated_is_for_later(code: int) -> None:
    """By its code, that is: a text may say otherwise (PROTOCOL §1.3)."""
    assert exchange(code).outcome == "later"


@pytest.mark.parametrize("code", [307, 400, 401, 402, 404, 405, 413, 422, 433, 501, 505])
def test_what_may_not_is_refused(code: int) -> None:
    """A redirect as well, for no client follows it."""
    assert exchange(code).outcome == "refused"


@pytest.mark.parametrize("code", ["closed", "silence", "cut 200", None])
def test_what_is_no_answer_is_the_wire(code: object) -> None:
    """Nothing that a program could read as a code."""
    assert exchange(code).outcome == "wire"


def test_an_answer_that_was_spoiled_is_the_wire() -> None:
    """Whatever its code; a fault that spoils nothing leaves the outcome alone."""
    assert exchange(200, fault="html", spoiled=True).outcome == "wire"
    assert exchange(502, fault="bad-gateway", spoiled=True).outcome == "wire"
    assert exchange(200, fault="slow").outcome == "done"


def test_where_nothing_was_answered_there_is_no_http_status() -> None:
    """Silence has none; a code of the body's own is told beside it."""
    assert str(Exchange("GET", "/x", 0, "silence", 0.001)) == "GET  /x  silence  1.0 ms"
    assert str(Exchange("GET", "/x", 200, 429, 0.001)) == "GET  /x  429 (HTTP 200)  1.0 ms"


def test_the_faults_that_struck_stand_at_the_end() -> None:
    """Where there are any."""
    assert str(exchange(200)) == "POST /x  200  12.3 ms"
    assert str(exchange("closed", fault="slow, closed")) == "POST /x  closed (HTTP 200)  12.3 ms  slow, closed"
