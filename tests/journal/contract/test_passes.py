"""The keys of one pass: counted from its start, never by position."""

from __future__ import annotations

from tests.journal.conftest import AnyJournal
from tests.journal.steps import SCOPE


async def test_equal_requests_are_numbered(journal: AnyJournal) -> None:
    """The first has the key itself, whatever comes between."""
    one = await journal.begin_pass(SCOPE)

    assert [await one.numbered(base) for base in "abaabc"] == ["a", "b", "a-2", "a-3", "b-2", "c"]


async def test_a_pass_knows_nothing_of_another(journal: AnyJournal) -> None:
    """Each begins at the start, also beside one that goes on."""
    first = await journal.begin_pass(SCOPE)
    await first.numbered("a")
    await first.seen("k")
    second = await journal.begin_pass(SCOPE)

    assert await second.numbered("a") == "a"
    assert not await second.seen("k")
    assert await first.numbered("a") == "a-2"


async def test_a_key_that_is_given_twice_is_seen(journal: AnyJournal) -> None:
    """Of the user's own keys; what is numbered is another thing."""
    one = await journal.begin_pass(SCOPE)
    await one.numbered("k")

    assert [await one.seen(key) for key in ("k", "l", "k", "half \ud800", "half \ud800")] == [
        False,
        False,
        True,
        False,
        True,
    ]
    one.close()
    one.close()
