"""What images cost at a gateway: kept as it was given, in a value that can be compared and hashed."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from typing import Any

import pytest

from nanobanana_async import ConfigurationError, OpenAIGeneration, OpenAIImages

URL = "https://reseller.example/v1"


def gateway(price: Any) -> OpenAIImages:
    return OpenAIImages(URL, "k", price)


def test_a_mapping_that_changes_later_changes_no_price() -> None:
    """The gateway is frozen, and so is what it costs."""
    prices = {"nano-banana-2": 0.04}
    made = gateway(prices)

    prices["nano-banana-2"] = 99.0
    assert made.priced(OpenAIGeneration("a cat")).credits == 8.0
    assert made.price == {"nano-banana-2": 0.04}
    assert not isinstance(made.price, dict)


def test_gateways_of_the_same_prices_are_one() -> None:
    """Whatever the order, however they were copied; they may stand in a set."""
    one, other = gateway({"a": 0.5, "b": 1}), gateway({"b": 1.0, "a": 0.5})

    assert len({one, other, copy.deepcopy(one), pickle.loads(pickle.dumps(one)), gateway(one.price)}) == 1
    assert one != gateway({"a": 0.5})
    assert len({gateway(None), gateway(0.04), one}) == 3


def test_prices_are_shown_plainly() -> None:
    """As who gave them wrote them."""
    made = gateway({"a": 0.5})

    assert "price={'a': 0.5}" in repr(made)
    assert isinstance(made.price, Mapping)
    assert (dict(made.price), len(made.price)) == ({"a": 0.5}, 1)


@pytest.mark.parametrize("text", ["0.04", b"0.04"])
def test_a_price_is_no_text(text: Any) -> None:
    """It may be a key that stands one place too far."""
    with pytest.raises(ConfigurationError, match=r"price is a (str|bytes), and") as caught:
        gateway(text)

    assert "0.04'" not in caught.value.message
