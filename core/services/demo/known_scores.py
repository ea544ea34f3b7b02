"""What the two slow evaluators say of the demo's texts, reckoned beforehand.

By ``python -m core.services.demo.known_scores``, after texts or evaluators changed. They take most of the time that
scoring the demo would, and say the same each time. An evaluator with parameters of somebody's own is not among them.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from core import demo
from core.demo.texts import written
from core.domain.content_hash import digest
from core.domain.scoring.base import Score, Subject
from core.services.scoring import embedding, evaluators, records, refusal
from core.services.scoring.registry import kind_named
from core.storage.tables import Evaluator, metadata

FILE = demo.FOLDER / "scores.jsonl"
SCORED_BY: Mapping[str, Callable[[Sequence[Subject], Any], list[Score]]] = {
    embedding.KIND.key: embedding.score_all,
    refusal.KIND.key: refusal.score_all,
}
_DIGITS = 4
_HASHED = 16
_response, _prompt = metadata.tables["response"], metadata.tables["prompt"]
Text = tuple[str, Sequence[str]]
"""A prompt's id, and the turns of an answer to it."""


def save(session: Session, response_ids: Sequence[int], now: datetime) -> None:
    """Write what is known of the responses, where nothing is said of them yet."""
    usual = [one for one in evaluators.scoring(session) if one.kind in SCORED_BY and _is_usual(one)]
    known = {(row["kind"], row["prompt_id"], row["text"]): row for row in demo.records(FILE)} if usual else {}
    r = _response.c
    query = sa.select(r.id, _prompt.c.external_id, r.content_hash).join(_prompt, _prompt.c.id == r.prompt_id)
    rows = [
        records.row(id, one.id or 0, Score(said["value"], said["reason"]), now)
        for id, prompt, text in session.execute(query.where(r.id.in_(response_ids)))
        for one in usual
        if (said := known.get((one.kind, prompt, text[:_HASHED]))) is not None
    ]
    records.save(session, rows, over=False)


def _is_usual(evaluator: Evaluator) -> bool:
    params = kind_named(evaluator.kind).params
    return params.of(evaluator.params) == params.of({})


def reckoned(texts: Sequence[Text]) -> Iterator[dict[str, Any]]:
    """A record for each text and slow evaluator that has something to say of it: value and reason."""
    prompts = {prompt["id"]: prompt for prompt in demo.records(demo.PROMPTS)}
    subjects = [_subject(prompts[prompt], turns) for prompt, turns in texts]
    for kind, score_all in SCORED_BY.items():
        said = score_all(subjects, kind_named(kind).params.of({}))
        for (prompt, turns), score in zip(texts, said, strict=True):
            if score.value is not None:
                text, value = digest(list(turns))[:_HASHED], round(score.value, _DIGITS)
                yield {"kind": kind, "prompt_id": prompt, "text": text, "value": value, "reason": score.reason}


def all_texts() -> list[Text]:
    """Every text that the demo may hold, each once."""
    found: dict[tuple[str, str], Text] = {}
    for (prompt, _), texts in written().items():
        for turns in (*texts.good, *texts.weak, *texts.updated):
            found[prompt, digest(list(turns))] = prompt, turns
    for row in demo.records(demo.RESPONSES):
        recorded = list(row["turns"] if "turns" in row else [row["text"]])
        found[row["prompt_id"], digest(recorded)] = row["prompt_id"], recorded
    return list(found.values())


def _subject(prompt: Mapping[str, Any], turns: Sequence[str]) -> Subject:
    reference = prompt.get("reference", [])
    return Subject(
        turns=list(turns),
        messages=[{"role": "user", "content": turn} for turn in prompt["turns"]],
        reference=[reference] if isinstance(reference, str) else reference,
        constraints=prompt.get("constraints", {}),
        tags=prompt.get("tags", []),
        category=prompt["category"],
        finish_reason="stop",
    )


def main() -> None:
    """Reckon them anew."""
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in reckoned(all_texts())]
    FILE.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
