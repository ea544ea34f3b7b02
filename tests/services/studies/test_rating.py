"""The rating loop: pairs are leased, votes name what they were cast on, and tallies follow the facts."""

import random
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.votes import Outcome
from core.errors import NothingToRate, PairGone
from core.services.leaderboards import tallies
from core.services.studies import assigning, rounds, studies, voting
from core.services.studies.pool import pool_of
from core.storage.engine import reading, writing
from core.storage.tables import Assignment, Pair, PairTally, Remark, Response, Study, Vote, metadata
from tests.pairs import pair_in_hand
from tests.workspace import NOW, Workspace, later, make_workspace

pytestmark = pytest.mark.one_database


def take(engine: Engine, workspace: Workspace, rater: int, now: datetime = NOW, seed: int = 0) -> Assignment:
    return pair_in_hand(engine, study_id=workspace.study, rater_id=rater, now=now, rng=random.Random(seed))


def answer(
    engine: Engine, assignment: Assignment, question: int, outcome: Outcome = Outcome.LEFT, now: datetime = NOW
) -> Vote | None:
    return voting.cast(
        engine,
        public_id=assignment.public_id,
        rater_id=assignment.rater_id,
        question_id=question,
        outcome=outcome,
        now=now,
    )


def rate(engine: Engine, workspace: Workspace, assignment: Assignment, now: datetime = NOW) -> None:
    for question in workspace.questions:
        answer(engine, assignment, question, now=now)


def tally_rows(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Every tally row that counts something."""
    rows = {}
    with reading(engine) as session:
        for name in ("pair_tally",):
            table = metadata.tables[name]
            counters = [c for c in table.c if c.name.startswith("n") and c.name != "name"]
            query = sa.select(table).where(sa.or_(*(c != 0 for c in counters)))
            rows[name] = sorted(tuple(row) for row in session.execute(query))
    return rows


def assert_tallies_equal_a_rebuild(engine: Engine) -> None:
    kept = tally_rows(engine)
    with writing(engine) as session:
        tallies.rebuild_all(session)
    assert tally_rows(engine) == kept


def test_the_pair_in_hand_stays_until_it_is_answered(engine: Engine):
    workspace = make_workspace(engine)
    first = take(engine, workspace, workspace.raters[0], seed=1)
    assert take(engine, workspace, workspace.raters[0], seed=2).public_id == first.public_id
    rate(engine, workspace, first)
    assert take(engine, workspace, workspace.raters[0], seed=2).public_id != first.public_id


def test_a_doubled_key_press_counts_once(engine: Engine):
    workspace = make_workspace(engine)
    assignment = take(engine, workspace, workspace.raters[0])
    assert answer(engine, assignment, workspace.questions[0], Outcome.LEFT) is not None
    assert answer(engine, assignment, workspace.questions[0], Outcome.RIGHT) is None
    with reading(engine) as session:
        assert [vote.outcome for vote in session.exec(select(Vote))] == [Outcome.LEFT]


def test_a_vote_is_taken_only_from_the_rater_who_was_shown_the_pair(engine: Engine):
    workspace = make_workspace(engine)
    assignment = take(engine, workspace, workspace.raters[0])
    assignment.rater_id = workspace.raters[1]
    with pytest.raises(PairGone):
        answer(engine, assignment, workspace.questions[0])


def test_everyone_rates_until_nothing_is_left_and_never_the_same_pair_twice(engine: Engine):
    workspace = make_workspace(engine, prompts=2, candidates=3, raters=3, overlap=2)
    done = []
    for rater in workspace.raters:
        with pytest.raises(NothingToRate):
            for seed in range(100):
                assignment = take(engine, workspace, rater, seed=seed)
                rate(engine, workspace, assignment)
                done.append((rater, assignment.pair_id))
    assert len(done) == len(set(done)) == 2 * 3 * 2
    with reading(engine) as session:
        assert {pair.claimed for pair in session.exec(select(Pair))} == {2}


def test_sides_are_balanced_within_a_rater_and_a_candidate_pair(engine: Engine):
    workspace = make_workspace(engine, prompts=8, candidates=2, raters=1)
    for seed in range(8):
        rate(engine, workspace, take(engine, workspace, workspace.raters[0], seed=seed))
    with reading(engine) as session:
        left = [session.get_one(Response, a.left_response_id).candidate_id for a in session.exec(select(Assignment))]
    assert sorted(left.count(candidate) for candidate in workspace.candidates) == [4, 4]


def test_an_abandoned_lease_returns(engine: Engine):
    workspace = make_workspace(engine, prompts=1, candidates=2, raters=3, overlap=1)
    first, second, _ = workspace.raters
    abandoned = take(engine, workspace, first)
    with pytest.raises(NothingToRate):
        take(engine, workspace, second)
    assert assigning.release_abandoned(engine, later(16)) == 1
    assert take(engine, workspace, second, now=later(16)).pair_id == abandoned.pair_id
    with pytest.raises(PairGone):
        answer(engine, abandoned, workspace.questions[0], now=later(17))


def test_a_lease_that_ran_out_is_taken_up_again_where_there_is_room(engine: Engine):
    workspace = make_workspace(engine, prompts=1, candidates=2, overlap=1)
    assignment = take(engine, workspace, workspace.raters[0])
    assigning.release_abandoned(engine, later(16))
    assert take(engine, workspace, workspace.raters[0], now=later(30)).public_id == assignment.public_id
    assert answer(engine, assignment, workspace.questions[0], now=later(30)) is not None


def test_undo_withdraws_the_last_answer_and_brings_its_pair_back(engine: Engine):
    workspace = make_workspace(engine)
    rater = workspace.raters[0]
    first = take(engine, workspace, rater, seed=1)
    rate(engine, workspace, first)
    take(engine, workspace, rater, seed=2)
    assert voting.undo(engine, study_id=workspace.study, rater_id=rater, now=later(1)) == first.public_id
    again = take(engine, workspace, rater, seed=3)
    assert again.public_id == first.public_id
    with reading(engine) as session:
        assert set(voting.answers(session, again)) == set(workspace.questions[:2])
    answer(engine, again, workspace.questions[2], Outcome.BOTH_BAD, now=later(2))
    with reading(engine) as session:
        chain = [vote.outcome for vote in session.exec(select(Vote).where(Vote.question_id == workspace.questions[2]))]
    assert chain == [Outcome.LEFT, None, Outcome.BOTH_BAD]
    assert_tallies_equal_a_rebuild(engine)


def test_undo_reaches_ten_votes_back_and_no_further(engine: Engine):
    workspace = make_workspace(engine)
    rater = workspace.raters[0]
    for seed in range(4):
        rate(engine, workspace, take(engine, workspace, rater, seed=seed))
    undone = [voting.undo(engine, study_id=workspace.study, rater_id=rater, now=later(n)) for n in range(12)]
    assert all(undone)
    assert voting.undo(engine, study_id=workspace.study, rater_id=rater, now=later(20)) is None
    assert_tallies_equal_a_rebuild(engine)
    with reading(engine) as session:
        assert not session.exec(select(PairTally).where(PairTally.n_left != 0)).all()


def test_a_skipped_pair_goes_to_somebody_else_and_its_answers_are_withdrawn(engine: Engine):
    workspace = make_workspace(engine, prompts=1, candidates=2, overlap=1)
    first, second, _ = workspace.raters
    assignment = take(engine, workspace, first)
    answer(engine, assignment, workspace.questions[0])
    voting.skip(engine, public_id=assignment.public_id, rater_id=first, reason=voting.SKIP_REASONS[0], now=later(1))
    with pytest.raises(NothingToRate):
        take(engine, workspace, first, now=later(1))
    assert take(engine, workspace, second, now=later(1)).pair_id == assignment.pair_id
    assert not any(tally_rows(engine).values())


def test_a_changed_vote_supersedes_and_the_tallies_follow(engine: Engine):
    workspace = make_workspace(engine)
    assignment = take(engine, workspace, workspace.raters[0])
    rate(engine, workspace, assignment)
    voting.change(
        engine,
        public_id=assignment.public_id,
        rater_id=assignment.rater_id,
        question_id=workspace.questions[0],
        outcome=Outcome.RIGHT,
        now=later(3),
    )
    assert_tallies_equal_a_rebuild(engine)
    with reading(engine) as session:
        assert voting.answers(session, assignment)[workspace.questions[0]] == Outcome.RIGHT


def test_a_vote_faster_than_reading_is_marked_and_kept(engine: Engine):
    workspace = make_workspace(engine)
    assignment = take(engine, workspace, workspace.raters[0])
    fast = answer(engine, assignment, workspace.questions[0], now=NOW + timedelta(seconds=1))
    slow = answer(engine, assignment, workspace.questions[1], now=later(2))
    assert (fast.too_fast, slow.too_fast) == (True, False)


def test_a_paused_study_takes_no_vote_and_says_so(engine: Engine):
    workspace = make_workspace(engine)
    assignment = take(engine, workspace, workspace.raters[0])
    with writing(engine) as session:
        studies.set_state(session, workspace.study, "paused")
    with pytest.raises(NothingToRate, match="paused"):
        answer(engine, assignment, workspace.questions[0])


def test_mirrored_repeats_come_back_late_and_count_nowhere(engine: Engine):
    workspace = make_workspace(engine, prompts=30, candidates=4, raters=1)
    rater, now = workspace.raters[0], NOW
    for seed in range(120):
        rate(engine, workspace, take(engine, workspace, rater, now=now, seed=seed), now=now)
    with reading(engine) as session:
        assignments = {a.id: a for a in session.exec(select(Assignment).order_by(Assignment.id))}
        repeats = [a for a in assignments.values() if a.repeat_of_id]
        counted = session.execute(sa.select(sa.func.sum(PairTally.n_left))).scalar()
    assert repeats
    order = list(assignments)
    for repeat in repeats:
        first = assignments[repeat.repeat_of_id]
        assert order.index(repeat.id) - order.index(first.id) >= 20
        assert (repeat.left_response_id, repeat.right_response_id) == (
            first.right_response_id,
            first.left_response_id,
        )
    assert counted == 3 * (120 - len(repeats))
    assert_tallies_equal_a_rebuild(engine)


def test_a_round_shows_the_pair_without_a_candidate_and_counts_what_is_done(engine: Engine):
    workspace = make_workspace(engine, prompts=2, candidates=3)
    rater = workspace.raters[0]
    rate(engine, workspace, take(engine, workspace, rater), now=later(1))
    shown = rounds.current_round(engine, study_id=workspace.study, rater_id=rater, now=later(2), rng=random.Random(1))
    assert (shown.progress.done, shown.progress.total) == (1, 6)
    assert shown.open_question.key == "tone"
    assert "candidate" not in repr(shown.pair)


def test_the_goal_of_pairs_per_rater_ends_the_work_unless_one_carries_on(engine: Engine):
    workspace = make_workspace(engine)
    rater = workspace.raters[0]
    with writing(engine) as session:
        session.get_one(Study, workspace.study).pairs_per_rater = 1
    rate(engine, workspace, take(engine, workspace, rater))
    asked = {"study_id": workspace.study, "rater_id": rater, "now": later(1), "rng": random.Random(0)}
    with pytest.raises(NothingToRate, match="every pair"):
        rounds.current_round(engine, **asked)
    assert rounds.current_round(engine, **asked, beyond_goal=True).pair.turns


@pytest.mark.parametrize("what", [{"turns": ["  "], "words": 0}, {"finish_reason": "length"}])
def test_a_response_that_is_blank_or_cut_short_is_never_shown_to_a_rater(engine: Engine, what: dict[str, object]):
    made = make_workspace(engine, prompts=1, candidates=3)
    with writing(engine) as session:
        unfit = session.exec(select(Response).where(Response.candidate_id == made.candidates[0])).one()
        for name, value in what.items():
            setattr(unfit, name, value)
    with reading(engine) as session:
        pool = pool_of(session, session.get_one(Study, made.study))
    assert pool.candidates == made.candidates[1:]


def test_a_note_and_a_reason_that_no_database_could_keep_are_kept_without_what_it_could_not(engine: Engine):
    workspace = make_workspace(engine)
    held = take(engine, workspace, workspace.raters[0])
    on = {"public_id": held.public_id, "rater_id": held.rater_id, "now": later(1)}
    voting.remark(engine, **on, kind="comment", note="half \ud83d and \x00 nothing")
    voting.skip(engine, **on, reason="no \x00 reason \udc00")
    with reading(engine) as session:
        assert session.exec(select(Remark.note)).one().startswith("half ")
        assert (session.get_one(Assignment, held.id).skip_reason or "").startswith("no ")
