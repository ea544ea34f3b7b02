"""A run that is carried out has its columns when it has come to its end, and again when it was gone on with."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from core.services.runs import carry_out, resume
from tests.planted import Outcome, PlantedPlan, PlantedServer
from tests.services.columns.test_columns import hold, standing
from tests.services.runs.evaluations import make, planned


def test_a_run_has_columns_at_its_end_and_again_when_it_was_resumed(engine: Engine, server: PlantedServer) -> None:
    server.use(PlantedPlan(outcomes=(Outcome("status", 0.4, status=400), Outcome("status", 0.2, status=503))))
    run_id = planned(engine, make(engine, server.base_url, prompts=10))
    assert carry_out(engine, run_id).failed > 0
    whole = standing(engine)
    assert {run for run, _, _ in whole} == {run_id}
    hold(engine)
    server.use(PlantedPlan())
    resume(engine, run_id, now=datetime.now(UTC))
    hold(engine)
    assert carry_out(engine, run_id).failed == 0
    assert standing(engine) == whole
    hold(engine)
