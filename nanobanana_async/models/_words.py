"""The words that requests are written in, as types: an editor completes them, the rules read them back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from nanobanana_async.values import ImageSource

AspectRatio = Literal["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9", "auto"]
"""The ratios that every model takes: set A of PROTOCOL §1.5."""

WideAspectRatio = Literal[AspectRatio, "1:4", "4:1", "1:8", "8:1"]
"""The ratios of the ``nano-banana-2`` family: set B of PROTOCOL §1.5."""

Resolution = Literal["1K", "2K", "4K"]
"""The length of the longer side, in thousands of pixels. The vendor's default is ``1K``."""

OutputFormat = Literal["png", "jpg", "jpeg"]
"""The kind of file to make. ``jpg`` and ``jpeg`` mean the same on every model."""

ResponseFormat = Literal["url", "b64_json"]
"""How an OpenAI-style gateway hands the picture over: as a link, or in the answer itself (PROTOCOL §3)."""

Images = ImageSource | Iterable[ImageSource]
"""Input images: one, or several of them."""
