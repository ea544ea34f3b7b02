"""Which of a file's columns is which of our fields: a guess by their titles, open to correction."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from core.services.importing.formats.native import LIST
from core.services.importing.formats.wide import ANSWER
from core.services.importing.records import Kind

FIELDS: dict[Kind, dict[str, bool]] = {
    Kind.PROMPTS: {
        "id": False,
        "turns": True,
        "category": False,
        "reference": False,
        LIST: False,
        "tags": False,
    },
    Kind.RESPONSES: {
        "prompt_id": True,
        "candidate": True,
        "text": True,
        "turns": False,
        "repetition": False,
        "latency_ms": False,
        "ttft_ms": False,
        "input_tokens": False,
        "output_tokens": False,
        "cost_usd": False,
        "finish_reason": False,
        "created_at": False,
    },
    Kind.VOTES: {
        "prompt_id": True,
        "left": True,
        "right": True,
        "winner": True,
        "question": False,
        "rater": False,
        "created_at": False,
    },
    Kind.CANDIDATES: {"name": True, "provider": True, "model": True, "system": False, "temperature": False},
}
"""Per kind the fields that a file's columns can be mapped to, and whether the field is needed.

Of responses, ``turns`` is the prompt's text; where a file has it, ``prompt_id`` is not needed.
"""

WIDE_FIELDS = {field: FIELDS[Kind.PROMPTS][field] for field in ("turns", "id", "category", "reference", LIST)}
"""The same for a table with a column of answers for each candidate."""

_OTHER_NAMES = {
    "id": ("prompt_id", "promptid", "question_id", "key", "uid", "nr", "no"),
    "turns": ("prompt", "question", "text", "input", "message", "content", "query"),
    "category": ("type", "topic", "kind", "label", "class"),
    "reference": ("expected", "ideal", "gold", "target", "answer"),
    "prompt_id": ("promptid", "prompt", "question_id", "id", "item"),
    "candidate": ("model", "model_id", "model_name", "system", "engine"),
    "text": ("response", "answer", "output", "completion", "content", "reply"),
    "latency_ms": ("latency", "duration_ms"),
    "left": ("model_a", "model_x", "a", "left_model"),
    "right": ("model_b", "model_y", "b", "right_model"),
    "winner": ("vote", "outcome", "preference", "preferred", "result", "better", "label"),
    "rater": ("judge", "worker", "annotator", "user", "evaluator", "rated_by", "who"),
    "created_at": ("timestamp", "time", "date", "tstamp", "at"),
    "name": ("candidate", "title"),
    "model": ("model_name", "model_id", "api_id"),
    "provider": ("api", "vendor"),
}
_ANSWERS = ("answer", "antwort", "response", "reply", "output", "completion", "reponse", "respuesta", "risposta")
_PARTS = {
    "turns": ("question", "frage", "prompt", "query", "pregunta", "domanda", "message", "nachricht", "instruction"),
    "category": ("categor", "kategorie", "topic", "thema", "intent", "bereich", "rubri"),
    "reference": ("reference", "referenz", "expected", "ideal", "muster", "ground_truth"),
    "candidate": ("candidate", "kandidat", "modell", "model"),
    "text": _ANSWERS,
    "rater": ("rater", "annotator", "bewerter", "reviewer"),
    "winner": ("winner", "gewinner", "prefer"),
}
_IDS = re.compile(r"(^|_)(id|ids|nr|no|number|nummer|count)($|_)")


def plain(title: str) -> str:
    """A column's title without capitals, accents and separators."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", title) if not unicodedata.combining(each))
    return re.sub(r"[\W_]+", "_", bare.lower()).strip("_")


def likely_columns(titles: Sequence[str], wanted: Iterable[str]) -> dict[str, str]:
    """Our field → the column of that or a like name, else one whose title holds such a word; each column once."""
    by_plain = {plain(title): title for title in titles}
    fields, mapped = list(wanted), dict[str, str]()

    def take(field: str, title: str | None) -> None:
        if field not in mapped and title is not None and title not in mapped.values():
            mapped[field] = title

    for field in fields:
        take(field, field if field in titles else None)
    for field in fields:
        take(field, by_plain.get(field))
    for field in fields:
        take(field, next((by_plain[name] for name in _OTHER_NAMES.get(field, ()) if name in by_plain), None))
    for field in fields:
        free = (title for name, title in by_plain.items() if not _IDS.search(name) and title not in mapped.values())
        parts = _PARTS.get(field, ())
        take(field, next((title for title in free if any(part in plain(title) for part in parts)), None))
    return mapped


def likely_answers(titles: Sequence[str]) -> dict[str, str]:
    """Candidate → its column, where a table has a column of answers for each candidate; else nothing."""
    found = [title for title in titles if any(part in plain(title) for part in _ANSWERS) and not _is_reference(title)]
    named = {candidate_of(title): title for title in found}
    return named if len(found) > 1 and len(named) == len(found) else {}


def candidate_of(title: str) -> str:
    """The candidate that a column of answers is named after: "Antwort Modell A" → "Modell A"."""
    words = re.split(r"[\s_:/()\[\]]+", title)
    kept = [word for word in words if word and not any(part in plain(word) for part in _ANSWERS)]
    return " ".join(kept) or title


def answer_columns(answers: Mapping[str, str]) -> dict[str, str]:
    """Candidate → column as a mapping of fields to columns."""
    return {f"{ANSWER}{candidate}": column for candidate, column in answers.items()}


def with_prompts(columns: Mapping[str, str]) -> dict[str, str]:
    """The mapping of a table of answers; where it has the prompts' texts too, its ids are those of the prompts."""
    if "turns" not in columns or "prompt_id" not in columns:
        return dict(columns)
    return {"id" if field == "prompt_id" else field: column for field, column in columns.items()}


def guess_by_columns(titles: Sequence[str]) -> Kind:
    """What a table of no known format most likely holds; one without any answer holds prompts."""
    found = {kind: likely_columns(titles, fields) for kind, fields in FIELDS.items()}
    if {"left", "right"} <= found[Kind.VOTES].keys():
        return Kind.VOTES
    if {"name", "provider", "model"} <= found[Kind.CANDIDATES].keys():
        return Kind.CANDIDATES
    is_long = {"candidate", "text"} <= found[Kind.RESPONSES].keys()
    return Kind.RESPONSES if is_long or likely_answers(titles) else Kind.PROMPTS


def _is_reference(title: str) -> bool:
    return any(part in plain(title) for part in _PARTS["reference"])
