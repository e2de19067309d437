"""One task that several rows wait for: it is looked at in one of them, and all are told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from nanobanana_async import Client, Item, Result, Succeeded, Task, UsageError
from nanobanana_async.journal import Entry
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.outcomes import Outcome
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._recalling import row_of_entry
from nanobanana_async.tasks._rows import Row, TaskListener
from nanobanana_async.tasks._sharing import share
from tests.paying_once.lives import PatientKie


class Told(TaskListener):
    """Counts what it is told."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    def settled(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)


def desk_of(client: Client) -> Desk:
    return client._open().manager.desk


def accepted(key: str) -> Row:
    """A row whose task is under way."""
    row = Row(Item(key, key=key), state=ItemState.ACCEPTED, is_begun=True)
    row.task = Task("t1", dialect="jobs")
    return row


def success(row: Row) -> Succeeded:
    return Succeeded(item=row.item, result=Result("t1", "m", ("https://files.example/t1.png",), 4.0))


async def test_each_is_told_in_his_own_words() -> None:
    """The item and the place in the input are those of the row that hears it, the rest is the task's."""
    async with PatientKie().client() as client:
        leader, follower, told = accepted("a"), accepted("b"), Told()
        follower.index = 7
        follower.listeners.append(told)
        share(desk_of(client), follower, leader)
        desk_of(client).settle(leader, success(leader))

    [outcome] = told.outcomes
    assert (outcome.item.key, outcome.index, outcome.state, outcome.credits) == ("b", 7, "succeeded", 4.0)
    assert (follower.over, follower.state) == (True, ItemState.SUCCEEDED)


async def test_who_is_over_is_told_nothing_more() -> None:
    """He was given up before the task's end."""
    async with PatientKie().client() as client:
        desk, leader, follower, told = desk_of(client), accepted("a"), accepted("b"), Told()
        follower.listeners.append(told)
        share(desk, follower, leader)
        desk.settle(follower, success(follower))
        desk.settle(leader, success(leader))

    assert len(told.outcomes) == 1


async def test_who_shares_lends_his_time() -> None:
    """The task is looked at for as long as any of them waits."""
    async with PatientKie().client(deadline=100) as client:
        desk, leader, follower = desk_of(client), accepted("a"), accepted("b")
        leader.deadline, follower.deadline = desk.now() + 5, desk.now() + 500
        share(desk, follower, leader)

        assert leader.deadline == pytest.approx(desk.now() + 500)


def test_what_the_journal_alone_knows_can_be_followed_and_not_sent() -> None:
    """There is what was written down of the request, and nothing that could be paid for."""
    at = datetime(2026, 11, 21, tzinfo=UTC).timestamp()
    entry = Entry(
        scope="b",
        key="k",
        generation=2,
        state=ItemState.ACCEPTED,
        fingerprint="f",
        request={"prompt": "a banana", "resolution": "4K"},
        data={"row": 1},
        model="nano-banana-2",
        dialect="jobs",
        price=18.0,
        attempts=1,
        run="r",
        is_owned=False,
        entered_at=at,
        updated_at=at,
        token="t",
    )

    row = row_of_entry(entry)

    assert row.request is not None
    assert row.place is not None
    assert (row.item.key, row.item.request, row.item.data) == ("k", "a banana", {"row": 1})
    assert row.request.fields() == {"prompt": "a banana", "resolution": "4K"}
    assert (row.request.credits, row.place.generation, row.place.token) == (18.0, 2, "t")
    with pytest.raises(UsageError, match="'nano-banana-2' is known from the journal alone"):
        row.request.vendor_input([])
