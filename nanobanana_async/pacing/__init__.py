"""When something may be said, and what a failure means next: decisions only, no clock, no randomness, no await.

Every function takes `now` (seconds of a monotonic clock) and random numbers as arguments and returns what to do;
the shells that wait are in `nanobanana_async.tasks`.
"""

from nanobanana_async.pacing._backoff import Backoff
from nanobanana_async.pacing._create_failure import (
    Attempts,
    FailItem,
    HoldUnknown,
    NextStep,
    OnServerError,
    Repeat,
    RepeatForAll,
    StopRun,
    after_create_failure,
)
from nanobanana_async.pacing._durations import Durations
from nanobanana_async.pacing._gate import Gate
from nanobanana_async.pacing._poll_budget import PollBudget
from nanobanana_async.pacing._polling import RECORD_GRACE, Polling
from nanobanana_async.pacing._rate import A_RATE, Rate, RateWindow
from nanobanana_async.pacing._retry_quota import RetryQuota
from nanobanana_async.pacing._task_failure import is_worth_repeating, look_failure, may_be_made_again, task_failure
from nanobanana_async.pacing._throttle import CreateEnd, Throttle

__all__ = [
    "A_RATE",
    "RECORD_GRACE",
    "Attempts",
    "Backoff",
    "CreateEnd",
    "Durations",
    "FailItem",
    "Gate",
    "HoldUnknown",
    "NextStep",
    "OnServerError",
    "PollBudget",
    "Polling",
    "Rate",
    "RateWindow",
    "Repeat",
    "RepeatForAll",
    "RetryQuota",
    "StopRun",
    "Throttle",
    "after_create_failure",
    "is_worth_repeating",
    "look_failure",
    "may_be_made_again",
    "task_failure",
]
