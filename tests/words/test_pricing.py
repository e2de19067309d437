"""Arithmetic on credits, and on a budget of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async.pricing import Budget, dollars, total


def test_a_credit_is_half_a_cent() -> None:
    """PROTOCOL §1.5."""
    assert dollars(1000) == 5.0


def test_prices_that_nobody_knows_are_counted_apart() -> None:
    """And said."""
    price = total([4.0, None, 8.0, None])

    assert (price.credits, price.unpriced) == (12.0, 2)
    assert str(price) == "12 credits (0.06 USD) and 2 of unknown price"


def test_what_is_reserved_is_not_there_for_others() -> None:
    """Until it is settled: then it is what was taken."""
    budget = Budget(20)
    budget.reserve(12)
    before = (budget.fits(8), budget.fits(9), budget.may_fit(9))

    budget.settle(12, 4)

    assert before == (True, False, True)
    assert (budget.spent, budget.reserved, budget.left) == (4, 0, 16)


def test_with_nothing_on_its_way_nothing_more_can_come() -> None:
    """What does not fit then never will."""
    budget = Budget(20, spent=15)

    assert not budget.fits(8)
    assert not budget.may_fit(8)


@given(st.floats(1, 1000), st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=60))
def test_spending_stays_within_the_budget(amount: float, steps: list[tuple[int, bool]]) -> None:
    """Reserved and spent together, whatever is taken or given back."""
    budget = Budget(amount)
    for price, is_taken in steps:
        if budget.fits(price):
            budget.reserve(price)
            assert budget.spent + budget.reserved <= amount + 1e-9
            budget.settle(price, price if is_taken else 0)

    assert budget.spent <= amount + 1e-9
    assert budget.reserved == pytest.approx(0)
