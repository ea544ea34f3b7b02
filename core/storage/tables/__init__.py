"""The tables: facts (append-only), and what is derived from them and can be rebuilt.

Times are UTC and timezone-aware, money is in US dollars, durations are in milliseconds.
"""

from core.storage.tables.base import BigId, Table, UtcDateTime
from core.storage.tables.compared import Candidate, Dataset, ImportedFile, Prompt, Response, Run
from core.storage.tables.derived import ClusterTally, PairTally, WeightedTally, WorkspaceSetting
from core.storage.tables.people import Invitation, Person, SignIn
from core.storage.tables.rating import Assignment, Pair, Question, Remark, Study, StudyRater, Vote

__all__ = [
    "Assignment",
    "BigId",
    "Candidate",
    "ClusterTally",
    "Dataset",
    "ImportedFile",
    "Invitation",
    "Pair",
    "PairTally",
    "Person",
    "Prompt",
    "Question",
    "Remark",
    "Response",
    "Run",
    "SignIn",
    "Study",
    "StudyRater",
    "Table",
    "UtcDateTime",
    "Vote",
    "WeightedTally",
    "WorkspaceSetting",
    "metadata",
]

metadata = Table.metadata
