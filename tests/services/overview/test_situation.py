"""How far a workspace is, so that the next step is the right one."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from core.domain.alerts import AlertKind, Severity
from core.domain.deciding import Decision, Need
from core.domain.drift import Metric
from core.domain.overview import Situation, StepKind, next_step
from core.services import deciding, quality
from core.services.alerts import Raised, inbox, raise_alert
from core.services.deciding import settings, taken
from core.services.overview import situation
from core.services.quality import Scope
from core.services.watching.drift.metrics import ACCEPTABLE, COST
from core.services.watching.drift.rows import metric_kept
from core.settings import get_settings
from core.storage.engine import reading, write, writing
from core.storage.tables import Candidate, DriftBaseline, DriftCheck, DriftFinding, Person, Score
from tests.decided import Planted, Production, plant, vote
from tests.evaluated import Evaluated
from tests.workspace import NOW

pytestmark = pytest.mark.one_database
FELL = {"change": -0.3, "before": 0.9, "after": 0.6}
CHEAPER = {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008)}


def of(engine: Engine, made: Production | None) -> Situation:
    with reading(engine) as session:
        if made is None:
            return situation(session, None, None, None, now=NOW)
        verdicts = deciding.verdicts(session, "Support")
        return situation(session, "Support", verdicts, quality.report(session, Scope(made.dataset)), now=NOW)


def kind(engine: Engine, made: Production | None) -> StepKind:
    return next_step(of(engine, made)).kind


def test_an_empty_workspace_needs_prompts_then_candidates_then_answers(engine: Engine):
    assert kind(engine, None) is StepKind.IMPORT_PROMPTS
    with writing(engine) as session:
        Evaluated(session).prompt("p0", "support")
    assert kind(engine, None) is StepKind.ADD_CANDIDATES
    with writing(engine) as session:
        session.add(Candidate(name="A", settings={}, position=0, created_at=NOW))
    assert kind(engine, None) is StepKind.EVALUATE


def test_answers_that_are_not_scored_yet_are_waited_for(engine: Engine):
    made = plant(engine, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=4)
    with writing(engine) as session:
        session.execute(sa.delete(Score))
    assert kind(engine, made) is StepKind.WAIT


def test_without_a_champion_one_has_to_be_named_and_without_a_challenger_defined(engine: Engine):
    made = plant(engine, {"A": Planted(0.8)}, prompts=4, champion=None)
    assert kind(engine, made) is StepKind.NAME_CHAMPION
    with writing(engine) as session:
        session.get_one(Candidate, made.candidates["A"]).is_champion = True
    assert kind(engine, made) is StepKind.ADD_CANDIDATES


def test_a_switch_waits_until_somebody_takes_it(engine: Engine):
    made = plant(engine, CHEAPER, prompts=900, repetitions=2)
    assert kind(engine, made) is StepKind.DECIDE

    def take(session: Session, *, accepts: bool) -> None:
        found = deciding.verdicts(session, "Support")
        for verdict in found.verdicts:
            choice = deciding.choice_of(found, verdict, is_accepted=accepts, why="")
            taken.take(session, choice, person_id=None, now=NOW)

    write(engine, lambda session: take(session, accepts=False))
    assert of(engine, made).to_take is None


def test_before_a_switch_that_leaves_out_a_category_comes_the_table_that_keeps_it_out(engine: Engine):
    bad_in_coding = {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008, share_in={"coding": 0.3})}
    made = plant(engine, bad_in_coding, prompts=900, repetitions=2)
    traffic = {"support": 9_900.0, "coding": 100.0}
    write(engine, lambda s: settings.save(s, {}, latency_limit_ms={}, answers_a_month=traffic))
    assert kind(engine, made) is StepKind.LOOK_AT_ROUTE
    found = of(engine, made)
    assert found.to_take is not None
    assert next_step(replace(found, has_proposed_route=False)).kind is StepKind.DECIDE


def test_an_alarm_counts_until_it_is_acknowledged_and_only_where_it_is_about_the_dataset(engine: Engine):
    made = plant(engine, CHEAPER, prompts=8)
    with writing(engine) as session:
        found(session, made, {"A": [ACCEPTABLE]})
        alert(session, "Another", "A", ACCEPTABLE)
    assert of(engine, made).alarms == ()
    with writing(engine) as session:
        alert(session, "Support", "A", ACCEPTABLE)
    assert kind(engine, made) is StepKind.LOOK_AT_DRIFT
    with writing(engine) as session:
        mine = next(one for one in inbox.listing(session, now=NOW) if one.alert.data["dataset"] == "Support")
        inbox.acknowledge(session, mine.alert.public_id, person_id=None, now=NOW)
    assert of(engine, made).alarms == ()


def test_an_alarm_that_the_newest_check_does_not_find_is_no_step(engine: Engine):
    made = plant(engine, CHEAPER, prompts=8)
    with writing(engine) as session:
        found(session, made, {"A": [COST]})
        alert(session, "Support", "A", ACCEPTABLE)
    assert of(engine, made).alarms == ()


def test_the_step_is_what_harms_most_of_whom_users_get_or_would_get(engine: Engine):
    made = plant(engine, CHEAPER | {"C": Planted(0.3, 0.001)}, prompts=900, repetitions=2)
    with writing(engine) as session:
        found(session, made, {"C": [ACCEPTABLE], "B": [COST, ACCEPTABLE], "A": [COST]})
        for name, metric in (("A", COST), ("B", COST), ("B", ACCEPTABLE), ("C", ACCEPTABLE)):
            alert(session, "Support", name, metric)
    alarms = of(engine, made).alarms
    assert [one.said.partition(" from")[0] for one in alarms] == [
        "B's share acceptable fell", "A's cost per 1,000 responses rose", "B's cost per 1,000 responses rose",
        "C's share acceptable fell",
    ]  # fmt: skip
    step = next_step(of(engine, made))
    assert (step.finding_id, step.title) == (alarms[0].finding_id, f"Look at drift: {alarms[0].said}")
    assert "the first of 3 proven changes" in step.why
    assert step.why.endswith("B is recommended here, so the decision rests on it.")
    assert (alarms[1].bearing, alarms[1].is_decisive) == (
        "A is what users get today, so every comparison rests on it.", True,
    )  # fmt: skip
    assert alarms[-1].bearing == "C is not recommended anywhere, so users would not get these answers."


def found(session: Session, made: Production, metrics: dict[str, list[Metric]]) -> None:
    """The newest check finds alarms: by candidate their metrics."""
    pinned = DriftBaseline(dataset_id=made.dataset, number=1, run_ids=[1], created_at=NOW)
    session.add(pinned)
    session.flush()
    row = DriftCheck(run_id=1, baseline_id=pinned.id, worker="w", begun_at=NOW, finished_at=NOW, is_whole=True)
    session.add(row)
    session.flush()
    lists: dict[str, list[str]] = {"showing": [], "causes": [], "parts": []}
    for name, each in metrics.items():
        for metric in each:
            change = {"change": 1.5, "before": 0.001, "after": 0.0015} if metric is COST else FELL
            said = {"metric": metric_kept(metric), "sentence": "It moved."}
            told = {"check_id": row.id, "candidate_id": made.candidates[name], "since_run_id": 1, "said": said}
            numbers = {"lower": 0.0, "upper": 0.0, "p": 0.001, "prompts": 8, "open_since_run_id": 1}
            session.add(DriftFinding(metric=metric.name, tier="alarm", **told, **change, **numbers, **lists))


def alert(session: Session, dataset: str, candidate: str, metric: Metric) -> None:
    """The message about a change is open."""
    data = {"dataset": dataset, "candidate": candidate, "findings": [{"metric": metric.name, "category": None}]}
    key = f"{dataset} {candidate} {metric.name}"
    raise_alert(session, Raised(AlertKind.DRIFT, key, "It moved", ".", "/drift", Severity.URGENT, data), now=NOW)


def test_an_unknown_price_of_a_challenger_is_to_be_entered(engine: Engine):
    made = plant(engine, {"A": Planted(0.8), "B": Planted(0.8, None)}, prompts=8)
    assert of(engine, made).unpriced == ("B",)
    assert kind(engine, made) is StepKind.ENTER_PRICES


def test_the_first_votes_come_from_raters_and_where_there_are_none_these_are_invited(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("EVENHAND_AUTH", "link")
    get_settings.cache_clear()
    made = plant(engine, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=8)
    assert kind(engine, made) is StepKind.INVITE
    with writing(engine) as session:
        session.add(Person(name="Ada", created_at=NOW))
    assert kind(engine, made) is StepKind.RATE
    get_settings.cache_clear()


def test_an_open_verdict_brings_its_ways_the_one_over_all_first(engine: Engine):
    made = plant(engine, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=40)
    vote(engine, made, ("A", "B"), {"send": (0.8, 0.8)}, raters=8)
    found = of(engine, made).open
    assert found is not None
    assert (found.category, found.challenger) == (None, "B")
    assert {way.need for way in found.ways} & {Need.PROMPTS, Need.VOTES}


def test_no_evidence_is_bought_that_would_only_prove_that_the_champion_stays_in_a_category(engine: Engine):
    made = plant(engine, {"A": Planted(0.9), "B": Planted(0.5)}, prompts=40)
    with reading(engine) as session:
        whole, *categories = deciding.verdicts(session, "Support").verdicts
    assert whole.decision is Decision.KEEP
    assert any(one.decision is Decision.NOT_ENOUGH and one.comparisons[0].settlement for one in categories)
    assert of(engine, made).open is None


def test_no_evidence_is_bought_about_who_looks_no_better_and_dearer(engine: Engine):
    bad_in_coding = Planted(0.7, 0.012, share_in={"coding": 0.3})
    made = plant(engine, {"A": Planted(0.8, 0.01), "B": bad_in_coding}, prompts=200)
    with reading(engine) as session:
        whole, *categories = deciding.verdicts(session, "Support").verdicts
    support = next(verdict for verdict in categories if verdict.category == "support")
    one = support.comparisons[0]
    assert (whole.decision, support.decision) == (Decision.KEEP, Decision.NOT_ENOUGH)
    assert one.settlement is not None and one.quality is not None and one.cost is not None
    assert -support.quality_margin < one.quality.estimate <= 0 and one.cost.estimate < 0
    assert of(engine, made).open is None
