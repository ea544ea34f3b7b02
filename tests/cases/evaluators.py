"""Which cases the evaluators, the readers of judges' replies and the default gates get wrong."""

import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.domain.judging import parse_choice, parse_score
from core.domain.scoring.base import Score, Subject
from core.services import quality, scoring
from core.services.datasets import datasets
from core.services.importing import Kind, import_file
from core.services.scoring.registry import kind_named
from core.storage.engine import open_engine, reading
from core.storage.schema import upgrade

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
EVALUATORS, REPLIES, ACCEPTABLE = "evaluators.jsonl", "judge_replies.jsonl", "acceptable"
NOT_ACCEPTABLE = frozenset({"neg"})
_NEARLY = 1e-9
_KINDS = {"regex_match": "regex"}


def wrong(folder: Path) -> Iterator[str]:
    """A line for each case in ``folder`` that comes out otherwise than it says."""
    for row in _rows(folder / EVALUATORS):
        yield from _told(f"{EVALUATORS} {row['id']}", row["expects"], _scored(row))
    for row in _rows(folder / REPLIES):
        read = parse_score if row["kind"] == "score" else parse_choice
        said = read(row["reply"], row["finish_reason"])
        yield from _told(f"{REPLIES} {row['about']}", "unscored" if row["expects"] is None else row["expects"], said)
    yield from _acceptable(folder / ACCEPTABLE)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def _scored(row: dict[str, Any]) -> Score:
    """What the evaluator itself says; what takes no part in a case is left out of it."""
    kind = kind_named(_KINDS.get(row["evaluator"], row["evaluator"]))
    assert kind.score is not None
    params = row.get("params", {})
    kind.params.check(params)
    subject = Subject(
        turns=row.get("turns") or [row["text"]],
        reference=row.get("reference") or (),
        constraints=row.get("constraints") or {},
        tags=row.get("tags") or (),
        finish_reason=row.get("finish_reason"),
    )
    return kind.score(subject, kind.params.of(params))


def _told(case: str, expects: Any, said: Score) -> Iterator[str]:
    got = _in_words(said)
    is_right = got in {"0 or unscored": ("unscored", 0.0)}.get(expects, (expects,))
    is_near = isinstance(expects, float | int) and said.value is not None and abs(said.value - expects) < _NEARLY
    if not is_right and not is_near:
        yield f"{case}: expected {expects}, got {got} ({said.reason})"


def _in_words(said: Score) -> float | str:
    return said.value if said.value is not None else "unscored" if said.applies else "n/a"


def _acceptable(folder: Path) -> Iterator[str]:
    """The answers that the gates of a new workspace judge otherwise than they should."""
    for name, (is_acceptable, reasons) in _verdicts(folder).items():
        expected = name not in NOT_ACCEPTABLE
        if is_acceptable is not expected:
            yield f"{ACCEPTABLE} {name}: expected {expected}, got {is_acceptable} ({', '.join(reasons)})"


def _verdicts(folder: Path) -> dict[str, tuple[bool | None, tuple[str, ...]]]:
    """Whether the answer to each prompt is acceptable and why not, in a workspace with nothing else in it."""
    with tempfile.TemporaryDirectory() as place:
        engine = open_engine(f"sqlite:///{place}/evenhand.db")
        upgrade(engine)
        try:
            import_file(engine, folder / "prompts.jsonl", Kind.PROMPTS, now=NOW)
            import_file(engine, folder / "responses.jsonl", Kind.RESPONSES, now=NOW)
            scoring.score_missing(engine, now=NOW)
            with reading(engine) as session:
                dataset = datasets.named(session, None).id or 0
                found, _ = quality.responses_behind(session, quality.Scope(dataset), quality.What("all"))
        finally:
            engine.dispose()
    return {row.prompt: (row.acceptable, row.reasons) for row in found}
