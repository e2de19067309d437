"""What all requests have in common that are a prompt, and what a model takes beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from nanobanana_async.models._checked import Checked
from nanobanana_async.values import JSON, ImageSource


@attrs.frozen
class PromptRequest(Checked):
    """A request of a prompt and of fields that are sent only where they are set, so the vendor's defaults hold.

    A prompt is kept without the blanks round it, else as it was given: no Unicode normalisation.
    """

    prompt: str

    @property
    def images(self) -> tuple[ImageSource, ...]:
        """The input images, in order."""
        return ()

    def fields(self) -> dict[str, JSON]:
        """What the user set, under our public names and normalised; the images as they were given."""
        names = [field.name for field in attrs.fields(type(self)) if field.name != "model"]
        given = {name: getattr(self, name) for name in names}
        given["images"] = list(self.images) or None
        return {name: value for name, value in given.items() if value is not None}

    def placed(self, image_urls: Sequence[str]) -> dict[str, JSON]:
        """What `fields` gives, with `image_urls` (one for each of `images`) in the place of the images.

        Raises:
            ValueError: there are more or fewer URLs than images: an edit must not be paid for without its picture.
        """
        if len(image_urls) != len(self.images):
            raise ValueError(f"{self.model}: {len(image_urls)} URLs for {len(self.images)} images")
        given = self.fields()
        if image_urls:
            given["images"] = list(image_urls)
        return given


def under_vendor_names(fields: Mapping[str, JSON], names: Mapping[str, tuple[str, ...]]) -> dict[str, JSON]:
    """`fields` under the `names` that the vendor has for each; one that isn't there has ours."""
    return {vendor: value for name, value in fields.items() for vendor in names.get(name, (name,))}
