"""What an answer costs on Routing is what a report says of the same responses: everything paid ÷ the responses."""

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from core.services import deciding, overview, quality
from core.services.deciding import settings
from core.services.routing import find, moves, what_if
from core.storage.engine import reading, writing
from core.storage.tables import Dataset, Response, Run, Score
from tests.decided import Planted, Production, plant
from tests.evaluated import Evaluated
from tests.workspace import NOW

pytestmark = pytest.mark.one_database
ANSWERS = {"support": 9000.0, "coding": 1000.0}
FAILED = {"error_kind": "server_error", "is_last": False}


def test_failed_attempts_what_was_given_up_and_what_has_no_verdict_are_paid_as_in_a_report(engine: Engine) -> None:
    with writing(engine) as session:
        made = Evaluated(session)
        made.candidate("A", is_champion=True)
        made.evaluator("checked", "contains")
        made.evaluator("refusal", "refusal")
        made.gate("checked")
        run = made.run()
        for number in range(4):
            made.prompt(f"p{number}", "support")
        for number, score in enumerate((1.0, 0.0, None)):
            made.attempts(run, "A", f"p{number}", [FAILED | {"cost_usd": 0.004}, {"cost_usd": 0.01}])
            made.response(run, "A", f"p{number}", scores={"checked": score, "refusal": 1.0}, cost_usd=0.014)
        made.attempts(run, "A", "p3", [FAILED | {"cost_usd": 0.03, "is_last": True}])
    with reading(engine) as session:
        found = find(session, "Support")
        line = quality.report(session, quality.Scope(made.dataset.id or 0, all_runs=True)).overall("support")[0]
    assert found is not None
    assert (line.cost_usd, line.responses, line.errors) == (pytest.approx(0.072), 3, 1)
    option = found.compiled.options["support"][made.candidates["A"]]
    assert option.cost_usd == pytest.approx((line.cost_usd or 0.0) / line.responses)
    assert option.judged == 3


def test_a_month_costs_what_overview_says(engine: Engine) -> None:
    """B takes support; a second run paid half, and *Overview* tells of the newest in the version that was answered."""
    made = plant(
        engine, {"A": Planted(0.9, 0.02), "B": Planted(0.9, 0.005, share_in={"coding": 0.4})},
        prompts=240, repetitions=2,
    )  # fmt: skip
    with writing(engine) as session:
        settings.save(session, {}, latency_limit_ms={}, answers_a_month=ANSWERS)
        half_in_a_second_run(session, made)
        session.add(Dataset(name="Support", version=2, content_hash="nobody answered it", created_at=NOW))
    with reading(engine) as session:
        found = find(session, "Support")
        told = overview.costs_object(session, deciding.verdicts(session, "Support"))
    assert found is not None and told is not None and found.is_another
    ifs = what_if(found)
    assert ifs.in_force.usd_a_month == pytest.approx(told["champion_usd"])
    assert ifs.compiled.usd_a_month == pytest.approx(told["recommended_usd"])
    assert sum(one.usd_a_month or 0.0 for one in moves(found)) == pytest.approx(told["saved_usd"])
    all_runs = sum(ANSWERS[of] * (options[made.candidates["A"]].cost_usd or 0.0)
                   for of, options in found.compiled.options.items())  # fmt: skip
    assert ifs.in_force.usd_a_month != pytest.approx(all_runs), "which the other run would have changed"


def half_in_a_second_run(session: Session, made: Production) -> None:
    """The same answers and scores, at half of what they cost."""
    run = Run(dataset_id=made.dataset, source="evaluation", state="done", created_at=NOW)
    session.add(run)
    session.flush()
    for row in session.exec(select(Response)).all():
        again = Response(**row.model_dump(exclude={"id"}) | {"run_id": run.id, "cost_usd": (row.cost_usd or 0.0) / 2})
        session.add(again)
        session.flush()
        for score in session.exec(select(Score).where(Score.response_id == row.id)).all():
            session.add(Score(**score.model_dump(exclude={"id"}) | {"response_id": again.id}))
