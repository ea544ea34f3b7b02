"""A pool that grows in memory is the pool that a reading of everything gives."""

import random
from itertools import count

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core.services.studies import pool as pools
from core.services.studies.pool import Pool, pool_of
from core.storage.engine import reading, writing
from core.storage.tables import Response, Run, Study
from tests.workspace import Workspace, later, make_workspace

pytestmark = pytest.mark.one_database

_numbers = count(1)


def pool(engine: Engine, made: Workspace) -> Pool:
    with reading(engine) as session:
        return pool_of(session, session.get_one(Study, made.study))


def read_anew(engine: Engine, made: Workspace) -> Pool:
    pools._kept.clear()
    return pool(engine, made)


def in_any_order(found: Pool) -> object:
    return found.candidates, found.responses, {pair: sorted(prompts) for pair, prompts in found.prompts_of.items()}


def respond(session: Session, prompt: int, candidate: int, *, words: int = 3, id: int | None = None) -> None:
    number = next(_numbers)
    session.add(
        Response(
            id=id,
            run_id=session.exec(select(col(Run.id))).one(),
            prompt_id=prompt,
            candidate_id=candidate,
            repetition=number,
            turns=["A later answer."],
            words=words,
            content_hash="later",
            created_at=later(number),
        )
    )


def respond_somewhere(session: Session, made: Workspace, rng: random.Random) -> None:
    respond(session, rng.choice(made.prompts), rng.choice(made.candidates), words=rng.choice((0, 3, 3, 3)))


@pytest.mark.parametrize("seed", range(3))
def test_a_pool_that_grew_and_shrank_is_as_one_read_anew(engine: Engine, seed: int):
    rng = random.Random(seed)
    made = make_workspace(engine, prompts=5, candidates=4)
    with writing(engine) as session:
        for response in session.exec(select(Response).order_by(col(Response.id)).limit(12)).all():
            session.delete(response)
    for step in range(12):
        with writing(engine) as session:
            for _ in range(rng.randrange(4)):
                respond_somewhere(session, made, rng)
        if step % 4 == 3:
            with writing(engine) as session:
                ids = session.exec(select(Response.id)).all()
                session.delete(session.get_one(Response, rng.choice((*ids, max(ids)))))
                if rng.random() < 0.5:
                    respond_somewhere(session, made, rng)
        grown = in_any_order(pool(engine, made))
        kept = dict(pools._kept)
        assert grown == in_any_order(read_anew(engine, made))
        pools._kept.update(kept)


def test_what_becomes_visible_late_with_a_lower_id_is_in_the_pool(engine: Engine):
    made = make_workspace(engine, prompts=2, candidates=3)
    prompt, (first, _, late) = made.prompts[0], made.candidates
    with writing(engine) as session:
        for response in session.exec(select(Response).where(Response.candidate_id == late)).all():
            session.delete(response)
        respond(session, prompt, first, id=100)
    assert late not in pool(engine, made).candidates
    with writing(engine) as session:
        respond(session, prompt, late, id=50)
    assert late in pool(engine, made).candidates


def test_while_a_pool_only_grows_nothing_old_is_read_again(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    made = make_workspace(engine, prompts=2, candidates=3)
    pool(engine, made)
    read_after: list[int] = []
    responses = pools._responses

    def watched(session, study, *, after, until):
        read_after.append(after)
        return responses(session, study, after=after, until=until)

    monkeypatch.setattr(pools, "_responses", watched)
    with reading(engine) as session:
        last = max(session.exec(select(Response.id)).all())
    pool(engine, made)
    with writing(engine) as session:
        respond(session, made.prompts[0], made.candidates[0])
    pool(engine, made)
    assert read_after == [last]
