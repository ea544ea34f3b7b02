"""Scores: what evaluators and judges say of responses, and which of it is a gate."""

from core.services.scoring.pending import score_pending
from core.services.scoring.service import ensure_defaults, rescore, score_missing, score_responses

# Judges ask models through services.running, which itself scores what it runs: so these come after the above.
from core.services.scoring.judge_summary import JudgeSummary, judge_summary  # isort: skip
from core.services.scoring.judging import judge_run  # isort: skip
from core.services.scoring.pairwise import judge_pairs  # isort: skip

__all__ = [
    "JudgeSummary",
    "ensure_defaults",
    "judge_pairs",
    "judge_run",
    "judge_summary",
    "rescore",
    "score_missing",
    "score_pending",
    "score_responses",
]
