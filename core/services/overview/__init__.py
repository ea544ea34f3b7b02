"""What the first page shows: the decision, what it costs, what to do next, what fails, and what changed."""

from core.services.overview.changes import Change, ChangeKind, changes, marks
from core.services.overview.failures import Failure, failures
from core.services.overview.monthly import (
    Amount,
    Money,
    Traffic,
    amount,
    amounts,
    costs_object,
    money_of,
    recommendation_of,
    traffic_of,
)
from core.services.overview.routed import routed
from core.services.overview.situation import scores, situation
from core.services.overview.visits import see, visit

__all__ = [
    "Amount",
    "Change",
    "ChangeKind",
    "Failure",
    "Money",
    "Traffic",
    "amount",
    "amounts",
    "changes",
    "costs_object",
    "failures",
    "marks",
    "money_of",
    "recommendation_of",
    "routed",
    "scores",
    "see",
    "situation",
    "traffic_of",
    "visit",
]
