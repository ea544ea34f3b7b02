"""The tables: facts (append-only), and what is derived from them and can be rebuilt.

Times are UTC and timezone-aware, money is in US dollars, durations are in milliseconds.
"""

from core.storage.tables.alerts import Alert, AlertDelivery, AlertDestination, AlertRule
from core.storage.tables.base import BigId, Table, UtcDateTime
from core.storage.tables.compared import Candidate, Dataset, ImportedFile, Prompt, Response
from core.storage.tables.deciding import DecisionTaken
from core.storage.tables.derived import (
    PairTally,
    ResponsesRemoved,
    RunColumns,
    RunColumnsChunk,
    WeightedTally,
    WorkspaceSetting,
)
from core.storage.tables.drift import AnchorScore, DriftBaseline, DriftCheck, DriftFigures, DriftFinding
from core.storage.tables.evaluation import GOING, Attempt, LoadTest, PriceOverride, Rates, Run
from core.storage.tables.people import Invitation, Person, SignIn
from core.storage.tables.rating import Assignment, Pair, Question, Remark, Study, StudyRater, Vote
from core.storage.tables.routing import RouteOutcome, RoutesDecided, RoutesProposed
from core.storage.tables.schedules import Schedule, ScheduleFire
from core.storage.tables.scoring import Evaluator, Gate, JudgeCall, JudgePreference, Score
from core.storage.tables.visits import OverviewVisit

__all__ = [
    "GOING",
    "Alert",
    "AlertDelivery",
    "AlertDestination",
    "AlertRule",
    "AnchorScore",
    "Assignment",
    "Attempt",
    "BigId",
    "Candidate",
    "Dataset",
    "DecisionTaken",
    "DriftBaseline",
    "DriftCheck",
    "DriftFigures",
    "DriftFinding",
    "Evaluator",
    "Gate",
    "ImportedFile",
    "Invitation",
    "JudgeCall",
    "JudgePreference",
    "LoadTest",
    "OverviewVisit",
    "Pair",
    "PairTally",
    "Person",
    "PriceOverride",
    "Prompt",
    "Question",
    "Rates",
    "Remark",
    "Response",
    "ResponsesRemoved",
    "RouteOutcome",
    "RoutesDecided",
    "RoutesProposed",
    "Run",
    "RunColumns",
    "RunColumnsChunk",
    "Schedule",
    "ScheduleFire",
    "Score",
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
