"""LLMFAO: crowd-comparisons.csv (votes), gpt*-crowd-comparisons.csv (a judge's votes), prompts and models.

Source: github.com/dustalov/llmfao.
"""

from collections.abc import Iterable, Iterator

from core.domain import fields
from core.domain.fields import Flaw, Row
from core.domain.votes import OUTCOME_OF_WORD
from core.services.candidates.fields import CandidateRecord
from core.services.importing.records import Format, Kind, PromptRecord, Reading, Record, VoteRecord

_MARKS = {
    Kind.VOTES: {"prompt", "model_x", "model_y", "winner", "left", "right"},
    Kind.PROMPTS: {"id", "text", "type", "slug"},
    Kind.CANDIDATES: {"api_id", "name", "api"},
}


def _detect(row: Row, kind: Kind) -> bool:
    return kind in _MARKS and _MARKS[kind] <= row.keys()


def _read(rows: Iterable[tuple[int, Row]], reading: Reading) -> Iterator[Record]:
    for line, row in rows:
        if reading.kind is Kind.VOTES:
            yield _vote(line, row, reading.stem)
        elif reading.kind is Kind.PROMPTS:
            messages = [{"role": "user", "content": fields.text(row, "text")}]
            category = fields.short(fields.optional_name(row, "type") or "general", "type")
            yield PromptRecord(line, fields.number_or_name(row, "id"), category, messages, None, None, [])
        else:
            yield CandidateRecord(
                line, fields.name(row, "name"), fields.name(row, "api"), fields.name(row, "api_id"), {}
            )


def _vote(line: int, row: Row, stem: str) -> VoteRecord:
    winner = row.get("winner")
    outcome = OUTCOME_OF_WORD.get(winner) if isinstance(winner, str) else None
    if outcome is None:
        raise Flaw('must be "left", "right" or "tie".', field="winner")
    return VoteRecord(
        line,
        fields.number_or_name(row, "prompt"),
        fields.name(row, "left"),
        fields.name(row, "right"),
        int(outcome),
        None,
        fields.number_or_name(row, "worker") if "worker" in row else stem,
        None,
    )


FORMAT = Format(
    "llmfao", "an LLMFAO file", frozenset({Kind.VOTES, Kind.PROMPTS, Kind.CANDIDATES}), _detect, _read
)  # fmt: skip
