"""Having pairs compared from the Data page: the estimate before, progress and end, a cap, and who may."""

import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.people import Role
from core.storage.engine import reading
from core.storage.tables import JudgePreference
from core.ui.shared import jobs
from tests.pages.test_admin_pages import page, press, run, words
from tests.pages.test_forged_events import FORGED, Visitor, button, event, full, sent, visitor
from tests.services.judging.scripted_judge import ScriptedJudge, scripted_judge
from tests.services.judging.test_judging_service import add_judge, price
from tests.services.judging.test_pair_orders import rated
from tests.services.judging.test_pairwise_service import longer

__all__ = ["full", "visitor"]
JOB = "comparing pairs"


@pytest.fixture
def judge() -> Iterator[ScriptedJudge]:
    with scripted_judge(longer) as found:
        yield found


def evaluators_tab():
    return page("datasets.py", datasets_show="Evaluators")


def ended() -> jobs.Job:
    job = jobs.known(JOB)
    assert job is not None
    deadline = time.monotonic() + 60
    while not job.is_over and time.monotonic() < deadline:
        time.sleep(0.02)
    assert job.is_over
    return job


def compared(engine: Engine) -> int:
    with reading(engine) as session:
        return len(session.exec(select(JudgePreference)).all())


def test_an_admin_sees_what_it_takes_and_has_pairs_compared(workspace: Engine, judge: ScriptedJudge):
    rated(workspace)
    price(workspace, judge)
    add_judge(workspace, judge, "Comparer", "pairwise_judge")
    app = evaluators_tab()
    assert "12 pairs that raters voted on and 12 others: 48 calls, two a pair. About $" in words(app)
    assert app.selectbox(key="datasets_pairs_of").options == ["Study: Everything", "Dataset: tests"]
    app.number_input(key="datasets_pairs_others").set_value(4)
    run(app)
    assert "and 4 others: 32 calls" in words(app) and "would be 60" in words(app)
    press(app, "datasets_pairs_begin")
    done = ended()
    assert (done.problem, done.done, done.total) == ("", 16, 16)
    assert compared(workspace) == 16
    app = evaluators_tab()
    assert "16 of 16 pairs were compared." in words(app)
    assert "0 pairs that raters voted on (12 are compared already) and 8 others: 16 calls" in words(app)
    assert judge.asked and len(judge.asked) == 32


def test_a_cap_ends_it_and_says_so_and_what_came_is_kept(workspace: Engine, judge: ScriptedJudge):
    rated(workspace)
    price(workspace, judge)
    add_judge(workspace, judge, "Comparer", "pairwise_judge")
    app = evaluators_tab()
    app.number_input(key="datasets_pairs_cap").set_value(0.02)
    run(app)
    press(app, "datasets_pairs_begin")
    assert "spending cap of 0.02 USD" in ended().result.problem
    assert 0 < compared(workspace) < 24
    app = evaluators_tab()
    assert "spending cap of 0.02 USD" in words(app) and "What was compared before is kept" in words(app)


def test_a_judge_of_unknown_price_says_so_before(workspace: Engine, judge: ScriptedJudge):
    rated(workspace)
    add_judge(workspace, judge, "Comparer", "pairwise_judge")
    assert "The price of this judge is not known" in words(evaluators_tab())


def test_without_a_judge_of_pairs_there_is_nothing_to_order(workspace: Engine, judge: ScriptedJudge):
    rated(workspace)
    add_judge(workspace, judge, "Grader")
    app = evaluators_tab()
    assert "datasets_pairs_begin" not in [found.key for found in app.button]


def test_an_empty_workspace_says_that_there_is_nothing_to_compare(fresh: Engine, judge: ScriptedJudge):
    add_judge(fresh, judge, "Comparer", "pairwise_judge")
    assert "There are no responses to compare yet." in words(evaluators_tab())


@FORGED
def test_a_former_admin_cannot_have_pairs_compared(
    workspace: Engine, visitor: Callable[..., Visitor], judge: ScriptedJudge, ending: str, late: bool
) -> None:
    add_judge(workspace, judge, "Comparer", "pairwise_judge")
    bo = visitor("Bo", Role.ADMIN)
    app = bo.at("datasets.py", datasets_show="Evaluators")
    forged = event(button(app, "Have them compared").click())
    bo.loses_access(ending)
    sent(app, forged, after_the_page_was_gone=late)
    assert jobs.known(JOB) is None and judge.asked == []
