"""How a request checks itself: every field by its rule on construction, and everything that is wrong said at once."""

from __future__ import annotations

import abc
from typing import Any

import attrs

from nanobanana_async.models._problems import FieldError, FieldProblem, invalid


@attrs.frozen
class Checked(abc.ABC):
    """The base of the requests here. A subclass says in `check` what each field may be, and names its `model`."""

    @property
    @abc.abstractmethod
    def model(self) -> str:
        """The vendor's model id."""

    @classmethod
    @abc.abstractmethod
    def check(cls, name: str, value: Any, *, model: object) -> Any:
        """`value` as the field `name` keeps it, in a request for `model` (which may be wrong itself).

        Raises:
            FieldError: the field can't have this value.
        """

    @classmethod
    def known_model(cls, model: object) -> str | None:  # noqa: ARG003  a class of one model has no choice
        """The id of `model` if its fields have rules of their own in this class, else None."""
        return None

    def __attrs_post_init__(self) -> None:
        problems: list[FieldProblem] = []
        for field in attrs.fields(type(self)):
            try:
                kept = self.check(field.name, getattr(self, field.name), model=self.model)
                # Frozen for its users; that its values are normalised belongs to its making.
                object.__setattr__(self, field.name, kept)
            except FieldError as error:
                problems.append(error.problem)
        if problems:
            raise invalid(self.model, problems)
