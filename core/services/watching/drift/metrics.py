"""What is watched of every candidate, and what each answer says of it.

Each metric that may raise alarms shares the error that a year of alarms may make, so those whose change shows in
another one are on the watch list alone: what is cut short or fails a gate is not acceptable, and the first token comes
late where the last does.
"""

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from core.domain.acceptability import Check, Outcomes, Requirement
from core.domain.drift import Metric, Scale
from core.domain.judging import REFUSAL_KIND
from core.services.quality.gathering import Floats
from core.services.quality.judged import INCOMPLETE, REFUSAL, Judged
from core.storage.tables import Evaluator

ACCEPTABLE = Metric("acceptable", "Share acceptable", Scale.SHARE, 0.04, 1)
"""Its minimum lies below the five points that matter: a fall of six is seen as less than five every eighth time."""
REFUSALS = Metric("refusals", "Share of refusals", Scale.SHARE, 0.05, -1)
CUT_SHORT = Metric("incomplete", "Share cut short or empty", Scale.SHARE, 0.05, -1, watch_only=True)
ERRORS = Metric("errors", "Share given up", Scale.SHARE, 0.05, -1)
LATENCY = Metric("latency_ms", "Latency", Scale.RATIO, 0.10, -1, has_shocks=True)
TTFT = Metric("ttft_ms", "Time to first token", Scale.RATIO, 0.10, -1, has_shocks=True, watch_only=True)
COST = Metric("cost_usd", "Cost per 1,000 responses", Scale.RATIO, 0.10, -1)
TOKENS = Metric("output_tokens", "Output tokens", Scale.RATIO, 0.10, 0)
SLOWER = (
    Metric("p95_ms", "Share slower than the baseline's p95", Scale.SHARE, 0.05, -1, has_shocks=True, watch_only=True),
    Metric("p99_ms", "Share slower than the baseline's p99", Scale.SHARE, 0.05, -1, has_shocks=True, watch_only=True),
)
QUANTILES = (0.95, 0.99)
HUMAN = Metric("human", "Share that raters would send", Scale.SHARE, 0.05, 1, watch_only=True)
BY_RULES = (ACCEPTABLE, REFUSALS, CUT_SHORT)
"""What our own gates and evaluators decide."""
_SCORE = "score: "


def score_metric(evaluator: Evaluator) -> Metric:
    """An evaluator's mean score."""
    return Metric(f"{_SCORE}{evaluator.name}", f"Score {evaluator.name}", Scale.SHARE, 0.05, 1, watch_only=True)


def scored_by(evaluators: Collection[Evaluator]) -> list[Evaluator]:
    """Those whose score is a metric: what refuses or is cut short is counted by itself."""
    return [one for one in evaluators if one.kind not in (REFUSAL, INCOMPLETE, REFUSAL_KIND)]


def values(found: Judged) -> Iterator[tuple[Metric, Floats]]:
    """Each metric with what each answer says of it, [responses], nan: not known; one at a time, for there are many."""
    r, outcomes = found.responses, found.outcomes
    cut, empty = outcomes[str(Requirement.COMPLETE)], outcomes[str(Requirement.NOT_EMPTY)]
    yield ACCEPTABLE, np.where(_is_open(outcomes, *outcomes), np.nan, found.verdict == Check.PASSED)
    unclear = _is_open(outcomes, Requirement.NO_REFUSAL, Requirement.REFUSAL)
    yield REFUSALS, np.where(unclear, np.nan, found.refuses)
    yield CUT_SHORT, np.where(cut == Check.OPEN, np.nan, (cut == Check.FAILED) | (empty == Check.FAILED))
    yield LATENCY, r.latency_ms
    yield TTFT, r.ttft_ms
    yield COST, r.cost_usd
    yield TOKENS, r.tokens["output_tokens"]
    for number, evaluator in enumerate(found.evaluators):
        if evaluator in scored_by([evaluator]):
            score = found.scores[:, number]
            with np.errstate(invalid="ignore"):
                within = (score >= 0.0) & (score <= 1.0)
            yield score_metric(evaluator), np.where(within, score, np.nan)


def _is_open(outcomes: dict[str, Outcomes], *names: str) -> NDArray[np.bool_]:
    found = np.zeros(len(next(iter(outcomes.values()))), dtype=bool)
    for name in names:
        found |= outcomes[str(name)] == Check.OPEN
    return found
