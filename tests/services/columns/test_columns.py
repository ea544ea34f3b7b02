"""Columns of runs: whatever is written, and by whom, figures from columns are those of the facts."""

import io
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import col, select

from core.services import columns, prices, quality, scoring
from core.services.columns.keeping import lacking
from core.services.columns.parts import PARTS
from core.services.datasets import removal
from core.services.importing import Kind, import_file
from core.services.judging.judge_calls import close_abandoned
from core.services.quality import Scope
from core.services.runs.counting import close_interrupted, recount
from core.services.scoring import evaluators, gates
from core.storage.engine import reading, write, writing
from core.storage.tables import Attempt, Dataset, JudgeCall, Response, Run, Score, metadata
from tests.evaluated import Evaluated
from tests.long import times
from tests.services.quality.test_quality import planted
from tests.workspace import NOW

_attempt, _response, _score = (metadata.tables[name] for name in ("attempt", "response", "score"))
_columns, _chunk = metadata.tables["run_columns"], metadata.tables["run_columns_chunk"]


@pytest.fixture
def kept(engine: Engine) -> Evaluated:
    """A planted evaluation and an import, with all of their columns written."""
    made = planted(engine)
    keep_all(engine)
    return made


def keep_all(engine: Engine) -> None:
    with reading(engine) as session:
        runs = list(session.exec(select(Run.id)))
    for run in runs:
        columns.keep(engine, run or 0, now=NOW)


def figures(engine: Engine, *, from_columns: bool) -> dict[str, Any]:
    """Every report of every dataset; from the facts, the columns are thought away."""
    with reading(engine) as session:
        if not from_columns:
            session.execute(sa.delete(_columns))
        found = {}
        for dataset in session.exec(select(Dataset.id)).all():
            runs = [run.id for run in quality.runs(session, dataset)]
            for scope in (Scope(dataset), Scope(dataset, all_runs=True), *(Scope(dataset, run) for run in runs)):
                found[str(scope)] = plain(asdict(quality.report(session, scope)))
        session.rollback()
    return found


def plain(value: Any) -> Any:
    """Floats up to rounding: a sum may be taken in another order."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return float(f"{value:.12g}") if isinstance(value, float) else value


def standing(engine: Engine) -> set[tuple[int, str, int]]:
    with reading(engine) as session:
        c = _columns.c
        return set(map(tuple, session.execute(sa.select(c.run_id, c.part, c.evaluator_id).where(c.is_whole))))


def hold(engine: Engine) -> None:
    assert figures(engine, from_columns=True) == figures(engine, from_columns=False)


def test_figures_from_columns_are_those_of_the_facts(engine: Engine, kept: Evaluated) -> None:
    with reading(engine) as session:
        imported, evaluated = [run.id for run in quality.runs(session, kept.dataset.id or 0)]
        assert lacking(session, evaluated) == []
        # of the imported run nothing was scored yet, and judges need not come to it
        unscored = [("scores", kept.evaluators[name]) for name in ("Refusal", "Complete", "Contains")]
        assert lacking(session, imported) == unscored
    assert len(standing(engine)) == 2 * (len(PARTS) + len(kept.evaluators)) - len(unscored)
    hold(engine)


def test_no_fact_is_read_of_a_run_whose_columns_stand(engine: Engine, kept: Evaluated) -> None:
    before = figures(engine, from_columns=True)
    with writing(engine) as session:
        dialect = session.get_bind().dialect.name
        if dialect == "sqlite":
            for name in (
                session.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            ):
                session.execute(sa.text(f"DROP TRIGGER {name}"))
        else:
            session.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for table in (Score, JudgeCall, Response, Attempt):
            session.execute(sa.delete(table))
    assert figures(engine, from_columns=True) == before


# ---- every way in which facts change


def score_what_lacks(engine: Engine, made: Evaluated) -> None:
    scoring.score_missing(engine, now=NOW)


def score_anew(engine: Engine, made: Evaluated) -> None:
    with writing(engine) as session:
        evaluators.ensure_defaults(session, NOW)
    scoring.rescore(engine, now=NOW + timedelta(days=1))


def take_a_score_away(engine: Engine, made: Evaluated) -> None:
    forget = sa.delete(Score).where(col(Score.evaluator_id) == made.evaluators["Contains"])
    write(engine, lambda session: session.execute(forget))


def price_again(engine: Engine, made: Evaluated) -> None:
    with writing(engine) as session:
        run = session.exec(select(Run.id).where(Run.source == "evaluation")).first()
        doubled = {"cost_usd": sa.func.coalesce(Attempt.__table__.c.cost_usd, 0.001) * 2}
        session.execute(
            sa.update(Attempt).where(col(Attempt.candidate_id) == made.candidates["Beta"]).values(**doubled)
        )
    prices.reprice(engine, run or 0, now=NOW)


def judge(engine: Engine, made: Evaluated) -> None:
    with writing(engine) as session:
        response = session.exec(select(Response.id).order_by(col(Response.id).desc())).first()
        told = {"evaluator_id": made.evaluators["Judge"], "response_id": response, "started_at": NOW}
        session.add(JudgeCall(**told, cost_usd=0.25))
        session.flush()
        session.execute(sa.update(JudgeCall).where(col(JudgeCall.response_id) == response).values(reply="4"))


def close_a_judges_call(engine: Engine, made: Evaluated) -> None:
    write(engine, lambda session: close_abandoned(session, NOW + timedelta(days=1)))


def go_on_with_a_run(engine: Engine, made: Evaluated) -> None:
    """A unit is tried once more, and then answered; another was open when its process died."""
    with writing(engine) as session:
        run = session.exec(select(Run.id).where(Run.source == "evaluation")).one()
        made = Evaluated.of(session, made)
        session.execute(sa.update(Attempt).where(col(Attempt.is_last)).values(is_last=False))
        made.attempts(run, "Alpha", "s1", [{"cost_usd": 0.5, "number": 2}], 2)
        made.response(run, "Alpha", "s1", repetition=2, cost_usd=0.502)
        made.attempts(run, "Gamma", "c1", [{"finished_at": None, "reserved_usd": 0.1}])
    with writing(engine) as session:
        close_interrupted(session, run, NOW)
        recount(session, run)


def import_more(engine: Engine, made: Evaluated) -> None:
    lines = b'{"prompt_id": "s1", "candidate": "Alpha", "text": "New.", "cost_usd": 0.1, "attempts": 2}\n'
    lines += b'{"prompt_id": "s2", "candidate": "Newcomer", "text": "New.", "latency_ms": 5}\n'
    import_file(engine, io.BytesIO(lines), Kind.RESPONSES, name="more.jsonl", dataset=made.dataset.name, now=NOW)


def take_a_response_away(engine: Engine, made: Evaluated) -> None:
    with writing(engine) as session:
        bare = sa.select(Response.__table__.c.id).where(
            ~sa.exists().where(Score.__table__.c.response_id == Response.__table__.c.id)
        )
        session.execute(sa.delete(Response).where(col(Response.id).in_(bare)))


def add_an_evaluator(engine: Engine, made: Evaluated) -> None:
    write(engine, lambda session: evaluators.add(session, "word_limit", "Short", {"max_words": 1}, NOW))
    scoring.score_missing(engine, now=NOW)


def retire_an_evaluator(engine: Engine, made: Evaluated) -> None:
    write(engine, lambda session: evaluators.retire(session, made.evaluators["Contains"], NOW))


def add_a_gate(engine: Engine, made: Evaluated) -> None:
    with writing(engine) as session:
        gates.ensure_defaults(session, NOW)


def remove_the_dataset(engine: Engine, made: Evaluated) -> None:
    write(engine, lambda session: removal.remove_dataset(session, made.dataset.id or 0))
    with reading(engine) as session:
        assert session.execute(sa.select(sa.func.count()).select_from(_chunk)).scalar() == 0
    assert standing(engine) == set()


WAYS: tuple[Callable[[Engine, Evaluated], None], ...] = (
    score_what_lacks,
    score_anew,
    take_a_score_away,
    price_again,
    judge,
    close_a_judges_call,
    go_on_with_a_run,
    import_more,
    take_a_response_away,
    add_an_evaluator,
    retire_an_evaluator,
    add_a_gate,
)


@pytest.mark.one_database
@pytest.mark.parametrize("way", [*WAYS, remove_the_dataset], ids=lambda way: way.__name__)
def test_whatever_changes_the_facts_is_seen_in_the_figures(
    engine: Engine, kept: Evaluated, way: Callable[[Engine, Evaluated], None]
) -> None:
    before = figures(engine, from_columns=True)
    way(engine, kept)
    after = figures(engine, from_columns=True)
    assert after == figures(engine, from_columns=False)
    keep_all(engine)
    assert standing(engine) or way is remove_the_dataset
    assert figures(engine, from_columns=True) == after
    quiet = (close_a_judges_call,)
    assert way in quiet or after != before


@pytest.mark.parametrize("seed", range(times(1, long=3)))
def test_after_any_sequence_of_changes_figures_from_columns_are_those_of_the_facts(engine: Engine, seed: int) -> None:
    rng, made = np.random.default_rng(seed), planted(engine)
    done: set[str] = set()
    for _ in range(times(8, long=12)):
        way = WAYS[int(rng.integers(len(WAYS)))]
        if way is not go_on_with_a_run or way.__name__ not in done:
            way(engine, made)
            done.add(way.__name__)
        if rng.random() < 0.6:
            keep_all(engine)
        hold(engine)
