"""Claims go by the pair of responses: what later runs answered gets votes too, as large a share as the study says."""

import random

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from core.errors import BadInput, NothingToRate
from core.services.studies import progress as study_progress
from core.services.studies import rounds, studies
from core.storage.engine import reading, writing
from core.storage.tables import Assignment, Pair, Response, Run, Study
from tests.services.studies.test_nothing_lost import assert_no_pair_twice_to_one_rater, assert_overlap_is_kept
from tests.services.studies.test_rating import rate, take
from tests.workspace import NOW, Workspace, later, make_workspace

pytestmark = pytest.mark.one_database


def answer_again(engine: Engine, workspace: Workspace, prompts: tuple[int, ...] | None = None) -> None:
    """A later run in which every candidate answers (these) prompts once more."""
    with writing(engine) as session:
        run = Run(dataset_id=session.exec(select(Run.dataset_id).limit(1)).one(), source="import", created_at=later(60))
        session.add(run)
        session.flush()
        session.add_all(
            _response(run.id, prompt, candidate)
            for prompt in (workspace.prompts if prompts is None else prompts)
            for candidate in workspace.candidates
        )


def _response(run: int, prompt: int, candidate: int) -> Response:
    text = f"A later answer of {candidate} to {prompt}."
    return Response(
        run_id=run,
        prompt_id=prompt,
        candidate_id=candidate,
        turns=[text],
        words=6,
        content_hash=text,
        created_at=later(61),
    )


def rate_all(engine: Engine, workspace: Workspace, rater: int) -> int:
    """Rate until nothing is left; how many pairs that were."""
    for number in range(1000):
        try:
            rate(engine, workspace, take(engine, workspace, rater, seed=number))
        except NothingToRate:
            return number
    raise AssertionError("there is no end to it")


def set_share(engine: Engine, workspace: Workspace, share: float) -> None:
    with writing(engine) as session:
        session.get_one(Study, workspace.study).rerated_share = share


def newest(session: Session) -> set[int]:
    last = select(func.max(Response.id)).group_by(Response.prompt_id, Response.candidate_id)
    return set(session.exec(last))


@pytest.mark.regression("1.3")
def test_one_prompt_in_ten_of_a_later_run_is_rated_anew_unless_the_study_says_otherwise(engine: Engine):
    workspace = make_workspace(engine, prompts=20, candidates=2, raters=2, overlap=1)
    first, second = workspace.raters
    assert rate_all(engine, workspace, first) >= 20
    answer_again(engine, workspace)
    assert 1 <= rate_all(engine, workspace, second) <= 3
    with reading(engine) as session:
        later_ones = newest(session)
        again = session.exec(select(Assignment).where(Assignment.rater_id == second)).all()
    assert {a.left_response_id for a in again} | {a.right_response_id for a in again} <= later_ones
    assert_overlap_is_kept(engine, 1)


@pytest.mark.parametrize(("share", "rated"), [(0.0, 0), (0.5, 10), (1.0, 20)])
def test_the_share_is_the_studys(engine: Engine, share: float, rated: int):
    workspace = make_workspace(engine, prompts=20, candidates=2, raters=2, overlap=1)
    set_share(engine, workspace, share)
    rate_all(engine, workspace, workspace.raters[0])
    answer_again(engine, workspace)
    assert abs(rate_all(engine, workspace, workspace.raters[1]) - rated) <= (0 < share < 1)


def test_the_same_rater_may_rate_later_answers_and_never_the_same_pair_of_responses(engine: Engine):
    workspace = make_workspace(engine, prompts=10, candidates=2, raters=1, overlap=3)
    set_share(engine, workspace, 1.0)
    rater = workspace.raters[0]
    assert rate_all(engine, workspace, rater) == 10
    for run in (1, 2):
        answer_again(engine, workspace)
        with reading(engine) as session:
            ahead = rounds.progress(session, session.get_one(Study, workspace.study), rater)
        assert ahead.total - ahead.done == 10, run
        assert rate_all(engine, workspace, rater) >= 10
    with reading(engine) as session:
        repeats = session.exec(select(Assignment).where(col(Assignment.repeat_of_id).is_not(None))).all()
        assert session.exec(select(func.count(col(Pair.id)))).one() == 30
    assert all(repeat.state == "done" for repeat in repeats)
    assert_no_pair_twice_to_one_rater(engine)


def test_a_pair_that_was_begun_is_finished_before_its_later_answers_come(engine: Engine):
    workspace = make_workspace(engine, prompts=4, candidates=2, raters=3, overlap=2)
    set_share(engine, workspace, 1.0)
    first, second, third = workspace.raters
    rate_all(engine, workspace, first)
    answer_again(engine, workspace)
    assert rate_all(engine, workspace, second) == 8
    with reading(engine) as session:
        claimed = {pair.first_response_id: pair.claimed for pair in session.exec(select(Pair))}
        later_ones = newest(session)
    assert {n for response, n in claimed.items() if response not in later_ones} == {2}
    assert {n for response, n in claimed.items() if response in later_ones} == {1}
    assert rate_all(engine, workspace, third) == 4
    assert_overlap_is_kept(engine, 2)


def test_what_nobody_has_rated_yet_is_shown_as_answered_last(engine: Engine):
    workspace = make_workspace(engine, prompts=10, candidates=2, raters=1, overlap=1)
    answer_again(engine, workspace)
    assert rate_all(engine, workspace, workspace.raters[0]) == 10
    with reading(engine) as session:
        later_ones = newest(session)
        assert all(a.left_response_id in later_ones for a in session.exec(select(Assignment)))


def test_progress_of_study_and_rater_ends_where_the_work_ends(engine: Engine):
    workspace = make_workspace(engine, prompts=20, candidates=3, raters=2, overlap=2)
    set_share(engine, workspace, 0.3)
    for _ in range(3):
        for rater in workspace.raters:
            rate_all(engine, workspace, rater)
            with reading(engine) as session:
                progress = rounds.progress(session, session.get_one(Study, workspace.study), rater)
            assert progress.done == progress.total
        with reading(engine) as session:
            line = study_progress.of(session, workspace.study)
        assert line.done == line.wanted > 0
        answer_again(engine, workspace)
        with reading(engine) as session:
            line = study_progress.of(session, workspace.study)
        assert line.wanted - line.done in (5 * 3 * 2, 6 * 3 * 2, 7 * 3 * 2)


def test_a_share_beyond_all_or_below_none_is_refused(engine: Engine):
    with writing(engine) as session, pytest.raises(BadInput, match="from 0 to 1"):
        studies.create(session, name="too many", now=NOW, rerated_share=1.5)
    with writing(engine) as session:
        assert studies.create(session, name="usual", now=NOW).rerated_share == 0.1


@pytest.mark.regression("1.3")
def test_repeats_are_told_as_rated_and_take_nothing_from_what_is_left(engine: Engine):
    workspace = make_workspace(engine, prompts=20, candidates=4, raters=1, overlap=1)
    rater, rng = workspace.raters[0], random.Random(3)
    number, repeats = 0, 0
    while True:
        asked = {"study_id": workspace.study, "rater_id": rater, "now": later(number), "rng": rng}
        try:
            shown = rounds.current_round(engine, **asked)
        except NothingToRate:
            break
        with reading(engine) as session:
            held = session.exec(select(Assignment).where(Assignment.public_id == shown.pair.assignment)).one()
            progress = rounds.progress(session, session.get_one(Study, workspace.study), rater)
        repeats += held.repeat_of_id is not None
        assert (progress.done, progress.total) == (number, 120 + repeats)
        rate(engine, workspace, held, now=later(number))
        number += 1
    assert repeats and number == 120 + repeats
