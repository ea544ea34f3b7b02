"""The spending cap when a run goes on, and how a run ends: what is said and what is so agree."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from core.errors import BadInput
from core.services import runs
from core.services.runs import carry_out, resume
from core.storage.engine import reading, writing
from core.storage.tables import Attempt, Candidate, Run
from tests.planted import Outcome, PlantedPlan, PlantedServer
from tests.services.runs.evaluations import NOW, make, order, planned, the_run

pytestmark = pytest.mark.one_database

NOWHERE = "http://127.0.0.1:9/v1"


def stopped(engine: Engine, *, spent_usd: float = 0.25, **settings: object) -> int:
    """A run of one candidate on four prompts that reached its cap of 0.5 USD."""
    run_id = planned(engine, make(engine, NOWHERE, **settings), max_usd=None if settings else 0.5)
    with writing(engine) as session:
        run = session.get_one(Run, run_id)
        run.state, run.cost_usd, run.max_usd = "stopped", spent_usd, 0.5
    return run_id


@pytest.mark.regression("1.8")
def test_a_cap_that_is_taken_away_on_resume_is_gone(engine: Engine):
    run_id = stopped(engine)
    resume(engine, run_id, now=NOW, max_usd=None)
    assert (the_run(engine, run_id).state, the_run(engine, run_id).max_usd) == ("queued", None)


def test_a_cap_of_which_nothing_is_said_stays(engine: Engine):
    run_id = stopped(engine)
    resume(engine, run_id, now=NOW)
    assert the_run(engine, run_id).max_usd == 0.5


@pytest.mark.parametrize(
    ("cap", "words"),
    [
        (0.0, "more than 0 USD"),
        pytest.param(0.2, "0.25 USD of it are spent already", marks=pytest.mark.regression("1.8")),
    ],
)
def test_a_cap_that_would_end_the_run_at_once_is_refused(engine: Engine, cap: float, words: str):
    run_id = stopped(engine)
    with pytest.raises(BadInput, match=words):
        resume(engine, run_id, now=NOW, max_usd=cap)
    assert (the_run(engine, run_id).state, the_run(engine, run_id).max_usd) == ("stopped", 0.5)


@pytest.mark.regression("1.8")
def test_a_cap_that_cannot_be_kept_is_refused_on_resume_as_at_the_start(engine: Engine):
    run_id = stopped(engine, settings={})
    with pytest.raises(BadInput, match="price of 'model-0'"):
        resume(engine, run_id, now=NOW, max_usd=3.0)


def test_the_cap_proposed_to_go_on_lets_the_run_come_to_its_end(engine: Engine, server: PlantedServer):
    server.use(PlantedPlan(input_tokens=10, output_tokens=20, first_byte_ms=5, total_ms=10))
    run_id = planned(engine, make(engine, server.base_url, prompts=12), max_usd=0.4, concurrency=4)
    assert carry_out(engine, run_id, score=False).state == "stopped"
    with reading(engine) as session:
        cap = runs.cap_to_end(session, run_id, now=NOW)
    assert cap is not None and cap > 0.4
    resume(engine, run_id, now=NOW, max_usd=cap)
    assert carry_out(engine, run_id, score=False).state == "done"


@pytest.mark.regression("3")
def test_a_run_with_nothing_left_to_ask_never_says_resume_to_go_on(engine: Engine, server: PlantedServer):
    server.use(PlantedPlan(outcomes=(Outcome("status", status=401),)))
    run_id = planned(engine, make(engine, server.base_url, prompts=3), concurrency=1)
    ended = carry_out(engine, run_id, score=False)
    assert (ended.state, ended.failed, ended.left) == ("done", 3, 0)
    assert ended.problem is not None and "model-0" in ended.problem
    assert "left" not in ended.problem and "resume" not in ended.problem


@pytest.mark.regression("3")
def test_the_estimate_of_time_counts_loading_the_model_on_this_machine(engine: Engine):
    made = make(engine, NOWHERE)
    with writing(engine) as session:
        candidate = session.get_one(Candidate, made.candidates[0])
        candidate.provider, candidate.settings = "local", {"max_tokens": 20}
    guessed = estimated(engine, made)
    assert guessed.load_s > 1
    run_id = planned(engine, made)
    began, ended = datetime(2026, 11, 2, 9, 0, 0, tzinfo=UTC), datetime(2026, 11, 2, 9, 0, 9, tzinfo=UTC)
    with writing(engine) as session:
        for number, (finished_at, latency_ms) in enumerate(((ended, 2000.0), (began, 0.0))):
            session.add(
                Attempt(
                    run_id=run_id,
                    prompt_id=made.prompts[number],
                    candidate_id=made.candidates[0],
                    started_at=began,
                    finished_at=finished_at,
                    latency_ms=latency_ms,
                    is_warm=False,
                )
            )
    measured = estimated(engine, made)
    assert measured.load_s == pytest.approx(7.0)
    assert measured.seconds - guessed.seconds == pytest.approx(7.0 - guessed.load_s)


def estimated(engine: Engine, made: object) -> runs.RunEstimate:
    with reading(engine) as session:
        return runs.estimate(session, order(made), now=NOW)
