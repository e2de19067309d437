"""The tables of transitions are the only ways there are."""

from __future__ import annotations

import itertools

import pytest

from nanobanana_async.lifecycle import ATTEMPT_MOVES, ITEM_MOVES, AttemptState, IllegalMoveError, ItemState, moved

ITEM_PATHS = """
new sending; new failed; new accepted
sending accepted; sending succeeded; sending new; sending failed; sending unknown
accepted succeeded; accepted failed; accepted pending
succeeded saved; saved succeeded
failed new; pending accepted; pending succeeded; pending failed
unknown accepted; unknown new; unknown dropped; dropped accepted
"""
ATTEMPT_PATHS = """
sending accepted; sending answered; sending refused; sending not_sent; sending unknown
unknown accepted; unknown abandoned; abandoned accepted
"""


def pairs(paths: str) -> set[tuple[str, str]]:
    return {(now, to) for now, to in (path.split() for path in paths.replace("\n", ";").split(";") if path.strip())}


@pytest.mark.parametrize(("states", "paths"), [(ItemState, ITEM_PATHS), (AttemptState, ATTEMPT_PATHS)])
def test_only_these_pairs_are_allowed(states: type[ItemState | AttemptState], paths: str) -> None:
    """Those of DESIGN §4, and those of lost answers that are found after a verdict; every other pair raises."""
    allowed = set()
    for now, to in itertools.product(states, repeat=2):
        try:
            assert moved(now, to) is to  # type: ignore[type-var]  # one test for both kinds of state
        except IllegalMoveError:
            continue
        allowed.add((now.value, to.value))

    assert allowed == pairs(paths)


def test_every_state_has_a_row() -> None:
    """A state without a row would be a bug that shows only when it is left."""
    assert set(ITEM_MOVES) == set(ItemState)
    assert set(ATTEMPT_MOVES) == set(AttemptState)


def test_an_illegal_move_is_named() -> None:
    """From where to where."""
    with pytest.raises(IllegalMoveError, match="ItemState: no way from 'saved' to 'sending'"):
        moved(ItemState.SAVED, ItemState.SENDING)
