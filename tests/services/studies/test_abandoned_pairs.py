"""A pair touched and left returns like any other; undo and skip take nothing that cannot be given again."""

import random
from collections import Counter
from functools import partial

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.votes import Outcome
from core.errors import NothingToRate, PairGone
from core.services.studies import assigning, questions, rounds, studies, voting
from core.storage.engine import reading, writing
from core.storage.tables import Assignment, Pair, Vote
from tests.services.studies.test_nothing_lost import (
    Desk,
    assert_no_pair_twice_to_one_rater,
    assert_overlap_is_kept,
    at_once,
    desks,
    leases_running_out,
)
from tests.services.studies.test_rating import answer, assert_tallies_equal_a_rebuild, rate, take
from tests.workspace import Workspace, later, make_workspace

pytestmark = pytest.mark.one_database


def standing(engine: Engine) -> list[tuple[int, int, int | None]]:
    """(assignment, question, outcome) of the newest row of each chain of votes."""
    with reading(engine) as session:
        newest = {(vote.assignment_id, vote.question_id): vote.outcome for vote in session.exec(select(Vote))}
    return [(*on, outcome) for on, outcome in newest.items()]


def shown(engine: Engine, workspace: Workspace, rater: int, minutes: float) -> rounds.Round:
    asked = {"study_id": workspace.study, "rater_id": rater, "now": later(minutes), "rng": random.Random(0)}
    return rounds.current_round(engine, **asked)


@pytest.mark.regression("1.3")
def test_a_pair_touched_and_left_is_rated_by_somebody_else_and_its_vote_stays(engine: Engine):
    workspace = make_workspace(engine, prompts=1, candidates=2, overlap=1)
    first, second, third = workspace.raters
    left = take(engine, workspace, first)
    answer(engine, left, workspace.questions[0])
    assert assigning.release_abandoned(engine, later(16)) == 1
    taken = take(engine, workspace, second, now=later(16))
    assert taken.pair_id == left.pair_id
    rate(engine, workspace, taken, now=later(17))
    with pytest.raises(PairGone, match="kept"):
        answer(engine, left, workspace.questions[1], now=later(18))
    for rater in (first, third):
        with pytest.raises(NothingToRate):
            take(engine, workspace, rater, now=later(19))
    assert len(standing(engine)) == 4
    assert_overlap_is_kept(engine, 1)
    assert_tallies_equal_a_rebuild(engine)


@pytest.mark.regression("1.3")
def test_a_vote_that_was_withdrawn_does_not_keep_a_pair(engine: Engine):
    workspace = make_workspace(engine, prompts=1, candidates=2, overlap=1)
    first, second, _ = workspace.raters
    answer(engine, take(engine, workspace, first), workspace.questions[0])
    assert voting.undo(engine, study_id=workspace.study, rater_id=first, now=later(1))
    assert assigning.release_abandoned(engine, later(30)) == 1
    rate(engine, workspace, take(engine, workspace, second, now=later(30)), now=later(31))
    assert_overlap_is_kept(engine, 1)


def test_whoever_left_a_pair_finds_it_again_where_nobody_took_it_even_behind_later_ones(engine: Engine):
    workspace = make_workspace(engine, prompts=3, candidates=2, raters=1, overlap=1)
    rater = workspace.raters[0]
    done = take(engine, workspace, rater)
    rate(engine, workspace, done)
    left = take(engine, workspace, rater, now=later(1))
    answer(engine, left, workspace.questions[0], now=later(1))
    voting.change(
        engine,
        public_id=done.public_id,
        rater_id=rater,
        question_id=workspace.questions[0],
        outcome=Outcome.TIE,
        now=later(2),
    )
    assert voting.undo(engine, study_id=workspace.study, rater_id=rater, now=later(3)) == done.public_id
    assigning.release_abandoned(engine, later(17))
    for minutes in (18, 19, 20):
        rate(engine, workspace, take(engine, workspace, rater, now=later(minutes)), now=later(minutes))
    with reading(engine) as session:
        assert {pair.claimed for pair in session.exec(select(Pair))} == {1}
        assert {a.state for a in session.exec(select(Assignment))} == {"done"}
        assert len(voting.answers(session, left)) == 3


def begin_and_wander_off(desk: Desk) -> bool:
    """Answer one, two or all questions of what is given, until nothing is; or leave for good in the middle of a pair.

    Returns whether one stayed to the end.
    """
    try:
        while True:
            assignment = desk.take()
            answered = desk.rng.choice((1, 2, 3, 3))
            try:
                for question in desk.workspace.questions[:answered]:
                    desk.answer(assignment, question)
            except PairGone:
                continue
            if answered < 3 and desk.rng.random() < 0.2:
                return False
    except NothingToRate:
        return True


@pytest.mark.regression("1.3")
@pytest.mark.every_database
def test_thirty_two_raters_who_wander_off_leave_no_question_unanswered(engine: Engine):
    workspace = make_workspace(engine, prompts=10, candidates=3, raters=32, overlap=1)
    raters = desks(engine, workspace)
    with leases_running_out(engine, raters[0].clock):
        stayed = at_once([partial(begin_and_wander_off, desk) for desk in raters])
    assert True in stayed and False in stayed
    assigning.release_abandoned(engine, later(24 * 60))
    for desk, is_here in zip(raters, stayed, strict=True):
        if is_here:
            rate_what_is_left(engine, workspace, desk.rater)
    assert_overlap_is_kept(engine, 1)
    assert_no_pair_twice_to_one_rater(engine)
    assert_tallies_equal_a_rebuild(engine)
    with reading(engine) as session:
        of_pair = {a.id: a.pair_id for a in session.exec(select(Assignment))}
    answered = Counter((of_pair[on], question) for on, question, outcome in standing(engine) if outcome is not None)
    assert len(answered) == 30 * 3
    acknowledged = {id for desk in raters for id in desk.votes}
    with reading(engine) as session:
        assert acknowledged <= set(session.exec(select(Vote.id).where(Vote.outcome.is_not(None))))


def rate_what_is_left(engine: Engine, workspace: Workspace, rater: int) -> None:
    try:
        for seed in range(100):
            rate(engine, workspace, take(engine, workspace, rater, now=later(24 * 60), seed=seed), now=later(24 * 60))
    except NothingToRate:
        return


@pytest.mark.regression("1.3")
@pytest.mark.parametrize("state", ["paused", "closed"])
def test_undo_and_skip_leave_a_vote_that_could_not_be_given_again(engine: Engine, state: str):
    workspace = make_workspace(engine)
    rater = workspace.raters[0]
    assignment = take(engine, workspace, rater)
    answer(engine, assignment, workspace.questions[0])
    with writing(engine) as session:
        session.get_one(studies.Study, workspace.study).state = state
    with pytest.raises(NothingToRate, match=state):
        voting.undo(engine, study_id=workspace.study, rater_id=rater, now=later(1))
    with pytest.raises(NothingToRate, match=state):
        voting.skip(engine, public_id=assignment.public_id, rater_id=rater, reason="not mine", now=later(1))
    with pytest.raises(NothingToRate, match=state):
        voting.change(
            engine,
            public_id=assignment.public_id,
            rater_id=rater,
            question_id=workspace.questions[0],
            outcome=Outcome.RIGHT,
            now=later(1),
        )
    assert standing(engine) == [(assignment.id, workspace.questions[0], Outcome.LEFT)]
    assert_tallies_equal_a_rebuild(engine)


def test_undo_leaves_a_vote_whose_pair_somebody_else_has_by_now(engine: Engine):
    workspace = make_workspace(engine, prompts=1, candidates=2, overlap=1)
    first, second, _ = workspace.raters
    left = take(engine, workspace, first)
    answer(engine, left, workspace.questions[0])
    assigning.release_abandoned(engine, later(16))
    take(engine, workspace, second, now=later(16))
    with pytest.raises(PairGone, match="stays"):
        voting.undo(engine, study_id=workspace.study, rater_id=first, now=later(17))
    assert standing(engine) == [(left.id, workspace.questions[0], Outcome.LEFT)]
    assert_overlap_is_kept(engine, 1)


@pytest.mark.regression("1.3")
def test_undo_after_a_question_was_dropped_brings_a_pair_that_can_be_answered(engine: Engine):
    workspace = make_workspace(engine)
    rater = workspace.raters[0]
    assignment = take(engine, workspace, rater)
    rate(engine, workspace, assignment)
    with writing(engine) as session:
        questions.drop(session, workspace.questions[2], now=later(1))
    assert voting.undo(engine, study_id=workspace.study, rater_id=rater, now=later(2)) == assignment.public_id
    back = shown(engine, workspace, rater, 3)
    assert back.pair.assignment == assignment.public_id
    assert back.open_question is not None and back.open_question.id == workspace.questions[1]
    assert (assignment.id, workspace.questions[2], Outcome.LEFT) in standing(engine)


def test_a_pair_left_before_its_last_open_question_was_dropped_is_never_shown_without_one(engine: Engine):
    workspace = make_workspace(engine)
    rater = workspace.raters[0]
    assignment = take(engine, workspace, rater)
    for question in workspace.questions[:2]:
        answer(engine, assignment, question)
    assigning.release_abandoned(engine, later(16))
    with writing(engine) as session:
        questions.drop(session, workspace.questions[2], now=later(17))
    assert shown(engine, workspace, rater, 18).open_question is not None
    assert_overlap_is_kept(engine, 2)


@pytest.mark.every_database
def test_a_skip_after_the_lease_ran_out_gives_the_claim_back_once(engine: Engine):
    workspace = make_workspace(engine, prompts=1, candidates=2, overlap=1)
    first, second, _ = workspace.raters
    assignment = take(engine, workspace, first)
    answer(engine, assignment, workspace.questions[0])
    assigning.release_abandoned(engine, later(16))
    voting.skip(engine, public_id=assignment.public_id, rater_id=first, reason="not mine", now=later(17))
    assert take(engine, workspace, second, now=later(18)).pair_id == assignment.pair_id
    assert standing(engine) == [(assignment.id, workspace.questions[0], None)]
    assert_overlap_is_kept(engine, 1)


@pytest.mark.regression("1.3")
def test_a_key_pressed_again_on_an_answered_question_takes_no_claim(engine: Engine):
    workspace = make_workspace(engine, prompts=1, candidates=2, overlap=1)
    first, second, _ = workspace.raters
    assignment = take(engine, workspace, first)
    answer(engine, assignment, workspace.questions[0])
    assigning.release_abandoned(engine, later(16))
    assert answer(engine, assignment, workspace.questions[0], now=later(17)) is None
    assert_overlap_is_kept(engine, 1)
    assert take(engine, workspace, second, now=later(18)).pair_id == assignment.pair_id
