"""Ordering a judge of pairs: which pairs, in what order, at what cost, and how it is watched."""

from collections import Counter

import pytest
from sqlmodel import select

from core.errors import BadInput
from core.services import judging
from core.services.judging.pair_orders import EVERY, PairOrder, estimate, plan
from core.services.judging.pairwise import Watch
from core.services.judging.voted_pairs import Scope
from core.services.leaderboards import narrowing, stating
from core.services.leaderboards.boards import Filters
from core.storage.engine import reading, writing
from core.storage.tables import Candidate, JudgePreference, Response, Run, Vote
from tests.ballots import Ballot, cast
from tests.services.judging.scripted_judge import choice, scripted_judge
from tests.services.judging.test_judging_service import add_judge, price
from tests.services.judging.test_pairwise_service import longer
from tests.services.leaderboards.test_narrowing import L, R, board_of, name_the_responses
from tests.workspace import NOW, later, make_workspace

pytestmark = pytest.mark.one_database


def rated(engine, *, prompts=12, named=False):
    """Votes on candidates 0 and 1 on eight prompts, and on 1 and 2 on four, each by two raters."""
    at = make_workspace(engine, prompts=prompts, candidates=4, raters=2)
    ballots = [Ballot(rater, 0, 1, L, prompt) for prompt in range(8) for rater in range(2)]
    ballots += [Ballot(rater, 2, 1, R, prompt) for prompt in range(4) for rater in range(2)]
    cast(engine, at, ballots)
    if named:
        with writing(engine) as session:
            name_the_responses(session, at)
    return at


def planned(engine, judge, at, others=1000, voted=EVERY, **scope):
    with reading(engine) as session:
        return plan(session, PairOrder(judge, Scope(**(scope or {"study_id": at.study})), voted, others))


def candidates_of(engine, pairs):
    with reading(engine) as session:
        of = dict(session.exec(select(Response.id, Response.candidate_id)).all())
    return Counter(tuple(sorted((of[one], of[other]))) for one, other in pairs)


@pytest.mark.parametrize("named", [False, True])
def test_the_pairs_are_those_voted_on_and_others_of_the_same_candidates(engine, named):
    at = rated(engine, named=named)
    with scripted_judge(longer) as judge:
        pairwise = add_judge(engine, judge, kind="pairwise_judge")
        for scope in ({"study_id": at.study}, {"dataset_id": 1}):
            found = planned(engine, pairwise, at, **scope)
            assert (found.voted, found.others, found.voted_in_all, found.compared) == (12, 4 + 8, 12, 0)
            first, second, third, _ = at.candidates
            assert candidates_of(engine, found.pairs) == {(first, second): 12, (second, third): 12}
        few = planned(engine, pairwise, at, others=6, voted=3)
        assert (few.voted, few.others, len(set(few.pairs))) == (3, 6, 9)
        assert few == planned(engine, pairwise, at, others=6, voted=3)
        assert list(found.pairs) != sorted(found.pairs)


def test_others_are_spread_over_candidates_as_the_voted_ones_are(sqlite_engine):
    at = rated(sqlite_engine, prompts=60)
    with scripted_judge(longer) as judge:
        pairwise = add_judge(sqlite_engine, judge, kind="pairwise_judge")
        found = planned(sqlite_engine, pairwise, at, others=30, voted=0)
    first, second, third, _ = at.candidates
    spread = candidates_of(sqlite_engine, found.pairs)
    assert spread[first, second] in range(19, 22) and spread[second, third] in range(9, 12)


def test_what_the_judge_has_compared_or_may_not_compare_is_not_planned_again(engine):
    at = rated(engine)
    with scripted_judge(longer) as judge:
        pairwise = add_judge(engine, judge, kind="pairwise_judge")
        judging.judge_pairs(engine, pairwise, planned(engine, pairwise, at, others=5).pairs)
        assert len(judge.asked) == 34
        found = planned(engine, pairwise, at)
        assert (found.voted, found.others, found.compared) == (0, 12 - 5, 12)
        with writing(engine) as session:
            session.get(Candidate, at.candidates[0]).model = "gpt-4o-mini"
        relative = add_judge(engine, judge, "relative", "pairwise_judge", model="gpt-4o")
        kept = planned(engine, relative, at)
    assert candidates_of(engine, kept.pairs) == {(at.candidates[1], at.candidates[2]): 12}


def test_without_votes_the_newest_answers_are_paired_and_a_grading_judge_compares_none(engine):
    at = make_workspace(engine, prompts=4, candidates=3)
    with scripted_judge(longer) as judge:
        pairwise = add_judge(engine, judge, kind="pairwise_judge")
        found = planned(engine, pairwise, at)
        assert (found.voted_in_all, found.others) == (0, 12)
        assert len(planned(engine, pairwise, at, others=5).pairs) == 5
        with pytest.raises(BadInput, match="does not compare pairs"):
            planned(engine, add_judge(engine, judge, "grading"), at)


def test_others_are_of_the_run_that_was_voted_on(engine):
    at = rated(engine, named=True)
    with writing(engine) as session:
        first = session.exec(select(Run)).one()
        run = Run(dataset_id=first.dataset_id, source="import", created_at=later(5))
        session.add(run)
        session.flush()
        old = list(session.exec(select(Response)))
        session.add_all(Response(**each.model_dump(exclude={"id", "run_id"}), run_id=run.id) for each in old)
        ids = {each.id for each in old}
    with scripted_judge(longer) as judge:
        pairwise = add_judge(engine, judge, kind="pairwise_judge")
        found = planned(engine, pairwise, at)
    assert found.others == 12 and {each for pair in found.pairs for each in pair} <= ids


def test_the_estimate_is_what_the_calls_come_to_and_none_without_a_price(engine):
    at = rated(engine)
    with scripted_judge(longer) as judge:
        pairwise = add_judge(engine, judge, kind="pairwise_judge", max_tokens=50)
        found = planned(engine, pairwise, at, others=4)

        def estimated():
            with reading(engine) as session:
                return estimate(engine, session, pairwise, found, now=NOW)

        unknown = estimated()
        assert (unknown.calls, unknown.cost_usd, unknown.most_usd) == (32, None, None)
        price(engine, judge)
        cost = estimated()
        assert 0 < cost.cost_usd <= cost.most_usd
        done = judging.judge_pairs(engine, pairwise, found.pairs, max_usd=cost.most_usd * 1.05)
    assert not done.problem and done.calls == cost.calls and done.spent_usd <= cost.most_usd


def test_whoever_watches_is_told_how_far_it_is_and_can_end_it(sqlite_engine):
    at = rated(sqlite_engine)
    told = []
    with scripted_judge(lambda messages: choice("first")) as judge:
        pairwise = add_judge(sqlite_engine, judge, kind="pairwise_judge")
        pairs = planned(sqlite_engine, pairwise, at).pairs
        watch = Watch(lambda done, total: told.append((done, total)), lambda: len(told) >= 5)
        judging.judge_pairs(sqlite_engine, pairwise, pairs, at_once=1, watch=watch)
        assert told[:5] == [(n, 24) for n in range(1, 6)] and len(told) <= 7
    with reading(sqlite_engine) as session:
        asked = {(p.first_response_id, p.second_response_id) for p in session.exec(select(JudgePreference))}
    assert asked == set(pairs[: len(told)])


def test_from_the_order_to_the_narrowed_board(engine):
    narrowing.forget()
    at = rated(engine, prompts=40)
    with scripted_judge(longer) as judge:
        pairwise = add_judge(engine, judge, kind="pairwise_judge")
        judging.judge_pairs(engine, pairwise, planned(engine, pairwise, at).pairs)
    with reading(engine) as session:
        (evaluator,) = stating.evaluators(session, at.questions[0])
        assert len(session.exec(select(Vote)).all()) == 24
    found = board_of(engine, at, evaluator, Filters()).board.narrowed
    assert (found.labelled, found.unlabelled) == (12, 80 - 12)
