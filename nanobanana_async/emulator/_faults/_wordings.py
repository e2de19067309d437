"""The vendor's sentences by the kind of trouble they stand for: PROTOCOL §1.3 and §1.9.

A client reads the text before the code, so a fault is told apart by these. What is known of a sentence only in part
stands here with its known part whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from nanobanana_async.emulator import _texts as texts

MODERATION = "Internal server error in moderation service"
HIGH_DEMAND = "Service is currently unavailable due to high demand. Please try again later. (E003)"
MAINTENANCE = "The service is under maintenance. Please try again later."
KEY_CAPPED = "The usage limit of this API key has been reached."
DISABLED = "This feature is currently disabled."

REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "internal": texts.INTERNAL_ERROR,
        "parameter": texts.required("aspect_ratio"),
        "range": texts.out_of_range("aspect_ratio"),
        "check": texts.check_parameters("The input is not valid"),
        "model": texts.UNKNOWN_MODEL,
        "task-id": texts.TASK_ID_REQUIRED,
        "credits": texts.INSUFFICIENT,
        "high-demand": HIGH_DEMAND,
        "image": texts.IMAGE_FETCH_FAILED,
        "policy": texts.POLICY,
        "flagged": "Your request was flagged.",
        "violating": "The prompt is violating content policies.",
        "sensitive": "The input or output contains sensitive information.",
        "unsafe": "PUBLIC_ERROR_UNSAFE_GENERATION",
        "sensitive-word": "SENSITIVE_WORD_ERROR",
        "prohibited": "PROHIBITED_CONTENT",
        "moderation": MODERATION,
        "declined": texts.DECLINED,
    }
)
"""What a refused call says."""

FAILURES: Mapping[str, str] = MappingProxyType(
    {
        "internal": "500",
        "image": "400",
        "policy": "400",
        "flagged": "400",
        "violating": "400",
        "sensitive": "400",
        "unsafe": "400",
        "sensitive-word": "400",
        "prohibited": "400",
        "moderation": "500",
        "declined": "500",
    }
)
"""The failCode of a failed task, by kind; its failMsg is the wording of the same kind."""
