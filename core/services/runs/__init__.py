"""Runs: order one, estimate it, carry it out, cancel and resume it, and show how far each is and what failed."""

from core.services.runs.carrying import carry_out
from core.services.runs.claims import is_interrupted
from core.services.runs.control import Cap, cancel, resume
from core.services.runs.details import CandidateProgress, FailureLine, failures, per_candidate
from core.services.runs.estimating import RunEstimate, cap_to_end, estimate, rounded_up
from core.services.runs.listing import ACTIVE, Newest, RunLine, at_one_moment, line, listed, newest, usual
from core.services.runs.orders import RunOrder, check, drawn, plan
from core.services.runs.progress import RunProgress, progress, progress_of_all
from core.services.runs.runner import OnProgress

__all__ = [
    "ACTIVE",
    "CandidateProgress",
    "Cap",
    "FailureLine",
    "Newest",
    "OnProgress",
    "RunEstimate",
    "RunLine",
    "RunOrder",
    "RunProgress",
    "at_one_moment",
    "cancel",
    "cap_to_end",
    "carry_out",
    "check",
    "drawn",
    "estimate",
    "failures",
    "is_interrupted",
    "line",
    "listed",
    "newest",
    "per_candidate",
    "plan",
    "progress",
    "progress_of_all",
    "resume",
    "rounded_up",
    "usual",
]
