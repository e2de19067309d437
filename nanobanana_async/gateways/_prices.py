"""What an image costs where each seller has prices of its own: one for all models, or one for each that is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.pricing import DOLLARS_PER_CREDIT, MOST
from nanobanana_async.settings import FROM_ZERO, TEXT, Kind

_A_PRICE = Kind(
    f"a price in US dollars, from 0 to {MOST * DOLLARS_PER_CREDIT:.0f}",
    lambda value: FROM_ZERO.fits(value) and value / DOLLARS_PER_CREDIT <= MOST,
)


class Prices(Mapping[str, float]):
    """A mapping of models to prices, as it was when it was given: what its owner changes later changes nothing here.

    It can be hashed, as all that stands in a frozen value, and is equal to any mapping of the same.
    """

    __slots__ = ("_by_model",)

    def __init__(self, by_model: Mapping[str, float]) -> None:
        self._by_model = dict(by_model)

    def __getitem__(self, model: str) -> float:
        """The price of `model`. Raises: KeyError."""
        return self._by_model[model]

    def __iter__(self) -> Iterator[str]:
        """The models."""
        return iter(self._by_model)

    def __len__(self) -> int:
        """How many models have a price."""
        return len(self._by_model)

    def __hash__(self) -> int:
        """Equal for equal prices, whatever their order."""
        return hash(frozenset(self._by_model.items()))

    def __repr__(self) -> str:
        """As a dict's."""
        return repr(self._by_model)


def kept(price: float | Mapping[str, float] | None) -> float | Mapping[str, float] | None:
    """`price` as a gateway keeps it: a mapping as a copy."""
    return Prices(price) if isinstance(price, Mapping) else price


def checked(_: object, __: object, price: Any) -> None:
    """ConfigurationError for what is no price, and no mapping of models to prices."""
    if isinstance(price, str | bytes):  # not shown: who leaves one argument out puts the key here
        raise ConfigurationError(
            f"price is a {type(price).__name__}, and no number",
            remedy="Give the price of an image in US dollars as a number, such as price=0.04.",
        )
    if not isinstance(price, Mapping):
        _A_PRICE.or_none().check(price=price)
        return
    for model, of_model in price.items():
        TEXT.check(**{"a model in price": model})
        _A_PRICE.check(**{f"price[{model!r}]": of_model})
