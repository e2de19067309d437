"""The task manager: submit, wait, fan out, collect. The only place where rules, gateways and the world meet."""

from nanobanana_async.tasks._batch import AHEAD, Batch
from nanobanana_async.tasks._batch_book import BatchBook
from nanobanana_async.tasks._board import Board
from nanobanana_async.tasks._crew import Crew
from nanobanana_async.tasks._desk import Desk, EventListener, OnUnknown, Settings
from nanobanana_async.tasks._fetching import Fetcher
from nanobanana_async.tasks._keeper import Keeper, KeyRules, OnChange, RetryFailed, nothing_charged
from nanobanana_async.tasks._manager import TaskManager
from nanobanana_async.tasks._past import Past
from nanobanana_async.tasks._placing import place_of
from nanobanana_async.tasks._purse import Purse
from nanobanana_async.tasks._questions import ask, ask_status
from nanobanana_async.tasks._recalling import restore, under_way
from nanobanana_async.tasks._report import Report, Tally
from nanobanana_async.tasks._rows import MOST_RESENT, Row
from nanobanana_async.tasks._saving import Namer, Saver, names_in, prompt_of
from nanobanana_async.tasks._source import Source, refuse_no_source
from nanobanana_async.tasks._statistics import Statistics
from nanobanana_async.tasks._uploads import Uploads

__all__ = [
    "AHEAD",
    "MOST_RESENT",
    "Batch",
    "BatchBook",
    "Board",
    "Crew",
    "Desk",
    "EventListener",
    "Fetcher",
    "Keeper",
    "KeyRules",
    "Namer",
    "OnChange",
    "OnUnknown",
    "Past",
    "Purse",
    "Report",
    "RetryFailed",
    "Row",
    "Saver",
    "Settings",
    "Source",
    "Statistics",
    "Tally",
    "TaskManager",
    "Uploads",
    "ask",
    "ask_status",
    "names_in",
    "nothing_charged",
    "place_of",
    "prompt_of",
    "refuse_no_source",
    "restore",
    "under_way",
]
