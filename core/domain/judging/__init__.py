"""LLM judges, the pure part: what they are asked, what their reply means, whom they may judge."""

from core.domain.judging.params import DEFAULTS, PAIRWISE_DEFAULTS, PAIRWISE_KIND, SCORE_KIND, check_params

__all__ = ["DEFAULTS", "PAIRWISE_DEFAULTS", "PAIRWISE_KIND", "SCORE_KIND", "check_params"]
