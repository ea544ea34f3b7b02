"""What the first page says beside the verdicts: who is recommended where, for how much, and what to do next."""

from core.domain.overview.front import on_front
from core.domain.overview.recommending import (
    Recommendation,
    Routed,
    Spent,
    SpentBy,
    answering,
    by_candidate,
    kept,
    recommended,
    thousand,
    usd_by_category,
    usd_for,
    who_answers,
)
from core.domain.overview.steps import Alarm, OpenVerdict, Situation, Step, StepKind, next_step
from core.domain.overview.visits import Marks, Visit, seen, since

__all__ = [
    "Alarm",
    "Marks",
    "OpenVerdict",
    "Recommendation",
    "Routed",
    "Situation",
    "Spent",
    "SpentBy",
    "Step",
    "StepKind",
    "Visit",
    "answering",
    "by_candidate",
    "kept",
    "next_step",
    "on_front",
    "recommended",
    "seen",
    "since",
    "thousand",
    "usd_by_category",
    "usd_for",
    "who_answers",
]
