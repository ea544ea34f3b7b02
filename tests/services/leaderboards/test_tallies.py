"""Tallies: what a vote adds to them is what counting all votes anew gives, and both are what the definition says."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, select

from core.domain.votes import Outcome
from core.errors import NothingToRate
from core.services.leaderboards import tallies
from core.services.studies import studies, voting
from core.storage.engine import reading, write, writing
from core.storage.tables import Person, Prompt, Response, Vote, metadata
from tests.pairs import pair_in_hand
from tests.services.leaderboards.test_weighting import cast_at_random
from tests.services.studies.test_rating import assert_tallies_equal_a_rebuild, tally_rows
from tests.workspace import NOW, Workspace, later, make_workspace


def by_definition(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Both tables counted row by row from the votes, in the order of their columns."""
    with reading(engine) as session:
        votes = session.exec(select(Vote)).all()
        category = dict(session.exec(select(Prompt.id, Prompt.category)).all())
        kind = dict(session.exec(select(Person.id, Person.kind)).all())
    superseded = {vote.supersedes_id for vote in votes}
    pairs: dict[tuple, Counter] = {}
    for v in votes:
        if v.id in superseded or v.outcome is None or v.is_repeat:
            continue
        asked, sides, simulated = (
            (v.study_id, v.question_id),
            (v.left_candidate_id, v.right_candidate_id),
            kind[v.rater_id] == "simulated",
        )
        cell = (*asked, category[v.prompt_id], *sides, v.length_bin, v.masked, simulated)
        pairs.setdefault(cell, Counter())[v.outcome] += 1
    return {
        "pair_tally": sorted((*cell, *(n[outcome] for outcome in Outcome)) for cell, n in pairs.items()),
    }


def rate_at_random(engine: Engine, workspace: Workspace, rater: int, steps: int) -> None:
    """Answers, changes of mind, withdrawals and skipped pairs."""
    rng = random.Random(rater)
    for step in range(steps):
        try:
            taken = pair_in_hand(engine, study_id=workspace.study, rater_id=rater, now=later(step), rng=rng)
        except NothingToRate:
            return
        on = {"public_id": taken.public_id, "rater_id": rater, "now": later(step)}
        for question in workspace.questions[: rng.randint(1, 3)]:
            outcome = rng.choice(list(Outcome))
            cast = voting.cast(engine, **on, question_id=question, outcome=outcome)
            if cast and rng.random() < 0.3:
                changed = rng.choice([other for other in Outcome if other != outcome])
                voting.change(engine, **on, question_id=question, outcome=changed)
        if rng.random() < 0.2:
            voting.undo(engine, study_id=workspace.study, rater_id=rater, now=later(step))
        if rng.random() < 0.1:
            voting.skip(engine, **on, reason=voting.SKIP_REASONS[0])


def mark(engine: Engine, workspace: Workspace) -> None:
    """One simulated rater, and a candidate that names itself in its answers."""
    with writing(engine) as session:
        session.get_one(Person, workspace.raters[0]).kind = "simulated"
        for response in session.exec(select(Response).where(Response.candidate_id == workspace.candidates[0])):
            response.turns = ["As an AI developed by OpenAI, I agree."]


def test_what_votes_add_is_what_the_definition_counts(engine: Engine):
    workspace = make_workspace(engine)
    mark(engine, workspace)
    for rater in workspace.raters:
        rate_at_random(engine, workspace, rater, steps=12)
    expected = by_definition(engine)
    assert {row[6] for row in expected["pair_tally"]} == {True, False}
    assert {row[7] for row in expected["pair_tally"]} == {True, False}
    assert tally_rows(engine) == expected
    assert_tallies_equal_a_rebuild(engine)


def test_counting_anew_gives_what_the_definition_counts(engine: Engine):
    workspace = make_workspace(engine, raters=40, prompts=40)
    cast_at_random(engine, workspace, 400)
    assert tally_rows(engine) == {"pair_tally": []}
    write(engine, tallies.rebuild_all)
    assert tally_rows(engine) == by_definition(engine)


def test_a_rebuild_mends_what_was_wrong_and_leaves_other_studies_alone(engine: Engine):
    workspace = make_workspace(engine)
    rate_at_random(engine, workspace, workspace.raters[0], steps=4)
    right = tally_rows(engine)
    with writing(engine) as session:
        other = studies.create(session, name="Another", now=NOW)
        session.execute(sa.update(metadata.tables["pair_tally"]).values(n_left=99))
        foreign = dict(session.execute(sa.select(metadata.tables["pair_tally"])).mappings().first() or {})
        session.execute(metadata.tables["pair_tally"].insert(), foreign | {"study_id": other.id, "n_left": 5})
        tallies.rebuild(session, workspace.study)
    found = tally_rows(engine)["pair_tally"]
    assert [row for row in found if row[0] == workspace.study] == right["pair_tally"]
    assert [row[8] for row in found if row[0] == other.id] == [5]


def test_a_vote_that_is_rolled_back_is_counted_nowhere(engine: Engine):
    workspace = make_workspace(engine)
    rate_at_random(engine, workspace, workspace.raters[0], steps=3)
    before = tally_rows(engine)
    with reading(engine) as session:
        vote = session.exec(select(Vote).where(Vote.outcome.is_not(None))).first()

    def fail(session: Session) -> None:
        tallies.record(session, vote, category="support", simulated=False, before=None)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write(engine, fail)
    assert tally_rows(engine) == before


def test_counting_anew_while_raters_vote_loses_nothing(engine: Engine):
    workspace = make_workspace(engine, raters=4)
    with ThreadPoolExecutor(5) as threads:
        rating = [threads.submit(rate_at_random, engine, workspace, rater, 8) for rater in workspace.raters]
        rebuilding = [threads.submit(write, engine, tallies.rebuild_all) for _ in range(6)]
        for work in (*rating, *rebuilding):
            work.result(timeout=120)
    assert tally_rows(engine) == by_definition(engine)
