"""What a key press asks of the database: it counts no responses, and computes no board that others compute."""

import random
import re

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from core.services.studies import preferences, rounds, voting
from core.services.studies.pool import pool_of
from core.storage.engine import reading, writing
from core.storage.tables import Candidate, Person, Response, Study
from core.web.lifespan import Background
from tests.services.studies.test_rating import rate, take
from tests.statements import statements
from tests.workspace import Workspace, later, make_workspace

pytestmark = pytest.mark.one_database


def plain(sent: list[str]) -> list[str]:
    return [" ".join(statement.split()).lower() for statement in sent]


def press_until_the_next_pair(engine: Engine, workspace: Workspace, rater: int, number: int) -> None:
    asked = {"study_id": workspace.study, "rater_id": rater, "now": later(number), "rng": random.Random(number)}
    for _ in workspace.questions:
        with reading(engine) as session:
            rounds.studies_to_rate(session, rater)
        shown = rounds.current_round(engine, **asked)
        assert shown.open_question is not None
        voting.cast(
            engine,
            public_id=shown.pair.assignment,
            rater_id=rater,
            question_id=shown.open_question.id,
            outcome=number % 4,
            now=later(number),
        )


@pytest.mark.regression("1.7")
def test_no_key_press_counts_the_responses(engine: Engine):
    workspace = make_workspace(engine, prompts=6)
    press_until_the_next_pair(engine, workspace, workspace.raters[0], 0)
    with statements(engine, this_thread=True) as sent:
        press_until_the_next_pair(engine, workspace, workspace.raters[0], 1)
    said = plain(sent)
    assert said
    counting = [each for each in said if re.search(r"count\((\*|response\.)", each) and "from response" in each]
    assert counting == []


@pytest.mark.regression("1.7")
def test_beside_a_scheduler_no_key_press_computes_a_board(engine: Engine):
    workspace = make_workspace(engine, prompts=20, candidates=4, raters=1)
    rater = workspace.raters[0]
    press_until_the_next_pair(engine, workspace, rater, 0)
    background = Background()
    background._start(engine)
    try:
        for job in background.scheduler.get_jobs():
            job.func()
        with statements(engine, this_thread=True) as sent:
            for number in range(1, 15):
                press_until_the_next_pair(engine, workspace, rater, number)
    finally:
        background.scheduler.shutdown(wait=True)
    said = plain(sent)
    assert [each for each in said if "weighted_tally" in each] == []
    assert [each for each in said if re.match(r"select .*from pair_tally", each)] == []


def test_without_a_scheduler_the_preference_follows_the_votes(engine: Engine):
    workspace = make_workspace(engine, prompts=20, candidates=3, raters=1, overlap=1)
    rater = workspace.raters[0]
    with reading(engine) as session:
        study = session.get_one(Study, workspace.study)
        assert preferences.of(session, study, pool_of(session, study)).covariance is None
    for number in range(12):
        rate(engine, workspace, take(engine, workspace, rater, seed=number))
    with reading(engine) as session:
        found = preferences.of(session, study, pool_of(session, study))
    assert found.covariance is not None
    assert found.votes.sum() // 2 >= 10


def test_a_refreshed_preference_is_that_of_now_and_a_new_candidate_is_linked_to_the_others_first(engine: Engine):
    workspace = make_workspace(engine, prompts=6, candidates=3, raters=1, overlap=1)
    rater = workspace.raters[0]
    preferences.refresh(engine)
    for number in range(12):
        rate(engine, workspace, take(engine, workspace, rater, seed=number))
    preferences.refresh(engine)
    with writing(engine) as session:
        new = Candidate(name="new", settings={}, position=9, created_at=later(0))
        session.add(new)
        session.flush()
        for old in session.exec(select(Response).where(Response.candidate_id == workspace.candidates[0])).all():
            session.add(Response(**old.model_dump(exclude={"id", "candidate_id"}), candidate_id=new.id))
    with reading(engine) as session:
        study = session.get_one(Study, workspace.study)
        pool = pool_of(session, study)
        found = preferences.of(session, study, pool)
    assert found.votes.sum() // 2 >= 12 - 1
    assert pool.candidates[-1] == new.id and found.votes.shape == (4, 4)
    eligible = np.ones((4, 4), dtype=bool)
    chances = found.probabilities(eligible)
    assert chances[:, 3].sum() > 0.85


def test_a_deleted_response_leaves_the_pool_and_none_of_it_is_drawn(engine: Engine):
    workspace = make_workspace(engine, prompts=3, candidates=3, raters=1, overlap=1)
    with reading(engine) as session:
        study = session.get_one(Study, workspace.study)
        assert pool_of(session, study).pairs == 9
    with writing(engine) as session:
        gone = session.exec(select(Response).order_by(col(Response.id)).offset(4).limit(1)).one()
        session.delete(gone)
    with reading(engine) as session:
        assert pool_of(session, study).pairs == 7
        assert session.exec(select(Person.id)).first()
    for number in range(7):
        taken = take(engine, workspace, workspace.raters[0], seed=number)
        assert gone.id not in (taken.left_response_id, taken.right_response_id)
        rate(engine, workspace, taken)
