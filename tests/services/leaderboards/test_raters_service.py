"""What analysts are told of raters: agreement, self-consistency, side, pace, flags and skips."""

from collections.abc import Iterable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from core.domain.votes import Outcome
from core.services import importing
from core.services.importing import Kind
from core.services.leaderboards import rater_votes, raters
from core.services.leaderboards.raters import RaterReport, RaterRow
from core.services.studies import studies
from core.storage.engine import reading, writing
from core.storage.tables import Assignment, Pair, Remark, Response, Vote
from tests.ballots import Ballot, cast, make_simulated
from tests.workspace import NOW, Workspace, make_workspace

pytestmark = pytest.mark.one_database

L, R, TIE, BAD = Outcome


def report(engine: Engine, at: Workspace, *, simulated: bool = True) -> RaterReport:
    with reading(engine) as session:
        return raters.report(session, studies.questions(session, at.study), simulated=simulated)


def row(engine: Engine, at: Workspace, name: str) -> RaterRow:
    return next(row for row in report(engine, at).rows if row.name == name)


def on(ballots: Iterable[tuple[int, int, Outcome]]) -> list[Ballot]:
    """(rater, prompt, outcome) on candidates 0 and 1."""
    return [Ballot(rater, 0, 1, outcome, prompt) for rater, prompt, outcome in ballots]


def test_raters_who_see_the_same_agree_fully_whatever_the_sides(engine: Engine) -> None:
    at = make_workspace(engine)
    one = [Ballot(0, 0, 1, L if prompt % 2 else R, prompt) for prompt in range(6)]
    mirrored = [Ballot(1, 1, 0, R if prompt % 2 else L, prompt) for prompt in range(6)]
    cast(engine, at, [*one, *mirrored])
    tone = report(engine, at).questions[0]
    assert tone.alpha is not None
    assert (tone.alpha.value, tone.alpha.units, tone.alpha.ratings) == (1.0, 6, 12)
    assert row(engine, at, "rater 0").agreement.value == 1.0


def test_agreement_is_with_each_other_rater_of_the_same_pair(engine: Engine) -> None:
    at = make_workspace(engine)
    cast(engine, at, on([(0, 0, L), (1, 0, L), (2, 0, R), (0, 1, TIE), (1, 1, BAD), (0, 2, R)]))
    first = row(engine, at, "rater 0").agreement
    assert (first.hits, first.n) == (2, 3)
    last = row(engine, at, "rater 2").agreement
    assert (last.hits, last.n) == (0, 2)


def test_a_rater_whose_pairs_nobody_else_saw_has_no_agreement(engine: Engine) -> None:
    at = make_workspace(engine)
    cast(engine, at, on([(0, 0, L), (1, 1, L)]))
    found = report(engine, at)
    assert [row.agreement for row in found.rows] == [None, None]
    assert found.questions[0].alpha is None
    assert found.questions[1].condemned is None


def test_an_imported_second_vote_on_a_pair_is_not_agreement_with_oneself(engine: Engine) -> None:
    at = make_workspace(engine)
    cast(engine, at, on([(0, 0, L), (0, 0, L), (1, 0, R)]))
    assert row(engine, at, "rater 0").votes == 2
    assert (row(engine, at, "rater 0").agreement.hits, row(engine, at, "rater 0").agreement.n) == (0, 1)


def test_flags_of_unsafe_pairs_have_their_own_agreement(engine: Engine) -> None:
    at = make_workspace(engine)
    answers = [(0, BAD, BAD), (1, L, L), (2, L, R), (3, BAD, TIE)]
    ballots = [Ballot(rater, 0, 1, (a, b)[rater], prompt, question=1) for prompt, a, b in answers for rater in (0, 1)]
    cast(engine, at, ballots)
    safety = report(engine, at).questions[1]
    assert safety.positive == pytest.approx(2 / 3)
    assert safety.ac1 is not None
    assert (safety.condemned.hits, safety.condemned.n) == (3, 8)


def test_a_lean_to_one_side_shows_with_its_interval(engine: Engine) -> None:
    at = make_workspace(engine, prompts=20)
    cast(engine, at, on([(0, n, L) for n in range(18)] + [(0, 18, R), (0, 19, TIE)]))
    side = row(engine, at, "rater 0").side
    assert (side.hits, side.n) == (18, 19)
    assert side.lower > 0.5


def test_pace_is_per_pair_until_its_last_question(engine: Engine) -> None:
    at = make_workspace(engine)
    times = {0: (5_000, 9_000), 1: (20_000, 31_000), 2: (2_000, 2_500)}
    cast(
        engine,
        at,
        [
            Ballot(0, 0, 1, L, prompt, question, {"time_on_pair_ms": ms, "too_fast": prompt == 2 and question == 0})
            for prompt, both in times.items()
            for question, ms in enumerate(both)
        ],
    )
    pace = row(engine, at, "rater 0").pace
    assert pace.median_ms == 9_000
    assert (pace.too_fast.hits, pace.too_fast.n) == (1, 3)


def test_imported_votes_without_times_have_no_pace(engine: Engine) -> None:
    at = make_workspace(engine)
    cast(engine, at, on([(0, 0, L)]))
    assert row(engine, at, "rater 0").pace is None


def test_simulated_raters_are_labelled_and_can_be_left_out(engine: Engine) -> None:
    at = make_workspace(engine)
    make_simulated(engine, at, 1)
    cast(engine, at, on([(0, 0, L), (1, 0, L), (1, 1, R)]))
    assert {row.name: row.kind for row in report(engine, at).rows} == {"rater 0": "human", "rater 1": "simulated"}
    alone = report(engine, at, simulated=False)
    assert [row.name for row in alone.rows] == ["rater 0"]
    assert alone.votes == 1


def test_a_question_without_votes_and_a_study_without_votes_say_nothing(engine: Engine) -> None:
    at = make_workspace(engine)
    found = report(engine, at)
    assert (found.rows, found.votes, found.is_capped) == ([], 0, False)
    assert all(question.alpha is None and question.ac1 is None for question in found.questions)


def test_of_very_many_votes_only_the_newest_are_read_and_that_is_said(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = make_workspace(engine)
    cast(engine, at, on([(0, 0, L), (0, 1, L), (1, 2, L), (1, 3, R)]))
    monkeypatch.setattr(rater_votes, "MOST_VOTES", 2)
    found = report(engine, at)
    assert found.is_capped
    assert [(row.name, row.votes) for row in found.rows] == [("rater 1", 2)]


def an_assignment(session: Session, at: Workspace, prompt: int, **fields: object) -> Assignment:
    """Candidates 0 (left) and 1 on a prompt, given to rater 0."""
    answers = {
        response.candidate_id: response.id
        for response in session.execute(sa.select(Response).where(Response.prompt_id == at.prompts[prompt])).scalars()
    }
    first, second = at.candidates[:2]
    ids = {"study_id": at.study, "first_response_id": answers[first], "second_response_id": answers[second]}
    pair = session.execute(sa.select(Pair).filter_by(**ids)).scalar()
    if pair is None:
        pair = Pair(**ids, prompt_id=at.prompts[prompt], first_candidate_id=first, second_candidate_id=second)
        session.add(pair)
        session.flush()
    given = {
        "public_id": f"{prompt}-{fields.get('repeat_of_id')}",
        "left_response_id": answers[first],
        "right_response_id": answers[second],
        "created_at": NOW,
        "leased_until": NOW,
        "state": "done",
    }
    assignment = Assignment(study_id=at.study, pair_id=pair.id, rater_id=at.raters[0], **(given | fields))
    session.add(assignment)
    session.flush()
    return assignment


def a_vote(session: Session, at: Workspace, assignment: Assignment, outcome: Outcome, **fields: object) -> Vote:
    left, right = at.candidates[:2]
    vote = Vote(
        study_id=at.study,
        question_id=at.questions[0],
        assignment_id=assignment.id,
        prompt_id=at.prompts[0],
        rater_id=at.raters[0],
        left_candidate_id=left,
        right_candidate_id=right,
        outcome=int(outcome),
        created_at=NOW,
        **fields,
    )
    session.add(vote)
    session.flush()
    return vote


def test_self_consistency_compares_a_pair_with_its_mirrored_return(engine: Engine) -> None:
    at = make_workspace(engine)
    with writing(engine) as session:
        for prompt, (was, again) in enumerate([(L, R), (TIE, TIE), (L, L)]):
            first = an_assignment(session, at, prompt)
            returned = an_assignment(session, at, prompt, repeat_of_id=first.id)
            changed = a_vote(session, at, first, R if was is L else L)
            a_vote(session, at, first, was, supersedes_id=changed.id)
            a_vote(session, at, returned, again, is_repeat=True)
    found = row(engine, at, "rater 0")
    assert (found.consistency.hits, found.consistency.n) == (2, 3)
    assert found.votes == 3


def test_flags_comments_and_skips_are_counted_and_lead_to_their_prompt(engine: Engine) -> None:
    at = make_workspace(engine)
    cast(engine, at, on([(0, 0, L)]))
    with writing(engine) as session:
        rated = an_assignment(session, at, 1)
        an_assignment(session, at, 2, state="skipped")
        for kind, note in (("flag", "private data"), ("comment", "close call")):
            session.add(Remark(assignment_id=rated.id, rater_id=at.raters[0], kind=kind, note=note, created_at=NOW))
    found = row(engine, at, "rater 0")
    assert (found.flags, found.comments, found.skips) == (1, 1, 1)
    with reading(engine) as session:
        newest, oldest = raters.remarks(session, at.study)
    assert (newest.kind, newest.note, newest.prompt, newest.rater) == ("comment", "close call", "p1", "rater 0")
    assert oldest.kind == "flag"


def test_agreement_on_8931_real_votes_is_as_published(engine: Engine, shared_data: Path) -> None:
    folder = shared_data / "llmfao" / "workspace"
    with writing(engine) as session:
        study = studies.ensure_default(session, now=NOW)
    for kind in (Kind.PROMPTS, Kind.RESPONSES, Kind.VOTES):
        importing.import_file(engine, folder / f"{kind.value}.jsonl", kind, dataset="llmfao", now=NOW)
    with reading(engine) as session:
        question = studies.question_named(session, study.id, "overall")
        found = raters.report(session, [question])
    alpha = found.questions[0].alpha
    assert (found.votes, alpha.units, alpha.ratings) == (8_931, 2_124, 8_916)
    assert alpha.value == pytest.approx(0.288, abs=0.001)
    assert len(found.rows) == 124
    assert {row.kind for row in found.rows} == {"imported"}
