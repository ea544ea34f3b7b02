"""What drift is judged from: votes of raters, slow answers, what happened meanwhile."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from core.domain.drift.causes import Cause
from core.domain.votes import Outcome
from core.services.watching import drift
from core.services.watching.drift.ended import ended_runs
from core.services.watching.drift.gathering import Gathered, gather
from core.storage.engine import reading, writing
from core.storage.tables import Response
from tests.drifting import Truth, Weeks, weeks
from tests.voted import Voted


def gathered(made: Weeks, baseline: int) -> Gathered:
    """The first runs as baseline, the rest since."""
    with reading(made.engine) as session:
        runs = ended_runs(session, "Weekly")
        return gather(session, "Weekly", runs[:baseline], runs[baseline:])


def answers(session: Session, run: int, candidate: int) -> list[int]:
    query = sa.select(Response.id).where(Response.run_id == run, Response.candidate_id == candidate)
    return list(session.execute(query.order_by(Response.prompt_id, Response.repetition)).scalars())


def test_what_raters_would_send_is_counted_for_the_answer_that_they_saw(engine: Engine):
    made = weeks(engine, prompts=3)
    first, second = made.run(), made.run()
    with writing(engine) as session:
        voted = Voted(SimpleNamespace(session=session, prompts={}))  # type: ignore[arg-type]
        a, b = (answers(session, second, of) for of in (1, 2))
        voted.vote("Ann", a[0], b[0], Outcome.LEFT)
        voted.vote("Bob", b[0], a[0], Outcome.TIE)
        voted.vote("Ann", a[3], b[3], Outcome.BOTH_BAD)
        voted.vote("Sim", a[6], b[6], Outcome.RIGHT, question="tone")
    found = gathered(made, 1)
    assert found.since[0].run_id == second
    assert (1, "human") not in found.baseline[0].seen
    seen_a, seen_b = (found.since[0].seen[of, "human"] for of in (1, 2))
    assert seen_a.n[:3].tolist() == [2.0, 1.0, 0.0]
    assert seen_a.mean[:2].tolist() == [1.0, 0.0]
    assert seen_b.mean[:2].tolist() == [0.5, 0.0]
    assert np.isnan(seen_a.mean[2])
    assert first < second


def test_slow_answers_are_told_by_the_baselines_own_quantiles(sqlite_engine: Engine):
    made = weeks(sqlite_engine, prompts=30)
    made.run()
    made.run({"A": Truth(latency=10.0)})
    found = gathered(made, 1)
    before = found.baseline[0].seen[1, "p95_ms"]
    after = found.since[0].seen[1, "p95_ms"]
    assert np.nanmean(before.mean) == pytest.approx(0.05, abs=0.01)
    assert np.nanmean(after.mean) > 0.5
    assert np.nanmean(found.since[0].seen[2, "p95_ms"].mean) < 0.15


def test_what_is_given_up_counts_against_the_share_acceptable_and_as_an_error(sqlite_engine: Engine):
    made = weeks(sqlite_engine, prompts=30)
    made.run()
    made.run({"A": Truth(failures=0.5)})
    seen = gathered(made, 1).since[0].seen
    errors, acceptable = seen[1, "errors"], seen[1, "acceptable"]
    assert np.average(errors.mean, weights=errors.n) == pytest.approx(0.5, abs=0.1)
    assert acceptable.n.tolist() == errors.n.tolist() == [3.0] * 60
    assert np.nanmean(acceptable.mean) == pytest.approx(0.4, abs=0.12)


def test_prices_and_names_that_changed_stand_beside_the_trends_at_their_run(sqlite_engine: Engine):
    made = weeks(sqlite_engine)
    for _ in range(3):
        made.run()
    drift.check_due(sqlite_engine, now=made.now)
    run = made.run({"A": Truth(name="model-new"), "B": Truth(price=2.0)})
    made.run({"A": Truth(name="model-new"), "B": Truth(price=2.0)})
    drift.check_due(sqlite_engine, now=made.now)
    with reading(sqlite_engine) as session:
        told = drift.state(session, "Weekly").annotations
        bare = drift.state(session, "Weekly", with_trends=False)
    found: list[Any] = [(each.run_id, each.candidate_id, each.cause, each.words) for each in told]
    assert found == [
        (run, 1, Cause.MODEL_VERSION, "answers as 'model-new' instead of 'model-0'"),
        (run, 2, Cause.PRICES, "costs 2 / 4 USD per million tokens in / out"),
    ]
    assert bare.trends == ()
    assert bare.findings
