"""MT-bench: question.jsonl (question_id, category, turns, reference) and model_answer/*.jsonl (choices).

``reference`` holds one text a turn. The last one is the prompt's reference, since that is what the last answer is
scored against; all of them, in the order of the turns, stand in the constraint ``turn_references`` (null: that turn has
none).
Source: github.com/lm-sys/FastChat, fastchat/llm_judge.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from core.domain import fields
from core.domain.fields import Flaw, Row
from core.services.importing import shapes, times
from core.services.importing.answers import several
from core.services.importing.records import Format, Kind, PromptRecord, Reading, Record, ResponseRecord


def _detect(row: Row, _: Kind) -> bool:
    return "question_id" in row and ("turns" in row or {"model_id", "choices"} <= row.keys())


def _read(rows: Iterable[tuple[int, Row]], reading: Reading) -> Iterator[Record]:
    for line, row in rows:
        if reading.kind is Kind.PROMPTS:
            yield _question(line, row)
        else:
            yield from _answers(line, row)


def _question(line: int, row: Row) -> PromptRecord:
    turns = fields.texts(fields.unpacked(row, "turns"), "turns")
    if not turns:
        raise Flaw("is empty.", field="turns")
    reference, constraints = _references(fields.unpacked(row, "reference"), len(turns))
    return PromptRecord(
        line,
        fields.number_or_name(row, "question_id"),
        fields.short(fields.optional_name(row, "category") or "general", "category"),
        [{"role": "user", "content": turn} for turn in turns],
        reference,
        constraints,
        ["multi_turn"] if len(turns) > 1 else [],
    )


def _references(found: Any, turns: int) -> tuple[list[str] | None, dict[str, Any] | None]:
    """The last turn's reference, and those of all turns as a constraint where there are several turns."""
    if turns == 1 or not isinstance(found, list):
        return several(found, "reference"), None
    if len(found) > turns:
        raise Flaw(f"has {len(found)} texts for {turns} turns.", field="reference")
    each = [None if text in (None, "") else shapes.as_json(text, "reference") for text in found]
    each += [None] * (turns - len(each))
    if not any(each):
        return None, None
    return [each[-1]] if each[-1] else None, {"turn_references": each}


def _answers(line: int, row: Row) -> Iterator[ResponseRecord]:
    choices = fields.unpacked(row, "choices")
    if not isinstance(choices, list) or not choices:
        raise Flaw("must be a list of choices.", field="choices")
    for number, choice in enumerate(choices):
        place = f"choices[{number}].turns"
        turns = fields.texts(choice.get("turns") if isinstance(choice, dict) else None, place)
        if not turns:
            raise Flaw("is empty.", field=place)
        yield ResponseRecord(
            line,
            fields.number_or_name(row, "question_id"),
            fields.name(row, "model_id"),
            turns,
            None,
            created_at=times.moment(row, "tstamp"),
        )


FORMAT = Format(
    "mt-bench", "an MT-bench file", frozenset({Kind.PROMPTS, Kind.RESPONSES}), _detect, _read
)  # fmt: skip
