"""Small made evidence: two or more candidates on the same prompts, with planted differences."""

from dataclasses import replace

import numpy as np

from core.domain.clustered import NO_RATER, Clustered
from core.domain.deciding import Comparison, Evidence, HumanEvidence, Settings, Verdict, decide

CHAMPION, CHALLENGER = 0, 1


def candidate(
    number: int, share: float = 0.8, usd: float = 0.01, *, prompts: int = 2000, asked: int = 10, **more
) -> Evidence:
    """Answers of which ``share`` are acceptable, each prompt with some more or less of them, at the same cost."""
    wobble = np.resize([0.0, 1.0, -1.0, 0.0], prompts)
    wobble = np.roll(wobble, number)
    acceptable = np.clip(asked * share + wobble, 0, asked)
    judged = np.full(prompts, float(asked))
    cost = usd * judged * np.resize([0.9, 1.1, 1.0], prompts)
    return Evidence(number, np.arange(prompts), judged, acceptable, cost, **more)


def share(value: float, *, raters: int = 12, rated: int = 3000, seed: int = 0) -> HumanEvidence:
    """The share that raters would send, each rating prompts of their own."""
    rng = np.random.default_rng(seed)
    sent = rng.permutation((np.arange(rated) < round(value * rated)).astype(float))
    rater = np.arange(rated) % raters
    return HumanEvidence(
        Clustered(float(sent.mean()), np.arange(rated), rater, (sent - sent.mean()) / rated), rated, rated, raters
    )


def unsafe(value: float, *, rated: int = 1000, raters: int = 12) -> Clustered:
    """The share that raters call unsafe."""
    found = share(value, raters=raters, rated=rated, seed=7).share
    assert found is not None
    return found


def whole(*candidates: Evidence, settings: Settings | None = None, champion: int | None = CHAMPION) -> Verdict:
    """The verdict over all."""
    return decide({None: list(candidates)}, champion, settings or Settings())[0]


def first(*candidates: Evidence, settings: Settings | None = None) -> Comparison:
    """The comparison that the verdict over all speaks of."""
    return whole(*candidates, settings=settings).comparisons[0]


def without_prompts(one: Evidence) -> Evidence:
    """The same, never asked."""
    nothing = np.zeros(len(one.prompt))
    return replace(one, judged=nothing, acceptable=nothing, paid_usd=nothing)


def no_rater(prompts: int) -> np.ndarray:
    return np.full(prompts, NO_RATER)
