"""What a setting may be: what fits, and what is said of what doesn't."""

from __future__ import annotations

import functools
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs
import pytest

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.settings import (
    ABOVE_ZERO,
    COUNT,
    FROM_ZERO,
    LISTENER,
    TEXT,
    WHOLE,
    Kind,
    instance_of,
    one_of,
)

NAN, INF, HUGE = float("nan"), float("inf"), 10**400
NO_NUMBERS = [None, True, "1", b"1", [1], 1j, Decimal(1), NAN, INF, -INF, HUGE]


class Said:
    def plainly(self, event: object) -> None: ...

    async def later(self, event: object) -> None: ...

    async def __call__(self, event: object) -> None: ...


async def later(event: object) -> None: ...


async def many(event: object) -> Any:
    yield event


@pytest.mark.parametrize(
    ("kind", "fine", "wrong"),
    [
        (ABOVE_ZERO, [1, 0.5, Fraction(1, 3), 1e300], [0, -1, 0.0, *NO_NUMBERS]),
        (FROM_ZERO, [0, 0.0, -0.0, 1, 0.5], [-1, -1e-9, *NO_NUMBERS]),
        (COUNT, [1, 300, HUGE], [0, -1, 2.5, 1.0, *NO_NUMBERS[:-1]]),
        (WHOLE, [0, -3, HUGE], [2.5, 1.0, *NO_NUMBERS[:-1]]),
        (TEXT, ["a", " a "], ["", " ", None, b"a", 5]),
        (one_of("hold", "resend"), ["hold", "resend"], ["Hold", "hold ", "", None, False, ["hold"], b"hold"]),
        (instance_of(Said, "a Said"), [Said()], [None, Said, "Said"]),
        (
            LISTENER,
            [print, Said().plainly, functools.partial(print, 1), [].append, Said],
            [
                5,
                None,
                "print",
                later,
                many,
                Said().later,
                Said(),
                functools.partial(later, 1),
                functools.partial(Said()),
            ],
        ),
        (COUNT.or_none(), [None, 1], [0, False]),
    ],
)
def test_each_kind_knows_what_fits(kind: Kind, fine: list[Any], wrong: list[Any]) -> None:
    """A bool is no number, a text is none either, and what would never be awaited is no listener."""
    assert [value for value in fine if not kind.fits(value)] == []
    assert [value for value in wrong if kind.fits(value)] == []


def test_what_does_not_fit_is_told_with_its_name_its_value_and_what_it_takes() -> None:
    """In one sentence, and what to do in another."""
    with pytest.raises(ConfigurationError) as caught:
        one_of("hold", "resend").check(on_unknown="Hold")

    assert caught.value.message == "on_unknown='Hold' can't be used: it takes 'hold' or 'resend', written exactly so"
    assert caught.value.remedy == "Give on_unknown 'hold' or 'resend', written exactly so."


def test_a_long_value_is_cut_short() -> None:
    """What is wrong is told by its beginning."""
    with pytest.raises(ConfigurationError) as caught:
        COUNT.check(in_flight="3" * 10_000)

    assert len(caught.value.message) < 200


def test_a_field_is_checked_as_it_is_filled() -> None:
    """By the name it has."""

    @attrs.frozen
    class Pace:
        limit: int = attrs.field(validator=COUNT)

    with pytest.raises(ConfigurationError, match=r"limit=0\.5 can't"):
        Pace(0.5)  # type: ignore[arg-type]  # on purpose
