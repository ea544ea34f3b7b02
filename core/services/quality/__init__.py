"""Cost and quality of every candidate on a dataset, and the responses behind every figure."""

from core.services.quality.behind import KINDS, BehindRow, What, responses_behind
from core.services.quality.figures import Line, ScoreMean, Times, Tokens
from core.services.quality.judged import GateInUse
from core.services.quality.report import CandidateRef, QualityReport, report
from core.services.quality.scope import RunRef, Scope, runs

__all__ = [
    "KINDS",
    "BehindRow",
    "CandidateRef",
    "GateInUse",
    "Line",
    "QualityReport",
    "RunRef",
    "Scope",
    "ScoreMean",
    "Times",
    "Tokens",
    "What",
    "report",
    "responses_behind",
    "runs",
]
