"""Every kind of evaluator, one line each.

A new one is a file with a ``KIND`` (in domain/scoring where it needs no files and no network) and a line here.
"""

from core.domain import judging
from core.domain.scoring import (
    bleu,
    character_limit,
    chrf,
    contains,
    exact_match,
    incomplete,
    json_schema,
    json_valid,
    number_match,
    profanity,
    regex_match,
    rouge,
    tone_negative,
    word_limit,
)
from core.domain.scoring.base import EvaluatorKind, Use
from core.errors import NotFound
from core.services.scoring import embedding, refusal

KINDS: tuple[EvaluatorKind, ...] = (
    refusal.KIND,
    incomplete.KIND,
    contains.KIND,
    exact_match.KIND,
    number_match.KIND,
    regex_match.KIND,
    json_valid.KIND,
    json_schema.KIND,
    word_limit.KIND,
    character_limit.KIND,
    bleu.KIND,
    chrf.KIND,
    rouge.KIND,
    embedding.KIND,
    tone_negative.KIND,
    profanity.KIND,
    EvaluatorKind(
        judging.SCORE_KIND,
        "LLM judge",
        "What another model thinks of the answer on a scale from 1 to 5, by a rubric.",
        Use.JUDGE,
        score=None,
        params=judging.JudgeParams,
    ),
    EvaluatorKind(
        judging.PAIRWISE_KIND,
        "LLM judge of pairs",
        "Which of two answers another model prefers, asked in both orders; if it contradicts itself, that is a tie.",
        Use.JUDGE,
        score=None,
        params=judging.PairwiseJudgeParams,
        may_gate=False,
    ),
    EvaluatorKind(
        judging.REFUSAL_KIND,
        "LLM judge of refusals",
        "Whether an answer refuses in a language in which 'Not refused' cannot tell; its word counts there instead.",
        Use.JUDGE,
        score=None,
        params=judging.RefusalJudgeParams,
        may_gate=False,
    ),
)
_BY_KEY = {kind.key: kind for kind in KINDS}


def kind_named(key: str) -> EvaluatorKind:
    """The kind with this key. Raises NotFound, listing the keys."""
    if key not in _BY_KEY:
        raise NotFound(f"There is no evaluator '{key}'. There are: {', '.join(_BY_KEY)}.")
    return _BY_KEY[key]
