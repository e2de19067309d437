"""What must survive a crash: which creates were about to be sent, what became of each, and what was paid for.

`SQLiteJournal` keeps it in a file that several processes may write at once, `MemoryJournal` in an object that outlives
a client but not the process. Both keep the same promises (`Journal`). Importing this package loads no sqlite3.
"""

from nanobanana_async.journal._contents import Contents, gateway_in, read_journal, scopes_in
from nanobanana_async.journal._entries import Attempt, Change, Claimed, Draft, Entry, Found, Intent
from nanobanana_async.journal._gateway_names import same_gateway
from nanobanana_async.journal._holding import taken_in_time
from nanobanana_async.journal._identity import leads_to
from nanobanana_async.journal._journal import Journal, Pass
from nanobanana_async.journal._locks import LockFile
from nanobanana_async.journal._memory import MemoryJournal
from nanobanana_async.journal._pictures import pictures_beside
from nanobanana_async.journal._rules import STAND_BEHIND, refuse_other_gateway
from nanobanana_async.journal._sqlite import SQLiteJournal
from nanobanana_async.journal._standing import InFlight, Sent, Spent, Standing

__all__ = [
    "STAND_BEHIND",
    "Attempt",
    "Change",
    "Claimed",
    "Contents",
    "Draft",
    "Entry",
    "Found",
    "InFlight",
    "Intent",
    "Journal",
    "LockFile",
    "MemoryJournal",
    "Pass",
    "SQLiteJournal",
    "Sent",
    "Spent",
    "Standing",
    "gateway_in",
    "leads_to",
    "pictures_beside",
    "read_journal",
    "refuse_other_gateway",
    "same_gateway",
    "scopes_in",
    "taken_in_time",
]
