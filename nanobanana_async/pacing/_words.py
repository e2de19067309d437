"""What the vendor's messages mean. The words come first, the code second: the same text comes under any code.

The phrases are those of PROTOCOL §1.3 and §1.9, and those of OpenAI's images API and of relays that speak like it (§3),
whose codes are words: the dialect puts them behind the message. Matching is by part and without regard to case.
"""

from __future__ import annotations

import enum
import functools
import re


class Meaning(enum.Enum):
    """What a message is about, where its words tell."""

    CREDITS = "credits"
    POLICY = "policy"
    DECLINED = "declined"
    IMAGE = "image"
    BUSY = "busy"
    PARAMETER = "parameter"
    INTERNAL = "internal"


_PHRASES: tuple[tuple[Meaning, tuple[str, ...]], ...] = (
    # Transient in spite of the word "moderation" (PROTOCOL §1.9), so it stands before the policy's words.
    (Meaning.INTERNAL, (r"internal server error in moderation",)),
    (
        Meaning.CREDITS,
        (
            r"credits? (is |are )?insufficient",
            r"insufficient (\w+ )?(credit|balance)",
            r"not enough credit",
            r"insufficient_(\w+_)?(quota|credits?|balance)\b",
            r"exceeded your current quota",
            r"billing[_ ]hard[_ ]limit",
            r"quota (is )?not enough|not enough quota|pre_consume_token_quota",
            r"余额不足|额度不足|配额不足|积分不足|欠费",
        ),
    ),
    (
        Meaning.POLICY,
        (
            r"flagged",
            r"content[ _]polic",
            r"violat\w+ .{0,40}polic",
            r"(?<!case[- ])sensitive",
            r"unsafe_generation",
            r"prohibited[ _]content",
            r"moderation[ _]blocked",
            r"safety system",
            r"\bimage_safety\b|\bprohibited_content\b",
            r"违规|敏感|审核(未|不)通过|内容安全",
        ),
    ),
    (Meaning.DECLINED, (r"could not generate an image with the given prompt",)),
    (
        Meaning.IMAGE,
        (
            r"image fetch failed",
            r"file upload api instead",
            r"failed to (fetch|download) .{0,20}image",
            # Whole words, for "invalid image_size" is about a parameter.
            r"\binvalid_(base64_)?image(_(file|format|mode|type|url))?\b",
            r"invalid image (file|data|format|url)\b",
            r"uploaded an unsupported image\b",
            r"\bimage\b.{0,60} could not be decoded",
            r"could not decode .{0,20}\bimage\b",
        ),
    ),
    (Meaning.BUSY, (r"high demand", r"\(e003\)", r"frequency is too high", r"too many requests")),
    (
        Meaning.PARAMETER,
        (
            r"is required",
            r"range of allowed options",
            r"check the parameters?",
            r"is not supported",
            r"invalid (\w+ )?param",
            r"exceeds? the (maximum|max|limit)",
            r"must be (one of|between|less|at most)",
        ),
    ),
    (Meaning.INTERNAL, (r"internal (server )?error",)),
)


@functools.cache
def _matchers() -> tuple[tuple[Meaning, re.Pattern[str]], ...]:
    """When they are needed first: to compile them takes milliseconds of every start."""
    return tuple((meaning, re.compile("|".join(phrases), re.IGNORECASE)) for meaning, phrases in _PHRASES)


def meaning_of(text: str | None) -> Meaning | None:
    """What `text` is about; None where its words don't tell."""
    if not text:
        return None
    return next((meaning for meaning, matcher in _matchers() if matcher.search(text)), None)


_CONTENT = re.compile(
    r"polic(y|ies)|moderation|safety|违规|敏感|审核|内容安全|\b(request|prompt|image|input|content|generation)s?\b.{0,40}\bblocked",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"\b(account|api[ _-]?key|organi[sz]ation|ip|country|region|access|permissions?)\b|authori[sz]", re.IGNORECASE
)


def is_about_content(text: str) -> bool:
    """Whether `text`, which says that something is forbidden, means what was asked for, and not who asks for it."""
    return _CONTENT.search(text) is not None and _ACCOUNT.search(text) is None
