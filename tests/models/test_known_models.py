"""The registry: which models there are, and what is known of them."""

from __future__ import annotations

import pytest

import nanobanana_async.models as public
from nanobanana_async.errors import ConfigurationError
from nanobanana_async.models import (
    InvalidFieldsError,
    field_names,
    known_models,
    nearest_field,
    request_class,
)


def test_every_model_of_the_document_is_known() -> None:
    """The six of PROTOCOL §1.5, with their limits and prices."""
    rows = {
        info.id: (info.prompt_max, info.images, len(info.aspect_ratios), info.default_aspect_ratio, info.default_format)
        for info in known_models("jobs")
    }

    assert rows == {
        "google/nano-banana": (5000, (0, 0), 11, "1:1", "png"),
        "google/nano-banana-edit": (5000, (1, 10), 11, "1:1", "png"),
        "nano-banana-pro": (10000, (0, 8), 11, "1:1", "png"),
        "nano-banana-2": (20000, (0, 14), 15, "auto", "jpg"),
        "nano-banana-2-lite": (20000, (0, 10), 15, "auto", None),
        "nano-banana-2-1": (20000, (0, 10), 15, "auto", "jpg"),
    }


@pytest.mark.parametrize("info", known_models("jobs"), ids=lambda info: info.id)
def test_a_model_names_its_class(info: public.ModelInfo) -> None:
    """What is listed can be imported and built."""
    assert request_class("jobs", info.id) is getattr(public, info.name)
    assert request_class("jobs", info.id).info is info
    assert set(info.credits) == set(info.resolutions or (None,))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("nano-bananna-2", r"\(did you mean 'nano-banana-2'\?\)"),
        ("Nano Banana Pro", r"\(did you mean 'nano-banana-pro'\?\)"),
        ("google/nano-banana-2-lite", "it is called 'nano-banana-2-lite'"),
        ("flux", "model='flux' is not one of google/nano-banana, .*, nano-banana-2-1$"),
    ],
)
def test_an_unknown_model_is_answered_with_the_nearest(model: str, message: str) -> None:
    """A mistyped name is asked back; it is never sent."""
    with pytest.raises(InvalidFieldsError, match=message):
        request_class("jobs", model)


@pytest.mark.parametrize("dialect", ["images", "generate"])
def test_the_models_of_other_dialects_share_a_class(dialect: str) -> None:
    """The model is a field of theirs, and what is listed can be imported."""
    for info in known_models(dialect):
        assert request_class(dialect, info.id) is getattr(public, info.name)
        assert info.edit_name is None or getattr(public, info.edit_name)


def test_any_model_can_be_named_where_resellers_name_them() -> None:
    """In the images dialect; in the others a name that is not known is asked back."""
    assert request_class("images", "seller/x") is public.OpenAIGeneration
    with pytest.raises(InvalidFieldsError, match=r"\(did you mean 'google/nano-banana'\?\)"):
        request_class("generate", "google/nano-bananna")


def test_an_unknown_dialect_is_a_setting_that_is_wrong() -> None:
    """The dialects that there are are named."""
    with pytest.raises(ConfigurationError, match="unknown dialect 'smoke'; there are: jobs, images, generate"):
        known_models("smoke")


def test_the_names_of_all_fields_are_known() -> None:
    """What a batch file may name as a field."""
    assert field_names() == (
        "model",
        "prompt",
        "aspect_ratio",
        "output_format",
        "nsfw_checker",
        "images",
        "resolution",
        "input",
        "credits",
    )


@pytest.mark.parametrize(
    ("dialect", "names"),
    [
        ("images", "model prompt images aspect_ratio resolution response_format extra credits operation"),
        ("generate", "model prompt images negative_prompt seed width height steps guidance_scale"),
    ],
)
def test_each_dialect_has_names_of_its_own(dialect: str, names: str) -> None:
    """What a batch file may name there."""
    assert field_names(dialect) == tuple(names.split())


@pytest.mark.parametrize(
    ("dialect", "name", "meant"),
    [
        ("generate", "Guidance Scale", "guidance_scale"),
        ("generate", "sed", "seed"),
        ("generate", "weight", None),
        ("generate", "Speed ", None),
        ("images", "response-format", "response_format"),
        ("images", "moderation", None),
        ("images", "seed", None),
        ("jobs", "seed", None),
    ],
)
def test_a_slip_of_the_pen_is_judged_by_the_dialect(dialect: str, name: str, meant: str | None) -> None:
    """Words of their own that look like a field are left alone."""
    assert nearest_field(name, dialect) == meant


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("prompt", "prompt"),
        ("Promt", "prompt"),
        ("image", "images"),
        ("aspect ratio", "aspect_ratio"),
        ("Aspect-Ratio", "aspect_ratio"),
        ("name", None),
        ("sku", None),
        ("product_image", None),
        ("colour", None),
    ],
)
def test_a_slip_of_the_pen_is_told_from_a_name_of_the_users_own(name: str, meant: str | None) -> None:
    """A near miss of a field is caught; a column of the user's own data is left alone."""
    assert nearest_field(name) == meant


def test_every_exported_name_is_there() -> None:
    """`__all__` is what the package promises."""
    assert set(public.__all__) <= set(dir(public))
    assert not [name for name in public.__all__ if name.startswith("_")]
