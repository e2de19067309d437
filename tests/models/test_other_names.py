"""What vendors and their other clients call our fields."""

from __future__ import annotations

import pytest

from nanobanana_async import ConfigurationError
from nanobanana_async.models import also_called


@pytest.mark.parametrize(
    ("name", "dialect", "field"),
    [
        ("image_input", "jobs", "images"),
        ("imageInput", "jobs", "images"),
        ("image_size", "jobs", "aspect_ratio"),
        ("Image Size", "images", "resolution"),
        ("cfg-scale", "generate", "guidance_scale"),
        ("format", "images", None),
        ("sku", "images", None),
    ],
)
def test_a_field_is_known_by_its_other_names(name: str, dialect: str, field: str | None) -> None:
    """In whatever letters; each dialect has its own."""
    assert also_called(name, dialect) == field


def test_there_are_names_only_in_a_dialect_that_is_one() -> None:
    """It is named."""
    with pytest.raises(ConfigurationError, match="unknown dialect 'speech'"):
        also_called("image", "speech")
