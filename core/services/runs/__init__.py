"""Runs as pages show them: the list, how far each is, what failed, and two runs compared. It only reads."""

from core.services.runs.comparing import CandidateChange, Comparison, compare
from core.services.runs.details import CandidateProgress, FailureLine, failures, per_candidate
from core.services.runs.listing import ACTIVE, Newest, RunLine, line, listed, newest

__all__ = [
    "ACTIVE",
    "CandidateChange",
    "CandidateProgress",
    "Comparison",
    "FailureLine",
    "Newest",
    "RunLine",
    "compare",
    "failures",
    "line",
    "listed",
    "newest",
    "per_candidate",
]
