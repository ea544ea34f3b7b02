"""What a rater reads about their own work: the last ten pairs with all that was done on them, and what lies ahead."""

import pytest
from sqlalchemy import Engine

from core.domain.votes import Outcome
from core.errors import BadInput
from core.services.studies import own_pairs, rounds, studies, voting
from core.storage.engine import reading, writing
from core.storage.tables import Study
from tests.services.studies.test_rating import answer, rate, take
from tests.workspace import later, make_workspace

pytestmark = pytest.mark.one_database


def test_each_pair_comes_once_with_its_answers_skip_flags_and_notes(engine: Engine):
    workspace = make_workspace(engine)
    rater = workspace.raters[0]
    rated = take(engine, workspace, rater)
    rate(engine, workspace, rated)
    skipped = take(engine, workspace, rater, now=later(1))
    on = {"public_id": skipped.public_id, "rater_id": rater, "now": later(2)}
    voting.remark(engine, **on, kind="flag", note="")
    voting.remark(engine, **on, kind="comment", note="odd")
    voting.skip(engine, **on, reason="not mine")
    untouched = take(engine, workspace, rater, now=later(3))
    newest, oldest = own_pairs.last_pairs(engine, rater)
    assert newest.pair.assignment == skipped.public_id != untouched.public_id
    assert (newest.skip_reason, newest.answers) == ("not mine", ())
    assert [(remark.kind, remark.note) for remark in newest.remarks] == [("flag", ""), ("comment", "odd")]
    assert oldest.pair.assignment == rated.public_id
    assert [(question.key, outcome) for question, outcome in oldest.answers] == [
        ("tone", Outcome.LEFT),
        ("safety", Outcome.LEFT),
        ("send", Outcome.LEFT),
    ]
    assert "candidate" not in repr(newest.pair)
    answer(engine, untouched, workspace.questions[0], now=later(4))
    voting.undo(engine, study_id=workspace.study, rater_id=rater, now=later(5))
    with reading(engine) as session:
        assert rounds.totals(session, rater) == (1, 3)


def test_ten_pairs_back_can_be_changed_and_no_more(engine: Engine):
    workspace = make_workspace(engine)
    rater = workspace.raters[0]
    pairs = []
    for number in range(11):
        pairs.append(take(engine, workspace, rater, seed=number))
        rate(engine, workspace, pairs[-1])
    assert [own.pair.assignment for own in own_pairs.last_pairs(engine, rater)] == [
        each.public_id for each in reversed(pairs[1:])
    ]
    change = {"rater_id": rater, "question_id": workspace.questions[0], "outcome": Outcome.TIE, "now": later(1)}
    assert voting.change(engine, public_id=pairs[1].public_id, **change) is not None
    with pytest.raises(BadInput, match="last ten pairs"):
        voting.change(engine, public_id=pairs[0].public_id, **change)


def test_the_answers_of_a_paused_study_are_shown_as_they_stay(engine: Engine):
    workspace = make_workspace(engine)
    answer(engine, take(engine, workspace, workspace.raters[0]), workspace.questions[0])
    assert own_pairs.last_pairs(engine, workspace.raters[0])[0].is_open
    with writing(engine) as session:
        studies.set_state(session, workspace.study, "paused")
    assert not own_pairs.last_pairs(engine, workspace.raters[0])[0].is_open


def test_what_lies_ahead_is_told_from_words_then_from_others_then_from_ones_own_pace(engine: Engine):
    workspace = make_workspace(engine, prompts=6, candidates=3, overlap=3)
    first, second, _ = workspace.raters

    def ahead(rater: int) -> rounds.RatingProgress:
        with reading(engine) as session:
            return rounds.outlook(session, session.get_one(Study, workspace.study), rater)

    words, questions = 2 * (4 + 8 + 12) / 3, 3
    assert ahead(first).total == 18
    assert ahead(first).minutes_left == pytest.approx(18 * (words / 4 + 4 * questions) / 60, rel=0.05)
    for number in range(4):
        rate(engine, workspace, take(engine, workspace, first, now=later(10 * number)), now=later(10 * number + 2))
    assert ahead(second).minutes_left == pytest.approx(18 * 2)
    assert ahead(first).minutes_left == pytest.approx(14 * 2)
    with writing(engine) as session:
        session.get_one(Study, workspace.study).pairs_per_rater = 5
    assert (ahead(second).total, ahead(second).minutes_left) == (5, pytest.approx(5 * 2))
