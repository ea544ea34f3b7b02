"""Evenhand's own JSONL, and tables whose columns carry the same names."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from core.domain import fields
from core.domain.fields import Cells, Flaw, Row
from core.domain.lengths import BINS
from core.domain.votes import OUTCOME_OF_WORD
from core.services.candidates import fields as candidate_fields
from core.services.importing import chat, exchanges, shapes, times
from core.services.importing.answers import several
from core.services.importing.records import Format, Kind, PromptRecord, Reading, Record, ResponseRecord, VoteRecord
from core.storage.tables.facts import EXPORTED

_REQUIRED = {
    Kind.PROMPTS: ({"id", "turns"}, {"id", "messages"}),
    Kind.RESPONSES: ({"prompt_id", "candidate", "text"}, {"prompt_id", "candidate", "turns"}),
    Kind.VOTES: ({"prompt_id", "left", "right", "winner"},),
    Kind.CANDIDATES: ({"name", "provider", "model"},),
}
LIST = "reference[]"
"""The column whose cells hold several references, as a JSON list; those of ``reference`` are texts, JSON or not."""
_PROMPT = frozenset({"id", "category", "turns", "messages", "reference", LIST, "constraints", "tags"})
_RESPONSE = frozenset(
    {"prompt_id", "candidate", "text", "turns", "reasoning", "repetition", "created_at", "dataset", "version", "run"}
).union(fact.name for fact in EXPORTED)
_TAKE: dict[type, Callable[[Row, str], Any]] = {int: fields.count, float: fields.amount, str: fields.optional_name}
_VOTE = frozenset({"prompt_id", "left", "right", "winner", "question", "rater", "created_at"})
_ANSWERED = frozenset({"choices", "response", "completion"})
_EXPORTED = frozenset({"length_bin", "masked", "too_fast", "time_on_pair_ms"})
_SEEN = frozenset({"left_run", "left_repetition", "right_run", "right_repetition"})
_VOTE_KNOWN = _VOTE | _EXPORTED | _SEEN | {"dataset", "version", "category", "simulated"}
_NOT_EXPORTED = (None, False, False, None)
_OUTCOMES = {word: int(outcome) for word, outcome in OUTCOME_OF_WORD.items()}
_MOST_SOUND = 100_000


def _detect(row: Row, kind: Kind) -> bool:
    if kind is Kind.PROMPTS and not _ANSWERED.isdisjoint(row):
        return False
    if kind is Kind.PROMPTS and _is_answered(row.get("messages")):
        return False
    if kind is Kind.PROMPTS and type(row) is Cells and "prompt_id" not in row:
        return "turns" in row or "messages" in row
    return any(required <= row.keys() for required in _REQUIRED[kind])


def _is_answered(messages: Any) -> bool:
    """Whether a conversation ends with an answer: then it is a log's, and no prompt yet."""
    last = messages[-1] if isinstance(messages, list) and messages else None
    return isinstance(last, dict) and last.get("role") == "assistant"


def _read(rows: Iterable[tuple[int, Row]], reading: Reading) -> Iterator[Record]:
    if reading.kind is Kind.VOTES:
        yield from _votes(rows, reading)
        return
    one, known = _EACH[reading.kind]
    for line, row in rows:
        reading.notes.ignored(row, known)
        yield one(line, row)


def _votes(rows: Iterable[tuple[int, Row]], reading: Reading) -> Iterator[VoteRecord]:
    """A million votes pass here, with few names among them: a name found sound is not looked at again."""
    sound: set[Any] = set()
    optional: set[Any] = {None}
    outcomes: dict[Any, int] = dict(_OUTCOMES)
    moment, build = times.moment, VoteRecord._make
    for line, row in rows:
        get = row.get
        asked, left, right, winner = get("prompt_id"), get("left"), get("right"), get("winner")
        question, rater = get("question"), get("rater")
        try:
            is_sound = {asked, left, right} <= sound and {question, rater} <= optional
            outcome = outcomes[winner]
        except (KeyError, TypeError):
            is_sound, outcome = False, _outcome(row)
        if not is_sound:
            asked, left, right = (fields.name(row, field) for field in ("prompt_id", "left", "right"))
            question, rater = fields.optional_name(row, "question"), fields.optional_name(row, "rater")
            if len(sound) + len(optional) < _MOST_SOUND:
                sound |= {asked, left, right}
                optional |= {question, rater}
        more: tuple[int | None, bool, bool, int | None] = _NOT_EXPORTED
        if len(row) > 4 + ("question" in row) + ("rater" in row) + ("created_at" in row):
            reading.notes.ignored(row, _VOTE_KNOWN)
            more = _exported(row)
        yield build((line, asked, left, right, outcome, question, rater, moment(row, "created_at"), *more))


def _outcome(row: Row) -> int:
    winner = row.get("winner")
    if not isinstance(winner, str) or winner not in _OUTCOMES:
        problem = 'must be "left", "right", "tie" or "both_bad".' if "winner" in row else "is missing."
        raise Flaw(problem, field="winner")
    return _OUTCOMES[winner]


def _exported(row: Row) -> tuple[int | None, bool, bool, int | None]:
    longer = row.get("length_bin")
    if isinstance(longer, str) and longer.lstrip("-").isdecimal():
        longer = int(longer)
    if longer not in (None, "", *BINS) or isinstance(longer, bool):
        raise Flaw("must be a whole number from -2 to 2.", field="length_bin")
    return (
        None if longer in (None, "") else longer,
        fields.flag(row, "masked"),
        fields.flag(row, "too_fast"),
        fields.count(row, "time_on_pair_ms"),
    )


def prompt(line: int, row: Row) -> PromptRecord:
    """A prompt out of its fields; in a table without ids it is told by its text."""
    category = fields.optional_name(row, "category") or "general"
    messages = _messages(row)
    return PromptRecord(
        line,
        fields.name(row, "id") if "id" in row or type(row) is not Cells else exchanges.content_key(messages),
        fields.short(category, "category"),
        messages,
        _references(row),
        fields.mapping(row, "constraints"),
        _several(row, "tags") or [],
    )


def _messages(row: Row) -> list[dict[str, str]]:
    turns, messages = fields.unpacked(row, "turns"), fields.unpacked(row, "messages")
    if (turns is None) == (messages is None):
        raise Flaw("must be there, or 'messages', and not both.", field="turns")
    if messages is not None:
        return chat.messages(messages, "messages")
    if isinstance(row, Cells) and not _are_texts(turns):
        turns = [shapes.as_json(row["turns"], "turns")]
    if not (asked := fields.texts(turns, "turns")):
        raise Flaw("is empty.", field="turns")
    return [{"role": "user", "content": turn} for turn in asked]


def _are_texts(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(each, str) for each in found)


def _references(row: Row) -> list[str] | None:
    """A cell is one reference, as it is, unless its column is said to hold lists."""
    if (listed := fields.unpacked(row, LIST)) is not None:
        return several(listed, LIST)
    if type(row) is not Cells:
        return _several(row, "reference")
    found = row.get("reference")
    return None if found == "" else several(found, "reference")


def _several(row: Row, field: str) -> list[str] | None:
    found = fields.unpacked(row, field)
    if found is None:
        return None
    return [fields.as_text(found, field)] if isinstance(found, str) else fields.texts(found, field)


def response(line: int, row: Row) -> ResponseRecord:
    """A response out of its fields."""
    prompt_key, candidate = fields.name(row, "prompt_id"), fields.name(row, "candidate")
    turns, single = fields.unpacked(row, "turns"), fields.optional_text(row, "text")
    if (turns is None) == (single is None):
        raise Flaw("must be there, or 'turns', and not both.", field="text")
    answered = [single] if single is not None else fields.texts(turns, "turns")
    if not answered:
        raise Flaw("is empty.", field="turns")
    return ResponseRecord(
        line,
        prompt_key,
        candidate,
        answered,
        fields.count(row, "repetition") or 0,
        times.moment(row, "created_at"),
        facts={fact.name: _TAKE[fact.type](row, fact.name) for fact in EXPORTED},
        reasoning=_reasoning(row, len(answered)),
    )


def _reasoning(row: Row, turns: int) -> list[str] | None:
    if not (thought := _several(row, "reasoning")):
        return None
    if len(thought) != turns:
        raise Flaw(f"has {len(thought)} text(s) for {turns} turn(s): give one each.", field="reasoning")
    return thought


_EACH: dict[Kind, tuple[Callable[[int, Row], Record], frozenset[str]]] = {
    Kind.PROMPTS: (prompt, _PROMPT),
    Kind.RESPONSES: (response, _RESPONSE),
    Kind.CANDIDATES: (candidate_fields.candidate_record, candidate_fields.KNOWN),
}
_KNOWN = {
    Kind.PROMPTS: _PROMPT,
    Kind.RESPONSES: _RESPONSE,
    Kind.VOTES: _VOTE_KNOWN,
    Kind.CANDIDATES: candidate_fields.KNOWN,
}


def is_meant(row: Row, kind: Kind) -> bool:
    """Whether ``row`` is ours but for what it lacks: most of its fields are, so reading it names the one missing."""
    return 2 * len(row.keys() & _KNOWN[kind]) > len(row)


FORMAT = Format("evenhand", "Evenhand JSONL", frozenset(Kind), _detect, _read, is_log=False)
