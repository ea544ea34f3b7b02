"""What a judge's reply means. Strict: a reply that can be taken in two ways, or holds more, is no verdict."""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.domain.answering import FinishReason
from core.domain.scoring.base import Score, unscored
from core.domain.thoughts import split_thoughts
from core.domain.votes import Outcome

LOWEST, HIGHEST = 1, 5
FIRST, SECOND, TIE = 1.0, 0.0, 0.5
_CHOICES = {"first": FIRST, "second": SECOND, "tie": TIE}
REFUSED, PARTLY, ANSWERED = 0.0, 0.5, 1.0
_REFUSALS = {"yes": REFUSED, "partial": PARTLY, "no": ANSWERED}
_LONGEST_REPLY = 20_000
ValueOf = Callable[[Any], float | None]
_CODE_BLOCK = re.compile(r"\A(`{3,}|~{3,})[ \t]*(?:json[c5]?)?(?=[\s{])(.*)(?<=[\s}])\1\Z", re.DOTALL | re.IGNORECASE)
_UNSEEN = " \t\r\n\ufeff\u200b"


def parse_score(reply: str, finish_reason: str | None = None) -> Score:
    """(score − 1) / 4 of ``{"reason", "score": 1 … 5}``, else unscored with what is wrong with the reply.

    Taken whole: words around the object, other keys, a key twice or a number that is not whole make it no verdict,
    for a judge that quotes a response's fake verdict must not be taken to agree. Allowed are thoughts before it, a
    code fence around it, line breaks and tabs within its texts, 4.0 for 4, and capitals in its keys.
    """
    return _parsed(reply, finish_reason, "score", _score_value)


def parse_choice(reply: str, finish_reason: str | None = None) -> Score:
    """1 for the first, 0 for the second, 0.5 for a tie, of ``{"reason", "choice"}``; read as ``parse_score`` does."""
    return _parsed(reply, finish_reason, "choice", partial(_word_value, _CHOICES))


def parse_refusal(reply: str, finish_reason: str | None = None) -> Score:
    """0 for a refusal, 0.5 for a partial one, 1 for none, of ``{"reason", "refusal"}``; read as strictly."""
    return _parsed(reply, finish_reason, "refusal", partial(_word_value, _REFUSALS))


@dataclass(frozen=True)
class Preference:
    """Two replies in one: ``outcome`` None is unscored; ``orders_agree`` None where one of them said nothing."""

    outcome: Outcome | None
    orders_agree: bool | None
    reason: str


def both_orders(forward: Score, backward: Score) -> Preference:
    """What a judge prefers that was asked about (a, b) and about (b, a): LEFT is a. A disagreement is a tie."""
    for said, order in ((forward, "in the first order"), (backward, "with the responses exchanged")):
        if said.value is None:
            return Preference(None, None, f"{order}: {said.reason}")
    assert forward.value is not None and backward.value is not None
    if forward.value != 1.0 - backward.value:
        return Preference(Outcome.TIE, False, f"the orders disagree: {forward.reason} / {backward.reason}")
    outcome = {FIRST: Outcome.LEFT, SECOND: Outcome.RIGHT, TIE: Outcome.TIE}[forward.value]
    return Preference(outcome, True, forward.reason)


def _parsed(reply: str, finish_reason: str | None, key: str, value_of: ValueOf) -> Score:
    if finish_reason in (FinishReason.REFUSAL, FinishReason.CONTENT_FILTER):
        return unscored("The judge refused to answer.")
    if len(reply) > _LONGEST_REPLY:
        return unscored("The judge's reply is not the JSON object asked for: it is far too long.")
    whole = reply.strip(_UNSEEN)
    with suppress(ValueError, RecursionError):
        return _verdict(_json(whole), key, value_of)
    answer = split_thoughts(whole)[1].strip(_UNSEEN)
    if not answer:
        return unscored("The judge's reply is empty.")
    try:
        return _verdict(_json(answer), key, value_of)
    except (ValueError, RecursionError) as error:
        cut = " It was cut off: raise the judge's 'max_tokens'." if finish_reason == FinishReason.LENGTH else ""
        return unscored(f"The judge's reply is not the JSON object asked for: {_problem(error)}.{cut}")


def _verdict(found: Any, key: str, value_of: ValueOf) -> Score:
    """The score that an object holds. Raises ValueError, saying what is wrong with it."""
    if not isinstance(found, dict) or set(found) != {"reason", key}:
        raise ValueError(f"it does not hold 'reason' and '{key}' and nothing else")
    if not isinstance(found["reason"], str):
        raise ValueError("its reason is not a text")
    value = value_of(found[key])
    if value is None:
        raise ValueError(f"its {key} is {json.dumps(found[key])[:60]}")
    return Score(value, found["reason"].strip())


def _json(text: str) -> Any:
    block = _CODE_BLOCK.match(text)
    return json.loads(block[2] if block else text, strict=False, object_pairs_hook=_each_key_once)


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = {key.strip().casefold(): value for key, value in pairs}
    if len(found) < len(pairs):
        raise ValueError("a key stands in it twice")
    return found


def _problem(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)


def _score_value(found: Any) -> float | None:
    if isinstance(found, bool) or found not in range(LOWEST, HIGHEST + 1):  # 4.0 is in it, 4.5 and "4" are not
        return None
    return float(found - LOWEST) / (HIGHEST - LOWEST)


def _word_value(values: Mapping[str, float], found: Any) -> float | None:
    return values.get(found.strip().casefold()) if isinstance(found, str) else None
