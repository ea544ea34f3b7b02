"""LMArena (Chatbot Arena) battles, MT-bench human judgements among them: two models, a winner, often both texts.

``winner`` is model_a, model_b, tie or "tie (bothbad)". A battle with conversations gives prompts and responses
too; one with neither id nor text is a prompt of its own. Source: the fields of lmsys/chatbot_arena_conversations,
lmsys/mt_bench_human_judgments, lmarena-ai/arena-human-preference-55k (winner_model_a, winner_model_b, winner_tie).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from core.domain import fields
from core.domain.fields import Flaw, Row
from core.domain.storable_text import storable
from core.domain.votes import Outcome
from core.services.importing import conversations, exchanges
from core.services.importing.conversations import NotText
from core.services.importing.records import Format, Kind, PromptRecord, Reading, Record, ResponseRecord, VoteRecord

_WINNERS = {
    "model_a": Outcome.LEFT,
    "model_b": Outcome.RIGHT,
    "tie": Outcome.TIE,
    "tie (bothbad)": Outcome.BOTH_BAD,
    "both_bad": Outcome.BOTH_BAD,
    "bothbad": Outcome.BOTH_BAD,
}
_ONE_HOT = (("winner_model_a", Outcome.LEFT), ("winner_model_b", Outcome.RIGHT), ("winner_tie", Outcome.TIE))


def _detect(row: Row, _: Kind) -> bool:
    return {"model_a", "model_b"} <= row.keys() and ("winner" in row or "winner_tie" in row)


def _read(rows: Iterable[tuple[int, Row]], reading: Reading) -> Iterator[Record]:
    for line, row in rows:
        if reading.kind is Kind.VOTES:
            yield _vote(line, row)
            continue
        try:
            prompt, answers = _texts(line, row)
        except NotText as flaw:
            raise Flaw(f"{flaw.problem} Battles without conversations hold votes only.", field=flaw.field) from None
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
        return exchanges.content_key(_asked(row))
    return f"battle-{line}"


def _asked(row: Row) -> list[str]:
    if (said := fields.unpacked(row, "conversation_a")) is not None:
        return [each for each, _ in _turns(said, "conversation_a")]
    written: Any = fields.decoded(row.get("prompt"))
    if isinstance(written, str):
        return [storable(written)]
    if written is None:
        raise NotText("is missing.", field="conversation_a")
    return fields.texts(written, "prompt")


def _texts(line: int, row: Row) -> tuple[PromptRecord, tuple[list[str], list[str]]]:
    asked = _asked(row)
    if not asked:
        raise Flaw("is empty.", field="conversation_a")
    messages = [{"role": "user", "content": turn} for turn in asked]
    tags = ["multi_turn"] if len(asked) > 1 else []
    prompt = PromptRecord(line, _key(line, row), "general", messages, None, None, tags)
    return prompt, (_answered(row, "a"), _answered(row, "b"))


def _answered(row: Row, side: str) -> list[str]:
    if (said := fields.unpacked(row, f"conversation_{side}")) is not None:
        return [answer for _, answer in _turns(said, f"conversation_{side}")]
    written: Any = fields.decoded(row.get(f"response_{side}"))
    if written is None:
        raise NotText("is missing.", field=f"conversation_{side}")
    return [storable(written)] if isinstance(written, str) else fields.texts(written, f"response_{side}")


def _turns(found: Any, place: str) -> list[tuple[str, str]]:
    """(asked, answered) of every turn of a conversation."""
    if not isinstance(found, list):
        raise Flaw(f"must be a list of messages, not {fields.kind_of(found)}.", field=place)
    said = [conversations.message(each, f"{place}[{number}]") for number, each in enumerate(found)]
    kept = [each for each in said if each["role"] != "system"]
    if len(kept) % 2 or any(each["role"] != ("user", "assistant")[number % 2] for number, each in enumerate(kept)):
        raise Flaw("must be messages of the user and the assistant in turn.", field=place)
    return [(kept[place_]["content"], kept[place_ + 1]["content"]) for place_ in range(0, len(kept), 2)]


FORMAT = Format(
    "lmarena",
    "LMArena battles",
    frozenset({Kind.PROMPTS, Kind.RESPONSES, Kind.VOTES}),
    _detect,
    _read,
    carries_prompts=True,
    may_repeat=True,
)
