"""From a row as it was read to a row that can be sent, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from nanobanana_async.errors import BadImageError
from nanobanana_async.gateways import Gateway
from nanobanana_async.models import FieldProblem, InvalidFieldsError, derive_key
from nanobanana_async.pricing import Price, exact, written
from nanobanana_async.runs._images import image_problem, placed
from nanobanana_async.runs._keys import Keys, own_key
from nanobanana_async.runs._names import KEY, Names
from nanobanana_async.runs._raw import RawRow
from nanobanana_async.runs._rows import Row
from nanobanana_async.runs._template import PromptTemplate
from nanobanana_async.storage import Digests
from nanobanana_async.values import JSON, Item, Request

_STAND_IN = "."
"""A prompt in the place of one that is wrong, so that the other fields are looked at all the same."""

_Problems = list[FieldProblem]


@attrs.define(kw_only=True)
class Builder:
    """Builds the rows of one file, in its order. `options` hold for rows that don't say otherwise."""

    gateway: Gateway
    folder: Path
    template: PromptTemplate | None
    key_column: str | None
    options: Mapping[str, JSON]
    keys: Keys = attrs.field(factory=Keys, init=False)
    _digests: Digests = attrs.field(factory=Digests, init=False)

    @property
    def names(self) -> Names:
        """What rows may call their fields, at this gateway."""
        used = self.template.names | {"prompt"} if self.template is not None else frozenset[str]()
        return Names(self.gateway.default_dialect, used | {self.key_column or KEY})

    def build(self, raw: RawRow, index: int) -> Row | list[FieldProblem]:
        """The row at the place `index` of the file; or what is wrong with it, at least one thing."""
        problems = list(raw.problems)
        if raw.fields is None:
            return problems
        own = self.own_key(raw, problems)
        if own is not None:
            self._take(own, raw, problems)
        request = self._request(raw, raw.fields, problems)
        derived = self._derived(request, problems)
        if request is None or problems:
            return problems
        key = own
        if key is None:
            key = self.keys.numbered(derived)
            self._take(key, raw, problems)
        return problems or Row(Item(request, key=key, data=raw.data), raw.line, index, own is not None, derived)

    def own_key(self, raw: RawRow, problems: _Problems) -> str | None:
        """The key that a row names itself, None where it names none; what is wrong with it goes to `problems`."""
        found: str | FieldProblem | None = None
        if self.key_column is not None:
            found = own_key(raw.columns.get(self.key_column), self.key_column)
        found = found or own_key(raw.key, KEY)
        if isinstance(found, FieldProblem):
            problems.append(found)
            return None
        return found

    def _take(self, key: str, raw: RawRow, problems: _Problems) -> None:
        taken = self.keys.take(key, raw.line, field=self.key_column or KEY)
        if taken is not None:
            problems.append(taken)

    def _request(self, raw: RawRow, fields: Mapping[str, JSON], problems: _Problems) -> Request | None:
        given = {name: value for name, value in fields.items() if value is not None and value != []}
        try:
            if "input" in given:  # the vendor's own fields, sent as they are: nothing of ours goes beside them
                model = {"model": self.options["model"]} if self.options.get("model") else {}
                return self.gateway.request("", {**model, **given})
            given["prompt"] = self._prompt(raw, given, problems)
            if "images" in given:
                given["images"] = placed(given["images"], self.folder)
            prompt = given.pop("prompt")
            request = self.gateway.request(prompt, {**self.options, **given})
        except InvalidFieldsError as error:
            problems.extend(self._explained(problem, given) for problem in error.problems)
            return None
        problems.extend(self._two_prices(request, prompt, given))
        return request

    def _two_prices(self, request: Request, prompt: JSON, given: Mapping[str, JSON]) -> _Problems:
        """That the line names another price than was given for all rows: a budget would be kept by one of them."""
        if request.credits is None or "credits" not in given:
            return []
        unsaid = {name: value for name, value in given.items() if name != "credits"}
        of_all = self.gateway.request(prompt, {**self.options, **unsaid}).credits
        if of_all is None or exact(of_all) == exact(request.credits):
            return []
        said = f"credits is {written(request.credits)}, and the price that was given for all rows {Price(of_all)}"
        return [FieldProblem("credits", given["credits"], said, "Leave one of them out: credits here, or --price.")]

    def _prompt(self, raw: RawRow, given: Mapping[str, JSON], problems: _Problems) -> JSON:
        """The prompt of a row, which may be anything: its rule is the request's to apply."""
        if self.template is not None:
            prompt: JSON = self.template.filled(raw.columns)
            if isinstance(prompt, FieldProblem):
                problems.append(prompt)
                return _STAND_IN
            return prompt
        is_misspelt = any(self.names.meant_by(problem.field) == "prompt" for problem in raw.problems)
        return given.get("prompt", _STAND_IN if is_misspelt else "")

    def _explained(self, problem: FieldProblem, given: Mapping[str, JSON]) -> FieldProblem:
        """Where a field was not given in the line, the remedy says where."""
        if problem.field in given or self.options.get(problem.field) is None:
            return problem
        return attrs.evolve(problem, remedy=f"{problem.remedy} (It was given for all rows, not in this line.)")

    def _derived(self, request: Request | None, problems: _Problems) -> str:
        """The derived key of a request, or nothing where there is none."""
        if request is None:
            return ""
        try:
            return derive_key(request, self._digests.of(request))
        except BadImageError as error:
            problems.append(image_problem(error))
            return ""
