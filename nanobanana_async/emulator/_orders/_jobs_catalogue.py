"""What the models of the jobs dialect take, cost and need: PROTOCOL §1.4 and §1.5 as data.

Written down a second time on purpose. The client has its own table; if both sides shared one, a wrong entry
would agree with itself. Never import the client's models here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from nanobanana_async.emulator._orders._order import ImageRule

_RATIOS_A = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9", "auto")
_RATIOS_B = (*_RATIOS_A, "1:4", "4:1", "1:8", "8:1")
_MEGABYTE = 1024 * 1024


@frozen
class ModelRule:
    """What one model takes. None for `default_ratio` means that the ratio must be given."""

    id: str
    max_prompt: int
    images: ImageRule | None
    ratios: tuple[str, ...]
    default_ratio: str | None
    ratio_alias: str | None
    formats: tuple[str, ...]
    default_format: str
    credits: Mapping[str, float]
    """By resolution; a model without the parameter has the one entry `1K`."""
    seconds: tuple[float, float]
    """The usual generation time, from and to."""

    @property
    def has_resolution(self) -> bool:
        """Whether the model knows the parameter at all; if not, it is ignored like any unknown field."""
        return len(self.credits) > 1


def _by_resolution(one: float, two: float, four: float) -> dict[str, float]:
    return {"1K": one, "2K": two, "4K": four}


_RULES = (
    ModelRule(
        id="google/nano-banana",
        max_prompt=5000,
        images=None,
        ratios=_RATIOS_A,
        default_ratio="1:1",
        ratio_alias="image_size",
        formats=("png", "jpeg"),
        default_format="png",
        credits={"1K": 4.0},
        seconds=(30.0, 60.0),
    ),
    ModelRule(
        id="google/nano-banana-edit",
        max_prompt=5000,
        images=ImageRule("image_urls", at_least=1, at_most=10, max_bytes=10 * _MEGABYTE),
        ratios=_RATIOS_A,
        default_ratio="1:1",
        ratio_alias="image_size",
        formats=("png", "jpeg"),
        default_format="png",
        credits={"1K": 4.0},
        seconds=(30.0, 130.0),
    ),
    ModelRule(
        id="nano-banana-pro",
        max_prompt=10_000,
        images=ImageRule("image_input", at_least=0, at_most=8),
        ratios=_RATIOS_A,
        default_ratio="1:1",
        ratio_alias=None,
        formats=("png", "jpg"),
        default_format="png",
        credits=_by_resolution(18.0, 18.0, 24.0),
        seconds=(10.0, 30.0),
    ),
    ModelRule(
        id="nano-banana-2",
        max_prompt=20_000,
        images=ImageRule("image_input", at_least=0, at_most=14),
        ratios=_RATIOS_B,
        default_ratio="auto",
        ratio_alias=None,
        formats=("png", "jpg"),
        default_format="jpg",
        credits=_by_resolution(8.0, 12.0, 18.0),
        seconds=(5.0, 15.0),
    ),
    ModelRule(
        id="nano-banana-2-lite",
        max_prompt=20_000,
        images=ImageRule("image_urls", at_least=0, at_most=10),
        ratios=_RATIOS_B,
        default_ratio=None,
        ratio_alias=None,
        formats=(),
        default_format="png",
        credits={"1K": 4.0},
        seconds=(5.0, 15.0),
    ),
    ModelRule(
        id="nano-banana-2-1",
        max_prompt=20_000,
        images=ImageRule("image_input", at_least=0, at_most=10),
        ratios=_RATIOS_B,
        default_ratio="auto",
        ratio_alias=None,
        formats=("png", "jpg"),
        default_format="jpg",
        credits=_by_resolution(4.0, 6.0, 9.0),
        seconds=(5.0, 15.0),
    ),
)

CATALOGUE: Mapping[str, ModelRule] = MappingProxyType({rule.id: rule for rule in _RULES})
"""Every model of the jobs dialect by its id, prefix included."""
