"""LMArena (Chatbot Arena) battles, MT-bench human judgements among them: two models, a winner, often both texts.

``winner`` is model_a, model_b, tie or "tie (bothbad)". A battle with conversations gives prompts and responses too, one
response for an answer that stands in several battles; one with neither id nor text is a prompt of its own. A battle of
which not all is text (an image, a null) is left out, its vote too. Source: the fields of
lmsys/chatbot_arena_conversations, lmsys/mt_bench_human_judgments, lmarena-ai/arena-human-preference-140k and -55k
(winner_model_a, winner_model_b, winner_tie).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from core.domain import fields
from core.domain.fields import Flaw, Row
from core.domain.storable_text import storable
from core.domain.votes import Outcome
from core.services.importing import conversations, exchanges
from core.services.importing.conversations import Message, NotText
from core.services.importing.records import Format, Kind, PromptRecord, Reading, Record, ResponseRecord, VoteRecord

_WINNERS = {
    "model_a": Outcome.LEFT,
    "model_b": Outcome.RIGHT,
    "tie": Outcome.TIE,
    "tie (bothbad)": Outcome.BOTH_BAD,
    "both_bad": Outcome.BOTH_BAD,
    "bothbad": Outcome.BOTH_BAD,
}
_TEXTS = ("conversation_a", "conversation_b", "response_a", "response_b")
_ONE_HOT = (("winner_model_a", Outcome.LEFT), ("winner_model_b", Outcome.RIGHT), ("winner_tie", Outcome.TIE))


def _detect(row: Row, _: Kind) -> bool:
    return {"model_a", "model_b"} <= row.keys() and ("winner" in row or "winner_tie" in row)


def _read(rows: Iterable[tuple[int, Row]], reading: Reading) -> Iterator[Record]:
    for line, row in rows:
        if reading.kind is Kind.VOTES:
            if exchanges.first(row, *_TEXTS) is not None:
                _texts(line, row)
            yield _vote(line, row)
            continue
        prompt, answers = _texts(line, row)
        if reading.kind is Kind.PROMPTS:
            yield prompt
            continue
        for side, turns in zip(("model_a", "model_b"), answers, strict=True):
            yield ResponseRecord(line, prompt.key, fields.name(row, side), turns, None, prompt=prompt)


def _vote(line: int, row: Row) -> VoteRecord:
    return VoteRecord(
        line,
        _key(line, row),
        fields.name(row, "model_a"),
        fields.name(row, "model_b"),
        int(_outcome(row)),
        None,
        _judge(row),
        exchanges.moment(row, "tstamp", "timestamp"),
    )


def _outcome(row: Row) -> Outcome:
    if "winner" not in row:
        for field, outcome in _ONE_HOT:
            if fields.count(row, field) == 1:
                return outcome
        raise Flaw("or another of the winner columns must be 1.", field="winner_model_a")
    found = row["winner"]
    if not isinstance(found, str) or found not in _WINNERS:
        raise Flaw('must be "model_a", "model_b", "tie" or "tie (bothbad)".', field="winner")
    return _WINNERS[found]


def _judge(row: Row) -> str | None:
    found = fields.unpacked(row, "judge")
    if isinstance(found, list):
        return fields.checked_name(" ".join(fields.texts(found, "judge")), "judge")
    return fields.optional_name(row, "judge")


def _key(line: int, row: Row) -> str:
    place = exchanges.first(row, "question_id", "id")
    if place is not None:
        return fields.number_or_name(row, place)
    if exchanges.first(row, "conversation_a", "prompt") is not None:
        asked = _asked(row)
        has_system = any(each["role"] != "user" for each in asked)
        return exchanges.content_key(asked if has_system else [each["content"] for each in asked])
    return f"battle-{line}"


def _asked(row: Row) -> list[Message]:
    """All that was said to the models, in order."""
    if (said := fields.unpacked(row, "conversation_a")) is not None:
        return [each for each in _messages(said, "conversation_a") if each["role"] != "assistant"]
    written: Any = _cell(row, "prompt")
    return [{"role": "user", "content": turn} for turn in written]


def _texts(line: int, row: Row) -> tuple[PromptRecord, tuple[list[str], list[str]]]:
    """The prompt and both answers; a NotText where something of them is no text, or missing."""
    messages, answers = _asked(row), (_answered(row, "a"), _answered(row, "b"))
    turns = sum(each["role"] == "user" for each in messages)
    for side, said in zip("ab", answers, strict=True):
        if len(said) != turns or not turns:
            raise NotText(f"holds {len(said)} answers to {turns} messages.", field=f"conversation_{side}")
    tags = ["multi_turn"] if turns > 1 else []
    return PromptRecord(line, _key(line, row), "general", messages, None, None, tags), answers


def _answered(row: Row, side: str) -> list[str]:
    if (said := fields.unpacked(row, f"conversation_{side}")) is not None:
        messages = _messages(said, f"conversation_{side}")
        return [each["content"] for each in messages if each["role"] == "assistant"]
    return list(_cell(row, f"response_{side}"))


def _cell(row: Row, field: str) -> list[str]:
    """One text a turn: a list of them, perhaps in JSON, or the text of a single one."""
    written: Any = row.get(field)
    if written is None:
        raise NotText("is missing. Battles without conversations hold votes only.", field=field)
    decoded = fields.decoded(written)
    if isinstance(decoded, list) and any(each is None for each in decoded):
        raise NotText("holds nothing for one of the turns.", field=field)
    if isinstance(decoded, list) and decoded and all(isinstance(each, str) for each in decoded):
        return [storable(each) for each in decoded]
    if not decoded or decoded == "null":
        raise NotText("is empty.", field=field)
    if not isinstance(written, str):
        raise Flaw(f"must be a list of texts, not {fields.kind_of(written)}.", field=field)
    return [storable(written)]


def _messages(found: Any, place: str) -> list[Message]:
    """A conversation in which the user and the assistant take turns, behind a system message if there is one."""
    if not isinstance(found, list):
        raise Flaw(f"must be a list of messages, not {fields.kind_of(found)}.", field=place)
    said = [conversations.message(each, f"{place}[{number}]") for number, each in enumerate(found)]
    kept = [each["role"] for each in said if each["role"] != "system"]
    if len(kept) % 2 or any(role != ("user", "assistant")[number % 2] for number, role in enumerate(kept)):
        raise Flaw("must be messages of the user and the assistant in turn.", field=place)
    return said


FORMAT = Format(
    "lmarena",
    "LMArena battles",
    frozenset({Kind.PROMPTS, Kind.RESPONSES, Kind.VOTES}),
    _detect,
    _read,
    carries_prompts=True,
    may_repeat=True,
    answers_once=True,
)
