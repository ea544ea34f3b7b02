"""Why an answer ended, wherever and in whatever words a vendor, a framework or a log says so."""

from functools import lru_cache
from typing import Any

from core.domain.answering import FinishReason, finish_reason_of
from core.domain.fields import LONGEST_NAME, Row
from core.domain.storable_text import storable

_SAID_AS = (
    "finish_reason",
    "finishReason",
    "stop_reason",
    "stopReason",
    "done_reason",
    "doneReason",
    "stopping_reason",
)
_WITHIN = (
    "choices", "candidates", "generations", "message", "kwargs", "data", "response_metadata", "generation_info",
    "generationInfo", "responseMetadata", "llmOutput",
    "details", "llm_output", "output", "response", "body", "metadata",
)  # fmt: skip
_DEEPEST = 4
WITHOUT_TEXT = frozenset({FinishReason.LENGTH, FinishReason.REFUSAL, FinishReason.CONTENT_FILTER})
"""Reasons for which an answer may be empty and is one all the same: the model was asked, and this is what came."""


def reason_of(word: Any) -> str | None:
    """Our word for a vendor's; a word that we have none for stays as it is, and what is no word is None."""
    return _reason(word.strip()[:LONGEST_NAME]) if isinstance(word, str) and word.strip() else None


@lru_cache(maxsize=256)
def _reason(word: str) -> str:
    known = finish_reason_of(word)
    return known.value if known else storable(word)


def reason_in(found: Any, deepest: int = _DEEPEST) -> str | None:
    """Why it ended, as a completion, a choice, a message or what wraps one says: the first reason in it."""
    while isinstance(found, list) and found:
        found = found[0]
    if not isinstance(found, dict):
        return None
    for name in _SAID_AS:
        if name in found and (reason := reason_of(found[name])) is not None:
            return reason
    if (reason := _by_status(found)) is not None:
        return reason
    if deepest == 0:
        return None
    for name in _WITHIN:
        if name in found and (reason := reason_in(found[name], deepest - 1)) is not None:
            return reason
    return None


def _by_status(found: Row) -> str | None:
    """OpenAI's Responses: ``status`` and, where it is incomplete, why; without a why it is its length."""
    if "status" not in found:
        return None
    status, details = found["status"], found.get("incomplete_details")
    is_response = found.get("object") == "response" or isinstance(found.get("output"), list)
    if status == "incomplete" and (is_response or isinstance(details, dict)):
        why = reason_of(details.get("reason")) if isinstance(details, dict) else None
        return why or FinishReason.LENGTH.value
    return FinishReason.STOP.value if status == "completed" and is_response else None
