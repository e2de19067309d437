"""The public names of all fields, and what to say of a name that is none of them, or belongs to another model."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from nanobanana_async.models._checked import Checked
from nanobanana_async.models._kie import KieRequest
from nanobanana_async.models._near import did_you_mean, nearest
from nanobanana_async.models._problems import FieldProblem, shown
from nanobanana_async.models._registry import request_classes

# What the vendor and its other clients call our fields (PROTOCOL §1.5, §2, §3).
_OTHER_NAMES: Mapping[str, str] = {
    "image": "images",
    "image_input": "images",
    "image_url": "images",
    "image_urls": "images",
    "img_url": "images",
    "input_urls": "images",
    "image_size": "aspect_ratio",
    "ratio": "aspect_ratio",
    "size": "resolution",
    "quality": "resolution",
    "format": "output_format",
    "text": "prompt",
}


def field_names(dialect: str = "jobs") -> tuple[str, ...]:
    """Every name that `build_request` takes for some model of `dialect`.

    Raises:
        ConfigurationError: there is no such dialect.
    """
    names = ["model"]
    classes: tuple[type[Checked], ...] = (*request_classes(dialect), KieRequest)
    for cls in classes:
        names += _names(cls)
    return tuple(dict.fromkeys(names))


def nearest_field(name: str, dialect: str = "jobs") -> str | None:
    """The field that `name` is, but for a slip of the pen; None for a name of the user's own.

    Raises:
        ConfigurationError: there is no such dialect.
    """
    return nearest(name, field_names(dialect), cutoff=0.8)


def missing_field(name: str) -> FieldProblem:
    """That the field `name` has to be given."""
    return FieldProblem(name, None, f"{name} is missing", f"Give {name}.")


def unknown_field(cls: type[Checked], dialect: str, model: object, name: str, value: object) -> FieldProblem:
    """Why a request of `cls` has no field `name`."""
    own = _names(cls)
    if cls is KieRequest:
        message = f"{shown(name)} stands beside `input`, which takes the place of all fields but model and credits"
        return FieldProblem(
            name, value, message, f"Put {name} into input, under the vendor's name, or leave input out."
        )
    ours = _OTHER_NAMES.get(name, name)
    owners = [known.info.id for known in request_classes(dialect) if ours in _names(known)]
    if owners and ours not in own:
        message = f"{model} has no {ours}; it is a field of {', '.join(owners)}"
        return FieldProblem(name, value, message, f"Leave {name} out, or choose one of those models.")
    meant = nearest(ours, own)
    message = f"{shown(name)} is not one of its fields, {', '.join(own)}{did_you_mean(meant)}"
    return FieldProblem(name, value, message, f"Call it {meant}." if meant else f"Leave {shown(name)} out.")


def _names(cls: type[Checked]) -> list[str]:
    return [field.name for field in attrs.fields(cls)]
