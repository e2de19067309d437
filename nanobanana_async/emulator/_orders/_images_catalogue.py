"""The models of the images dialect: PROTOCOL §3 as data.

What they cost is written down nowhere; each costs here what its namesake of the jobs dialect does, and the one for 4K
what 4K costs there. The same goes for the time they take.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
SIZES = ("1K", "2K", "4K")


@frozen
class ImagesModel:
    """What one model takes and costs."""

    credits: Mapping[str, float]
    """A picture, by its size; where there are several, `image_size` chooses."""
    seconds: tuple[float, float]
    """The usual generation time, from and to."""

    @property
    def takes_size(self) -> bool:
        """Whether it knows `image_size`."""
        return len(self.credits) > 1

    @property
    def default_size(self) -> str:
        """The size where none is asked for."""
        return next(iter(self.credits))


IMAGES_MODELS: Mapping[str, ImagesModel] = MappingProxyType(
    {
        "nano-banana": ImagesModel({"1K": 4.0}, (30.0, 60.0)),
        "nano-banana-2": ImagesModel({"1K": 8.0, "2K": 12.0, "4K": 18.0}, (5.0, 15.0)),
        "nano-banana-hd": ImagesModel({"4K": 18.0}, (10.0, 30.0)),
    }
)
ANY_MODEL = ImagesModel({"1K": 4.0, "2K": 4.0, "4K": 4.0}, (5.0, 15.0))
"""One that is only known by its name."""
