"""Scores: what evaluators say of responses, and which of it is a gate."""

from core.services.scoring.pending import score_pending
from core.services.scoring.service import ensure_defaults, load, rescore, score_missing, score_responses

__all__ = ["ensure_defaults", "load", "rescore", "score_missing", "score_pending", "score_responses"]
