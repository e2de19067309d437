"""Which requests there are, by dialect, and which models are known. (Aliases are not: they belong to the gateway.)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, overload

import attrs

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.models._checked import Checked
from nanobanana_async.models._info import ModelInfo
from nanobanana_async.models._jobs import JOBS
from nanobanana_async.models._kie import KieRequest
from nanobanana_async.models._legacy import GENERATE_MODELS, LegacyNanoBanana
from nanobanana_async.models._model_names import unknown_model
from nanobanana_async.models._openai import OpenAIEdit, OpenAIGeneration
from nanobanana_async.models._openai_models import IMAGES_MODELS
from nanobanana_async.models._problems import invalid
from nanobanana_async.models._prompt_request import PromptRequest
from nanobanana_async.models._request import JobsRequest


@attrs.frozen(kw_only=True)
class Family:
    """The requests that can be said in one dialect.

    `models` are those that are known, and `by_model` the class of requests for each; `other` is the class for a model
    that is not among them, None where there can be no such model. `classes` are all that a dict can become, and
    `chooses` is a field of the dict that only says which.
    """

    models: tuple[ModelInfo, ...]
    by_model: Mapping[str, type[PromptRequest]]
    other: type[PromptRequest] | None = None
    classes: tuple[type[Checked], ...]
    chooses: str | None = None


_FAMILIES: Mapping[str, Family] = {
    "jobs": Family(
        models=tuple(known.info for known in JOBS),
        by_model={known.info.id: known for known in JOBS},
        classes=(*JOBS, KieRequest),
    ),
    "images": Family(
        models=IMAGES_MODELS,
        by_model={info.id: OpenAIGeneration for info in IMAGES_MODELS},
        other=OpenAIGeneration,
        classes=(OpenAIGeneration, OpenAIEdit),
        chooses="operation",
    ),
    "generate": Family(
        models=GENERATE_MODELS,
        by_model={info.id: LegacyNanoBanana for info in GENERATE_MODELS},
        classes=(LegacyNanoBanana,),
    ),
}


def family_of(dialect: str) -> Family:
    """The requests that can be said in `dialect`.

    Raises:
        ConfigurationError: there is no such dialect.
    """
    try:
        return _FAMILIES[dialect]
    except KeyError:
        raise ConfigurationError(f"unknown dialect {dialect!r}; there are: {', '.join(_FAMILIES)}") from None


def known_models(dialect: str) -> tuple[ModelInfo, ...]:
    """What is known of the models of `dialect`, in the order of PROTOCOL §1.5, §2 or §3.

    Raises:
        ConfigurationError: there is no such dialect.
    """
    return family_of(dialect).models


@overload
def request_class(dialect: Literal["jobs"], model: object) -> type[JobsRequest]: ...
@overload
def request_class(dialect: str, model: object) -> type[PromptRequest]: ...
def request_class(dialect: str, model: object) -> type[PromptRequest]:
    """The class of requests for `model`; where edits have one of their own, the one that makes from a prompt.

    Raises:
        ConfigurationError: there is no such dialect.
        InvalidFieldsError: the model is not known there; the nearest names are said.
    """
    family = family_of(dialect)
    known = family.by_model.get(model) if isinstance(model, str) else None
    found = known or family.other
    if found is not None:
        return found
    remedy = "Name a known model; for one that came out after this release, give its vendor fields in `input`."
    raise invalid(None, [unknown_model(model, tuple(family.by_model), remedy=remedy)])


def classes_with(field: str) -> list[str]:
    """The names of all classes of requests, of any dialect, that have this field."""
    classes = [cls for family in _FAMILIES.values() for cls in family.classes]
    return [cls.__name__ for cls in classes if field in attrs.fields_dict(cls)]
