"""What verdicts are decided from, as it is read from the facts."""

from sqlalchemy import Engine

from core.services.deciding.evidence import evidence
from core.services.deciding.gathering import pooled
from core.storage.engine import reading, writing
from tests.evaluated import Evaluated


def late(engine: Engine, waited_ms: float) -> tuple[float | None, float | None, int]:
    """p50, p95 and timeouts of a candidate that answers nine prompts in 100, 200 … 900 ms and one not at all."""
    with writing(engine) as session:
        made, answered = Evaluated(session), 9
        made.candidate("A")
        run = made.run()
        for number in range(1, answered + 2):
            made.prompt(f"p{number}", "support")
            if number <= answered:
                made.response(run, "A", f"p{number}", cost_usd=0.01, latency_ms=100.0 * number)
            else:
                gone = {"error_kind": "timeout", "latency_ms": waited_ms, "cost_usd": 0.0, "is_last": True}
                made.attempts(run, "A", f"p{number}", [gone])
    with reading(engine) as session:
        (found,) = evidence(pooled(session, "Support"), [made.candidates["A"]])[None]
    return found.latency_p50_ms, found.latency_p95_ms, found.timeouts


def test_a_high_quantile_among_timeouts_is_the_time_that_was_waited(sqlite_engine: Engine):
    assert late(sqlite_engine, 5000.0) == (550.0, 5000.0, 1)


def test_what_was_waited_for_a_short_time_only_is_not_taken_for_quick(sqlite_engine: Engine):
    """Given up after 50 ms it may have taken any time: the others alone tell, as on Cost & quality."""
    p50, p95, timeouts = late(sqlite_engine, 50.0)
    assert (p50, timeouts) == (500.0, 1)
    assert p95 == 900.0
