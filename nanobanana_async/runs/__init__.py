"""A batch file in, a folder of pictures out: what the command line does, callable from Python."""

from nanobanana_async.runs._costs import Costs, Others, costs_of
from nanobanana_async.runs._folder_hold import at_work_in
from nanobanana_async.runs._journal_place import journal_place
from nanobanana_async.runs._leftovers import Leftovers
from nanobanana_async.runs._lost import Lost, gateway_of, lost_in
from nanobanana_async.runs._manifest import COLUMNS, read_manifest
from nanobanana_async.runs._plan import Plan
from nanobanana_async.runs._problems import BadFileError, LineProblem
from nanobanana_async.runs._reading import read_items
from nanobanana_async.runs._rebuilding import Rebuilt, known_records
from nanobanana_async.runs._record import Record, manifest_row
from nanobanana_async.runs._rows import Row, Rows
from nanobanana_async.runs._run_batch import grace_of, plan_batch, run_batch
from nanobanana_async.runs._run_report import RunReport
from nanobanana_async.runs._settling import Verdicts, settle

__all__ = [
    "COLUMNS",
    "BadFileError",
    "Costs",
    "Leftovers",
    "LineProblem",
    "Lost",
    "Others",
    "Plan",
    "Rebuilt",
    "Record",
    "Row",
    "Rows",
    "RunReport",
    "Verdicts",
    "at_work_in",
    "costs_of",
    "gateway_of",
    "grace_of",
    "journal_place",
    "known_records",
    "lost_in",
    "manifest_row",
    "plan_batch",
    "read_items",
    "read_manifest",
    "run_batch",
    "settle",
]
