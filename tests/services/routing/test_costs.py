"""What an answer costs on Routing is what a report says of the same responses: everything paid ÷ the responses."""

import pytest
from sqlalchemy import Engine

from core.services import quality
from core.services.routing import find
from core.storage.engine import reading, writing
from tests.evaluated import Evaluated

pytestmark = pytest.mark.one_database
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
