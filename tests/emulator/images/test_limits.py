"""The rate window of an OpenAI-style gateway: its refusals, and the headers that tell of it."""

from __future__ import annotations

import pytest
from attrs import define

from nanobanana_async.emulator import Answer, Later, Limit, Page, Reply
from tests.emulator.customer import Clock
from tests.emulator.images.buyer import MODEL, Buyer, buyer, in_the_end, refused

SAID = {"model": MODEL, "prompt": "a banana"}
LIMIT, LEFT, RESET = (f"x-ratelimit-{word}-requests" for word in ("limit", "remaining", "reset"))


@define
class _Shut:
    """A way of counting of somebody's own: it lets nobody in, and can't tell when it will."""

    limit: Limit

    def admit(self, now: float) -> bool:
        return False


def headers_of(reply: Reply) -> dict[str, str]:
    answer = reply.reply if isinstance(reply, Later) else reply
    assert isinstance(answer, Answer | Page)
    return dict(answer.headers)


def test_beyond_the_limit_is_a_429_that_says_when(clock: Clock) -> None:
    """Not queued, not charged; whoever waits as long as it says is let in."""
    somebody = buyer(clock, limit="2/10")
    somebody.generate()
    clock.move(4.5)
    somebody.generate()
    reply = somebody.generate()
    status, error = refused(reply)
    headers = headers_of(reply)
    clock.move(float(headers["Retry-After"]))

    assert (status, error["type"], error["code"]) == (429, "requests", "rate_limit_exceeded")
    assert error["message"] == "Rate limit reached for requests. Please try again in 6s."
    assert headers == {"Retry-After": "6", LIMIT: "2", LEFT: "0", RESET: "10s"}
    assert isinstance(somebody.generate(), Later)
    assert somebody.world.ledger.over_limit == 1


@pytest.mark.parametrize("window", ["sliding", "fixed", "bucket"])
def test_whoever_waits_as_told_is_let_in(clock: Clock, window: str) -> None:
    """Whichever way the limit is counted."""
    somebody = buyer(clock, limit="3/10", window=window)
    replies = [somebody.generate() for _ in range(4)]
    clock.move(float(headers_of(replies[-1])["Retry-After"]))

    assert refused(replies[-1])[0] == 429
    assert isinstance(somebody.generate(), Later)


def test_one_that_cannot_tell_says_the_whole_stretch(clock: Clock) -> None:
    """A way of counting of one's own need not know."""
    reply = buyer(clock, limit=Limit(5, per=7.5), window=_Shut).generate()

    assert headers_of(reply)["Retry-After"] == "8"


def test_every_answer_may_say_what_is_left(clock: Clock) -> None:
    """Of creates, looks, lists and refusals; of what comes in the end as well, and of a relay's page."""
    somebody = buyer(clock, limit="400/3600", rate_headers=True, cut_after=20)
    empty = headers_of(somebody.ask("models"))
    done = headers_of(somebody.generate())
    clock.move(0.25)
    cut = somebody.generate(model="nano-banana")
    wrong = headers_of(somebody.generate(""))
    clock.move(3599.9)
    task = headers_of(somebody.ask("images-task", subject="x"))

    assert empty == {LIMIT: "400", LEFT: "400", RESET: "0ms"}
    assert done == {LIMIT: "400", LEFT: "399", RESET: "1h0m0s"}
    assert isinstance(in_the_end(cut), Page)
    assert headers_of(cut)[LEFT] == "398"
    assert wrong[LEFT] == "397"
    assert (task[LEFT], task[RESET]) == ("398", "100ms")


@pytest.mark.parametrize(("per", "said"), [(1, "1s"), (6.4, "7s"), (60, "1m0s"), (359.2, "6m0s"), (3661, "1h1m1s")])
def test_a_duration_is_said_as_openai_does(clock: Clock, per: float, said: str) -> None:
    """With the units that it needs."""
    somebody = buyer(clock, limit=Limit(10, per=per), rate_headers=True)

    assert headers_of(somebody.generate())[RESET] == said


def test_other_dialects_say_nothing_of_it(clock: Clock) -> None:
    """Nor do answers that never come, and what is silent in the end."""
    somebody = buyer(clock, "stuck,nth=1", "silent,nth=2", rate_headers=True)

    never, silent = somebody.generate(), somebody.generate()
    balance = somebody.ask("credit")

    assert never.status == 0
    assert isinstance(silent, Later)
    assert isinstance(balance, Answer)
    assert not balance.headers


def test_accounts_are_told_apart(clock: Clock) -> None:
    """Each has a window of its own."""
    somebody = buyer(clock, limit="1/10")
    other = Buyer(somebody.world, clock, key="key-2")
    somebody.generate()

    assert isinstance(other.generate(), Later)
    assert refused(somebody.generate())[0] == 429
