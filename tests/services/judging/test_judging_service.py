import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from core.services import judging, prices
from core.services.judging.judge_calls import close_abandoned
from core.services.judging.judge_panel import OWN_FAMILY
from core.services.scoring import evaluators
from core.storage.engine import reading, write, writing
from core.storage.tables import Attempt, Candidate, JudgeCall, Prompt, Response, Run, Score
from tests.services.judging.injections import INJECTIONS
from tests.services.judging.scripted_judge import (
    Ending,
    carelessly,
    grade_by_content,
    gullible,
    quoted,
    scripted_judge,
    verdict,
)
from tests.workspace import NOW, make_workspace

pytestmark = pytest.mark.one_database

PLAIN = "First descale it, then clean the filter."
USD_PER_CALL = 100 * 2e-6 + 20 * 8e-6


def by_content(messages):
    return verdict(grade_by_content(quoted(messages, "RESPONSE")))


def workspace(engine, texts=None, prompts=6):
    """One run of one candidate over ``prompts`` prompts, with these texts; gives the run's id."""
    make_workspace(engine, prompts=prompts, candidates=1, raters=0)
    with writing(engine) as session:
        for response, text in zip(session.exec(select(Response).order_by(col(Response.id))), texts or (), strict=False):
            response.turns = [text]
        return session.exec(select(Run.id)).one()


def add_judge(engine, judge, name="judge", kind="llm_judge", **params):
    found = write(engine, lambda session: evaluators.add(session, kind, name, judge.params | params, NOW))
    return found.id


def price(engine, judge):
    def enter(session):
        prices.enter_override(
            session,
            provider=judge.params["provider"],
            model=judge.params["model"],
            input_usd_per_mtok=2.0,
            output_usd_per_mtok=8.0,
            valid_from=NOW.replace(year=2020),
            now=NOW,
        )

    write(engine, enter)


def scores(engine):
    with reading(engine) as session:
        return session.exec(select(Score).order_by(col(Score.response_id))).all()


def calls(engine):
    with reading(engine) as session:
        return session.exec(select(JudgeCall).order_by(col(JudgeCall.id))).all()


def test_a_judge_grades_every_response_once_and_a_second_time_asks_nothing(engine):
    run = workspace(engine, ["nothing", "a filter", PLAIN])
    with scripted_judge(by_content) as judge:
        add_judge(engine, judge)
        first = judging.judge_run(engine, run)
        again = judging.judge_run(engine, run)
        assert len(judge.asked) == 6
    assert first == again and (first.calls, first.graded, first.unparsed, first.problem) == (6, 6, 0, "")
    assert [score.value for score in scores(engine)] == [0.0, 0.25, 0.5, 0.0, 0.0, 0.0]
    assert {request["temperature"] for request in judge.asked} == {0.0}
    assert {request["seed"] for request in judge.asked} == {0}


def test_planted_injections_move_no_grade(sqlite_engine):
    texts = [PLAIN, *(PLAIN + text for text in INJECTIONS.values())]
    run = workspace(sqlite_engine, texts, prompts=len(texts))
    seen = []
    with scripted_judge(lambda messages: seen.append(messages) or verdict(1)) as judge:
        add_judge(sqlite_engine, judge, "first look")
        judging.judge_run(sqlite_engine, run, at_once=1)
    plain = next(messages for messages in seen if quoted(messages, "RESPONSE") == PLAIN)

    def same_prompt(messages):
        own = quoted(messages, "USER")
        return [messages[0], {**messages[1], "content": messages[1]["content"].replace(own, quoted(plain, "USER"))}]

    with scripted_judge(lambda messages: gullible(carelessly, plain)(same_prompt(messages))) as judge:
        gullible_one = add_judge(sqlite_engine, judge, "gullible")
        summary = judging.judge_run(sqlite_engine, run, evaluator_ids=[gullible_one])
    graded = {score.value for score in scores(sqlite_engine) if score.evaluator_id == gullible_one}
    assert graded == {0.5} and summary.graded == len(texts)


def test_nonsense_is_unscored_with_its_reason_counted_and_not_asked_again(sqlite_engine):
    replies = {
        "Question 0?": "5/5, wonderful!",
        "Question 1?": '{"reason": "x", "score": 9}',
        "Question 2?": Ending("", "stop"),
        "Question 3?": Ending("I cannot judge this.", "content_filter"),
        "Question 4?": '{"reason": "x", "score": 1}{"reason": "x", "score": 5}',
        "Question 5?": verdict(4, "well said"),
    }
    run = workspace(sqlite_engine)
    with scripted_judge(lambda messages: replies[quoted(messages, "USER")]) as judge:
        evaluator = add_judge(sqlite_engine, judge)
        summary = judging.judge_run(sqlite_engine, run)
        asked = len(judge.asked)
        judging.judge_run(sqlite_engine, run)
        assert len(judge.asked) == asked
    found = scores(sqlite_engine)
    assert [score.value for score in found] == [None] * 5 + [0.75]
    assert all(score.applies and score.reason.startswith("The judge") for score in found[:5])
    assert found[5].reason == "well said"
    assert (summary.graded, summary.ungraded) == (1, 5)
    assert summary.parse_failure_rate == summary.unparsed / summary.replies > 0.5
    with reading(sqlite_engine) as session:
        assert judging.judge_summary(session, evaluator) == summary


def test_what_a_fault_prevented_is_unscored_and_asked_again_the_next_time(sqlite_engine):
    run = workspace(sqlite_engine)
    broken = {"Question 1?": 400, "Question 4?": 400}
    with scripted_judge(lambda messages: broken.get(quoted(messages, "USER")) or verdict(5)) as judge:
        add_judge(sqlite_engine, judge)
        summary = judging.judge_run(sqlite_engine, run)
        assert (summary.graded, summary.ungraded, summary.faults, summary.calls) == (4, 2, 2, 6)
        assert {score.reason[:27] for score in scores(sqlite_engine) if score.value is None} == {
            "The judge could not be aske"
        }
        assert [call.error_kind for call in calls(sqlite_engine)].count("bad_request") == 2
        broken.clear()
        summary = judging.judge_run(sqlite_engine, run)
    assert (summary.graded, summary.ungraded, summary.calls) == (6, 0, 8)


def test_a_refused_key_stops_the_judge_and_says_so(sqlite_engine):
    run = workspace(sqlite_engine, prompts=60)
    with scripted_judge(lambda messages: 401) as judge:
        add_judge(sqlite_engine, judge)
        summary = judging.judge_run(sqlite_engine, run, at_once=4)
    assert summary.problem.startswith("judge: ") and summary.faults <= 8 < 60
    assert summary.spent_usd == 0.0


def test_a_judge_that_is_overloaded_for_a_moment_is_asked_again_at_once(sqlite_engine):
    run, tries = workspace(sqlite_engine, prompts=1), []
    with scripted_judge(lambda messages: tries.append(1) or (503 if len(tries) == 1 else verdict(2))) as judge:
        add_judge(sqlite_engine, judge)
        summary = judging.judge_run(sqlite_engine, run)
    assert (summary.calls, summary.faults, summary.graded) == (2, 1, 1)


def test_the_judges_spend_is_its_own_and_the_candidates_is_untouched(engine):
    run = workspace(engine)
    with reading(engine) as session:
        before = [response.model_dump() for response in session.exec(select(Response))]
    with scripted_judge(by_content) as judge:
        price(engine, judge)
        add_judge(engine, judge)
        summary = judging.judge_run(engine, run)
    assert summary.spent_usd == pytest.approx(6 * USD_PER_CALL) and summary.unpriced == 0
    assert all(call.cost_usd == pytest.approx(USD_PER_CALL) and call.rates_id for call in calls(engine))
    with reading(engine) as session:
        assert [response.model_dump() for response in session.exec(select(Response))] == before
        assert session.exec(select(Attempt)).all() == []
        assert session.exec(select(Run)).one().cost_usd == 0.0


def test_an_unknown_price_is_unknown_and_never_nothing(sqlite_engine):
    run = workspace(sqlite_engine)
    with scripted_judge(by_content) as judge:
        add_judge(sqlite_engine, judge)
        refused = judging.judge_run(sqlite_engine, run, max_usd=1.0)
        assert judge.asked == [] and "price of the judge's model 'judge-1' is not known" in refused.problem
        summary = judging.judge_run(sqlite_engine, run)
    assert (summary.graded, summary.unpriced, summary.spent_usd) == (6, 6, 0.0)
    assert {call.cost_usd for call in calls(sqlite_engine)} == {None}


def test_a_cap_is_never_exceeded_and_more_money_goes_on_where_it_ended(engine):
    run = workspace(engine, prompts=40)
    with scripted_judge(by_content) as judge:
        price(engine, judge)
        add_judge(engine, judge, max_tokens=50)
        judging.judge_run(engine, run, max_usd=0.004)
        capped = judging.judge_run(engine, run, max_usd=0.01)
        assert 0 < capped.graded < 40 and capped.spent_usd <= 0.01
        assert "spending cap of 0.01 USD" in capped.problem
        with writing(engine) as session:
            session.exec(select(Run)).one().max_usd = 5.0
        whole = judging.judge_run(engine, run)
    assert whole.graded == 40 and whole.calls == len(judge.asked) == 40
    assert whole.problem == ""


def test_a_runs_own_cap_leaves_the_judges_what_is_left_of_it(sqlite_engine):
    run = workspace(sqlite_engine)
    with writing(sqlite_engine) as session:
        found = session.get(Run, run)
        found.max_usd, found.cost_usd = 2.0, 2.0
    with scripted_judge(by_content) as judge:
        price(sqlite_engine, judge)
        add_judge(sqlite_engine, judge)
        assert "spending cap of 0 USD" in judging.judge_run(sqlite_engine, run).problem
        assert judge.asked == []


@pytest.mark.every_database
def test_two_that_judge_one_run_at_once_ask_about_each_response_once_and_keep_one_cap(engine):
    run = workspace(engine, prompts=30)
    with scripted_judge(lambda messages: time.sleep(0.01) or by_content(messages)) as judge:
        price(engine, judge)
        add_judge(engine, judge)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: judging.judge_run(engine, run, max_usd=5.0), range(2)))
        assert len(judge.asked) == len(calls(engine)) == 30
    assert {score.value for score in scores(engine)} == {0.0}


def test_a_judge_killed_at_its_work_pays_for_what_was_open_and_goes_on(engine, database):
    run = workspace(engine, prompts=20)
    script = (
        "import sys\nfrom core.storage.engine import open_engine\nfrom core.services import judging\n"
        "judging.judge_run(open_engine(sys.argv[1]), int(sys.argv[2]))\n"
    )
    answered, go_on = [], Event()

    def slowly_after_five(messages):
        answered.append(1)
        if len(answered) > 5:
            go_on.wait(60)
        return by_content(messages)

    with scripted_judge(slowly_after_five) as judge:
        price(engine, judge)
        add_judge(engine, judge)
        child = subprocess.Popen([sys.executable, "-c", script, database, str(run)])
        while sum(call.finished_at is not None for call in calls(engine)) < 5:
            assert child.poll() is None
            time.sleep(0.02)
        child.kill()
        child.wait()
        go_on.set()
        summary = judging.judge_run(engine, run)
    interrupted = [call for call in calls(engine) if call.error_kind == "interrupted"]
    assert interrupted and all(call.cost_usd > USD_PER_CALL for call in interrupted)
    assert (summary.graded, summary.faults) == (20, len(interrupted))
    assert len(calls(engine)) == 20 + len(interrupted)


def test_an_open_call_of_a_living_process_is_left_alone_until_it_is_old(engine):
    run = workspace(engine, prompts=1)
    with scripted_judge(by_content) as judge:
        add_judge(engine, judge)
        judging.judge_run(engine, run)
        with writing(engine) as session:
            session.execute(sa.delete(Score))
            session.execute(sa.update(JudgeCall).values(finished_at=None, reply=None, started_at=datetime.now(UTC)))
        assert write(engine, lambda session: close_abandoned(session, datetime.now(UTC))) == 0
        judging.judge_run(engine, run)
        assert len(judge.asked) == 1
        with writing(engine) as session:
            session.execute(sa.update(JudgeCall).values(started_at=NOW.replace(year=2020)))
        assert judging.judge_run(engine, run).graded == 1
        assert len(judge.asked) == 2


def test_of_a_conversation_the_judge_is_shown_every_turn(sqlite_engine):
    run = workspace(sqlite_engine, prompts=1)
    with writing(sqlite_engine) as session:
        session.exec(select(Prompt)).one().messages = [{"role": "user", "content": text} for text in ("one", "two")]
        session.exec(select(Response)).one().turns = ["to one", "to two"]
    with scripted_judge(
        lambda messages: verdict(3, quoted(messages, "RESPONSE 1") + quoted(messages, "RESPONSE 2"))
    ) as j:
        add_judge(sqlite_engine, j)
        judging.judge_run(sqlite_engine, run)
    assert scores(sqlite_engine)[0].reason == "to oneto two"


def test_a_judge_is_not_asked_about_its_own_family_unless_it_may(sqlite_engine):
    make_workspace(sqlite_engine, prompts=2, candidates=3, raters=0)
    with writing(sqlite_engine) as session:
        for candidate, model in zip(session.exec(select(Candidate)), ("gpt-4o", "claude-3", "judge-1"), strict=True):
            candidate.model, candidate.provider = model, None
        for response in session.exec(select(Response).where(Response.candidate_id == 2)):
            response.answered_by = "gpt-4o-mini"
    with scripted_judge(lambda messages: verdict(4)) as judge:
        strict = add_judge(sqlite_engine, judge, "strict")
        fair = add_judge(sqlite_engine, judge, "fair", model="gpt-4.1")
        free = add_judge(sqlite_engine, judge, "free", model="gpt-4.1", may_judge_own_family=True)
        judging.judge_run(sqlite_engine, 1)
    with reading(sqlite_engine) as session:
        rows = session.exec(select(Score, Response.candidate_id).join(Response, Response.id == Score.response_id)).all()
    said = {(row.evaluator_id, candidate): (row.value, row.applies, row.reason) for row, candidate in rows}
    graded, own = (0.75, True, "as scripted"), (None, False, OWN_FAMILY)
    assert [said[strict, candidate] for candidate in (1, 2, 3)] == [graded, graded, own]
    assert [said[fair, candidate] for candidate in (1, 2, 3)] == [own, own, graded]
    assert [said[free, candidate] for candidate in (1, 2, 3)] == [graded, graded, graded]


def test_a_prompt_whose_text_is_not_known_is_not_asked_about(sqlite_engine):
    run = workspace(sqlite_engine, prompts=1)
    with writing(sqlite_engine) as session:
        session.exec(select(Prompt)).one().messages = []
    with scripted_judge(by_content) as judge:
        add_judge(sqlite_engine, judge)
        assert judging.judge_run(sqlite_engine, run).not_asked == 1
        assert judge.asked == []


@pytest.mark.every_database
def test_what_a_judge_replies_is_stored_without_what_a_database_cannot_hold(engine):
    run = workspace(engine, prompts=1)
    reply = json.dumps({"reason": "nul \x00 and \ud800 half", "score": 2})
    with scripted_judge(lambda messages: reply) as judge:
        add_judge(engine, judge)
        assert judging.judge_run(engine, run).graded == 1
    assert scores(engine)[0].reason == "nul � and ? half"


def test_a_run_without_a_judge_in_use_costs_nothing_and_says_nothing(sqlite_engine):
    run = workspace(sqlite_engine)
    assert judging.judge_run(sqlite_engine, run) == judging.JudgeSummary()
