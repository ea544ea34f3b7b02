"""Figures of a production that a judge graded equal ones computed anew: the judge is a second signal for the votes."""

import json
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from core.domain.judging import SCORE_KIND
from core.domain.votes import Outcome
from core.services.quality import Scope, report
from core.services.quality.text import report_rows
from core.services.scoring.registry import kind_named
from core.storage.engine import reading, writing
from core.storage.tables import Candidate, Evaluator, JudgeCall, Score
from tests.evaluated import Evaluated
from tests.long import usual_first
from tests.services.quality.exported import facts, held_against, printed, same
from tests.services.quality.recomputed import SENDS, Facts, judged
from tests.services.quality.test_recomputed import GATES
from tests.voted import Voted
from tests.workspace import NOW

CANDIDATES = {"Champion": 0.8, "Rival": 0.2, "Third": -0.2}
"""How good their answers are on average, in logits."""
JUDGE = "The judge"


@pytest.fixture(params=usual_first(9, long=(4,)))
def production(workspace: Engine, request: pytest.FixtureRequest) -> None:
    with writing(workspace) as session:
        plant(session, raters=request.param)


def plant(session: Session, *, raters: int) -> None:
    """40 prompts, each three times; what a rater says, a gate and a judge follow one quality, more or less.

    A reply of the judge in ten cannot be read. Opponents are drawn unevenly, so that two share a place.
    """
    rng, made = np.random.default_rng(raters), Evaluated(session)
    judge = Evaluator(
        name=JUDGE, kind=SCORE_KIND, params=kind_named(SCORE_KIND).params.defaults(), content_hash="j", created_at=NOW
    )
    session.add(judge)
    session.flush()
    for number in range(40):
        made.prompt(f"p{number}", ("facts", "more")[number % 2], reference=["Lima"])
    for name in CANDIDATES:
        made.candidate(name)
    session.get_one(Candidate, made.candidates["Champion"]).is_champion = True
    run, quality, responses = made.run(), {}, {}
    for name, mean in CANDIDATES.items():
        for prompt in made.prompts:
            for repetition in range(3):
                q = mean + rng.normal(0, 1.5)
                response = answered(made, run, name, prompt, repetition, q, rng)
                session.add_all(graded(judge.id or 0, response, q, rng))
                responses[name, prompt, repetition], quality[response] = response, q
    votes, lenient = Voted(made), rng.normal(0, 0.5, raters)
    for prompt in made.prompts:
        for one, other, often in (("Champion", "Rival", 0.5), ("Third", "Champion", 0.35), ("Rival", "Third", 0.15)):
            for repetition in range(3):
                if rng.random() > often:
                    continue
                sides = responses[one, prompt, repetition], responses[other, prompt, repetition]
                for rater in rng.choice(raters, size=rng.integers(1, 3), replace=False).tolist():
                    would = [quality[side] + lenient[rater] + rng.logistic(0, 0.5) > 0 for side in sides]
                    drawn = {"probability": often / 3, "too_fast": bool(rng.random() < 0.1)}
                    votes.vote(f"Rater {rater}", *sides, outcome(would), **drawn)


def answered(
    made: Evaluated, run: int, name: str, prompt: str, repetition: int, q: float, rng: np.random.Generator
) -> int:
    """A response whose gate mostly knows how good it is; one in ten is cut short."""
    cost, text = float(rng.lognormal(-6, 0.6)), "It is Lima." if q + rng.normal(0, 1.5) > 0 else "It is Quito, surely."
    made.attempts(run, name, prompt, [{"cost_usd": cost, "latency_ms": 900.0, "is_last": True}], repetition)
    ending = "length" if rng.random() < 0.1 else "stop"
    told = {
        "cost_usd": cost,
        "latency_ms": 900.0,
        "ttft_ms": 90.0,
        "input_tokens": 9,
        "output_tokens": int(rng.integers(3, 30)),
    }
    return made.response(run, name, prompt, f"{text} {repetition}", repetition=repetition, finish_reason=ending, **told)


def graded(judge: int, response: int, q: float, rng: np.random.Generator) -> list[Any]:
    """What the judge says of a response, and what asking it cost."""
    grade = float(np.clip(round(2 + q + rng.normal(0, 0.7)), 0, 4)) / 4
    call = {"evaluator_id": judge, "response_id": response, "started_at": NOW, "finished_at": NOW}
    failed = JudgeCall(**call, error_kind="overload")
    if rng.random() < 0.1:
        grade = None
    answer = JudgeCall(**call, reply="words", value=grade, cost_usd=float(rng.lognormal(-8, 0.3)))
    score = Score(response_id=response, evaluator_id=judge, value=grade, scored_at=NOW)
    return [score, answer, *([failed] if rng.random() < 0.1 else [])]


def outcome(would: list[Any]) -> Outcome:
    """The answer to *send* that says it of left and right."""
    return next(each for each in Outcome if SENDS[each.name.lower()] == tuple(map(float, would)))


def test_figures_with_a_judge_as_the_second_signal_equal_ones_computed_anew(production: None) -> None:
    (told,) = printed("report", "--json")
    lines = held_against(told, facts(GATES, (JUDGE,)))
    human = lines["Champion", None]["humanly_acceptable"]
    assert human["rests"] == "votes" and human["gain"] > 1.0 and human["correlation"] > 0.4
    without = facts(GATES).of("Champion", None)
    assert held_otherwise(lines["Champion", None], without), "the judge moves the figures"


def held_otherwise(line: dict[str, Any], exported: Facts) -> bool:
    try:
        held_against({"candidates": [line]}, exported)
    except AssertionError as error:
        return "humanly_acceptable" in str(error)
    return False


def test_the_other_figures_of_the_page_equal_ones_computed_anew(production: None, workspace: Engine) -> None:
    exported = facts(GATES, (JUDGE,))
    with reading(workspace) as session:
        rows = report_rows(report(session, Scope(1)))
    for row in rows:
        part = exported.of(row["candidate"], row["category"])
        assert part.calls is not None
        calls, verdicts = part.calls, judged(part)
        expected = {
            "judge_cost_usd": calls.cost_usd.fillna(0.0).sum(),
            "without_verdict": int(verdicts.good.isna().sum()),
            "retries": len(part.attempts) - part.attempts.groupby(["run", "prompt_id", "repetition", "turn"]).ngroups,
            "prompts_asked": part.responses.prompt_id.nunique(),
            f"score: {JUDGE}": part.scores[part.scores.evaluator == JUDGE].value.mean(),
        }
        same({name: row[name] for name in expected}, expected)
    assert json.dumps(rows)
