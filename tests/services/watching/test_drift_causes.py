"""What a change is put down to, end to end: a planted cause is named, and no other."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import col

from core.domain.drift import Tier
from core.domain.drift.causes import Cause
from core.services.scoring import gates
from core.services.watching import drift
from core.storage.engine import reading, writing
from core.storage.tables import AnchorScore, Evaluator, Gate, JudgeCall, Score
from tests.drifting import Truth, Weeks, gate, new_version, weeks
from tests.prepared import prepared
from tests.services.judging.scripted_judge import ScriptedJudge, scripted_judge, verdict

ELSEWHERE = ("A", "B", "C")
CHEAP = {"input_usd_per_mtok": 0.1, "output_usd_per_mtok": 0.1}


def started(engine: Engine, **kwargs: Any) -> Weeks:
    """A baseline of three runs, pinned, its figures kept."""
    # A judge's address is another each time.
    make = partial(_with_a_baseline, kwargs)
    return make(engine) if "judge" in kwargs else prepared(engine, f"a baseline of three runs {kwargs}", make)


def _with_a_baseline(kwargs: dict[str, Any], engine: Engine) -> Weeks:
    made = weeks(engine, **kwargs)
    for _ in range(3):
        made.run()
    assert drift.check_due(engine, now=made.now) == 0
    return made


def checked(made: Weeks) -> dict[tuple[str, str], drift.FindingLine]:
    """What is found over all, by candidate and metric."""
    assert drift.check_due(made.engine, now=made.now) == 1
    with reading(made.engine) as session:
        found = drift.state(session, "Weekly").findings
    return {(one.candidate, one.metric.name): one for one in found if one.category is None}


@pytest.mark.parametrize(
    ("metric", "truth", "causes", "said"),
    [
        ("acceptable", Truth(points=-0.4), (Cause.PROVIDER,), "other answers to the same prompts and settings"),
        (
            "acceptable",
            Truth(points=-0.4, name="model-0-new"),
            (Cause.MODEL_VERSION,),
            "answers as 'model-0-new' instead of 'model-0'",
        ),
        ("cost_usd", Truth(price=1.5), (Cause.PRICES,), "A: 1 / 2 → 1.5 / 3 USD per million tokens"),
        ("cost_usd", Truth(tokens=1.8), (Cause.PROVIDER,), "other answers"),
        ("cost_usd", Truth(price=1.5, tokens=1.8), (Cause.PROVIDER, Cause.PRICES), "other prices"),
        ("output_tokens", Truth(tokens=1.8), (Cause.PROVIDER,), "other answers"),
        ("errors", Truth(failures=0.5), (Cause.PROVIDER,), "served otherwise"),
    ],
)
def test_what_one_provider_does_is_put_down_to_it_or_to_what_it_changed(
    sqlite_engine: Engine, metric: str, truth: Truth, causes: tuple[Cause, ...], said: str
):
    made = started(sqlite_engine)
    made.run({"A": truth})
    one = checked(made)["A", metric]
    assert one.causes == causes
    assert said in one.sentence


def test_latency_is_put_down_to_the_provider_once_it_is_known_what_runs_differ_by(sqlite_engine: Engine):
    made = started(sqlite_engine, shock=0.03)
    for _ in range(4):
        made.run()
    drift.check_due(made.engine, now=made.now)
    made.run({"A": Truth(latency=2.0)})
    one = checked(made)["A", "latency_ms"]
    assert one.causes == (Cause.PROVIDER,)
    assert "served otherwise" in one.sentence


def test_what_every_endpoint_does_at_once_is_not_known(sqlite_engine: Engine):
    made = started(sqlite_engine)
    made.run({name: Truth(points=-0.4) for name in ELSEWHERE})
    found = checked(made)
    assert {found[name, "acceptable"].causes for name in ELSEWHERE} == {(Cause.UNKNOWN,)}
    assert "candidates behind other endpoints moved with it" in found["A", "acceptable"].sentence


def test_a_new_gate_of_ours_is_named_with_what_it_did_and_raises_no_alarm(sqlite_engine: Engine):
    made = started(sqlite_engine)
    _judge_all(made, "strict", share=0.5)
    with writing(made.engine) as session:
        gate(session, made, "strict")
    made.run()
    found = checked(made)
    for name in ELSEWHERE:
        one = found[name, "acceptable"]
        assert (one.causes, one.tier) == ((Cause.GATES,), Tier.WATCH)
        assert one.change == pytest.approx(one.parts[0].change)
        assert one.change == pytest.approx(-0.4, abs=0.08)
        assert "our own gates (now 'strict')" in one.sentence


def test_a_gate_and_a_provider_at_once_are_both_named_each_with_its_part(sqlite_engine: Engine):
    made = started(sqlite_engine)
    _judge_all(made, "strict", share=0.7)
    with writing(made.engine) as session:
        gate(session, made, "strict")
    made.run({"A": Truth(points=-0.6)})
    found = checked(made)
    one, other = found["A", "acceptable"], found["B", "acceptable"]
    assert (set(one.causes), other.causes) == ({Cause.GATES, Cause.PROVIDER}, (Cause.GATES,))
    parts = {part.cause: part.change for part in one.parts}
    assert parts[Cause.GATES] == pytest.approx(-0.24, abs=0.08)
    assert one.change == pytest.approx(sum(change for change in parts.values() if change is not None))
    assert one.after - one.before == pytest.approx(one.change)


def test_an_evaluator_that_took_anothers_place_in_a_gate_is_named_as_such(sqlite_engine: Engine):
    made = started(sqlite_engine)
    _judge_all(made, "other", share=0.5, kind="contains")
    with writing(made.engine) as session:
        gates.retire(session, made.gates["checked"], made.now)
        gate(session, made, "other")
    made.run()
    one = checked(made)["A", "acceptable"]
    assert one.causes == (Cause.EVALUATORS,)
    assert "no more 'checked', now 'other'" in one.sentence


def test_another_mix_of_prompts_is_traffic_and_no_drift(sqlite_engine: Engine):
    made = started(sqlite_engine)
    new = new_version(made, range(40), 40, chance=0.2)
    new.run()
    found = checked(new)
    one = found["B", "acceptable"]
    assert (one.causes, one.tier) == ((Cause.TRAFFIC,), Tier.WATCH)
    assert one.change == pytest.approx(-0.3, abs=0.06)
    assert "another mix of prompts" in one.sentence
    with reading(new.engine) as session:
        told = drift.state(session, "Weekly").annotations
    assert (Cause.TRAFFIC, "version 2 of the dataset") in [(each.cause, each.words) for each in told]


@pytest.fixture
def judge() -> Iterator[Callable[[int], ScriptedJudge]]:
    """A judge that gives every answer a grade, which can be set."""
    said = {"grade": 5}
    with scripted_judge(lambda _: verdict(said["grade"])) as server:

        def grading(grade: int) -> ScriptedJudge:
            said["grade"] = grade
            return server

        yield grading


def test_a_judge_that_grades_the_same_answers_otherwise_is_named(sqlite_engine: Engine, judge: Any):
    made = started(sqlite_engine, judge=judge(5).params | CHEAP)
    judge(2)
    run = made.run(judge=1.0)
    found = checked(made)
    for name in ELSEWHERE:
        assert found[name, "acceptable"].causes == (Cause.JUDGE,)
        assert found[name, "score: judge"].causes == (Cause.JUDGE,)
    assert "gives 40 frozen answers 0.25 on average instead of 1.00" in found["A", "acceptable"].sentence
    with reading(made.engine) as session:
        anchors = session.execute(sa.select(sa.func.count()).where(col(AnchorScore.run_id) == run)).scalar()
        calls = session.execute(sa.select(sa.func.count()).select_from(JudgeCall)).scalar()
    assert (anchors, calls) == (40, 40)


def test_a_judge_that_stayed_as_it_was_is_not_blamed_for_what_the_provider_did(sqlite_engine: Engine, judge: Any):
    made = started(sqlite_engine, judge=judge(5).params | CHEAP)
    made.run({"A": Truth(points=-0.4)})
    assert checked(made)["A", "acceptable"].causes == (Cause.PROVIDER,)


def test_judges_are_asked_again_within_the_cap_alone_and_not_where_it_is_off(sqlite_engine: Engine, judge: Any):
    params = judge(5).params | {"input_usd_per_mtok": 10.0, "output_usd_per_mtok": 10.0}
    made = started(sqlite_engine, judge=params)
    with writing(made.engine) as session:
        drift.save_anchor_settings(session, drift.AnchorSettings(max_usd=0.05))
    made.run()
    drift.check_due(made.engine, now=made.now)
    with reading(made.engine) as session:
        check = drift.state(session, "Weekly").check
        spent, asked = session.execute(sa.select(sa.func.sum(JudgeCall.cost_usd), sa.func.count())).one()
    assert check is not None
    assert "spending cap" in check.notes[0]
    assert 0 < spent <= 0.05
    with writing(made.engine) as session:
        drift.save_anchor_settings(session, drift.AnchorSettings(is_on=False))
    made.run()
    assert drift.check_due(made.engine, now=made.now) == 1
    with reading(made.engine) as session:
        assert session.execute(sa.select(sa.func.count()).select_from(JudgeCall)).scalar() == asked


def test_a_judge_that_refuses_our_key_is_noted_and_stops_no_check(sqlite_engine: Engine):
    with scripted_judge(lambda _: 401) as server:
        made = started(sqlite_engine, judge=server.params | CHEAP)
        made.run({"A": Truth(points=-0.4)})
        assert checked(made)["A", "acceptable"].causes == (Cause.PROVIDER,)
    with reading(made.engine) as session:
        check = drift.state(session, "Weekly").check
    assert check is not None
    assert check.notes[0].startswith("judge: ")


def _judge_all(made: Weeks, name: str, *, share: float, kind: str = "word_limit") -> None:
    """Another evaluator, which has scored all there is and scores what comes: of so many it says 1, else 0."""
    with writing(made.engine) as session:
        row = Evaluator(name=name, kind=kind, params={"name": name}, content_hash=name, created_at=made.now)
        session.add(row)
        session.flush()
        ids = list(session.execute(sa.select(Score.response_id).distinct()).scalars())
        said = [
            {"response_id": each, "evaluator_id": row.id, "value": float(made.rng.random() < share),
             "reason": "", "applies": True, "scored_at": made.now}
            for each in ids
        ]  # fmt: skip
        session.execute(sa.insert(Score), said)
    made.evaluators[name] = row.id or 0
    made.shares[name] = share


def test_gates_are_kept_as_they_were_when_the_baseline_was_pinned(sqlite_engine: Engine):
    made = started(sqlite_engine)
    with reading(made.engine) as session:
        rules = session.execute(sa.text("SELECT rules FROM drift_figures")).scalar()
        assert session.get(Gate, made.gates["checked"]) is not None
    assert '"name": "checked"' in rules
