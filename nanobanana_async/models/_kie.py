"""The request for a model that came out after this release: its vendor fields, sent as they are."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from nanobanana_async.models._checked import Checked
from nanobanana_async.models._jobs import JOBS
from nanobanana_async.models._json_rule import checked_json
from nanobanana_async.models._model_names import rightly_prefixed, wrong_prefix
from nanobanana_async.models._number_rule import credits_or_none
from nanobanana_async.models._problems import FieldError, shown
from nanobanana_async.models._text_rule import filled_text
from nanobanana_async.values import JSON, Expected, ImageSource


@attrs.frozen
class KieRequest(Checked):
    """Any model of the jobs dialect, by its id and the vendor's own fields, which are not checked but for being JSON.

    Images are public URLs inside `input`, under the vendor's name. `credits` is the price of the task, for budgets;
    None where it is not known. Misspelt fields are ignored by the vendor and billed at defaults (PROTOCOL §1.3).

    Raises:
        InvalidFieldsError: the model's name is empty or has the wrong prefix, `input` is not JSON, or `credits` is no
            number from 0.
    """

    model: str
    input: Mapping[str, JSON] = attrs.field(kw_only=True, hash=False)
    credits: float | None = attrs.field(default=None, kw_only=True)

    @classmethod
    def check(cls, name: str, value: Any, *, model: object) -> Any:  # noqa: ARG003  no field depends on it
        """`value` as the field `name` keeps it.

        Raises:
            FieldError: the field can't have this value.
        """
        match name:
            case "model":
                return _model(value)
            case "input":
                return _input(value)
            case _:
                return credits_or_none(value)

    @property
    def dialect(self) -> str:
        """The dialect that this is said in: ``"jobs"``."""
        return "jobs"

    @property
    def images(self) -> tuple[ImageSource, ...]:
        """None: images that stand in `input` are the caller's."""
        return ()

    @property
    def expected(self) -> Expected:
        """A guess, in seconds: the shortest and the longest of the documented models (PROTOCOL §1.4)."""
        return Expected(first=5.0, usual=60.0)

    def fields(self) -> dict[str, JSON]:
        """`input`, and `credits` where they were given."""
        given = {"input": copy.deepcopy(self.input), "credits": self.credits}
        return {name: value for name, value in given.items() if value is not None}

    def vendor_input(self, image_urls: Sequence[str]) -> dict[str, JSON]:
        """`input` as it is.

        Raises:
            ValueError: there are `image_urls`, for which there is no place.
        """
        if image_urls:
            raise ValueError(f"{self.model}: {len(image_urls)} URLs for 0 images")
        return dict(copy.deepcopy(self.input))


def _model(value: object) -> str:
    name = filled_text("model", value, remedy="Give the vendor's model id.")
    if right := rightly_prefixed(name, [known.info.id for known in JOBS]):
        problem = wrong_prefix(name, right)
        raise FieldError(problem.field, problem.value, problem.message, problem.remedy)
    return name


def _input(value: object) -> JSON:
    if not isinstance(value, Mapping):
        message = f"input={shown(value)} is no dict of the vendor's fields"
        raise FieldError("input", value, message, 'Give input as a dict, such as {"prompt": "…"}.')
    return checked_json("input", value)
