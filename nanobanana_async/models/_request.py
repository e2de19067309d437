"""What the requests for the models of the jobs dialect have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import attrs

from nanobanana_async.models._info import ModelInfo
from nanobanana_async.models._prompt_request import PromptRequest, under_vendor_names
from nanobanana_async.models._rules import checked
from nanobanana_async.values import JSON, Expected, Request


@attrs.frozen
class JobsRequest(PromptRequest):
    """A request for one of the known models: a prompt, and what its model takes beside it.

    A field left at None is not sent, so the vendor's default holds. A prompt is kept without the blanks round it, else
    as it was given: no Unicode normalisation.
    """

    info: ClassVar[ModelInfo]
    """What is known of the model."""

    @classmethod
    def check(cls, name: str, value: Any, *, model: object) -> Any:  # noqa: ARG003  each class is of one model
        """`value` as the field `name` keeps it.

        Raises:
            FieldError: the field can't have this value.
        """
        return checked(cls.info, name, value)

    @property
    def model(self) -> str:
        """The vendor's model id."""
        return self.info.id

    @property
    def dialect(self) -> str:
        """The dialect that this is said in: ``"jobs"``."""
        return self.info.dialect

    @property
    def max_image_bytes(self) -> int | None:
        """The most that each input image may weigh, in bytes; None where the model takes no images."""
        return self.info.max_image_bytes

    @property
    def credits(self) -> float:
        """The documented price of the task in credits (PROTOCOL §1.5)."""
        price = self.info.price(self._resolution)
        assert price is not None  # every model of this dialect has one
        return price

    @property
    def expected(self) -> Expected:
        """The documented time that such a task takes, in seconds (PROTOCOL §1.4)."""
        return self.info.expect(self._resolution, editing=bool(self.images))

    def vendor_input(self, image_urls: Sequence[str]) -> dict[str, JSON]:
        """The vendor's fields, with `image_urls` (one for each of `images`) in the place of the images.

        Raises:
            ValueError: there are more or fewer URLs than images: an edit must not be paid for without its picture.
        """
        given = self.placed(image_urls)
        if "output_format" in given:
            given["output_format"] = self.info.formats[given["output_format"]]
        return under_vendor_names(given, self.info.vendor_names)

    @property
    def _resolution(self) -> str | None:
        return getattr(self, "resolution", None)


def with_format_default(request: Request, output_format: str) -> Request:
    """`request`, asking for `output_format` if its model can be asked for that and the user asked for none."""
    if not isinstance(request, JobsRequest) or getattr(request, "output_format", "") is not None:
        return request
    word = output_format.lower()
    if word not in (*request.info.formats, "jpeg"):
        return request
    changes: dict[str, Any] = {"output_format": word}
    return attrs.evolve(request, **changes)
