"""Judges: models that score responses or compare two of them, what they cost, and how far to trust them."""

from core.services.judging.judge_summary import JudgeSummary, judge_summary
from core.services.judging.judging import judge_run
from core.services.judging.pairwise import judge_pairs

__all__ = ["JudgeSummary", "judge_pairs", "judge_run", "judge_summary"]
