"""The vendor's sentences, as PROTOCOL quotes them, and the few of our own that a client may meet.

Clients read these texts before they read the code (PROTOCOL §1.3), so they are data of the protocol. Where
the vendor's sentence is known only in part, its known part stands unchanged at the front. Refusals of our
own contain "please check the parameters", which is how the vendor marks what cannot succeed by repeating.
"""

from __future__ import annotations

UNAUTHENTICATED = "Unauthorized \u2013 Authentication failed. Please check your API key."
NO_ACCESS = "You do not have access permissions"
INSUFFICIENT = (
    "Credits insufficient : Your current balance isn't enough to run this request. Please top up to continue."
)
TOO_FREQUENT = "Your call frequency is too high. Please try again later."
UNKNOWN_MODEL = "The model name you specified is not supported. Please verify the model name and use a supported model."
RECORD_IS_NULL = "recordInfo is null"
TASK_ID_REQUIRED = "taskId parameter is required"
WRONG_URL = "url is wrong"
BODY_NOT_AN_OBJECT = "Invalid request: the body must be a JSON object"

INTERNAL_ERROR = "Internal Error, Please try again later."
NOT_FOUND = "Not Found"
UPSTREAM_SILENT = "The upstream service did not answer for over 10 minutes."
GENERATION_FAILED = "Playground task failed."
IMAGE_FETCH_FAILED = "Image fetch failed. Check access settings or use our File Upload API instead."
POLICY = "Your prompt was flagged by Website as violating content policies."
DECLINED = "Gemini could not generate an image with the given prompt. Please try again with a different prompt."


def required(name: str) -> str:
    """A parameter that must be there is not (PROTOCOL §1.3, code 500)."""
    return f"{name} is required"


def out_of_range(name: str) -> str:
    """A parameter has a value that the model does not take (PROTOCOL §1.3, code 500)."""
    return f"{name} is not within the range of allowed options"


def check_parameters(complaint: str) -> str:
    """Any other complaint about a parameter (PROTOCOL §1.3, code 500)."""
    return f"{complaint}, please check the parameters and try again"


def stays_here(name: str, url: str) -> str:
    """The emulator's own rule: it sends nothing, and points nobody, beyond this machine."""
    remedy = "--allow-remote, or allow_remote=True, has it taken all the same"
    return check_parameters(f"the emulator refuses {name} {shortened(url)!r}: it leaves this machine ({remedy})")


def shortened(text: str) -> str:
    """At most 80 characters of what a client sent, for use inside a message."""
    return text if len(text) <= 80 else f"{text[:79]}\u2026"
