"""Two planted runs compared: every change, count and word worked out by hand."""

import math

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from core.domain.changes import State
from core.errors import BadInput, NotFound
from core.services.quality import comparison
from core.services.quality.comparison import CandidateChanges, Compared, Comparison, What
from core.storage.engine import reading, writing
from core.storage.tables import Dataset, Run
from tests.evaluated import Evaluated
from tests.workspace import NOW

pytestmark = pytest.mark.one_database

PROMPTS = [f"p{n:02d}" for n in range(20)]
CLEAN = {"Refusal": 1.0, "Complete": 1.0, "Contains": 1.0}
LATENCY, TTFT, COST, ACCEPTABLE = (Compared(what) for what in (What.LATENCY, What.TTFT, What.COST, What.ACCEPTABLE))


def workspace(session: Session) -> Evaluated:
    made = Evaluated(session)
    for name in PROMPTS:
        made.prompt(name, "support")
    for name in ("Terse", "Warm", "Early", "Late"):
        made.candidate(name)
    for name, kind in (("Refusal", "refusal"), ("Complete", "incomplete"), ("Contains", "contains")):
        made.evaluator(name, kind)
    made.evaluator("Overlap", "rouge")
    made.gate("Contains")
    return made


def planted(engine: Engine) -> tuple[Evaluated, int, int]:
    """Terse: 1.4 × slower, fails its gate on 8 of 20 prompts, another model. Warm: identical, of unknown price."""
    with writing(engine) as session:
        made = workspace(session)
        before, after = made.run(), made.run()
        for number, prompt in enumerate(PROMPTS):
            wobble = 1.1 if number % 2 else 1 / 1.1
            made.response(
                before, "Terse", prompt, f"Old {number}", scores={**CLEAN, "Overlap": 0.5},
                latency_ms=1000.0, ttft_ms=200.0, cost_usd=0.002, answered_by="terse-1",
            )  # fmt: skip
            contains = 0.0 if number < 8 else 1.0
            made.response(
                after, "Terse", prompt, f"New {number}",
                scores={**CLEAN, "Contains": contains, "Overlap": 0.6 if number % 2 else 0.4},
                latency_ms=1400.0 * wobble, ttft_ms=200.0 * wobble, cost_usd=0.004, answered_by="terse-2",
            )  # fmt: skip
            for run in (before, after):
                made.response(run, "Warm", prompt, f"Same {number}", scores={**CLEAN, "Overlap": "n/a"})
        made.response(before, "Early", PROMPTS[0])
        made.response(after, "Late", PROMPTS[0])
    return made, before, after


def compared(engine: Engine, a: int, b: int) -> Comparison:
    with reading(engine) as session:
        return comparison.compare(session, a, b)


def of(found: Comparison, name: str) -> CandidateChanges:
    return next(line for line in found.lines if line.name == name)


def test_every_change_of_a_planted_run_is_recovered(engine: Engine) -> None:
    made, before, after = planted(engine)
    found = compared(engine, before, after)
    assert [line.name for line in found.lines] == ["Terse", "Warm"]
    assert (found.only_a, found.only_b) == (["Early"], ["Late"])
    terse = of(found, "Terse")
    assert (terse.candidate_id, terse.prompts) == (made.candidates["Terse"], 20)
    reach = 2.093024 * math.log(1.1) * math.sqrt(20 / 19) / math.sqrt(20)
    latency = terse.changes[LATENCY]
    assert (latency.n, latency.state) == (20, State.CLEAR)
    assert latency.value == pytest.approx(1.4)
    assert (latency.before, latency.after) == (pytest.approx(1000.0), pytest.approx(1400.0))
    assert latency.lower == pytest.approx(1.4 * math.exp(-reach), rel=1e-6)
    assert latency.upper == pytest.approx(1.4 * math.exp(reach), rel=1e-6)
    assert terse.changes[TTFT].state is State.NONE
    assert terse.changes[TTFT].value == pytest.approx(1.0)
    cost = terse.changes[COST]
    assert (cost.state, cost.value, cost.lower) == (State.CLEAR, pytest.approx(2.0), None)
    share = terse.changes[ACCEPTABLE]
    assert (share.before, share.after, share.value) == (1.0, pytest.approx(0.6), pytest.approx(-0.4))
    assert (share.n, share.state) == (20, State.CLEAR)
    overlap = terse.changes[Compared(What.SCORE, "Overlap", made.evaluators["Overlap"])]
    assert (overlap.value, overlap.state) == (pytest.approx(0.0, abs=1e-12), State.NONE)
    # three times, and the share, and four scores; of Warm the share and the three scores that apply
    assert found.compared == 3 + 1 + 4 + 1 + 3
    assert {(row.line.name, row.measure.what, row.measure.evaluator) for row in found.clear} == {
        ("Terse", What.LATENCY, ""),
        ("Terse", What.COST, ""),
        ("Terse", What.ACCEPTABLE, ""),
        ("Terse", What.SCORE, "Contains"),
    }


def test_what_is_not_known_stays_unknown_and_what_did_not_move_is_no_change(engine: Engine) -> None:
    _, before, after = planted(engine)
    warm = of(compared(engine, before, after), "Warm")
    for measure in (LATENCY, TTFT, COST):
        change = warm.changes[measure]
        assert (change.state, change.n, change.unknown, change.value) == (State.NOT_ENOUGH, 0, 20, None)
    assert warm.changes[ACCEPTABLE].is_unchanged
    assert "Overlap" not in {measure.evaluator for measure in warm.changes}


def test_the_same_texts_and_another_model_behind_the_name_are_told(engine: Engine) -> None:
    _, before, after = planted(engine)
    found = compared(engine, before, after)
    terse, warm = of(found, "Terse"), of(found, "Warm")
    assert (terse.identical, terse.matched, terse.identical_share) == (0, 20, 0.0)
    assert (warm.identical, warm.matched, warm.identical_share) == (20, 20, 1.0)
    assert (terse.answered_by, terse.is_other_model) == ((("terse-1",), ("terse-2",)), True)
    assert (warm.answered_by, warm.is_other_model) == (((), ()), False)


def test_repetitions_count_as_one_prompt_and_are_matched_by_number(engine: Engine) -> None:
    with writing(engine) as session:
        made = workspace(session)
        before, after = made.run(repetitions=2), made.run(repetitions=3)
        for prompt in PROMPTS[:6]:
            for repetition, latency in enumerate((100.0, 300.0)):
                made.response(before, "Terse", prompt, repetition=repetition, latency_ms=latency, scores=CLEAN)
            for repetition, latency in enumerate((300.0, 400.0, 500.0)):
                text = "An answer." if repetition else "Another."
                made.response(after, "Terse", prompt, text, repetition=repetition, latency_ms=latency, scores=CLEAN)
    terse = of(compared(engine, before, after), "Terse")
    assert (terse.prompts, terse.changes[LATENCY].n) == (6, 6)
    assert terse.changes[LATENCY].value == pytest.approx(2.0)
    assert (terse.identical, terse.matched) == (6, 12)


def test_a_unit_that_was_given_up_is_not_acceptable_and_has_no_time(engine: Engine) -> None:
    with writing(engine) as session:
        made = workspace(session)
        before, after = made.run(), made.run()
        gone = [{"error_kind": "timeout", "is_last": True, "latency_ms": 9000.0}]
        for number, prompt in enumerate(PROMPTS[:10]):
            made.response(before, "Terse", prompt, latency_ms=500.0, scores=CLEAN)
            if number < 7:
                made.attempts(after, "Terse", prompt, gone)
            else:
                made.response(after, "Terse", prompt, latency_ms=500.0, scores=CLEAN)
            made.attempts(before, "Warm", prompt, gone)
            made.response(after, "Warm", prompt, latency_ms=500.0, scores=CLEAN)
    found = compared(engine, before, after)
    terse, warm = of(found, "Terse"), of(found, "Warm")
    assert (terse.prompts, terse.matched) == (10, 3)
    share = terse.changes[ACCEPTABLE]
    assert (share.n, share.before, share.after) == (10, 1.0, pytest.approx(0.3))
    assert (terse.changes[LATENCY].n, terse.changes[LATENCY].unknown) == (3, 7)
    assert (warm.changes[ACCEPTABLE].before, warm.changes[ACCEPTABLE].after) == (0.0, 1.0)
    assert (warm.matched, warm.identical_share) == (0, None)


def test_a_response_without_a_verdict_counts_on_neither_side(engine: Engine) -> None:
    with writing(engine) as session:
        made = workspace(session)
        before, after = made.run(), made.run()
        for number, prompt in enumerate(PROMPTS):
            made.response(before, "Terse", prompt, scores=CLEAN)
            unscored = {**CLEAN, "Contains": None}
            made.response(after, "Terse", prompt, scores=unscored if number < 5 else CLEAN)
    share = of(compared(engine, before, after), "Terse").changes[ACCEPTABLE]
    assert (share.n, share.unknown, share.value) == (15, 5, 0.0)


def test_local_responses_that_cost_nothing_have_no_ratio(engine: Engine) -> None:
    with writing(engine) as session:
        made = workspace(session)
        before, after = made.run("import"), made.run()
        for prompt in PROMPTS:
            made.response(before, "Terse", prompt, cost_usd=0.0)
            made.response(after, "Terse", prompt, cost_usd=0.0)
    cost = of(compared(engine, before, after), "Terse").changes[COST]
    assert (cost.state, cost.n, cost.zeros, cost.unknown) == (State.NOT_ENOUGH, 0, 20, 0)


def test_runs_that_cannot_be_compared_are_refused_with_a_reason(engine: Engine) -> None:
    with writing(engine) as session:
        made = workspace(session)
        first, second, third, empty = made.run(), made.run(), made.run(), made.run()
        made.response(first, "Terse", PROMPTS[0])
        made.response(second, "Terse", PROMPTS[1])
        made.response(third, "Warm", PROMPTS[0])
        other = Dataset(name="Other", content_hash="other", created_at=NOW)
        session.add(other)
        session.flush()
        elsewhere = Run(dataset_id=other.id, source="evaluation", created_at=NOW)
        session.add(elsewhere)
        session.flush()
        elsewhere_id = elsewhere.id
    with reading(engine) as session:
        for run in (second, third, empty):
            with pytest.raises(BadInput, match="no candidate the same prompt"):
                comparison.compare(session, first, run)
        with pytest.raises(BadInput, match="different datasets"):
            comparison.compare(session, first, elsewhere_id)
        with pytest.raises(BadInput, match="with itself"):
            comparison.compare(session, first, first)
        with pytest.raises(NotFound, match="no run 999"):
            comparison.compare(session, first, 999)
