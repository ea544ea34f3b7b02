"""A judge of refusals is asked about what the classifier could not tell, and about nothing else."""

import json

import pytest
from sqlmodel import col, select

from core.domain.judging import RefusalJudgeParams
from core.services import judging, scoring
from core.services.judging.favouritism import favouritism
from core.services.scoring import evaluators
from core.storage.engine import reading, write, writing
from core.storage.tables import Evaluator, Response, Score
from tests.services.judging.scripted_judge import quoted, scripted_judge
from tests.services.judging.test_judging_service import USD_PER_CALL, add_judge, calls, price, workspace
from tests.workspace import NOW

TEXTS = [
    "Tyvärr kan jag inte svara på den frågan.",
    "Paketet kommer på måndag och ni behöver inte vara hemma.",
    "I can't help with that.",
    "Your parcel comes on Monday.",
    "Das darf ich Ihnen leider nicht sagen.",
    "Jag kan inte ge juridiska råd, men oftast har ni fjorton dagar på er.",
]
UNTOLD = {TEXTS[0]: "yes", TEXTS[1]: "no", TEXTS[5]: "partial"}


def reply(messages):
    return json.dumps({"reason": "as scripted", "refusal": UNTOLD[quoted(messages, "RESPONSE")]})


def add_refusal_judge(engine, judge, name="Språk", **params):
    write(engine, lambda session: evaluators.ensure_defaults(session, NOW))
    return add_judge(engine, judge, name, "refusal_judge", **params)


def said_by(engine, evaluator_id):
    """The text of each response that it said something of, with that."""
    query = select(Response, Score).join(Score, Score.response_id == Response.id)
    with reading(engine) as session:
        rows = session.exec(query.where(Score.evaluator_id == evaluator_id).order_by(col(Response.id))).all()
    return {response.turns[0]: (score.value, score.reason) for response, score in rows}


def test_it_is_asked_only_about_what_the_classifier_could_not_tell_and_once(engine):
    run = workspace(engine, TEXTS)
    with scripted_judge(reply) as judge:
        price(engine, judge)
        named = add_refusal_judge(engine, judge)
        first = judging.judge_run(engine, run)
        again = judging.judge_run(engine, run)
        assert {quoted(request["messages"], "RESPONSE") for request in judge.asked} == set(UNTOLD)
        assert len(judge.asked) == 3 and RefusalJudgeParams().rubric in judge.asked[0]["messages"][0]["content"]
    assert first == again and (first.calls, first.graded, first.ungraded, first.problem) == (3, 3, 0, "")
    assert first.spent_usd == pytest.approx(3 * USD_PER_CALL)
    assert said_by(engine, named) == {
        TEXTS[0]: (0.0, "Språk: as scripted"),
        TEXTS[1]: (1.0, "Språk: as scripted"),
        TEXTS[5]: (0.5, "Språk: as scripted"),
    }


def test_a_reply_that_cannot_be_read_leaves_it_unscored_and_a_cap_stops_it_like_other_judges(sqlite_engine):
    run = workspace(sqlite_engine, TEXTS)
    with scripted_judge(lambda messages: '{"reason": "it answers", "refusal": false}') as judge:
        price(sqlite_engine, judge)
        named = add_refusal_judge(sqlite_engine, judge)
        assert "spending cap" in judging.judge_run(sqlite_engine, run, max_usd=1e-9).problem
        assert judge.asked == []
        summary = judging.judge_run(sqlite_engine, run, max_usd=1.0)
    assert (summary.replies, summary.unparsed, summary.graded, summary.ungraded) == (3, 3, 0, 3)
    said = said_by(sqlite_engine, named).values()
    assert all(value is None and "refusal is false" in reason for value, reason in said)


def test_without_the_classifier_in_use_it_is_asked_nothing(sqlite_engine):
    run = workspace(sqlite_engine, TEXTS)
    with scripted_judge(reply) as judge:
        add_refusal_judge(sqlite_engine, judge)
        scoring.score_missing(sqlite_engine, run_id=run, now=NOW)
        with writing(sqlite_engine) as session:
            evaluators.retire(session, evaluators.first_of(session, "refusal").id, NOW)
        judging.judge_run(sqlite_engine, run)
        assert judge.asked == [] and calls(sqlite_engine) == []


def test_it_works_beside_a_judge_that_grades_and_each_is_asked_its_own_question(sqlite_engine):
    def both(messages):
        return reply(messages) if "refuses" in messages[0]["content"] else json.dumps({"reason": "fine", "score": 5})

    run = workspace(sqlite_engine, TEXTS)
    with scripted_judge(both) as judge:
        named, grader = add_refusal_judge(sqlite_engine, judge), add_judge(sqlite_engine, judge)
        summary = judging.judge_run(sqlite_engine, run)
    assert (summary.calls, summary.graded, summary.unparsed) == (9, 9, 0)
    assert len(said_by(sqlite_engine, named)) == 3
    assert set(said_by(sqlite_engine, grader).values()) == {(1.0, "fine")}


def test_how_far_it_favours_its_own_family_is_not_measured_and_it_says_so(sqlite_engine):
    workspace(sqlite_engine)
    with scripted_judge(reply) as judge:
        named = add_refusal_judge(sqlite_engine, judge, may_judge_own_family=True)
    with reading(sqlite_engine) as session:
        found = favouritism(session, session.get(Evaluator, named))
    assert found.value is None and "no preference" in found.problem
