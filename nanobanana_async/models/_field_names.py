"""The public names of all fields, and what to say of a name that is none of them, or belongs to another model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from nanobanana_async.models._checked import Checked
from nanobanana_async.models._foreign_names import foreign_name, squeezed
from nanobanana_async.models._kie import KieRequest
from nanobanana_async.models._near import did_you_mean, nearest
from nanobanana_async.models._problems import FieldProblem, shown
from nanobanana_async.models._registry import Family, classes_with, family_of

# What the vendors and their other clients call our fields (PROTOCOL §1.5, §2, §3).
_EVERYWHERE: Mapping[str, str] = {
    "image": "images",
    "image_input": "images",
    "image_url": "images",
    "image_urls": "images",
    "img_url": "images",
    "input_urls": "images",
    "ratio": "aspect_ratio",
    "text": "prompt",
}
_AT_KIE: Mapping[str, str] = {
    **_EVERYWHERE,
    "image_size": "aspect_ratio",
    "size": "resolution",
    "quality": "resolution",
    "format": "output_format",
    "cfg_scale": "guidance_scale",
    "num_inference_steps": "steps",
}
_OTHER_NAMES: Mapping[str, Mapping[str, str]] = {
    "jobs": _AT_KIE,
    "images": {**_EVERYWHERE, "image[]": "images", "image_size": "resolution"},
    "generate": _AT_KIE,
}

_ALONE = frozenset({"images"})
"""Dialects whose gateways speak no other: what requests of others have is no help there."""

_NO_SLIPS = frozenset({"weight", "speed", "moderation", "partial_images"})
"""Words of their own, however near they come to height, seed, operation and images."""


def field_names(dialect: str = "jobs") -> tuple[str, ...]:
    """Every name that `build_request` takes for some model of `dialect`.

    Raises:
        ConfigurationError: there is no such dialect.
    """
    family = family_of(dialect)
    names = ["model"]
    for cls in family.classes:
        names += _names(cls, family)
    return tuple(dict.fromkeys(names))


def nearest_field(name: str, dialect: str = "jobs") -> str | None:
    """The field that `name` is, but for a slip of the pen; None for a name of the user's own.

    Raises:
        ConfigurationError: there is no such dialect.
    """
    return _near(name, field_names(dialect), cutoff=0.8)


def also_called(name: str, dialect: str = "jobs") -> str | None:
    """The field that vendors and their other clients call `name`, in whatever letters; None where they have none.

    Raises:
        ConfigurationError: there is no such dialect.
    """
    family_of(dialect)
    return {squeezed(other): ours for other, ours in _OTHER_NAMES[dialect].items()}.get(squeezed(name))


def missing_field(name: str) -> FieldProblem:
    """That the field `name` has to be given."""
    return FieldProblem(name, None, f"{name} is missing", f"Give {name}.")


def unknown_field(cls: type[Checked], dialect: str, model: object, name: str, value: object) -> FieldProblem:
    """Why a request of `cls`, for `model`, has no field `name`."""
    if cls is KieRequest:
        message = f"{shown(name)} stands beside `input`, which takes the place of all fields but model and credits"
        remedy = f"Put {name} into input, under the vendor's name, or leave input out."
        return FieldProblem(name, value, message, remedy)
    family = family_of(dialect)
    own = _names(cls, family)
    ours = _OTHER_NAMES[dialect].get(name, name)
    if ours not in own and dialect not in _ALONE:
        if owners := [known for known, other in family.by_model.items() if ours in _names(other, family)]:
            message = f"{model} has no {ours}; it is a field of {', '.join(owners)}"
            return FieldProblem(name, value, message, f"Leave {name} out, or choose one of those models.")
        if elsewhere := classes_with(ours):
            return _of_another(cls, ours, name, value, elsewhere)
    return _of_none([field.name for field in attrs.fields(cls)], own, ours, name, value)


def _of_another(cls: type[Checked], ours: str, name: str, value: object, elsewhere: list[str]) -> FieldProblem:
    """Why a request of `cls` has no such field, which requests of other dialects have."""
    message = f"{cls.__name__} has no {ours}; only {', '.join(elsewhere)} {'has' if len(elsewhere) == 1 else 'have'} it"
    return FieldProblem(name, value, message, f"Leave {name} out, or make such a request.")


def _of_none(listed: list[str], own: list[str], ours: str, name: str, value: object) -> FieldProblem:
    """Why there is no such field in any request; those that are `listed` are a request's `own`, but for its class."""
    foreign = foreign_name(name, own) if ours == name else None
    if foreign is not None:
        return FieldProblem(name, value, f"{shown(name)} is no field: {foreign.why}", foreign.instead)
    meant = _near(ours, own)
    message = f"{shown(name)} is not one of its fields, {', '.join(listed)}{did_you_mean(meant)}"
    if meant:
        return FieldProblem(name, value, message, f"Call it {meant}.")
    if "extra" not in own:
        return FieldProblem(name, value, message, f"Leave {shown(name)} out.")
    return FieldProblem(name, value, message, f"Put {shown(name)} into extra if the vendor has it, or leave it out.")


def _near(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    return None if name.strip().lower() in _NO_SLIPS else nearest(name, known, cutoff=cutoff)


def _names(cls: type[Checked], family: Family) -> list[str]:
    """The names that a dict may use for a request of `cls`."""
    chooses = [family.chooses] if family.chooses is not None else []
    return [field.name for field in attrs.fields(cls)] + chooses
