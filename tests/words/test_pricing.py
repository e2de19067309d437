"""Arithmetic on credits, and on a budget of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async import Failed, Item, KieRequest, NanoBanana, OpenAIGeneration, Request, Result, Succeeded
from nanobanana_async.errors import PolicyError
from nanobanana_async.pricing import MOST, Bill, Budget, cost_of, dollars, exact, price_of, total, written

MILLIONTHS = st.integers(0, 10**9).map(lambda n: Decimal(n) / 10**6)
"""Prices as people write them, to the millionth of a credit."""


def test_a_credit_is_half_a_cent() -> None:
    """PROTOCOL §1.5."""
    assert dollars(1000) == 5.0


def test_prices_that_nobody_knows_are_counted_apart() -> None:
    """And said."""
    price = total([4.0, None, 8.0, None])

    assert (price.credits, price.unpriced) == (12.0, 2)
    assert str(price) == "12 credits (0.06 USD) and 2 of unknown price"


def test_a_sum_of_which_nothing_is_known_names_no_number_of_credits() -> None:
    """Whoever reads "0 credits" first takes it for free; what is free is said to be."""
    assert str(total([None])) == "1 of unknown price"
    assert str(total([0.0])) == str(total([])) == "0 credits (0.00 USD)"


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


def test_tenths_add_up() -> None:
    """Three times 0.1 fit into 0.3, and what two have given back is there for a third."""
    third, given_back = Budget(0.3, spent=0.1), Budget(0.4)
    third.reserve(0.1)
    for price in (0.1, 0.3):
        given_back.reserve(price)
    for price in (0.1, 0.3):
        given_back.settle(price, 0)

    assert third.fits(0.1)
    assert given_back.fits(0.4)
    assert given_back.reserved == 0


@given(MILLIONTHS, st.lists(st.tuples(MILLIONTHS, MILLIONTHS, st.sampled_from(["kept", "back", "record"]))))
def test_what_fits_is_what_fits_by_decimals(whole: Decimal, steps: list[tuple[Decimal, Decimal, str]]) -> None:
    """To the last digit, whatever is taken, given back, or told by a record; and nothing is left reserved."""
    budget, left = Budget(float(whole)), whole
    on_the_way = []
    for price, said, end in steps:
        assert budget.fits(float(price)) == (price <= left)
        if price <= left:
            budget.reserve(float(price))
            left -= price
            on_the_way.append((price, {"kept": price, "back": Decimal(0), "record": said}[end]))
    for price, took in on_the_way:
        budget.settle(float(price), float(took))
        left += price - took

    assert budget.reserved == 0
    assert budget.left == float(left)


@given(st.floats(0, 1e6), st.lists(st.floats(0, 1e6), max_size=40))
def test_what_is_spent_is_within_the_budget_but_for_rounding(whole: float, prices: list[float]) -> None:
    """Half a millionth of a credit for each, at the most."""
    budget, taken = Budget(whole), []
    for price in prices:
        if budget.fits(price):
            budget.reserve(price)
            budget.settle(price, price)
            taken.append(Decimal(price))

    assert sum(taken) <= Decimal(whole) + Decimal(len(taken) + 1) / 2_000_000
    assert budget.reserved == 0


def test_a_budget_says_how_it_stands() -> None:
    """As people write it."""
    budget = Budget(1_234_567.5, spent=0.1)
    budget.reserve(18)

    assert repr(budget) == "<Budget 1234567.5: 0.1 spent, 18 reserved>"
    assert (budget.total, budget.left) == (1_234_567.5, 1_234_549.4)


@pytest.mark.parametrize(
    ("credits", "words"), [(4.0, "4"), (0.1 + 0.2, "0.3"), (4_000_000, "4000000"), (0.0000004, "0"), (0.5, "0.5")]
)
def test_credits_are_written_without_digits_that_mean_nothing(credits: float, words: str) -> None:
    """And without an exponent."""
    assert written(credits) == words


def test_what_claims_to_cost_more_than_there_is_counts_as_a_lot() -> None:
    """A record may say anything; sums stay finite."""
    bill = Bill()
    for _ in range(3):
        bill.add(1e308, 4.0)

    assert exact(1e308) == exact(MOST)
    assert bill.credits == 3 * MOST


class Odd:
    """A request of a user's own."""

    model, dialect = "m", "jobs"

    def __init__(self, credits: Any) -> None:
        self.credits = credits


@pytest.mark.parametrize("price", [None, -4, float("nan"), float("inf"), "4", True])
def test_what_is_no_price_is_not_known(price: Any) -> None:
    """A request of the user's own may name anything."""
    assert price_of(Odd(price)) is None  # type: ignore[arg-type]  # as far as prices go it is one
    assert price_of(NanoBanana("a banana")) == 4.0
    assert price_of(KieRequest("m", input={})) is None


def test_a_bill_tells_what_records_say_from_what_documents_say() -> None:
    """And counts what neither tells."""
    bill = Bill()
    empty = str(bill)
    bill.add(80.0, 4.0)
    said = str(bill)
    for price in (4.0, 4.0, None):
        bill.add(None, price)
    more = bill.with_unsaid([18.0])

    assert (empty, said) == ("0 credits (0.00 USD)", "80 credits (0.40 USD)")
    assert (bill.credits, bill.about, bill.unpriced, bill.unknown) == (80, 8, 3, 1)
    assert str(bill) == (
        "80 credits (0.40 USD), and about 8 (0.04 USD) for 2 whose records name none, and 1 of unknown price"
    )
    assert (more.about, more.unpriced, bill.about) == (26, 4, 8)


def test_a_budget_goes_on_from_what_was_spent_before() -> None:
    """What is on its way of that may be given back, and makes room for others."""
    budget = Budget(20)
    budget.begin_with(16)
    budget.reopen(8)
    before = [budget.spent, budget.reserved, budget.left]

    budget.settle(8, 0)

    assert before == [8, 8, 4]
    assert [budget.spent, budget.reserved, budget.left] == [8, 0, 12]


def test_where_no_record_names_its_credits_it_is_said_what_it_is_about() -> None:
    """At a gateway whose answers say nothing of money: no "0 credits" for what was paid for."""
    bill, mixed, free = Bill(), Bill(), Bill()
    for _ in range(2):
        bill.add(None, 8.0)
    for said, documented in ((4.0, 4.0), (None, 8.0), (None, None)):
        mixed.add(said, documented)

    assert str(bill) == "about 16 credits (0.08 USD)"
    assert str(mixed) == (
        "4 credits (0.02 USD), and about 8 (0.04 USD) for 1 whose records name none, and 1 of unknown price"
    )
    assert str(free) == "0 credits (0.00 USD)"


def test_what_counts_as_spent_may_turn_out_not_to_be() -> None:
    """A lost answer is found: what was reserved for another create is all that it costs."""
    budget = Budget(8.0)
    budget.reserve(4.0)
    budget.settle(4.0, 4.0)
    budget.reserve(4.0)
    budget.take_back(4.0)

    assert (budget.spent, budget.reserved, budget.left) == (0.0, 4.0, 4.0)


@pytest.mark.parametrize(
    ("request_made", "pictures", "cost"),
    [
        (OpenAIGeneration("a cat", credits=8), 1, 8.0),
        (OpenAIGeneration("a cat", credits=8), 4, 32.0),
        (OpenAIGeneration("a cat", credits=8), 0, 8.0),
        (OpenAIGeneration("a cat", credits=0), 4, 0.0),
        (OpenAIGeneration("a cat"), 4, None),
        (NanoBanana("a cat"), 4, 4.0),
        (KieRequest("m", input={}, credits=9), 4, 9.0),
        (None, 4, None),
    ],
)
def test_a_gateway_in_openais_style_has_a_price_for_each_picture(
    request_made: Request | None, pictures: int, cost: float | None
) -> None:
    """Kie has one for a task, whatever that makes; and what nobody knows stays unknown."""
    result = Result(None, "m", tuple(f"https://x/{n}.png" for n in range(pictures)), None)

    assert cost_of(request_made, Succeeded(item=Item(""), result=result)) == cost


def test_what_has_made_no_picture_has_the_price_of_one() -> None:
    """A failure that was charged, say."""
    failed = Failed(item=Item(""), error=PolicyError("no", charged="yes"))

    assert cost_of(OpenAIGeneration("a cat", credits=8), failed) == 8.0
