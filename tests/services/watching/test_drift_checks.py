"""Drift checks: which runs are compared, each once, what is found, carried on and closed."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import col, select

from core.domain.drift import Tier
from core.errors import BadInput, NotFound
from core.services.datasets import removal
from core.services.watching import drift
from core.storage.engine import reading, writing
from core.storage.tables import (
    Alert,
    AnchorScore,
    DriftBaseline,
    DriftCheck,
    DriftFigures,
    DriftFinding,
    Evaluator,
    Gate,
    Response,
    Score,
)
from tests.drifting import Truth, Weeks, weeks
from tests.prepared import prepared

pytestmark = pytest.mark.one_database

WORSE = {"A": Truth(points=-0.5)}


def counted(engine: Engine, table: type) -> int:
    with reading(engine) as session:
        return int(session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def state(made: Weeks) -> drift.DriftState:
    with reading(made.engine) as session:
        return drift.state(session, "Weekly")


def found(made: Weeks, candidate: str, metric: str, category: str | None = None) -> drift.FindingLine:
    """The open finding about that."""
    key = candidate, metric, category
    return next(one for one in state(made).findings if (one.candidate, one.metric.name, one.category) == key)


@pytest.fixture
def started(engine: Engine) -> Weeks:
    """A baseline of three runs, pinned."""
    return prepared(engine, "a baseline of three runs", _with_a_baseline)


def _with_a_baseline(engine: Engine) -> Weeks:
    made = weeks(engine)
    for _ in range(3):
        made.run()
    assert drift.check_due(engine, now=made.now) == 0
    return made


def test_the_first_runs_with_about_nine_answers_a_prompt_become_the_baseline(engine: Engine):
    made = weeks(engine)
    for _ in range(2):
        made.run()
        assert drift.check_due(engine, now=made.now) == 0
    assert state(made).baseline is None
    assert "about 2 more answers to each prompt" in state(made).waiting
    made.run(prompts=range(5))
    made.run()
    assert drift.check_due(engine, now=made.now) == 0
    pinned = state(made).baseline
    assert pinned is not None
    assert (pinned.run_ids, pinned.number, pinned.pinned_by) == ((1, 2, 4), 1, None)
    assert pinned.repetitions == pytest.approx(9, abs=0.5)


def test_a_run_is_checked_once_and_what_fell_is_found_with_its_prompts(started: Weeks):
    run = started.run(WORSE)
    assert drift.check_due(started.engine, now=started.now) == 1
    assert drift.check_due(started.engine, now=started.now) == 0
    one = found(started, "A", "acceptable")
    assert one.tier is Tier.ALARM
    assert (one.run_id, one.since_run, one.open_since_run) == (run, run, run)
    assert one.change == pytest.approx(-0.5, abs=0.12)
    assert one.lower < one.change < one.upper < 0
    assert one.sentence.startswith("A's share acceptable fell from ")
    assert f"since run {run}, " in one.sentence
    assert not [other for other in state(started).findings if other.candidate != "A" and other.tier is Tier.ALARM]
    with reading(started.engine) as session:
        flips = drift.flipped(session, one.id)
        again = drift.check(started.engine, "Weekly", run_id=run, now=started.now)
    assert 0 < len(flips) <= 12
    assert all(flip.before > flip.after for flip in flips)
    assert (len(flips[0].baseline), len(flips[0].now)) == (9, 3)
    assert {answer.reasons for answer in flips[0].now if not answer.acceptable} == {("checked",)}
    assert [line.id for line in again.findings] == [line.id for line in state(started).findings]


def test_an_alarm_raises_one_alert_a_candidate_in_its_own_transaction(started: Weeks):
    run = started.run(WORSE)
    drift.check_due(started.engine, now=started.now)
    started.run(WORSE)
    drift.check_due(started.engine, now=started.now)
    with reading(started.engine) as session:
        alerts = session.exec(select(Alert)).all()
    assert [(alert.kind, alert.key, alert.severity) for alert in alerts] == [("drift", f"drift:1:{run}", "urgent")]
    assert alerts[0].title.startswith("A's ")
    assert "likely cause: the provider" in alerts[0].text
    assert alerts[0].link.startswith("/drift?dataset=1&finding=")
    linked = int(alerts[0].link.rpartition("=")[2])
    with reading(started.engine) as session:
        assert session.get_one(DriftFinding, linked).said["sentence"].startswith(alerts[0].title)
    assert alerts[0].title not in alerts[0].text
    assert alerts[0].text.startswith("The change is −")


def test_what_costs_more_is_a_warning_and_what_costs_less_a_note(started: Weeks):
    started.run({"A": Truth(price=1.6), "B": Truth(price=0.5)})
    drift.check_due(started.engine, now=started.now)
    with reading(started.engine) as session:
        found = {alert.data["candidate"]: alert.severity for alert in session.exec(select(Alert)).all()}
    assert found == {"A": "warning", "B": "note"}


def test_a_story_goes_on_while_it_is_found_and_is_closed_when_it_is_gone(started: Weeks):
    first = started.run(WORSE)
    drift.check_due(started.engine, now=started.now)
    second = started.run(WORSE)
    drift.check_due(started.engine, now=started.now)
    one = found(started, "A", "acceptable")
    assert (one.run_id, one.open_since_run) == (second, first)
    gone = set()
    for _ in range(2):
        started.run()
        drift.check_due(started.engine, now=started.now)
        check = state(started).check
        assert check is not None
        gone |= {each.metric.name for each in check.closed}
    assert not [each for each in state(started).findings if each.tier is Tier.ALARM]
    assert "acceptable" in gone
    assert [line.alarms > 0 for line in state(started).checks][-2:] == [True, True]


def test_a_slice_is_checked_on_its_prompts_and_leaves_the_rest_as_it_stood(started: Weeks):
    started.run({"A": Truth(points=-0.6, category="coding")})
    drift.check_due(started.engine, now=started.now)
    before = found(started, "A", "acceptable", "coding")
    run = started.run(prompts=[place for place in range(40) if place % 2 == 0])
    assert drift.check_due(started.engine, now=started.now) == 1
    kept = found(started, "A", "acceptable", "coding")
    assert (kept.run_id, kept.open_since_run, kept.sentence) == (run, before.open_since_run, before.sentence)
    support = [one for one in state(started).trends if (one.candidate, one.category) == ("A", "support")]
    assert [point.run_id for point in support[0].points] == [run - 1, run]


def test_a_run_that_is_still_being_scored_waits(started: Weeks):
    run = started.run(WORSE)
    with writing(started.engine) as session:
        last = session.exec(select(Response.id).where(Response.run_id == run).order_by(col(Response.id).desc())).first()
        kept = session.exec(select(Score).where(Score.response_id == last)).all()
        copies = [score.model_dump() for score in kept]
        session.execute(sa.delete(Score).where(col(Score.response_id) == last))
    assert drift.check_due(started.engine, now=started.now) == 0
    assert f"Run {run} has ended" in state(started).waiting
    with pytest.raises(BadInput, match="still being scored"):
        drift.check(started.engine, "Weekly", now=started.now)
    with writing(started.engine) as session:
        session.add_all(Score(**copy) for copy in copies)
    assert drift.check_due(started.engine, now=started.now) == 1
    assert state(started).waiting == ""


@pytest.mark.every_database
def test_many_who_check_at_once_write_one_check_and_one_alert(started: Weeks):
    run = started.run(WORSE)
    done: list[object] = []

    def one() -> None:
        try:
            done.append(drift.check(started.engine, "Weekly", run_id=run, now=started.now))
        except BadInput as busy:
            done.append(str(busy))

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 6
    assert all(isinstance(each, drift.Check) or "being checked at this moment" in str(each) for each in done)
    assert (counted(started.engine, DriftCheck), counted(started.engine, Alert)) == (1, 1)


def test_what_a_dead_process_began_is_carried_out_by_another(started: Weeks):
    run = started.run(WORSE)
    with writing(started.engine) as session:
        session.add(
            DriftCheck(run_id=run, baseline_id=1, worker="elsewhere/1 1 abc", begun_at=started.now, is_whole=False)
        )
    assert drift.check_due(started.engine, now=started.now) == 0
    with writing(started.engine) as session:
        long_ago = started.now - timedelta(hours=1)
        session.execute(sa.update(DriftCheck).values(begun_at=long_ago))
    assert drift.check_due(started.engine, now=started.now) == 1
    assert found(started, "A", "acceptable").tier is Tier.ALARM


def test_moving_the_baseline_is_recorded_and_the_newest_run_is_checked_against_it(started: Weeks):
    runs = [started.run(WORSE) for _ in range(4)]
    drift.check_due(started.engine, now=started.now)
    with writing(started.engine) as session:
        moved = drift.pin(session, "Weekly", runs[:3], person_id=None, why=" As good as it gets. ", now=started.now)
    assert (moved.number, moved.run_ids, moved.why) == (2, tuple(runs[:3]), "As good as it gets.")
    assert drift.check_due(started.engine, now=started.now) == 1
    after = state(started)
    assert after.check is not None
    assert after.check.run_id == runs[3]
    assert not [one for one in after.findings if one.tier is Tier.ALARM]
    assert [line.baseline_number for line in after.checks] == [2, 1, 1, 1, 1]
    with reading(started.engine) as session:
        assert [each.number for each in drift.baselines(session, "Weekly")] == [2, 1]


@pytest.mark.parametrize(("runs", "said"), [([], "at least one run"), ([99], "Run 99 is no run of 'Weekly'")])
def test_a_baseline_that_cannot_be_is_refused_with_the_reason(started: Weeks, runs: list[int], said: str):
    with writing(started.engine) as session, pytest.raises(BadInput, match=said):
        drift.pin(session, "Weekly", runs, person_id=None, why="", now=started.now)
    with reading(started.engine) as session, pytest.raises(NotFound, match="no dataset 'Other'"):
        drift.state(session, "Other")


def test_checking_names_what_is_missing(engine: Engine):
    made = weeks(engine)
    run = made.run()
    with pytest.raises(BadInput, match="has no baseline yet"):
        drift.check(engine, "Weekly", now=made.now)
    with writing(engine) as session:
        drift.pin(session, "Weekly", [run], person_id=None, why="", now=made.now)
    with pytest.raises(BadInput, match="No run of 'Weekly' has ended since"):
        drift.check(engine, "Weekly", now=made.now)
    with pytest.raises(BadInput, match="Run 1 is no run of 'Weekly' that ended after its baseline"):
        drift.check(engine, "Weekly", run_id=run, now=made.now)


def test_a_candidate_that_the_baseline_lacks_is_named_as_not_watched(engine: Engine):
    made = weeks(engine)
    names, made.names = made.names, made.names[:2]
    for _ in range(3):
        made.run()
    drift.check_due(engine, now=made.now)
    made.names = names
    made.run()
    drift.check_due(engine, now=made.now)
    assert state(made).unwatched == ("C",)
    assert "1 of the run's candidates have no answers in the baseline" in state(made).check.notes[0]


def test_with_its_dataset_everything_of_drift_goes(started: Weeks):
    started.run(WORSE)
    drift.check_due(started.engine, now=started.now)
    assert counted(started.engine, DriftFinding) > 0
    with writing(started.engine) as session:
        removal.remove_dataset(session, started.dataset)
    for table in (DriftBaseline, DriftFigures, DriftCheck, DriftFinding, AnchorScore):
        assert counted(started.engine, table) == 0


def test_a_new_evaluator_waits_until_it_has_seen_the_baseline_too(started: Weeks):
    started.run()
    with writing(started.engine) as session:
        session.add(Evaluator(name="other", kind="profanity", params={}, content_hash="other", created_at=started.now))
    assert drift.check_due(started.engine, now=started.now) == 0


def test_the_replay_of_the_baselines_own_answers_adds_up_year_by_year(started: Weeks):
    from core.services.watching.drift.replaying import replay_due

    for _ in range(2):
        assert replay_due(started.engine, "Weekly", gently=False, checks=4)
    told = state(started).replay
    assert told is not None
    assert (told.years, told.checks) == (2, 8)
    assert told.alarm_years <= 1
    assert told.series == 3 * 9


def test_latency_and_failures_are_told_by_the_hour_of_a_zone(started: Weeks):
    with reading(started.engine) as session:
        utc, india = (drift.hours_of_day(session, "Weekly", zone=zone) for zone in ("UTC", "Asia/Kolkata"))
        with pytest.raises(BadInput, match="no time zone"):
            drift.hours_of_day(session, "Weekly", zone="Mars/Olympus")
    assert [one.candidate for one in utc] == ["A", "B", "C"]
    assert {hour.hour for hour in utc[0].latency.hours} == {9}
    assert {hour.hour for hour in india[0].latency.hours} == {14}


def test_a_run_that_is_checked_late_is_told_where_it_belongs(started: Weeks):
    """An older run's check, asked for by hand, neither takes the newest one's place nor ends its stories."""
    older = started.run(finished_at=started.now, created_at=started.now)
    newer = started.run(WORSE)
    with writing(started.engine) as session:
        session.execute(sa.update(DriftBaseline).values(created_at=started.now))
    assert drift.check_due(started.engine, now=started.now) == 1
    before = {one.id for one in state(started).findings}
    drift.check(started.engine, "Weekly", run_id=older, now=started.now)
    after = state(started)
    assert after.check is not None
    assert after.check.run_id == newer
    assert {one.id for one in after.findings} == before
    assert after.trends


def test_what_nobody_scored_in_the_baseline_is_told_and_not_compared(started: Weeks):
    with writing(started.engine) as session:
        judge = Evaluator(name="late judge", kind="llm_judge", params={}, content_hash="late", created_at=started.now)
        session.add(judge)
        session.flush()
        session.add(Gate(evaluator_id=judge.id or 0, at_least=0.75, created_at=started.now))
    started.run(WORSE)
    later = started.now + timedelta(hours=3)
    assert drift.check_due(started.engine, now=later) == 1
    check = state(started).check
    assert check is not None
    assert any("The share acceptable is not compared" in note for note in check.notes)
    assert "acceptable" not in {one.metric.name for one in check.findings}
