"""How far a judge favours its own family equals what is computed anew from exported preferences, scores and votes."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.votes import Outcome
from core.services.judging.favouritism import QUESTIONS, favouritism
from core.services.scoring import evaluators
from core.storage.engine import reading, write, writing
from core.storage.tables import Candidate, Evaluator, JudgePreference, Response, Score
from tests.ballots import Ballot, cast
from tests.services.judging.recomputed_favour import favour, of_grades, of_pairs
from tests.services.quality.exported import printed
from tests.workspace import NOW, Workspace, make_workspace

FAMILY = {"provider": "openai", "model": "gpt-4o", "may_judge_own_family": True}
OWN = ("candidate 0", "candidate 3")
PROMPTS, CANDIDATES = 40, 4


@pytest.fixture(params=[4, 9])
def judged(workspace: Engine, request: pytest.FixtureRequest) -> int:
    """Two candidates are relatives of both judges, which add something to them; raters are unequally diligent."""
    raters = request.param
    rng = np.random.default_rng(raters)
    at = make_workspace(workspace, prompts=PROMPTS, candidates=CANDIDATES, raters=raters)
    quality = rng.normal(0, 1, (PROMPTS, CANDIDATES))
    by_key: dict[tuple[int, ...], Ballot] = {}
    for prompt in range(PROMPTS * 3 // 4):
        for _ in range(rng.integers(4, 16)):
            left, right = (int(one) for one in rng.choice(CANDIDATES, 2, replace=False))
            rater = int(rng.choice(raters, p=np.arange(1, raters + 1) / (raters * (raters + 1) / 2)))
            ahead = quality[prompt, left] - quality[prompt, right] + rng.normal(0, 0.7)
            told = {"too_fast": bool(rng.random() < 0.1)}
            question = int(rng.integers(len(at.questions)))
            ballot = Ballot(rater, left, right, said(ahead, rng), prompt, question, told)
            by_key[prompt, rater, question, min(left, right), max(left, right)] = ballot
    cast(workspace, at, by_key.values())
    judges = [
        write(workspace, lambda session, kind=kind: evaluators.add(session, kind, kind, FAMILY, NOW)).id or 0
        for kind in ("pairwise_judge", "llm_judge")
    ]
    prefer(workspace, at, quality, judges, rng)
    return raters


def said(ahead: float, rng: np.random.Generator) -> Outcome:
    neither = Outcome.TIE if rng.random() < 0.5 else Outcome.BOTH_BAD
    return neither if abs(ahead) < 0.3 else Outcome.LEFT if ahead > 0 else Outcome.RIGHT


def prefer(engine: Engine, at: Workspace, quality: np.ndarray, judges: list[int], rng: np.random.Generator) -> None:
    with writing(engine) as session:
        for place, candidate in enumerate(at.candidates):
            row = session.get_one(Candidate, candidate)
            row.provider, row.model = ("openai", "gpt-4o-mini") if row.name in OWN else ("mistral", f"mistral-{place}")
        by_prompt: dict[int, list[tuple[Response, float]]] = {}
        for response in session.exec(select(Response).order_by(Response.id)).all():
            place = at.candidates.index(response.candidate_id)
            seen = quality[at.prompts.index(response.prompt_id), place] + 0.6 * (place in (0, 3)) + rng.normal(0, 0.5)
            by_prompt.setdefault(response.prompt_id, []).append((response, float(seen)))
            grade = None if rng.random() < 0.1 else float(np.clip(np.round(seen + 2), 0, 4)) / 4
            session.add(Score(response_id=response.id, evaluator_id=judges[1], value=grade, scored_at=NOW))
        for prompt, answers in by_prompt.items():
            for (one, mine), (other, theirs) in combinations(answers, 2):
                outcome = None if rng.random() < 0.1 else int(said(mine - theirs, rng))
                session.add(
                    JudgePreference(
                        evaluator_id=judges[0], prompt_id=prompt, first_response_id=one.id,
                        second_response_id=other.id, outcome=outcome, created_at=NOW,
                    )
                )  # fmt: skip


@pytest.mark.parametrize("kind", ["pairwise_judge", "llm_judge"])
@pytest.mark.parametrize("questions", [QUESTIONS, pytest.param(("tone",), marks=pytest.mark.long)])
def test_favouritism_and_its_interval_follow_from_the_exported_files(
    judged: int, workspace: Engine, kind: str, questions: tuple[str, ...]
) -> None:
    votes = pd.DataFrame(printed("export", "votes"))
    if kind == "pairwise_judge":
        preferred = of_pairs(pd.DataFrame(printed("export", "preferences")), OWN)
    else:
        scores = pd.DataFrame(printed("export", "scores"))
        preferred = of_grades(scores[scores.evaluator == kind], OWN)
    expected = favour(preferred, votes[votes.question.isin(questions)], OWN)
    with reading(workspace) as session:
        judge = session.exec(select(Evaluator).where(Evaluator.name == kind)).one()
        found = favouritism(session, judge, questions=questions)
    told = {name: getattr(found, name) for name in expected}
    assert told == pytest.approx(expected, rel=1e-9)
    if questions == QUESTIONS:
        (report,) = printed("report", "--json")
        (exported,) = (one for one in report["favouritism"] if one["judge"] == kind)
        assert {name: exported[name] for name in expected} == pytest.approx(expected, rel=1e-9)
    assert found.holds_for_these_raters_only == (judged < 6)
    assert found.pairs > 20 and found.lower < found.value < found.upper
