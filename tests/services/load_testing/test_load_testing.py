"""Load tests against a server whose times, failures and stalls are planted."""

from datetime import UTC, datetime
from random import Random
from statistics import fmean, median, quantiles

import pytest
from sqlmodel import select

from core.errors import BadInput
from core.services.load_testing import LoadOrder, expected_calls, load_test
from core.services.load_testing.order import arrivals
from core.storage.engine import reading, writing
from core.storage.tables import Candidate, Dataset, LoadTest
from tests.planted import Outcome, PlantedPlan, PlantedServer, planted
from tests.workspace import make_workspace

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
PRICED = {"input_usd_per_mtok": 1.0, "output_usd_per_mtok": 2.0, "max_tokens": 100}
TOKENS = {"input_tokens": 20, "output_tokens": 90}
QUICK = PlantedPlan(total_ms=10.0, **TOKENS)
CALL_USD = (20 * 1.0 + 90 * 2.0) / 1e6


@pytest.fixture(scope="module")
def server():
    with planted() as running:
        yield running


def prepare(engine, server: PlantedServer, plan: PlantedPlan, *, settings=PRICED, **more) -> LoadOrder:
    server.use(plan)
    workspace = make_workspace(engine, prompts=4, candidates=1, raters=1)
    with writing(engine) as session:
        candidate = session.get(Candidate, workspace.candidates[0])
        candidate.provider, candidate.model = "vllm", "planted"
        candidate.settings = {**settings, "base_url": server.base_url}
        session.add(candidate)
        dataset_id = session.exec(select(Dataset.id)).one()
    asked = {"rates_per_s": (100.0,), "duration_s": 1.0, "warm_up_s": 0.2, "timeout_s": 5.0, "max_calls": 1_000}
    return LoadOrder(candidate_id=workspace.candidates[0], dataset_id=dataset_id, **(asked | more))


def carry_out(engine, order, **more) -> LoadTest:
    return load_test(engine, order, now=NOW, rng=Random(11), **more)


def stored(engine) -> LoadTest:
    with reading(engine) as session:
        return session.exec(select(LoadTest)).one()


def test_planted_times_tokens_and_spend_are_recovered_and_stored(engine, server):
    seen = carry_out(engine, prepare(engine, server, QUICK))
    found, journal = seen.results[0], server.journal()[1:]
    assert found["all_calls"] == len(journal) == found["answered"] + _in_warm_up(found, journal)
    assert (found["timeouts"], found["errors"], found["unpriced"], found["ended"]) == (0, {}, 0, "whole")
    assert seen.cost_usd == pytest.approx((1 + len(journal)) * CALL_USD, rel=1e-12)
    assert 0 < found["sent_per_s"] < 135, "no sooner than they arrive"
    kept = stored(engine)
    assert (kept.results, kept.cost_usd) == (seen.results, seen.cost_usd)
    assert (kept.finished_at - kept.started_at).total_seconds() > 1.2


def test_times_count_from_when_a_request_was_due_to_what_the_server_sent(sqlite_engine, server):
    plan = PlantedPlan(first_visible_ms=30, total_ms=60)
    found = carry_out(sqlite_engine, prepare(sqlite_engine, server, plan, rates_per_s=(30.0,))).results[0]
    journal = server.journal()[1 + _in_warm_up(found, server.journal()[1:]) :]
    first, whole = found["first_visible_ms"]["p50"]["value"], found["latency_ms"]["p50"]["value"]
    assert first >= median(call.first_visible_ms for call in journal) - 1
    assert whole >= median(call.ended_ms for call in journal) - 1
    assert first < whole, "how near they are is measured by the benchmark open_loop"


def _in_warm_up(found, journal) -> int:
    return len(journal) - found["calls"]


def test_requests_arrive_as_a_poisson_process():
    times = arrivals(50.0, 2_000.0, Random(3))
    gaps = [later - earlier for earlier, later in zip([0.0, *times], times, strict=False)]
    assert len(times) == pytest.approx(100_000, rel=0.01)
    assert fmean(gaps) == pytest.approx(1 / 50, rel=0.01)
    assert quantiles(gaps, n=100)[98] == pytest.approx(4.605 / 50, rel=0.05)
    assert max(times) < 2_000


def test_each_rate_is_measured_by_itself_and_its_figures_kept(engine, server):
    order = prepare(engine, server, QUICK, rates_per_s=(40.0, 160.0), duration_s=0.5, warm_up_s=0.1)
    told = []
    found = carry_out(engine, order, on_progress=lambda sent, of: told.append((sent, of))).results
    assert [one["rate_per_s"] for one in found] == [40.0, 160.0]
    assert found[1]["calls"] > 2 * found[0]["calls"]
    assert told[-1] == (len(server.journal()), len(server.journal()))


def test_a_stall_is_seen_by_all_who_came_meanwhile(sqlite_engine, server):
    plan = PlantedPlan(total_ms=10, stall_ms=300, stall_period_ms=700)
    found = carry_out(sqlite_engine, prepare(sqlite_engine, server, plan)).results[0]
    struck = [call for call in server.journal() if call.ended_ms > 60]
    assert len(struck) > 10, "one for each of a client that waits for its answers; the benchmark open_loop has both"
    assert found["latency_ms"]["p99"]["value"] > 230


def test_timeouts_are_at_least_so_long_and_errors_are_counted_by_kind_without_another_try(sqlite_engine, server):
    outcomes = (
        Outcome("hang", share=0.2),
        Outcome("status", share=0.1, status=429, retry_after_s=30),
        Outcome("status", share=0.1, status=500),
    )
    # Long enough that on a busy machine, too, only what hangs takes so long.
    plan = PlantedPlan(total_ms=10, outcomes=outcomes)
    order = prepare(sqlite_engine, server, plan, timeout_s=2.5, rates_per_s=(50.0,))
    found, journal = carry_out(sqlite_engine, order).results[0], server.journal()[1:]
    happened = [call.outcome if call.status == 200 else str(call.status) for call in journal]
    warm_up = _in_warm_up(found, journal)
    errors = found["errors"]
    for name, count in (("hang", found["timeouts"]), ("429", errors["rate_limit"]), ("500", errors["server_error"])):
        assert happened[warm_up:].count(name) == count > 0
    assert set(found["errors"]) == {"rate_limit", "server_error"}
    assert found["all_calls"] == len(journal)
    assert found["answered"] + found["timeouts"] + sum(found["errors"].values()) == found["calls"]
    worst = found["latency_ms"]["p99"]
    assert (worst["value"], worst["upper"]) == (None, None)
    assert 2_499 <= worst["at_least"] < 10_000
    assert found["latency_ms"]["p50"]["value"] < 2_499


def test_a_spending_limit_is_never_exceeded_and_says_that_it_ended_the_test(sqlite_engine, server):
    order = prepare(sqlite_engine, server, QUICK, max_calls=None, max_usd=20 * CALL_USD, rates_per_s=(100.0, 100.0))
    seen = carry_out(sqlite_engine, order)
    assert [one["ended"] for one in seen.results] == ["spending limit"]
    assert seen.cost_usd == pytest.approx(len(server.journal()) * CALL_USD)
    assert 10 < len(server.journal()) <= 20


def test_a_limit_on_calls_holds_and_an_unknown_price_stays_unknown(sqlite_engine, server):
    order = prepare(sqlite_engine, server, QUICK, settings={}, max_calls=25)
    seen = carry_out(sqlite_engine, order)
    assert len(server.journal()) == 25
    assert (seen.results[0]["ended"], seen.results[0]["cost_usd"], seen.cost_usd) == ("call limit", None, None)
    assert stored(sqlite_engine).cost_usd is None


def test_a_cancelled_test_keeps_what_was_measured(sqlite_engine, server):
    order = prepare(sqlite_engine, server, QUICK, duration_s=60.0)
    seen = carry_out(sqlite_engine, order, cancelled=lambda: len(server.journal()) > 50)
    assert seen.results[0]["ended"] == "cancelled"
    assert 30 < seen.results[0]["answered"] <= len(server.journal()) < 300
    assert seen.results[0]["duration_s"] < 10
    assert stored(sqlite_engine).finished_at is not None


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"rates_per_s": ()}, "at least one arrival rate"),
        ({"rates_per_s": (0.0,)}, "arrival rate"),
        ({"rates_per_s": (float("nan"),)}, "arrival rate"),
        ({"duration_s": -1.0}, "duration"),
        ({"timeout_s": 0.0}, "timeout"),
        ({"max_calls": None}, "about 120 requests, whatever they cost"),
        ({"max_usd": -1.0}, "spending limit"),
        ({"max_calls": 0}, "limit on calls"),
        ({"duration_s": 3600.0}, "at most"),
        ({"max_usd": 1.0, "settings": {}}, "price of 'candidate 0' is not known"),
    ],
)
def test_an_order_without_sense_or_limit_is_refused_before_anything_is_sent(sqlite_engine, server, wrong, named):
    order = prepare(sqlite_engine, server, QUICK, **wrong)
    with pytest.raises(BadInput, match=named):
        carry_out(sqlite_engine, order)
    assert server.journal() == []
    with reading(sqlite_engine) as session:
        assert session.exec(select(LoadTest)).all() == []


def test_an_endpoint_that_refuses_for_good_is_asked_once(sqlite_engine, server):
    order = prepare(
        sqlite_engine, server, PlantedPlan(outcomes=(Outcome("status", status=401, message="who are you"),))
    )
    with pytest.raises(BadInput, match=r"refused .*who are you"):
        carry_out(sqlite_engine, order)
    assert len(server.journal()) == 1
    with reading(sqlite_engine) as session:
        assert session.exec(select(LoadTest)).all() == []


def test_the_calls_shown_beforehand_are_those_to_expect():
    order = LoadOrder(1, 1, rates_per_s=(2.0, 8.0), duration_s=30.0, warm_up_s=5.0)
    assert expected_calls(order) == 350
