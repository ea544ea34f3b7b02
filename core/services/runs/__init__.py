"""Runs as pages show them: the list, how far each is and what failed. It only reads."""

from core.services.runs.details import CandidateProgress, FailureLine, failures, per_candidate
from core.services.runs.listing import ACTIVE, Newest, RunLine, at_one_moment, line, listed, newest

__all__ = [
    "ACTIVE",
    "CandidateProgress",
    "FailureLine",
    "Newest",
    "RunLine",
    "at_one_moment",
    "failures",
    "line",
    "listed",
    "newest",
    "per_candidate",
]
