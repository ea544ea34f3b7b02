"""Small evaluations for tests: a dataset, candidates that ask a planted server, and a run over them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import col, func, select

from core.services import runs
from core.services.runs import RunOrder
from core.storage.engine import reading, writing
from core.storage.tables import Attempt, Candidate, Dataset, Prompt, Response, Run

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
PRICE = {"input_usd_per_mtok": 1000.0, "output_usd_per_mtok": 2000.0}


@dataclass(frozen=True)
class Made:
    """Ids of what was made."""

    dataset: int
    prompts: tuple[int, ...]
    candidates: tuple[int, ...]


def make(
    engine: Engine,
    *urls: str,
    prompts: int | Sequence[Sequence[dict[str, str]]] = 4,
    settings: dict[str, Any] | None = None,
) -> Made:
    """A dataset, and for each of ``urls`` a candidate whose model is named like itself."""
    messages = prompts if not isinstance(prompts, int) else [[user(f"Question {n}?")] for n in range(prompts)]
    with writing(engine) as session:
        dataset = Dataset(name="asked", content_hash="asked", created_at=NOW)
        session.add(dataset)
        session.flush()
        asked = [
            Prompt(dataset_id=dataset.id, external_id=f"p{n}", messages=list(each), tags=[], content_hash=str(n))
            for n, each in enumerate(messages)
        ]
        models = [
            Candidate(
                name=f"model-{n}",
                provider="openai",
                model=f"model-{n}",
                settings={"base_url": url, "max_tokens": 20} | (PRICE if settings is None else settings),
                position=n,
                created_at=NOW,
            )
            for n, url in enumerate(urls)
        ]
        session.add_all([*asked, *models])
        session.flush()
        return Made(dataset.id, tuple(each.id for each in asked), tuple(each.id for each in models))


def user(text: str) -> dict[str, str]:
    """A user's message."""
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, str]:
    """An assistant's message."""
    return {"role": "assistant", "content": text}


def order(made: Made, **changes: Any) -> RunOrder:
    """All candidates on all prompts, in a known order."""
    return RunOrder(made.dataset, made.candidates, **({"seed": 1} | changes))


def planned(engine: Engine, made: Made, **changes: Any) -> int:
    """The id of a queued run."""
    with writing(engine) as session:
        return runs.plan(session, order(made, **changes), now=datetime.now(UTC)).id


def the_run(engine: Engine, run_id: int) -> Run:
    """The run's row as it is now."""
    with reading(engine) as session:
        return session.get_one(Run, run_id)


def responses(engine: Engine, run_id: int) -> list[Response]:
    """The run's responses, oldest first."""
    with reading(engine) as session:
        return list(session.exec(select(Response).where(Response.run_id == run_id).order_by(col(Response.id))))


def attempts(engine: Engine, run_id: int) -> list[Attempt]:
    """The run's attempts, oldest first."""
    with reading(engine) as session:
        return list(session.exec(select(Attempt).where(Attempt.run_id == run_id).order_by(col(Attempt.id))))


def unit(row: Response | Attempt) -> tuple[int, int, int]:
    """What work it belongs to."""
    return (row.candidate_id, row.prompt_id, row.repetition)


def counters_are_true(engine: Engine, run_id: int) -> None:
    """Hold that the run's counters say what a count of its facts says."""
    run, made, came = the_run(engine, run_id), attempts(engine, run_id), responses(engine, run_id)
    assert (run.attempts, run.responses) == (len(made), len(came))
    answered = set(map(unit, came))
    assert run.failed == sum(attempt.is_last and unit(attempt) not in answered for attempt in made)
    assert run.cost_usd == sum_close(attempt.cost_usd or 0.0 for attempt in made)
    assert run.unpriced == sum(attempt.finished_at is not None and attempt.cost_usd is None for attempt in made)


def sum_close(parts: Any) -> Any:
    """The sum, up to rounding."""
    return pytest.approx(sum(parts), rel=1e-9, abs=1e-12)


def count_of(engine: Engine, table: Any) -> int:
    """How many rows there are."""
    with reading(engine) as session:
        return session.exec(select(func.count()).select_from(table)).one()
