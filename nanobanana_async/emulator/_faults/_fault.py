"""A fault as a value: its name, when it strikes, its parameters; and the one line that says all of it.

    Fault.parse("too-many,retry-after=3,probability=0.2")
    Fault("closed", when=When(nth=3))

It does nothing by itself: the engine decides when, the module of its kind what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any, Self, cast

from attrs import field, frozen

from nanobanana_async.emulator._faults._catalogue import FAULTS
from nanobanana_async.emulator._faults._names import FaultError, FaultName
from nanobanana_async.emulator._faults._readers import Value, written
from nanobanana_async.emulator._faults._spec import FaultSpec
from nanobanana_async.emulator._faults._text import joined, split
from nanobanana_async.emulator._faults._when import WHEN, When, read_condition
from nanobanana_async.emulator._nearest import did_you_mean, plain


def _pairs(said: Mapping[str, Value] | Iterable[tuple[str, Value]]) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted(dict(said).items(), key=itemgetter(0)))


def _name(said: FaultName) -> FaultName:
    return spec_of(said).name


def _conditions(fault: Fault, _attribute: object, when: object) -> None:
    if not isinstance(when, When):
        raise FaultError(
            f"{fault.name}: when={when!r} is no When: write When(nth=3), or all of it as text: '{fault.name},nth=3'"
        )


@frozen
class Fault:
    """One thing that goes wrong on purpose.

    Args:
        name: Which of `FAULTS`; case and underscores count for nothing.
        when: When it strikes; by default, always.
        parameters: Its own settings, by the names that `FAULTS` gives them.

    Raises:
        FaultError: A name, a setting or a value that is not known.
    """

    name: FaultName = field(converter=_name)
    when: When = field(factory=When, kw_only=True, validator=_conditions)
    parameters: tuple[tuple[str, Value], ...] = field(default=(), kw_only=True, converter=_pairs)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "parameters", tuple(self._read(*pair) for pair in self.parameters))
        allowed = self.spec.may_be_on or self.spec.on
        if not self.when.on <= set(allowed):
            raise FaultError(f"{self.name}: on={written(self.when.on)!r} is not allowed: {', '.join(allowed)}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The fault in a line of text, such as ``too-many,retry-after=3,nth=1/4,on=any``.

        Raises:
            FaultError: The text is not of that form, or names what is not known.
        """
        name, said = split(_text(text))
        spec = spec_of(name)
        settings = [(plain(key), value) for key, value in said]
        keys = [key for key, _ in settings]
        for key in keys:
            if keys.count(key) > 1:
                raise FaultError(f"{spec.name}: {key} is given twice")
        conditions: dict[str, Any] = {key: read_condition(key, said) for key, said in settings if key in WHEN}
        own = [(key, said) for key, said in settings if key not in WHEN]
        return cls(spec.name, when=When(**conditions), parameters=own)

    def __str__(self) -> str:
        """The line of text that `parse` reads."""
        conditions = [(name, written(said)) for name, said in self.when.given()]
        return joined(self.name, [*((name, written(said)) for name, said in self.parameters), *conditions])

    @property
    def spec(self) -> FaultSpec:
        """What the catalogue says of it."""
        return FAULTS[self.name]

    def number(self, name: str) -> float:
        """A parameter that is a number, or its default."""
        return float(self._said(name) or 0)

    def text(self, name: str) -> str | None:
        """A parameter that is text, or its default."""
        said = self._said(name)
        return None if said is None else str(said)

    def _said(self, name: str) -> Value | None:
        parameter = self.spec.parameter(name)
        return dict(self.parameters).get(name, parameter.default if parameter else None)

    def _read(self, name: str, said: Value) -> tuple[str, Value]:
        parameter = self.spec.parameter(name)
        if parameter is None:
            taken = [*(each.name for each in self.spec.parameters), *WHEN]
            near = did_you_mean(name, taken) or "."
            raise FaultError(f"{self.name} takes no {name!r}{near} It takes {', '.join(taken)}.")
        if not _is_value(said):
            raise FaultError(f"{self.name}: {name}={said!r} is not allowed: {parameter.allowed}, or leave it out")
        try:
            return name, parameter.reader.read(written(said))
        except ValueError:
            raise FaultError(f"{self.name}: {name}={written(said)!r} is not allowed: {parameter.allowed}") from None


def spec_of(name: str) -> FaultSpec:
    """The entry of the catalogue. Raises FaultError for a name that is not in it."""
    spec = FAULTS.get(cast("FaultName", plain(_text(name))))
    if spec is None:
        near = did_you_mean(name, FAULTS) or "; `nanobanana emulator --faults` lists them all"
        raise FaultError(f"{name!r} is no fault{near}")
    return spec


def _text(said: object) -> str:
    if not isinstance(said, str):
        raise FaultError(f"{said!r} is no fault: give text, such as 'too-many,nth=3'")
    return said


def _is_value(said: object) -> bool:
    return isinstance(said, str | int | float)
