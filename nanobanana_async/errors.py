"""One tree of errors. Each says what happened, whether it was paid for, and what the caller may safely do next.

::

    NanoBananaError
    ├── UsageError                 usage           the calling code or its settings have to change
    │   ├── BudgetError            usage           ... or its budget
    │   ├── KeyConflictError       usage           ... a key stands for another request already
    │   ├── BatchBusyError         usage           ... or the name of its batch: another process is at work on it
    │   ├── ConfigurationError     usage           ... a key, a base URL, a model that the gateway doesn't speak
    │   ├── WrongLoopError         usage           ... a client used from a loop or thread that isn't its own
    │   └── ClientClosedError      usage           ... a client used before its start or after its close
    ├── RequestError                               this request will never succeed as it is
    │   ├── InvalidRequestError    invalid         ... a parameter is wrong (also a ValueError)
    │   ├── BadImageError          bad_image       ... an input image can't be read, fetched or used
    │   ├── PolicyError            policy          ... refused by the vendor's content policy
    │   └── DeclinedError          declined        ... the model would not draw this prompt
    ├── AccountError                               no request on this key will succeed
    │   ├── OutOfCreditsError      out_of_credits
    │   ├── KeyRefusedError        key_refused
    │   └── KeyCappedError         key_capped
    ├── ServiceError               service         the gateway's trouble, or an answer nobody can read
    │   ├── BusyError              busy            ... too many requests; nothing was queued
    │   │   └── QueueFullError     busy            ... and the caller would not wait for his turn
    │   ├── MaintenanceError       maintenance
    │   └── TaskFailedError        service         ... the task was taken and failed for no fault of the request
    ├── NetworkError               network         no answer came; `sent` says whether the request may have arrived
    ├── UnknownOutcomeError        unknown         the answer to a create was lost: perhaps charged, perhaps not
    ├── StillRunningError          still_running   the deadline came before the result; the task lives on
    ├── NoResultError              no_result       the task succeeded and has no image
    ├── ResultExpiredError         expired         the image is no longer where the gateway put it
    └── StorageError               storage         a file could not be written, or what came is not an image

`charged` never guesses: it is ``"unknown"`` wherever the answer that would tell is missing.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from nanobanana_async.values import Charged, Problem

Reason = Literal[
    "policy",
    "declined",
    "bad_image",
    "invalid",
    "busy",
    "still_running",
    "out_of_credits",
    "key_refused",
    "key_capped",
    "maintenance",
    "service",
    "network",
    "no_result",
    "expired",
    "storage",
    "usage",
    "unknown",
]


class NanoBananaError(Exception):
    """The base of every error of this package.

    `reason` is a stable word for programs, `charged` tells whether credits were taken, and `credits` how many, where a
    record has said so. `task_id` names the task where there is one, `retryable` says that the same call may succeed
    later at no risk of paying twice, `remedy` is for the developer, `public_message` may be shown to an end user, and
    `problem` is the answer of the gateway, or of a file host, where there was one.
    """

    reason: ClassVar[Reason] = "service"
    retryable: bool = False
    charged: Charged = "no"
    credits: float | None = None
    remedy: str = "Read the message; if it tells nothing, keep what names the task, and ask the gateway's support."
    public_message: str = "The image could not be made."
    task_id: str | None = None
    problem: Problem | None = None

    def __init__(
        self,
        message: str,
        *,
        charged: Charged | None = None,
        credits: float | None = None,
        task_id: str | None = None,
        retryable: bool | None = None,
        remedy: str | None = None,
        problem: Problem | None = None,
    ) -> None:
        super().__init__(message)
        said = {"charged": charged, "credits": credits, "task_id": task_id, "retryable": retryable}
        given = {**said, "remedy": remedy, "problem": problem}
        self.__dict__.update({name: value for name, value in given.items() if value is not None})

    @property
    def message(self) -> str:
        """The message alone, without the remedy."""
        return str(self.args[0])


class UsageError(NanoBananaError):
    """The calling code has to change; nothing was sent."""

    reason: ClassVar[Reason] = "usage"
    remedy = "Correct the call: the message names what is wrong."
    public_message = "The service is not set up correctly."


class BudgetError(UsageError):
    """The budget that the caller has set does not reach for it. Nothing was sent for it."""

    remedy = "Give a higher budget to go on."
    public_message = "No more images can be made at the moment."


class BatchBusyError(UsageError):
    """Another process is at work on the batch of this name, or another client of this one. Nothing was sent."""

    retryable = True
    remedy = "Wait for it to end, or give this batch a name of its own."
    public_message = "These images are being made already."


class KeyConflictError(UsageError):
    """The `key` of the journal stands for another request already. Nothing was sent."""

    key: str | None = None
    remedy = 'Give it a key of its own; a batch can also be told on_change="regenerate", or "keep" for what there is.'
    public_message = "This was asked for in other words before. Please start anew."


class ConfigurationError(UsageError):
    """A setting is wrong: the key, a base URL, a limit, or a request that the gateway does not speak."""

    remedy = "Correct the setting that the message names."


class WrongLoopError(UsageError):
    """A client was used from an event loop or a thread that it was not started on."""

    remedy = "Use a client on the loop that started it; a new asyncio.run() takes a new Client."


class ClientClosedError(UsageError):
    """A client or a batch was used before its start or after its close."""

    remedy = "Use it inside `async with`, or between `await client.start()` and `await client.aclose()`."


class RequestError(NanoBananaError):
    """This request will never succeed as it is."""

    reason: ClassVar[Reason] = "invalid"
    remedy = "Change the request; sending it again unchanged will fail again."
    public_message = "This image can't be made as it was asked for."


class InvalidRequestError(RequestError, ValueError):
    """A parameter is wrong. Raised on construction, before any money, or when the gateway says so."""

    reason: ClassVar[Reason] = "invalid"
    public_message = "Something in this request is not possible. Please change it and try again."


class BadImageError(RequestError):
    """An input image can't be read, uploaded, fetched by the vendor, or is of a wrong kind or size."""

    reason: ClassVar[Reason] = "bad_image"
    remedy = "Give a path, bytes, or a public URL of a JPEG, PNG or WebP file within the model's size limit."
    public_message = "The picture you gave could not be used. Please try another one."


class PolicyError(RequestError):
    """The vendor's content policy refused the prompt, an input image or the result. Never repeated."""

    reason: ClassVar[Reason] = "policy"
    remedy = "Change the prompt or the images; the same request would be refused again."
    public_message = "This request was refused by the content policy. Please word it differently."


class DeclinedError(RequestError):
    """The model would not draw this prompt. Never repeated."""

    reason: ClassVar[Reason] = "declined"
    remedy = "Word the prompt differently: say what the picture shows."
    public_message = "No image could be made from this prompt. Please word it differently."


class AccountError(NanoBananaError):
    """No request on this key will succeed until the account changes; submissions stop."""

    public_message = "Images can't be made at the moment."


class OutOfCreditsError(AccountError):
    """The account has not enough credits left."""

    reason: ClassVar[Reason] = "out_of_credits"
    remedy = "Add credits to the account, then run again: what is done is not paid for again."


class KeyRefusedError(AccountError):
    """The gateway does not accept the key (401)."""

    reason: ClassVar[Reason] = "key_refused"
    remedy = "Check the API key and the base URL that it belongs to."


class KeyCappedError(AccountError):
    """The key's own hourly, daily or total cap is used up (433)."""

    reason: ClassVar[Reason] = "key_capped"
    remedy = "Raise the key's cap in the vendor's settings, wait until it resets, or use another key."


class ServiceError(NanoBananaError):
    """The gateway failed, or answered in a way that nobody can read."""

    reason: ClassVar[Reason] = "service"
    retryable: bool = True
    remedy = "Try again later; if it stays, ask the gateway's support."
    public_message = "The image service has a problem at the moment. Please try again later."


class BusyError(ServiceError):
    """Too many requests (429), or the model is in high demand. Nothing was queued, nothing was charged."""

    reason: ClassVar[Reason] = "busy"
    remedy = "Try again later, or lower the client's rate."
    public_message = "The image service is busy. Please try again in a moment."


class QueueFullError(BusyError):
    """It would have waited longer for its turn than `queue_timeout` allows. Nothing was sent, nothing was charged.

    `expected_wait` is how long its turn is away, in seconds, as far as the limits of the account tell.
    """

    retryable = True
    remedy = "Try again after `expected_wait` seconds, or give a longer queue_timeout."
    expected_wait: float = 0.0


class MaintenanceError(ServiceError):
    """The gateway says that it is under maintenance (455)."""

    reason: ClassVar[Reason] = "maintenance"
    public_message = "The image service is under maintenance. Please try again later."


class TaskFailedError(ServiceError):
    """The task was accepted and failed for no fault of the request. The vendor gives the credits back."""

    remedy = "Submit it again as a new task: a failed task is not charged."


class NetworkError(NanoBananaError):
    """No whole answer came. A transport raises this, and nothing else, for whatever goes wrong on the wire.

    `sent` is ``"no"`` only with positive proof that the request never left; else ``"perhaps"``. `permanent` says
    that it never will arrive on this gateway (a wrong certificate, a name that doesn't resolve).
    """

    reason: ClassVar[Reason] = "network"
    retryable: bool = True
    remedy = "Check the network and the gateway's base URL."
    public_message = "The image service could not be reached. Please try again later."

    def __init__(
        self,
        message: str,
        *,
        sent: Literal["no", "perhaps"] = "perhaps",
        permanent: bool = False,
        charged: Charged | None = None,
        task_id: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message, charged=charged, task_id=task_id, remedy=remedy)
        self.sent: Literal["no", "perhaps"] = sent
        self.permanent = permanent


class UnknownOutcomeError(NanoBananaError):
    """The answer to a create was lost: the task may be accepted and charged, or not. Never repeated by itself.

    Where an answer came that nobody could read, `answer` is the URL of the file in which a journal keeps it.
    """

    reason: ClassVar[Reason] = "unknown"
    charged: Charged = "unknown"
    remedy = "Look for the task in the vendor's log before you send it again: it may be paid for already."
    answer: str | None = None
    public_message = "It is not clear whether the image was made. Please ask before you try again."


class StillRunningError(NanoBananaError):
    """The deadline came before the result. The task lives on at the gateway and is paid for: wait for its id later."""

    reason: ClassVar[Reason] = "still_running"
    charged: Charged = "yes"
    retryable: bool = True
    remedy = "Wait again with client.wait(task_id): nothing is paid a second time."
    public_message = "The image is taking longer than usual. Please look again in a few minutes."


class NoResultError(NanoBananaError):
    """The gateway says that the task succeeded, and names no image. `answer`: as in `UnknownOutcomeError`."""

    reason: ClassVar[Reason] = "no_result"
    charged: Charged = "yes"
    remedy = "Ask the gateway's support: it was charged. Name the task's id, where there is one."
    public_message = "The image service returned no image."
    answer: str | None = None


class ResultExpiredError(NanoBananaError):
    """The image is no longer at its URL, and the gateway gives no new one."""

    reason: ClassVar[Reason] = "expired"
    charged: Charged = "yes"
    remedy = "Results are kept for a day to two weeks; make the image again if you need it."
    public_message = "The image is no longer available."


class StorageError(NanoBananaError):
    """A file could not be written, or what came is not the image it should be: then `is_of_the_picture` is true."""

    reason: ClassVar[Reason] = "storage"
    charged: Charged = "yes"
    retryable: bool = True
    remedy = "Make room or choose another folder, then save the picture again: it stays paid for."
    public_message = "The image was made but could not be stored."
    is_of_the_picture: bool = False
