from itertools import combinations

import pytest
from sqlmodel import col, select

from core.domain.votes import Outcome
from core.errors import BadInput
from core.services import judging
from core.services.judging.favouritism import favouritism
from core.services.judging.judge_panel import OWN_FAMILY
from core.services.judging.pairing import pairs_to_judge
from core.services.scoring import evaluators
from core.services.workspace import count_simulated
from core.storage.engine import reading, write, writing
from core.storage.tables import Candidate, Evaluator, JudgeCall, JudgePreference, Person, Response, Score, Vote
from tests.services.judging.scripted_judge import choice, quoted, scripted_judge
from tests.services.judging.test_judging_service import add_judge, price
from tests.workspace import NOW, make_workspace

pytestmark = pytest.mark.one_database


def longer(messages):
    """Prefers the longer response, wherever it stands."""
    first, second = (len(quoted(messages, name)) for name in ("FIRST", "SECOND"))
    return choice("first" if first > second else "second" if second > first else "tie")


def preferences(engine):
    with reading(engine) as session:
        return session.exec(select(JudgePreference).order_by(col(JudgePreference.id))).all()


def all_pairs(engine, judge_id):
    with reading(engine) as session:
        return pairs_to_judge(session, judge_id, run_id=1)


def test_a_judge_that_keeps_to_its_opinion_is_asked_twice_and_prefers_it(engine):
    make_workspace(engine, prompts=2, candidates=3, raters=0)
    with scripted_judge(longer) as judge:
        pairwise = add_judge(engine, judge, kind="pairwise_judge")
        pairs = all_pairs(engine, pairwise)
        summary = judging.judge_pairs(engine, pairwise, [pair[::-1] for pair in pairs])
        assert (summary.calls, len(judge.asked)) == (12, 12)
        assert judging.judge_pairs(engine, pairwise, pairs).calls == len(judge.asked) == 12
        assert all_pairs(engine, pairwise) == []
    found = preferences(engine)
    assert len(found) == 6 and all(one.first_response_id < one.second_response_id for one in found)
    assert {(one.outcome, one.orders_agree) for one in found} == {(int(Outcome.RIGHT), True)}
    with reading(engine) as session:
        shown = {(call.response_id, call.other_response_id): call.value for call in session.exec(select(JudgeCall))}
        assert session.exec(select(Score)).all() == []
    assert shown == dict.fromkeys(pairs, 0.0) | {pair[::-1]: 1.0 for pair in pairs}


@pytest.mark.parametrize("word", ["first", "second", "tie"])
def test_a_judge_that_always_says_the_same_prefers_nobody(sqlite_engine, word):
    make_workspace(sqlite_engine, prompts=2, candidates=3, raters=0)
    with scripted_judge(lambda messages: choice(word)) as judge:
        pairwise = add_judge(sqlite_engine, judge, kind="pairwise_judge")
        judging.judge_pairs(sqlite_engine, pairwise, all_pairs(sqlite_engine, pairwise))
    assert {one.outcome for one in preferences(sqlite_engine)} == {int(Outcome.TIE)}
    assert {one.orders_agree for one in preferences(sqlite_engine)} == {word == "tie"}


def test_nonsense_in_one_order_leaves_the_pair_without_an_outcome_and_is_not_asked_again(sqlite_engine):
    make_workspace(sqlite_engine, prompts=1, candidates=2, raters=0)
    replies = iter(["neither, really", choice("first"), choice("first")])
    with scripted_judge(lambda messages: next(replies)) as judge:
        pairwise = add_judge(sqlite_engine, judge, kind="pairwise_judge")
        summary = judging.judge_pairs(sqlite_engine, pairwise, [(1, 2)])
        judging.judge_pairs(sqlite_engine, pairwise, [(1, 2)])
        assert len(judge.asked) == 2
    (found,) = preferences(sqlite_engine)
    assert found.outcome is None and found.reason.startswith("in the first order: The judge's reply is not")
    assert summary.parse_failure_rate == 0.5


def test_an_order_that_failed_is_asked_again_and_the_other_is_not(sqlite_engine):
    make_workspace(sqlite_engine, prompts=1, candidates=2, raters=0)
    replies = iter([400, choice("first"), choice("second")])
    with scripted_judge(lambda messages: next(replies)) as judge:
        pairwise = add_judge(sqlite_engine, judge, kind="pairwise_judge")
        judging.judge_pairs(sqlite_engine, pairwise, [(1, 2)])
        assert preferences(sqlite_engine)[0].outcome is None and all_pairs(sqlite_engine, pairwise) == [(1, 2)]
        judging.judge_pairs(sqlite_engine, pairwise, [(1, 2)])
        assert len(judge.asked) == 3
    assert [(one.outcome, one.orders_agree) for one in preferences(sqlite_engine)] == [(int(Outcome.RIGHT), True)]


def test_the_spend_of_comparisons_is_capped_and_its_own(engine):
    make_workspace(engine, prompts=10, candidates=3, raters=0)
    with scripted_judge(longer) as judge:
        price(engine, judge)
        pairwise = add_judge(engine, judge, kind="pairwise_judge", max_tokens=50)
        pairs = all_pairs(engine, pairwise)
        first = judging.judge_pairs(engine, pairwise, pairs, max_usd=0.01)
        assert 0 < first.spent_usd <= 0.01 and "spending cap of 0.01 USD" in first.problem
        again = judging.judge_pairs(engine, pairwise, pairs, max_usd=0.01)
        assert again.spent_usd - first.spent_usd <= 0.01
        judging.judge_pairs(engine, pairwise, pairs)
        assert len(judge.asked) == 60
    assert len(preferences(engine)) == 30
    with reading(engine) as session:
        assert {response.cost_usd for response in session.exec(select(Response))} == {None}


def test_a_pair_with_a_relative_of_the_judge_is_not_compared_unless_it_may(sqlite_engine):
    make_workspace(sqlite_engine, prompts=1, candidates=3, raters=0)
    with writing(sqlite_engine) as session:
        session.get(Candidate, 1).model = "judge-1-mini-gpt"
    with scripted_judge(longer) as judge:
        strict = add_judge(sqlite_engine, judge, "strict", "pairwise_judge", model="gpt-4o")
        free = add_judge(sqlite_engine, judge, "free", "pairwise_judge", model="gpt-4o", may_judge_own_family=True)
        for pairwise in (strict, free):
            judging.judge_pairs(sqlite_engine, pairwise, all_pairs(sqlite_engine, pairwise))
        assert len(judge.asked) == 2 + 6
        assert all_pairs(sqlite_engine, strict) == []
    own = [one for one in preferences(sqlite_engine) if one.evaluator_id == strict and one.outcome is None]
    assert [one.reason for one in own] == [OWN_FAMILY] * 2


def test_pairs_are_of_one_prompt_and_a_grading_judge_compares_none(sqlite_engine):
    make_workspace(sqlite_engine, prompts=2, candidates=2, raters=0)
    with scripted_judge(longer) as judge:
        pairwise = add_judge(sqlite_engine, judge, kind="pairwise_judge")
        grading = add_judge(sqlite_engine, judge, "grading")
        for pair in ((1, 3), (1, 1), (1, 99)):
            with pytest.raises(BadInput, match=f"{pair[0]} and {pair[1]} are not two answers to one prompt"):
                judging.judge_pairs(sqlite_engine, pairwise, [(1, 2), pair])
        with pytest.raises(BadInput, match="does not compare pairs"):
            judging.judge_pairs(sqlite_engine, grading, [(1, 2)])
        assert judge.asked == []


def test_pairs_are_spread_over_prompts_up_to_the_limit_the_same_by_seed(engine):
    made = make_workspace(engine, prompts=6, candidates=4, raters=0)
    with reading(engine) as session:
        prompt_of = dict(session.exec(select(Response.id, Response.prompt_id)).all())
        few = pairs_to_judge(session, 1, run_id=1, limit=6)
        assert few == pairs_to_judge(session, 1, run_id=1, limit=6) != pairs_to_judge(session, 1, run_id=1, seed=1)[:6]
        assert sorted(prompt_of[first] for first, _ in few) == sorted(made.prompts)
        whole = pairs_to_judge(session, 1, run_id=1)
        assert sorted(whole) == sorted(pairs_to_judge(session, 1, study_id=made.study))
        with pytest.raises(BadInput, match="either a run or a study"):
            pairs_to_judge(session, 1)
    same_prompt = [pair for pair in combinations(sorted(prompt_of), 2) if prompt_of[pair[0]] == prompt_of[pair[1]]]
    assert sorted(whole) == same_prompt


def votes(engine, made, outcome_of, *, kind="human", key="send"):
    """One vote on the first two candidates' pair of every prompt, the first on the left."""
    with writing(engine) as session:
        rater = Person(name=f"voter {kind}", kind=kind, created_at=NOW)
        session.add(rater)
        session.flush()
        question = dict(zip(("tone", "safety", "send"), made.questions, strict=True))[key]
        session.add_all(
            Vote(
                study_id=made.study,
                question_id=question,
                prompt_id=prompt,
                rater_id=rater.id,
                left_candidate_id=made.candidates[0],
                right_candidate_id=made.candidates[1],
                outcome=int(outcome_of(number)),
                created_at=NOW,
            )
            for number, prompt in enumerate(made.prompts)
        )


def own_first(engine, made):
    with writing(engine) as session:
        session.get(Candidate, made.candidates[0]).model = "gpt-4o-mini"


def test_favouritism_is_the_judges_preference_for_its_own_less_the_experts(engine):
    made = make_workspace(engine, prompts=20, candidates=3, raters=0)
    own_first(engine, made)
    votes(engine, made, lambda number: Outcome.LEFT if number % 4 == 0 else Outcome.RIGHT)
    votes(engine, made, lambda number: Outcome.LEFT, kind="imported", key="tone")

    def favouring(messages):
        own, numbered = quoted(messages, "FIRST").startswith("Answer 1 "), int(quoted(messages, "USER")[9:-1])
        if numbered % 2:
            return choice("first" if own else "second")
        return choice("tie")

    with scripted_judge(favouring) as judge:
        pairwise = add_judge(engine, judge, kind="pairwise_judge", model="gpt-4o", may_judge_own_family=True)
        with reading(engine) as session:
            assert (
                "Not enough: 0 of 10 prompts" in favouritism(session, session.exec(evaluator(pairwise)).one()).problem
            )
        judging.judge_pairs(engine, pairwise, all_pairs(engine, pairwise))
    with reading(engine) as session:
        found = favouritism(session, session.exec(evaluator(pairwise)).one())
    assert (found.pairs, found.prompts) == (20, 20)
    assert found.value == pytest.approx(0.75 - 0.25) and found.lower < 0.5 < found.upper


def test_the_grades_of_a_judge_show_favouritism_too_and_simulated_votes_count_as_set(engine):
    made = make_workspace(engine, prompts=12, candidates=2, raters=0)
    own_first(engine, made)
    votes(engine, made, lambda number: Outcome.BOTH_BAD, kind="simulated")
    params = {"provider": "openai", "model": "gpt-4o", "may_judge_own_family": True}
    judge = write(engine, lambda session: evaluators.add(session, "llm_judge", "judge", params, NOW))
    with writing(engine) as session:
        for response in session.exec(select(Response)):
            value = 1.0 if response.candidate_id == made.candidates[0] else 0.25
            session.add(Score(response_id=response.id, evaluator_id=judge.id, value=value, scored_at=NOW))
    with reading(engine) as session:
        found = favouritism(session, judge)
    assert found.value == pytest.approx(0.5) and found.pairs == 12
    write(engine, lambda session: count_simulated(session, False))
    with reading(engine) as session:
        assert favouritism(session, judge).value is None


def test_a_relative_that_answers_under_an_alias_is_of_the_family_too(engine):
    made = make_workspace(engine, prompts=12, candidates=2, raters=0)
    votes(engine, made, lambda number: Outcome.RIGHT)
    params = {"provider": "openai", "model": "gpt-4o", "may_judge_own_family": True}
    judge = write(engine, lambda session: evaluators.add(session, "llm_judge", "judge", params, NOW))
    with writing(engine) as session:
        for response in session.exec(select(Response)):
            mine = response.candidate_id == made.candidates[0]
            response.answered_by = "gpt-4o-2024-08-06" if mine else "claude-3"
            session.add(Score(response_id=response.id, evaluator_id=judge.id, value=float(mine), scored_at=NOW))
    with reading(engine) as session:
        found = favouritism(session, judge)
    assert (found.value, found.pairs, found.raters) == (1.0, 12, 1)
    assert found.holds_for_these_raters_only
    other = write(engine, lambda session: evaluators.add(session, "llm_judge", "other", {**params, "model": "x"}, NOW))
    with reading(engine) as session:
        assert favouritism(session, other).problem == "No candidate is of its family."


def evaluator(evaluator_id):
    return select(Evaluator).where(Evaluator.id == evaluator_id)
