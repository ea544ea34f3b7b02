"""LLM judges, the pure part: what they are asked, what their reply means, whom they may judge."""

from core.domain.judging.families import families, is_own_family
from core.domain.judging.fence import code_for, fenced
from core.domain.judging.params import (
    PAIRWISE_KIND,
    REFUSAL_KIND,
    SCORE_KIND,
    JudgeParams,
    PairwiseJudgeParams,
    RefusalJudgeParams,
)
from core.domain.judging.prompts import pair_messages, refusal_messages, score_messages, texts_of
from core.domain.judging.replies import Preference, both_orders, parse_choice, parse_refusal, parse_score

__all__ = [
    "PAIRWISE_KIND",
    "REFUSAL_KIND",
    "SCORE_KIND",
    "JudgeParams",
    "PairwiseJudgeParams",
    "Preference",
    "RefusalJudgeParams",
    "both_orders",
    "code_for",
    "families",
    "fenced",
    "is_own_family",
    "pair_messages",
    "parse_choice",
    "parse_refusal",
    "parse_score",
    "refusal_messages",
    "score_messages",
    "texts_of",
]
