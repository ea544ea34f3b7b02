"""Boards, narrowed by a judge and not, equal ones computed anew from the votes and preferences that are exported."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.votes import Outcome
from core.services.leaderboards import narrowing
from core.services.scoring import evaluators
from core.storage.engine import write, writing
from core.storage.tables import JudgePreference, Response, Score
from tests.ballots import Ballot, cast
from tests.services.leaderboards.recomputed_board import WIN, board
from tests.services.leaderboards.recomputed_narrowing import narrowed
from tests.services.quality.exported import printed
from tests.workspace import NOW, make_workspace

CANDIDATES, RATERS = 4, 9
PAIRS = list(combinations(range(CANDIDATES), 2))


@pytest.fixture
def judged(workspace: Engine, request: pytest.FixtureRequest) -> dict[str, int]:
    """Votes on three quarters of the prompts, by unequally diligent raters; judges that know something of most pairs.

    Sides, lengths and haste vary; some answers are liked by all, some pairs nobody compared.
    """
    narrowing.forget()
    rng = np.random.default_rng(4)
    at = make_workspace(workspace, prompts=request.param, candidates=CANDIDATES, raters=RATERS)
    quality = rng.normal(0, 1, (request.param, CANDIDATES)) + 0.3 * np.arange(CANDIDATES)
    ballots = []
    for prompt in range(request.param * 3 // 4):
        for _ in range(rng.integers(1, 4)):
            left, right = (int(one) for one in rng.permutation(PAIRS[rng.integers(len(PAIRS))]))
            rater = int(rng.choice(RATERS, p=np.arange(1, RATERS + 1) / 45))
            told = {"length_bin": int(rng.integers(-2, 3)), "too_fast": bool(rng.random() < 0.1)}
            ahead = quality[prompt, left] - quality[prompt, right] + 0.2 + rng.logistic(0, 0.5)
            tie = Outcome(int(rng.integers(2, 4)))
            said = tie if abs(ahead) < 0.2 else Outcome.LEFT if ahead > 0 else Outcome.RIGHT
            ballots.append(Ballot(rater, left, right, said, prompt, also=told))
    cast(workspace, at, {(b.prompt, b.rater, *sorted((b.left, b.right))): b for b in ballots}.values())
    cloud = {"provider": "openai", "model": "gpt-4o"}
    pairwise = write(workspace, lambda session: evaluators.add(session, "pairwise_judge", "of pairs", cloud, NOW))
    grading = write(workspace, lambda session: evaluators.add(session, "llm_judge", "of each", cloud, NOW))
    prefer(workspace, at.candidates, at.prompts, quality, (pairwise.id or 0, grading.id or 0), rng)
    return {"votes": len(ballots)}


def prefer(engine: Engine, candidates: object, prompts: object, quality: np.ndarray, judges: object, rng) -> None:
    """Both judges see the quality with an error and favour the first candidate; not every answer was judged."""
    of = {id: place for place, id in enumerate(candidates)}, {id: place for place, id in enumerate(prompts)}
    with writing(engine) as session:
        by_prompt: dict[int, list[tuple[Response, float]]] = {}
        for response in session.exec(select(Response).order_by(Response.id)).all():
            candidate, prompt = of[0][response.candidate_id], of[1][response.prompt_id]
            seen = quality[prompt, candidate] + rng.normal(0, 0.5) + 0.5 * (candidate == 0)
            by_prompt.setdefault(response.prompt_id, []).append((response, seen))
            grade = None if rng.random() < 0.1 else float(np.clip(np.round(seen + 2), 0, 4)) / 4
            session.add(Score(response_id=response.id, evaluator_id=judges[1], value=grade, scored_at=NOW))
        for prompt, answers in by_prompt.items():
            for (one, mine), (other, theirs) in combinations(answers, 2):
                if rng.random() < 0.15:
                    continue
                said = Outcome.TIE if abs(mine - theirs) < 0.2 else Outcome.LEFT if mine > theirs else Outcome.RIGHT
                session.add(
                    JudgePreference(
                        evaluator_id=judges[0], prompt_id=prompt, first_response_id=one.id,
                        second_response_id=other.id, outcome=int(said), created_at=NOW,
                    )
                )  # fmt: skip


def votes_of(question: str) -> pd.DataFrame:
    votes = pd.DataFrame(printed("export", "votes"))
    return votes[votes.question == question]


def preferred() -> pd.DataFrame:
    """The pairwise judge's, for the candidate whose name comes first."""
    told = pd.DataFrame(printed("export", "preferences"))
    mirrored = (told.left > told.right).to_numpy()
    said = told.winner.map(WIN)
    return pd.DataFrame(
        {"prompt_id": told.prompt_id, "category": told.category, "f": np.where(mirrored, 1 - said, said), "runs": 1,
         "first": np.where(mirrored, told.right, told.left), "second": np.where(mirrored, told.left, told.right)}
    )  # fmt: skip


def graded() -> pd.DataFrame:
    """The grading judge's: of two answers the one with the higher grade, equal ones neither."""
    scores = pd.DataFrame(printed("export", "scores"))
    scores = scores[(scores.evaluator == "of each") & scores.value.notna()]
    both = scores.merge(scores, on=["prompt_id", "category"], suffixes=("", "_other"))
    both = both[both.candidate < both.candidate_other].reset_index(drop=True)
    f = 0.5 + np.sign(both.value - both.value_other) / 2
    return both[["prompt_id", "category"]].assign(first=both.candidate, second=both.candidate_other, f=f, runs=1)


def prompts() -> list[str]:
    """All of the dataset, in its order."""
    return list(pd.DataFrame(printed("export", "responses")).prompt_id.unique())


def entries(told: dict, names: pd.Index) -> pd.DataFrame:
    return pd.DataFrame(told["entries"]).set_index("candidate").loc[names]


def held(told: dict, found: pd.DataFrame) -> None:
    shown = entries(told, found.index)
    for name in ("rating", "lower", "upper"):
        assert shown[name].to_numpy() == pytest.approx(found[name].to_numpy(), rel=1e-7)
    assert (shown.rank_lower <= found.best_least).all() and (shown.rank_lower >= found.best_most).all()
    assert (shown.rank_upper >= found.worst_least).all() and (shown.rank_upper <= found.worst_most).all()
    assert list(shown["rank"]) == list(found.rating.rank(ascending=False).astype(int))


@pytest.mark.parametrize(("judged", "band"), [(64, "peek"), (100, "fixed")], indirect=["judged"])
def test_a_board_equals_one_computed_anew_from_the_votes(judged: dict[str, int], band: str) -> None:
    (told,) = printed("leaderboard", "--question", "tone", "--json", *(["--fixed"] if band == "fixed" else []))
    votes = votes_of("tone")
    held(told, board(votes, prompts(), peek=band == "peek"))
    assert (told["votes"], told["raters"]) == (len(votes), votes.rater.nunique())
    for entry in told["entries"]:
        of_left, of_right = votes[votes.left == entry["candidate"]], votes[votes.right == entry["candidate"]]
        said = (
            {name: (of_left.winner == name).sum() for name in WIN},
            {name: (of_right.winner == name).sum() for name in WIN},
        )
        assert entry["wins"] == said[0]["left"] + said[1]["right"]
        assert entry["losses"] == said[0]["right"] + said[1]["left"]
        assert (entry["ties"], entry["both_bad"]) == tuple(
            said[0][each] + said[1][each] for each in ("tie", "both_bad")
        )
        assert entry["votes"] == len(of_left) + len(of_right)


@pytest.mark.parametrize(("judged", "judge"), [(64, "of pairs"), (100, "of each")], indirect=["judged"])
def test_what_a_judge_does_to_a_board_equals_what_is_computed_anew(judged: dict[str, int], judge: str) -> None:
    (told,) = printed("leaderboard", "--question", "tone", "--json", "--judge", judge)
    found, measured = narrowed(votes_of("tone"), preferred() if judge == "of pairs" else graded(), prompts(), peek=True)
    held(told, found)
    assert told["judge"].pop("name") == judge
    assert told["judge"] == pytest.approx(measured, rel=1e-7)
    assert measured["correlation"] > 0.3 and measured["gain"] > 1.05, "it narrows something"
