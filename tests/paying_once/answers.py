"""What a scripted gateway answers to a create of which no picture comes."""

from __future__ import annotations

from nanobanana_async import NetworkError
from tests.scripted_kie import said

LOST = NetworkError("no answer came")
"""It may have been taken, and nobody knows."""
REFUSED = said(422, "Your prompt was flagged by the content policy")
"""For good, and for nothing."""
BUSY = said(429, "too many requests")
"""For now, and for nothing."""
