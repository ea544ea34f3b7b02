"""Boards that a judge narrows: whose preferences are read, against which votes, and what is told of it."""

import time
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
import sqlalchemy as sa
from sqlmodel import select

from core.domain.ranking import RankingOptions
from core.domain.votes import Outcome
from core.errors import BadInput, NotFound
from core.services.leaderboards import boards, narrowing, report, settling, stating
from core.services.leaderboards.boards import Filters
from core.services.scoring import evaluators
from core.services.studies import studies
from core.storage.engine import reading, write, writing
from core.storage.tables import Assignment, JudgePreference, Pair, Prompt, Response, Run, Score, Vote
from tests.ballots import Ballot, cast, make_simulated
from tests.workspace import NOW, Workspace, later, make_workspace

pytestmark = pytest.mark.one_database

L, R, TIE, BAD = Outcome
CLOUD = {"provider": "openai", "model": "gpt-4o"}


@pytest.fixture(autouse=True)
def _nothing_kept():
    narrowing.forget()


def add(engine, kind="pairwise_judge", name="judge", **params):
    return write(engine, lambda session: evaluators.add(session, kind, name, CLOUD | params, NOW))


def quality(prompt: int, candidate: int) -> float:
    """How good an answer is: of the candidate, and of chance."""
    return 0.3 * candidate + float(np.random.default_rng(1000 * prompt + candidate).normal())


def ballots(at: Workspace, prompts: range) -> list[Ballot]:
    """One vote on a pair of each prompt, by quality and the rater's chance; sides change."""
    found = []
    pairs = list(combinations(range(len(at.candidates)), 2))
    for prompt in prompts:
        a, b = pairs[prompt % len(pairs)]
        left, right = (a, b) if prompt % 3 else (b, a)
        chance = np.random.default_rng(prompt).logistic(scale=0.4)
        wins = quality(prompt, left) - quality(prompt, right) + chance > 0
        found.append(Ballot(prompt // 6 % len(at.raters), left, right, L if wins else R, prompt))
    return found


def judge_all(engine, at, judge_id, *, bias=0.5, prompts=None):
    """A preference on every pair of responses of every prompt, by quality, with a bias for the first candidate."""
    place = {candidate: number for number, candidate in enumerate(at.candidates)}
    of = {prompt: number for number, prompt in enumerate(at.prompts)}
    with writing(engine) as session:
        by_prompt = {}
        for response in session.exec(select(Response)):
            by_prompt.setdefault(response.prompt_id, []).append(response)
        for prompt, responses in by_prompt.items():
            if prompts is not None and of[prompt] not in prompts:
                continue
            for one, other in combinations(sorted(responses, key=lambda each: each.id), 2):
                mine, theirs = (
                    quality(of[prompt], place[each.candidate_id]) + bias * (place[each.candidate_id] == 0)
                    for each in (one, other)
                )
                outcome = TIE if abs(mine - theirs) < 0.1 else L if mine > theirs else R
                session.add(
                    JudgePreference(
                        evaluator_id=judge_id,
                        prompt_id=prompt,
                        first_response_id=one.id,
                        second_response_id=other.id,
                        outcome=int(outcome),
                        created_at=NOW,
                    )
                )


def board_of(engine, at, judge=None, filters=None, **options):
    with reading(engine) as session:
        question = studies.questions(session, at.study)[0]
        return boards.leaderboard(session, question, filters or Filters(), RankingOptions(**options), judge)


def voted(engine, prompts=150, rated=90, **also):
    at = make_workspace(engine, prompts=prompts, candidates=3, raters=6, **also)
    cast(engine, at, ballots(at, range(rated)))
    return at


def test_a_judge_of_pairs_narrows_the_board_and_says_what_it_measured(engine):
    at = voted(engine)
    judge = add(engine)
    judge_all(engine, at, judge.id)
    alone, found = board_of(engine, at), board_of(engine, at, judge)
    narrowed = found.board.narrowed
    assert (narrowed.labelled, narrowed.unlabelled) == (90, 150 * 3 - 90)
    assert 0.4 < narrowed.correlation < 0.9
    widths = [sum(np.sqrt(np.diag(each.board.covariance))) for each in (alone, found)]
    assert narrowed.gain == pytest.approx((widths[0] / widths[1]) ** 2)
    assert narrowed.gain > 1.2
    assert (found.votes, found.raters, found.as_of_vote_id) == (alone.votes, alone.raters, alone.as_of_vote_id)
    assert {s.candidate: (s.votes, s.wins, s.losses) for s in found.standings} == {
        s.candidate: (s.votes, s.wins, s.losses) for s in alone.standings
    }
    told = report.leaderboard_object(found, study="Everything")
    assert "judge" not in report.leaderboard_object(alone, study="Everything")
    assert told["judge"] == {
        "name": "judge",
        "correlation": narrowed.correlation,
        "gain": narrowed.gain,
        "labelled": 90,
        "unlabelled": 360,
    }
    assert f"worth {narrowed.gain:.2f} times its votes" in report.leaderboard_text(found, study="Everything")


def test_what_is_moved_is_what_chance_did_to_the_voted_pairs(sqlite_engine):
    """Against the definition, pair of candidates by pair: wins + λ · votes · (mean of the others − of the voted)."""
    at = voted(sqlite_engine)
    judge = add(sqlite_engine)
    judge_all(sqlite_engine, at, judge.id)
    found = board_of(sqlite_engine, at, judge)
    rectification, cells = found.board.narrowed.rectification, found.counted.cells
    stated = {}
    with reading(sqlite_engine) as session:
        candidate_of = dict(session.exec(select(Response.id, Response.candidate_id)).all())
        for one in session.exec(select(JudgePreference)):
            key = (one.prompt_id, candidate_of[one.first_response_id], candidate_of[one.second_response_id])
            stated[key] = {0: 1.0, 1: 0.0}.get(one.outcome, 0.5)
        category_of = dict(session.exec(select(Prompt.id, Prompt.category)).all())
        votes = list(session.exec(select(Vote)))
    each = Counter(vote.rater_id for vote in votes)
    weight = {vote.id: 1 / (1 + 0.02 * (each[vote.rater_id] - 1)) for vote in votes}
    moved = np.asarray(found.cells.wins - cells.wins)
    strata = [(pair, kind) for pair in combinations(at.candidates, 2) for kind in ("coding", "support")]
    judged = rectification.judged
    assert judged.strata == len(strata)
    place = {candidate: number for number, candidate in enumerate(at.candidates)}
    for s, ((a, b), category) in enumerate(strata):
        assert (judged.first[s], judged.second[s]) == (place[a], place[b])
        here = {key[0]: f for key, f in stated.items() if key[1:] == (a, b) and category_of[key[0]] == category}
        mine = [v for v in votes if {v.left_candidate_id, v.right_candidate_id} == {a, b} and v.prompt_id in here]
        rated = {v.prompt_id for v in mine}
        others = [f for prompt, f in here.items() if prompt not in rated]
        total = sum(weight[v.id] for v in mine)
        mean = sum(weight[v.id] * here[v.prompt_id] for v in mine) / total
        assert (judged.labelled[s], rectification.unlabelled[s]) == (len(rated), len(others))
        cell = judged.stratum == s
        sign = np.where(cells.left[cell] == judged.first[s], 1, -1)
        expected = rectification.slope[s] * total * (np.mean(others) - mean)
        assert (sign * moved[cell]).sum() == pytest.approx(expected)
    share = rectification.unlabelled / (rectification.unlabelled + judged.labelled)
    assert np.ptp(rectification.slope / share) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("kind", ["scores", "exact responses"])
def test_an_evaluator_prefers_the_higher_score_and_neither_of_equals(engine, kind):
    at = voted(engine, prompts=60, rated=48)
    evaluator = add(engine, "llm_judge", "grades")
    place = {candidate: number for number, candidate in enumerate(at.candidates)}
    of = {prompt: number for number, prompt in enumerate(at.prompts)}
    with writing(engine) as session:
        for response in session.exec(select(Response)):
            value = round(float(1 / (1 + np.exp(-quality(of[response.prompt_id], place[response.candidate_id])))), 1)
            scored = None if response.prompt_id == at.prompts[50] else value
            session.add(Score(response_id=response.id, evaluator_id=evaluator.id, value=scored, scored_at=NOW))
        if kind == "exact responses":
            name_the_responses(session, at)
    found = board_of(engine, at, evaluator).board.narrowed
    assert (found.labelled, found.unlabelled) == (48, 3 * 59 - 48)
    assert found.correlation > 0.4
    with reading(engine) as session:
        assert [each.name for each in stating.evaluators(session, at.questions[0])] == ["grades"]


def name_the_responses(session, at):
    """Give each vote the assignment in which the app would have shown its responses."""
    response_of = {(r.prompt_id, r.candidate_id): r.id for r in session.exec(select(Response))}
    pairs = {}
    for vote in session.exec(select(Vote)).all():
        left, right = (response_of[vote.prompt_id, c] for c in (vote.left_candidate_id, vote.right_candidate_id))
        ids = sorted((vote.left_candidate_id, vote.right_candidate_id))
        responses = tuple(response_of[vote.prompt_id, candidate] for candidate in ids)
        pair = pairs.setdefault(
            responses,
            Pair(
                study_id=at.study,
                prompt_id=vote.prompt_id,
                first_response_id=responses[0],
                second_response_id=responses[1],
                first_candidate_id=ids[0],
                second_candidate_id=ids[1],
            ),
        )
        session.add(pair)
        session.flush()
        given = Assignment(
            public_id=f"a{vote.id}",
            study_id=at.study,
            pair_id=pair.id,
            rater_id=vote.rater_id,
            left_response_id=left,
            right_response_id=right,
            created_at=NOW,
            leased_until=NOW,
        )
        session.add(given)
        session.flush()
        vote.assignment_id = given.id


def test_answers_of_another_run_are_no_pairs_of_the_same_kind(engine):
    """A later run may have drifted: pairs are held against those of the runs that were voted on."""
    at = voted(engine, prompts=60, rated=48)
    evaluator = add(engine, "llm_judge", "grades")
    with writing(engine) as session:
        name_the_responses(session, at)
        first = session.exec(select(Run)).one()
        run = Run(dataset_id=first.dataset_id, source="import", created_at=later(5))
        session.add(run)
        session.flush()
        for response in session.exec(select(Response)).all():
            again = Response(**response.model_dump(exclude={"id", "run_id"}), run_id=run.id)
            session.add(again)
        session.flush()
        for response in session.exec(select(Response)).all():
            value = 0.5 if response.run_id == first.id else 1.0
            session.add(Score(response_id=response.id, evaluator_id=evaluator.id, value=value, scored_at=NOW))
    found = board_of(engine, at, evaluator).board.narrowed
    assert (found.labelled, found.unlabelled) == (48, 3 * 60 - 48)
    assert found.correlation is None and found.gain == pytest.approx(1)


def test_a_category_is_held_against_its_own_pairs_alone(engine):
    at = voted(engine, prompts=100, rated=60)
    judge = add(engine)
    judge_all(engine, at, judge.id)
    found = board_of(engine, at, judge, Filters(category="coding"))
    assert (found.votes, found.board.narrowed.labelled, found.board.narrowed.unlabelled) == (30, 30, 120)
    absent = board_of(engine, at, judge, Filters(category="nowhere"))
    assert (absent.votes, absent.standings) == (0, ())


def test_simulated_votes_left_out_leave_their_pairs_out_too(engine):
    at = voted(engine, prompts=100, rated=60)
    make_simulated(engine, at, 0)
    judge = add(engine)
    judge_all(engine, at, judge.id)
    found = board_of(engine, at, judge, Filters(simulated=False))
    assert (found.votes, found.raters, found.simulated_votes) == (48, 5, 0)
    assert (found.board.narrowed.labelled, found.board.narrowed.unlabelled) == (48, 240)
    assert board_of(engine, at, judge).simulated_votes == 12


def test_a_judge_without_preferences_here_leaves_the_board_of_the_votes(engine):
    at = voted(engine, prompts=20, rated=18)
    judge = add(engine)
    alone, found = board_of(engine, at), board_of(engine, at, judge)
    assert [s.rating for s in found.standings] == pytest.approx([s.rating for s in alone.standings])
    assert [s.lower for s in found.standings] == pytest.approx([s.lower for s in alone.standings])
    assert report.judge_object(found) == {
        "name": "judge", "correlation": None, "gain": pytest.approx(1), "labelled": 0, "unlabelled": 0,
    }  # fmt: skip
    assert "narrows nothing here" in report.leaderboard_text(found, study="Everything")
    with reading(engine) as session, pytest.raises(NotFound, match=r"'judge' states no preference.*nobody yet"):
        stating.named(session, at.questions[0], "judge")


def test_new_votes_and_new_judgements_are_seen_after_a_moment(engine, monkeypatch):
    at = voted(engine, prompts=60, rated=40)
    judge = add(engine)
    judge_all(engine, at, judge.id, prompts=range(50))
    first = board_of(engine, at, judge)
    assert board_of(engine, at, judge).counted is first.counted
    monkeypatch.setattr(narrowing, "_FRESH_S", -1e9)
    assert board_of(engine, at, judge).counted is first.counted
    cast(engine, at, ballots(at, range(40, 45)))
    more_votes = board_of(engine, at, judge)
    assert (more_votes.votes, more_votes.board.narrowed.labelled, more_votes.waiting) == (45, 45, 0)
    judge_all(engine, at, judge.id, prompts=range(50, 60))
    assert board_of(engine, at, judge).board.narrowed.unlabelled == 60 * 3 - 45


def test_many_votes_are_counted_anew_beside_the_pages(engine, monkeypatch):
    at = voted(engine, prompts=60, rated=40)
    judge = add(engine)
    judge_all(engine, at, judge.id)
    first = board_of(engine, at, judge)
    monkeypatch.setattr(narrowing, "_FRESH_S", -1e9)
    monkeypatch.setattr(narrowing, "_MOST_AWAITED", 0)
    cast(engine, at, ballots(at, range(40, 45)))
    shown = board_of(engine, at, judge)
    assert (shown.counted is first.counted, shown.votes, shown.waiting) == (True, 40, 5)
    deadline = time.monotonic() + 30
    while board_of(engine, at, judge).votes < 45 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert board_of(engine, at, judge).board.narrowed.labelled == 45


def test_a_plain_board_and_one_without_masked_pairs_take_no_judge(sqlite_engine):
    at = voted(sqlite_engine, prompts=12, rated=12)
    judge = add(sqlite_engine)
    with pytest.raises(BadInput, match="plain board"):
        board_of(sqlite_engine, at, judge, plain=True)
    with pytest.raises(BadInput, match="without masked pairs"):
        board_of(sqlite_engine, at, judge, Filters(masked=False))


def test_whether_it_is_settled_is_told_of_the_narrowed_board(sqlite_engine):
    at = voted(sqlite_engine)
    judge = add(sqlite_engine)
    judge_all(sqlite_engine, at, judge.id)
    found = board_of(sqlite_engine, at, judge)
    with reading(sqlite_engine) as session:
        told = settling.settling(session, found)
    assert told.leader == found.standings[0].candidate
    assert told.probability_best == pytest.approx(found.board.leader_probability.max())


def test_a_vote_that_was_changed_counts_once_with_its_new_answer(sqlite_engine):
    at = voted(sqlite_engine, prompts=40, rated=36)
    judge = add(sqlite_engine)
    judge_all(sqlite_engine, at, judge.id)
    with writing(sqlite_engine) as session:
        old = session.exec(select(Vote).order_by(sa.desc(Vote.id))).first()
        changed = old.model_dump(exclude={"id"}) | {"outcome": int(TIE), "supersedes_id": old.id}
        session.add(Vote(**changed))
    found = board_of(sqlite_engine, at, judge)
    assert found.votes == 36 and sum(s.ties for s in found.standings) == 2
