"""Scores of evaluators that judge otherwise now go by migration, and the app computes them anew; judges' stay."""

from sqlalchemy import Engine, text
from sqlmodel import select

from core.services import scoring
from core.services.scoring import evaluators
from core.storage.engine import reading, writing
from core.storage.schema import upgrade
from core.storage.tables import Evaluator, Response, Score
from tests.workspace import NOW, make_workspace


def test_what_a_changed_evaluator_said_is_said_again(engine: Engine):
    make_workspace(engine, prompts=2, candidates=2)
    scoring.ensure_defaults(engine, now=NOW)
    with writing(engine) as session:
        judge = {"provider": "openai", "model": "gpt-4o"}
        judged = evaluators.add(session, "llm_judge", "Judge", judge, NOW).id
        ids = list(session.exec(select(Response.id)))
        session.add_all(Score(response_id=id, evaluator_id=judged, value=0.5, scored_at=NOW) for id in ids)
    scoring.score_responses(engine, ids, now=NOW)
    before = by_kind(engine)
    newest = said_of_schema(engine, "0006")
    upgrade(engine, to="0007")
    said_of_schema(engine, newest)
    left = by_kind(engine)
    assert "refusal" in before and "refusal" not in left and "contains" not in left
    assert left["llm_judge"] == left["incomplete"] == len(ids)
    scoring.score_pending(engine, now=NOW)
    assert by_kind(engine) == before


def said_of_schema(engine: Engine, version: str) -> str:
    """Have the database say that it is of this version; the one that it said before."""
    with engine.begin() as connection:
        before = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    return str(before)


def by_kind(engine: Engine) -> dict[str, int]:
    with reading(engine) as session:
        kinds = session.exec(select(Evaluator.kind).join(Score)).all()
    return {kind: kinds.count(kind) for kind in kinds}
