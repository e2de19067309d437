"""What errors say in the words of Python, said in options: for whoever sits at a shell.

An error is one for both, and is written where no option is known. So what it says of calls and their arguments is
looked up here, phrase by phrase; what stands in no phrase of these is said as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PHRASES: Final[Mapping[str, str]] = {
    'OpenAIImages(…, mode="async")': "--gateway openai-images-async",
    "--price 0.04, or OpenAIImages(price=0.04)": "--price 0.04",
    'OpenAIImages("https://…/v1", "key"), or --base-url.': "--base-url https://…/v1",
    ", or pass it: OpenAIImages(base_url, api_key).": ", or name a file that sets it: --env-file FILE.",
    "The URL is the first argument of OpenAIImages, the key the second; in the environment they are": (
        "The URL is for --base-url; in the environment, URL and key are"
    ),
    "The key is the first argument of Kie, the URL goes in as base_url; in the environment they are": (
        "The URL is for --base-url; in the environment, key and URL are"
    ),
    "Give the key as api_key instead.": "Set the key in the environment instead, or in a file for --env-file.",
}
"""What is said of Python, and what is said here in its place."""


def in_options(text: str) -> str:
    """`text` in the words of the command line."""
    for python, option in PHRASES.items():
        text = text.replace(python, option)
    return text
