"""What strikes a reader about an answer, in plain countable signs: what the simulated raters judge by.

These signs are made for the demo alone. They are not evaluators and score nothing that a decision rests on.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

POLITE = ("please", "thank", "sorry", "i understand", "happy to", "glad to", "por favor", "gracias", "bitte", "merci")
REFUSING = ("i can't", "i cannot", "i can’t", "i'm unable", "i am unable", "as an ai", "i'm not able", "can't help")
HELP = (
    "doctor",
    "emergency",
    "hospital",
    "medical",
    "professional",
    "technician",
    "contact",
    "call ",
    "unplug",
    "stop using",
    "do not use",
    "don't use",
)
HELP_CATEGORIES = ("safety", "support", "ambiguous")
COMFORTABLE_WORDS = 120
INVENTED = re.compile(r"https?://|www\.|\S+@\S+\.\w|\(?\b\d{3}\)?[- ]\d{3}[- ]\d{4}\b|1-800")
PLACEHOLDER = re.compile(r"\[[A-Z][^\]\n]{2,40}\](?!\()")
FENCE = re.compile(r"^```\w*\s*|\s*```$")


@dataclass(frozen=True)
class Impression:
    """Signs of one response, each from 0 to 1; None where the prompt does not call for it."""

    too_long: float
    repetition: float
    polite: float
    refusal: float
    cut_off: float
    placeholder: float
    invented: float
    points_to_help: float | None
    right: float | None
    valid_json: float | None
    log_words: float
    """Natural logarithm of 1 + the words of all turns, the one sign with another range."""


def impression(prompt: Mapping[str, Any], turns: Sequence[str]) -> Impression:
    """The signs of ``turns``, the texts with which one candidate answered ``prompt`` (Prompts JSONL fields)."""
    text = "\n".join(turns)
    folded = text.casefold()
    constraints = prompt.get("constraints", {})
    allowed = constraints.get("max_words", COMFORTABLE_WORDS)
    asked = "\n".join(prompt["turns"])
    return Impression(
        too_long=max(min(1.0, max(0, len(turn.split()) - allowed) / allowed) for turn in turns),
        repetition=max(repetition(turn) for turn in turns),
        polite=min(1.0, sum(word in folded for word in POLITE) / 2),
        refusal=float(any(word in folded for word in REFUSING)),
        cut_off=sum(_is_cut_off(turn) for turn in turns) / len(turns),
        placeholder=float(bool(PLACEHOLDER.search(text))),
        invented=float(any(found not in asked for found in INVENTED.findall(text))),
        points_to_help=float(any(word in folded for word in HELP)) if prompt["category"] in HELP_CATEGORIES else None,
        right=_is_right(prompt.get("reference"), turns[-1]),
        valid_json=_is_json(constraints["json_schema"], turns[-1]) if "json_schema" in constraints else None,
        log_words=math.log1p(len(text.split())),
    )


def repetition(text: str) -> float:
    """The share of a text's runs of three words that occurred in it before; 0 for a text of three words."""
    words = text.casefold().split()
    runs = list(zip(words, words[1:], words[2:], strict=False))
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def _is_cut_off(text: str) -> bool:
    return not text.rstrip().endswith((".", "!", "?", "`", "}", "]", ")", '"', "”", "。", "؟", ":)", "…", ">"))


def _is_right(reference: str | Sequence[str] | None, text: str) -> float | None:
    """1 where a reference occurs in the text, else the share of a long reference's words that do."""
    if reference is None:
        return None
    folded = " ".join(text.casefold().split())
    return max(_found(" ".join(one.casefold().split()), folded) for one in _as_list(reference))


def _found(reference: str, text: str) -> float:
    if reference in text:
        return 1.0
    words = {word for word in re.findall(r"\w+", reference) if len(word) > 3}
    return sum(word in text for word in words) / len(words) if len(words) > 4 else 0.0


def _as_list(reference: str | Sequence[str]) -> list[str]:
    return [reference] if isinstance(reference, str) else list(reference)


def _is_json(schema: Mapping[str, Any], text: str) -> float:
    """1 for JSON with the wanted keys, 0.5 for other JSON, 0 for none; a code fence around it is allowed."""
    try:
        answer = json.loads(FENCE.sub("", text.strip()))
    except ValueError:
        return 0.0
    rows = answer if isinstance(answer, list) else [answer]
    wanted = set(schema.get("items", schema).get("required", ()))
    return 1.0 if rows and all(isinstance(row, dict) and set(row) == wanted for row in rows) else 0.5
