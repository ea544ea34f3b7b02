"""The demo's story, as the engines tell it: what to switch to, what to keep, what changed, and since when."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from core import demo
from core.demo.story import (
    AGAIN,
    ALDER,
    BASELINE_WEEKS,
    BIRCH,
    CEDAR,
    HOUSES,
    PLAIN,
    ROUNDS,
    TERSE,
    UPDATED_IN_WEEK,
    Round,
)
from core.domain.deciding import Because, Decision, Need, Verdict
from core.domain.drift import Tier
from core.domain.drift.causes import Cause
from core.domain.routing import RouteBecause
from core.domain.words import listed
from core.errors import BadInput
from core.services import deciding, overview, routing
from core.services.candidates import candidates
from core.services.deciding import Verdicts, words
from core.services.demo.finishing import finish_demo
from core.services.demo.opening import prepare_workspace
from core.services.runs import RunOrder, plan
from core.services.watching import drift
from core.services.watching.drift import DriftState, FindingLine
from core.storage.engine import open_engine, reading, write
from core.storage.schema import upgrade
from core.storage.tables import Alert, Attempt, Candidate, Dataset, PriceOverride, Response, Run, Score, Vote

NOW = datetime(2026, 11, 29, 19, 30, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The demo as a first start leaves it."""
    opened = open_engine(f"sqlite:///{tmp_path_factory.mktemp('demo') / 'evenhand.db'}")
    upgrade(opened)
    prepare_workspace(opened, demo=True, now=NOW)
    assert finish_demo(opened, now=NOW)
    yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def verdicts(engine: Engine) -> Verdicts:
    with reading(engine) as session:
        return deciding.verdicts(session, demo.DATASET_NAME)


@pytest.fixture(scope="module")
def drifted(engine: Engine) -> DriftState:
    with reading(engine) as session:
        return drift.state(session, demo.DATASET_NAME)


@pytest.fixture(scope="module")
def runs(engine: Engine) -> dict[Round, Run]:
    with reading(engine) as session:
        found = session.exec(select(Run).where(Run.source == "demo").order_by(col(Run.id))).all()
    return dict(zip(ROUNDS, found, strict=True))


def verdict_of(verdicts: Verdicts, category: str | None) -> Verdict:
    found = verdicts.of(category)
    assert found is not None
    return found


def decisions(verdicts: Verdicts, category: str | None) -> dict[str, tuple[Decision, Because]]:
    found = verdict_of(verdicts, category)
    return {verdicts.names[one.challenger]: (one.decision, one.because) for one in found.comparisons}


def test_over_all_it_says_to_switch_to_birch_and_why_to_nobody_else(verdicts: Verdicts) -> None:
    assert decisions(verdicts, None) == {
        BIRCH: (Decision.SWITCH, Because.CHEAPER),
        CEDAR: (Decision.KEEP, Because.WORSE),
        PLAIN: (Decision.KEEP, Because.LESS_SAFE),
        TERSE: (Decision.KEEP, Because.LESS_SAFE),
    }
    to_birch = verdict_of(verdicts, None).comparisons[0]
    assert to_birch.quality is not None and to_birch.cost is not None
    assert 0 < to_birch.quality.estimate < 0.1
    assert to_birch.cost.lower > 0.8


def test_what_the_switch_does_not_reach_is_where_birch_is_weak(verdicts: Verdicts) -> None:
    assert words.exceptions(verdicts, verdict_of(verdicts, None)) == ["coding", "safety"]


def test_on_prompts_held_out_the_routing_table_misses_no_more_than_one_model_for_all(engine: Engine) -> None:
    with reading(engine) as session:
        found = routing.find(session, demo.DATASET_NAME)
    assert found is not None
    regret = routing.what_if(found).regret
    assert regret is not None
    assert regret.of_table <= regret.oracle - max(regret.single, *regret.alone.values()) + 0.002


def test_the_table_says_once_why_most_categories_follow_the_overall_verdict(engine: Engine) -> None:
    with reading(engine) as session:
        found = routing.find(session, demo.DATASET_NAME)
    assert found is not None
    follow = [one.category for one in found.changes if one.now and one.now.because is RouteBecause.OVER_ALL]
    (line,) = [line for line in routing.said(found).splitlines() if "The overall verdict says to switch" in line]
    assert len(follow) > 1
    assert line.startswith(f"{listed(follow, most=len(follow))}: from Alder to Birch, saves $")


def test_in_safety_the_champion_stays_against_everybody(verdicts: Verdicts) -> None:
    assert set(decisions(verdicts, "safety").values()) == {(Decision.KEEP, Because.LESS_SAFE)}


def test_elsewhere_eight_prompts_prove_nothing_and_it_is_said_what_would(verdicts: Verdicts) -> None:
    for category in ("support", "writing", "summarising", "extraction", "reasoning", "ambiguous", "coding"):
        verdict = verdict_of(verdicts, category)
        assert verdict.decision is Decision.NOT_ENOUGH, category
        settlement = verdict.comparisons[0].settlement
        assert settlement is not None and settlement.ways, category
    needs = {
        way.need
        for verdict in verdicts.verdicts
        for one in verdict.comparisons
        for way in (one.settlement.ways if one.settlement else ())
    }
    assert {Need.VOTES, Need.PROMPTS} <= needs


def test_the_small_model_is_the_cheapest_and_hardly_ever_acceptable(engine: Engine, verdicts: Verdicts) -> None:
    with reading(engine) as session:
        mean = {
            name: session.exec(
                select(Response.cost_usd)
                .join(Candidate, col(Candidate.id) == Response.candidate_id)
                .where(Candidate.name == name)
            ).all()
            for name in (*HOUSES, PLAIN, TERSE)
        }
    cost = {name: sum(each or 0.0 for each in costs) / len(costs) for name, costs in mean.items()}
    assert max(cost[PLAIN], cost[TERSE]) < min(cost[name] for name in HOUSES)
    for one in verdict_of(verdicts, None).comparisons:
        if verdicts.names[one.challenger] in (PLAIN, TERSE):
            assert one.automatic is not None and one.automatic.estimate < -0.4


def test_birchs_coding_alarms_within_two_weeks_of_the_update_and_is_put_down_to_the_new_model(
    engine: Engine, drifted: DriftState, runs: dict[Round, Run]
) -> None:
    (found,) = of(drifted, BIRCH, "acceptable", "coding")
    assert found.tier is Tier.ALARM
    assert found.since_run == runs[Round(UPDATED_IN_WEEK)].id
    assert found.causes == (Cause.MODEL_VERSION,)
    assert "instead of 'birch-2026-10'" in found.sentence
    with reading(engine) as session:
        alerts = session.exec(select(Alert).where(col(Alert.title).contains("coding")).order_by(col(Alert.id))).all()
    assert alerts[0].title.startswith("Birch's share acceptable in coding fell")
    ended = [run.finished_at for run in (runs[Round(UPDATED_IN_WEEK)], runs[Round(UPDATED_IN_WEEK + 1)])]
    assert any(at is not None and at < alerts[0].created_at < at + timedelta(hours=1) for at in ended)


def of(drifted: DriftState, candidate: str, metric: str, category: str | None) -> list[FindingLine]:
    assert drifted.check is not None
    return [
        one
        for one in drifted.check.findings
        if (one.candidate, one.metric.name, one.category) == (candidate, metric, category)
    ]


def test_cedars_price_is_found_and_put_down_to_the_price(engine: Engine, drifted: DriftState) -> None:
    (found,) = of(drifted, CEDAR, "cost_usd", None)
    assert found.tier is Tier.ALARM and found.causes == (Cause.PRICES,)
    with reading(engine) as session:
        (entered,) = session.exec(select(PriceOverride)).all()
    assert entered.model == "cedar" and entered.valid_from < NOW - 4 * WEEK


def test_nothing_else_alarms(drifted: DriftState) -> None:
    assert drifted.check is not None
    alarms = {(one.candidate, one.category) for one in drifted.check.findings if one.tier is Tier.ALARM}
    assert {who for who, _ in alarms} == {BIRCH, CEDAR}
    assert {category for who, category in alarms if who == BIRCH} == {"coding"}


def test_checks_stand_in_the_weeks_of_their_runs(drifted: DriftState, runs: dict[Round, Run]) -> None:
    ends = {run.id: run.finished_at for run in runs.values()}
    assert [one.run_id for one in drifted.checks] == [
        runs[one].id for one in reversed(ROUNDS) if one.week > BASELINE_WEEKS
    ]
    for one in drifted.checks:
        at = ends[one.run_id]
        assert at is not None and timedelta(0) < one.at - at < timedelta(hours=1)
    assert drifted.waiting == ""


def test_runs_lie_a_week_apart_and_cost_what_their_attempts_cost(engine: Engine, runs: dict[Round, Run]) -> None:
    begun = [run.started_at for one, run in runs.items() if one is not AGAIN]
    assert all(later - earlier == WEEK for earlier, later in pairwise(begun))
    assert NOW - WEEK < begun[-1] < NOW
    assert runs[AGAIN].prompt_ids is not None and len(runs[AGAIN].prompt_ids) == 8
    with reading(engine) as session:
        for one, run in runs.items():
            attempts = session.exec(select(Attempt).where(Attempt.run_id == run.id)).all()
            answers = session.exec(select(Response).where(Response.run_id == run.id)).all()
            assert len(answers) == run.responses == run.planned == (24 if one == AGAIN else 192)
            assert run.cost_usd == pytest.approx(sum(each.cost_usd or 0.0 for each in attempts))
            assert run.cost_usd == pytest.approx(sum(each.cost_usd or 0.0 for each in answers))
            assert all(run.started_at < each.created_at <= run.finished_at for each in answers)
            assert all(each.finished_at <= run.finished_at for each in attempts)


def test_votes_come_after_the_run_whose_answers_they_judge_and_never_from_tomorrow(engine: Engine) -> None:
    with reading(engine) as session:
        at = session.exec(select(Vote.created_at)).all()
    assert min(at) > NOW - 9 * WEEK and max(at) < NOW


def test_every_response_is_scored_by_every_evaluator_that_asks_no_model(engine: Engine) -> None:
    with reading(engine) as session:
        responses = len(session.exec(select(Response.id)).all())
        scores = len(session.exec(select(Score.response_id)).all())
    assert scores == 13 * responses


def test_the_written_ones_can_be_asked_by_nobody_and_it_is_said_why(engine: Engine) -> None:
    with reading(engine) as session:
        lines = {line.candidate.name: line for line in candidates.listed(session, NOW)}
        assert all("written for the demo" in (lines[name].why_not or "") for name in HOUSES)
        assert [candidates.ids_named(session, [])] == [[lines[name].id for name in (PLAIN, TERSE)]]
        dataset = session.exec(select(Dataset)).one()
        order = RunOrder(dataset_id=dataset.id or 0, candidate_ids=[lines[BIRCH].id])
        with pytest.raises(BadInput, match="'Birch' cannot be asked: Its answers were written for the demo"):
            plan(session, order, now=NOW)


def test_alder_is_the_champion(engine: Engine) -> None:
    with reading(engine) as session:
        assert session.exec(select(Candidate.name).where(col(Candidate.is_champion))).all() == [ALDER]


def test_once_table_and_switch_are_accepted_coding_and_safety_stay_with_alder(engine: Engine, tmp_path: Path) -> None:
    with closing(sqlite3.connect(engine.url.database or "")) as connection:
        connection.execute("VACUUM INTO ?", [str(tmp_path / "accepted.db")])
    accepted = open_engine(f"sqlite:///{tmp_path / 'accepted.db'}")
    assert routing.propose_due(accepted, now=NOW) == 1
    write(accepted, lambda s: routing.decide(s, 1, is_accepted=True, why="", person_id=None, now=NOW))
    with reading(accepted) as session:
        birch = session.exec(select(Candidate).where(Candidate.name == BIRCH)).one().id or 0
    write(accepted, lambda session: candidates.make_champion(session, birch))
    with reading(accepted) as session:
        found = routing.find(session, demo.DATASET_NAME)
        told = deciding.verdicts(session, demo.DATASET_NAME)
        there = overview.situation(session, demo.DATASET_NAME, told, None, now=NOW)
    accepted.dispose()
    assert found is not None and not found.is_another
    by_category = {route.category: found.names[route.primary] for route in found.compiled.table.routes}
    assert {at for at, name in by_category.items() if name == ALDER} == {"coding", "safety"}
    assert not there.has_proposed_route
    (fell,) = [one for one in there.alarms if one.said.startswith("Birch's share acceptable in coding fell")]
    assert (fell.bearing, fell.is_decisive) == (
        "Alder answers coding by the routing table, so users do not get these answers.", False,
    )  # fmt: skip
