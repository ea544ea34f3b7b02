"""While answers are being scored, failures are known before passes: their verdicts wait for each other."""

import pytest
from sqlalchemy import Engine

from core.domain.acceptability import Check
from core.services import deciding, quality
from core.services.quality import Scope, What, comparison, gate_preview
from core.services.quality.judged import judged
from core.storage.engine import reading, writing
from tests.evaluated import Evaluated

ANSWERS, SCORED = 40, 10


def half_scored(engine: Engine) -> tuple[Evaluated, int, int]:
    """Of both runs half of the answers are good. Of the second all have the gate's score, SCORED the refusal's too."""
    with writing(engine) as session:
        made = Evaluated(session)
        for name, kind in (("Refusal", "refusal"), ("Contains", "contains")):
            made.evaluator(name, kind)
        made.gate("Contains")
        made.candidate("A", is_champion=True)
        for number in range(ANSWERS):
            made.prompt(f"p{number}", "support")
        runs = made.run(), made.run()
        for run in runs:
            for number in range(ANSWERS):
                scores = {"Contains": float(number % 2)}
                if run == runs[0] or number < SCORED:
                    scores["Refusal"] = 1.0
                made.response(run, "A", f"p{number}", cost_usd=0.01, scores=scores)
    return made, *runs


def test_every_figure_is_of_the_answers_that_are_wholly_scored(engine: Engine) -> None:
    made, first, second = half_scored(engine)
    waiting = ANSWERS - SCORED
    with reading(engine) as session:
        (line,) = quality.report(session, Scope(made.dataset.id or 0, second)).overall()
        rows, undecided = quality.responses_behind(session, Scope(made.dataset.id or 0, second), What("undecided"))
        preview = gate_preview.preview(session, made.dataset.id or 0)
        (change,) = comparison.compare(session, first, second).lines
        decided = deciding.verdicts(session, "Support")
    assert (line.acceptable.value, line.acceptable.n, line.open) == (0.5, SCORED, waiting)
    assert line.cost_per_acceptable.value == pytest.approx(0.02)
    assert (undecided, {reason for row in rows for reason in row.reasons}) == (waiting, {"refuses"})
    assert (preview.whole.share, preview.whole.open) == (0.5, waiting)
    shares = change.changes[comparison.Compared(comparison.What.ACCEPTABLE)]
    assert (shares.n, shares.before, shares.after, shares.unknown) == (SCORED, 0.5, 0.5, waiting)
    assert decided.open_answers == waiting


def verdicts(engine: Engine, state: str) -> dict[str, Check]:
    """Of answers that a judge has not been asked about, in a run of this state, by what the other gate says."""
    with writing(engine) as session:
        made = Evaluated(session)
        for name, kind in (("Judge", "llm_judge"), ("Contains", "contains")):
            made.evaluator(name, kind)
            made.gate(name)
        made.candidate("A")
        run = made.run(state=state)
        for prompt, score in (("passes", 1.0), ("fails", 0.0), ("is not scored", "missing")):
            made.prompt(prompt, "support")
            made.response(run, "A", prompt, scores={} if score == "missing" else {"Contains": score})
    with reading(engine) as session:
        found = judged(session, Scope(made.dataset.id or 0))
    names = {id: name for name, id in made.prompts.items()}
    return {names[prompt]: Check(v) for prompt, v in zip(found.responses.prompt.tolist(), found.verdict, strict=True)}


def test_a_judge_is_waited_for_while_the_run_goes_on(sqlite_engine: Engine) -> None:
    found = verdicts(sqlite_engine, "running")
    assert found == {"passes": Check.OPEN, "fails": Check.OPEN, "is not scored": Check.OPEN}


def test_what_a_judge_never_said_keeps_no_other_failure_open(sqlite_engine: Engine) -> None:
    """It was out of money: what fails without it fails, the rest stays open."""
    found = verdicts(sqlite_engine, "done")
    assert found == {"passes": Check.OPEN, "fails": Check.FAILED, "is not scored": Check.OPEN}


def test_what_the_classifier_could_not_tell_fails_by_another_gate_once_no_judge_is_to_come(
    sqlite_engine: Engine,
) -> None:
    with writing(sqlite_engine) as session:
        made = Evaluated(session)
        for name, kind in (("Refusal", "refusal"), ("Yes or no", "refusal_judge"), ("Contains", "contains")):
            made.evaluator(name, kind)
        made.gate("Contains")
        made.candidate("A")
        made.prompt("p", "support")
        for state in ("running", "done"):
            made.response(made.run(state=state), "A", "p", scores={"Refusal": None, "Contains": 0.0})
    with reading(sqlite_engine) as session:
        found = judged(session, Scope(made.dataset.id or 0, all_runs=True))
    assert found.verdict.tolist() == [Check.OPEN, Check.FAILED]
