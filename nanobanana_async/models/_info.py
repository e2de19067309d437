"""What is known of a model: its row of PROTOCOL §1.5, or as much as §2 and §3 tell, as a value that the rules and the
command line both read.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from nanobanana_async.values import Expected

MEGABYTE = 1024 * 1024


@attrs.frozen(kw_only=True)
class ModelInfo:
    """A model as documented.

    `name` is the class of its requests, and `edit_name` that of its edits where they have one of their own; `images`
    the least and the most input images; `max_image_bytes` the most that each may weigh, None where it takes none.
    `formats` maps the public name of a file format to the vendor's word for it, and is empty where none can be asked
    for, as `resolutions` and `aspect_ratios` are. `credits` is the price by resolution, under None where there is only
    one; empty where no price is known. `vendor_names` maps each public field to the vendor's names for it.
    """

    id: str
    name: str
    edit_name: str | None = None
    dialect: str = "jobs"
    prompt_max: int
    images: tuple[int, int] = (0, 0)
    max_image_bytes: int | None = None
    aspect_ratios: tuple[str, ...] = ()
    default_aspect_ratio: str | None = None
    resolutions: tuple[str, ...] = ()
    formats: Mapping[str, str] = attrs.field(factory=dict)
    default_format: str | None = None
    credits: Mapping[str | None, float] = attrs.field(factory=dict)
    expected: Expected
    """In seconds, at the default resolution, with as few images as the model takes."""
    vendor_names: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)

    @property
    def default_resolution(self) -> str | None:
        """What the vendor takes where none is said: the smallest (PROTOCOL §1.5)."""
        return self.resolutions[0] if self.resolutions else None

    def price(self, resolution: str | None = None) -> float | None:
        """The credits of one task at `resolution`; None where that is not known."""
        return self.credits.get(resolution or self.default_resolution)

    def expect(self, resolution: str | None = None, *, editing: bool = False) -> Expected:
        """How long a task takes, in seconds."""
        # The documents give one range a model (PROTOCOL §1.4). That more pixels take longer is inferred: half as
        # long again at 2K, twice at 4K. Edits are reported at up to twice the documented time ("up to 130 s" for a
        # model of 30 to 60 s), though some are as quick as a prompt alone: so only the usual time grows. A model that
        # does nothing but edits has that in its own range.
        factor = {"2K": 1.5, "4K": 2.0}.get(resolution or "", 1.0)
        longer = 2.0 if editing and not self.images[0] else 1.0
        if factor == longer == 1.0:  # as most are: no need for one of its own for each of a thousand tasks
            return self.expected
        return Expected(first=self.expected.first * factor, usual=self.expected.usual * longer * factor)
