"""Sums and means over the responses of a part: times, tokens, scores. What is not known is never counted as zero."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.domain.answering import FaultKind
from core.domain.latency import QUANTILES, Quantile, quantiles
from core.domain.scoring.base import Use
from core.services.quality.gathering import NO_CASE, UNSCORED, Floats, Ids
from core.services.quality.judged import INCOMPLETE, REFUSAL
from core.services.quality.parts import Part
from core.services.scoring.registry import kind_named
from core.storage.tables import Evaluator


@dataclass(frozen=True)
class Times:
    """Milliseconds over the ``n`` responses whose time is known, and ``censored`` units given up at a timeout.

    The latter took at least as long as was waited; ``mean`` is without them. All are None where nothing is known.
    """

    p50: Quantile | None
    p95: Quantile | None
    p99: Quantile | None
    n: int
    censored: int = 0
    mean: float | None = None


def times(values: Floats, prompt: Ids, part: Part | None = None) -> Times:
    """Of responses by their prompts; with the ``part`` also of its units that were given up at a timeout."""
    units = [] if part is None else list(zip(part.units, part.prompt_of_unit.tolist(), strict=True))
    late = [(unit.after_ms, at) for unit, at in units if unit.kind == FaultKind.TIMEOUT and unit.after_ms is not None]
    known = ~np.isnan(values)
    if not known.any() and not late:
        return Times(None, None, None, 0)
    waited, of = np.array(late, dtype=float).reshape(-1, 2).T
    found = quantiles(values[known], waited, clusters=np.concatenate([prompt[known], of.astype(np.int64)]))
    p50, p95, p99 = (found[share] for share in QUANTILES)
    mean = float(values[known].mean()) if known.any() else None
    return Times(p50, p95, p99, int(known.sum()), len(waited), mean)


@dataclass(frozen=True)
class Tokens:
    """Of all responses: the sum, None as soon as one is not known; and the mean of the ``known`` ones."""

    total: int | None
    mean: float | None
    known: int


def tokens(counts: Floats) -> Tokens:
    """Of responses; nan: not known."""
    known = counts[~np.isnan(counts)]
    if not len(known):
        return Tokens(None, None, 0)
    return Tokens(int(known.sum()) if len(known) == len(counts) else None, float(known.mean()), len(known))


@dataclass(frozen=True)
class ScoreMean:
    """An evaluator's mean over what it ``scored``."""

    mean: float | None
    scored: int
    unscored: int
    """It looked and could not tell."""
    not_asked: int
    """The prompt gives it nothing to score."""
    missing: int
    """It has not looked yet."""


def score_mean(scores: Floats) -> ScoreMean:
    """Of one evaluator's scores, as ``gathering.scores`` gives them."""
    missing, unscored, not_asked = np.isnan(scores), scores == UNSCORED, scores == NO_CASE
    values = scores[~(missing | unscored | not_asked)]
    mean = float(values.mean()) if len(values) else None
    return ScoreMean(mean, len(values), int(unscored.sum()), int(not_asked.sum()), int(missing.sum()))


@dataclass(frozen=True)
class QualityMean:
    """The plain mean, 0 to 1, of all that evaluators of quality ``scored``; None where they scored nothing."""

    mean: float | None
    scored: int


def quality_mean(means: Sequence[ScoreMean]) -> QualityMean:
    """Of several evaluators: every score counts the same, whichever gave it."""
    scored = sum(each.scored for each in means)
    total = sum(each.mean * each.scored for each in means if each.mean is not None)
    return QualityMean(total / scored if scored else None, scored)


def scores_quality(evaluator: Evaluator) -> bool:
    """Whether an evaluator says how good an answer is.

    Flags do not, nor do those that only say whether it refuses or was cut short, which a prompt may even want.
    """
    return evaluator.kind not in (REFUSAL, INCOMPLETE) and kind_named(evaluator.kind).use is not Use.FLAG
