"""Names by the user's own pattern, which reach neither into the program nor out of the folder."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.storage import Target, render_name
from nanobanana_async.values import JSON

VALUES: dict[str, JSON] = {
    "index": 7,
    "key": "sku-1",
    "prompt": "A banana, in orbit",
    "model": "google/nano-banana",
    "data": {"colour": "rouge vif", "price": 2.5, "none": None, "box": {"size": "XL"}, "tags": ["a"]},
}


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{key}", "sku-1"),
        ("{index}-{prompt}", "7-a-banana-in-orbit"),
        ("{index:05}", "00007"),
        ("{index:3d}", "7"),
        ("{model}", "google-nano-banana"),
        ("{data[colour]} {data[price]}", "rouge vif 2.5"),
        ("{data[box][size]}", "XL"),
        ("{key}{data[none]}", "sku-1"),
        ("{data[none]}", "image"),
        ("{model}/{key}", "google-nano-banana/sku-1"),
        ("by\\{key}", "by/sku-1"),
        ("{key}.png", "sku-1"),
        ("{key}.JPEG", "sku-1"),
        ("{{{key}}}", "{sku-1}"),
        ("plain", "plain"),
        ("nul/{key}", "_nul/sku-1"),
    ],
)
def test_a_template_is_filled_in(template: str, name: str) -> None:
    """Fields, items and widths are filled in, folders are kept, a picture's suffix is dropped."""
    assert render_name(template, VALUES) == name


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{nme}", r"no field 'nme'.*\{index\}, \{key\}, \{prompt\}, \{model\}, \{data\[colour\]\}"),
        ("{data[size]}", r"no field 'data\[size\]'"),
        ("{key[0]}", r"no field 'key\[0\]'"),
        ("{key.__class__}", "'key.__class__' is not a field"),
        ("{data[colour].x}", "is not a field"),
        ("{}", "'' is not a field"),
        ("{key!r}", "'!r' is not for names"),
        ("{key:>9}", "Only numbers take a width"),
        ("{index:99999999}", "Only numbers take a width"),
        ("{index:{key}}", "Only numbers take a width"),
        ("{data}", "'data' is more than one value"),
        ("{data[tags]}", "is more than one value"),
        ("{key", "expected '}'"),
        ("/tmp/{key}", "leads out of the folder"),
        ("\\{key}", "leads out of the folder"),
        ("c:\\{key}", "leads out of the folder"),
        ("{key}/../../x", "leads out of the folder"),
    ],
)
def test_a_template_that_cannot_be_used_says_why(template: str, why: str) -> None:
    """What is wrong is named, with the fields that there are; no money was spent on it."""
    with pytest.raises(ConfigurationError, match=why) as caught:
        render_name(template, VALUES)

    assert caught.value.charged == "no"


@given(
    st.sampled_from(["{key}", "{data[x]}", "{prompt}", "{data[x]}/{key}", ".{key}", "{key}{data[x]}", "{data[x]}/"]),
    st.text(st.characters() | st.sampled_from("./\\~ "), max_size=80),
    st.text(st.sampled_from("./\\~ c:"), max_size=9) | st.integers() | st.floats() | st.booleans(),
)
def test_no_value_leads_out_of_the_folder(template: str, key: str, value: JSON) -> None:
    """Whatever a batch file holds, the picture stays in the folder, and isn't hidden in it."""
    name = render_name(template, {"key": key, "prompt": key, "data": {"x": value}})

    parts = PurePosixPath(name).parts
    path = Target.in_folder(Path("/out"), name).path("png")
    assert "/".join(parts) == name
    assert len(parts) == 1 + template.count("/")
    assert all(not part.startswith(".") and len(part.encode()) <= 120 for part in parts)
    assert path.is_relative_to("/out")
