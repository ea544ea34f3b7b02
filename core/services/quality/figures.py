"""The figures of every candidate, over all and in each category: what it answered, how fast, how well, for how much."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.domain.acceptability import (
    Check,
    CostPerAcceptable,
    Requirement,
    ShareAcceptable,
    cost_per_acceptable,
    share_acceptable,
)
from core.domain.answering import FaultKind
from core.domain.latency import QUANTILES, Quantile, quantiles
from core.services.quality.gathering import NO_CASE, UNSCORED, Counted, Floats, GivenUp, Ids
from core.services.quality.judged import Judged
from core.services.quality.prompt_table import PromptTable

_CUT_SHORT = (str(Requirement.COMPLETE), str(Requirement.NOT_EMPTY))
_NO_MONEY = 1e-12
ENOUGH = 0.8


@dataclass(frozen=True)
class Times:
    """Milliseconds over the ``n`` responses whose time is known, and ``censored`` units given up at a timeout.

    The latter took at least as long as was waited. The quantiles are None where nothing is known.
    """

    p50: Quantile | None
    p95: Quantile | None
    p99: Quantile | None
    n: int
    censored: int = 0


@dataclass(frozen=True)
class Tokens:
    """Of all responses: the sum, None as soon as one is not known; and the mean of the ``known`` ones."""

    total: int | None
    mean: float | None
    known: int


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


@dataclass(frozen=True)
class Line:
    """One candidate in one category. A figure that is None is not known; it is never zero."""

    candidate_id: int
    category: str | None
    """None: all of them."""
    prompts: int
    """How many it was asked."""
    of: int
    """How many candidates are compared on."""
    responses: int
    errors: int
    """Units of work that were given up."""
    refusals: int
    incomplete: int
    """Cut short or empty."""
    blocked: int
    open: int
    """Responses without a verdict."""
    attempts: int | None
    retries: int | None
    latency: Times
    ttft: Times
    tokens: dict[str, Tokens]
    """By the name of the fact."""
    cost_usd: float | None
    """Of all attempts, failed ones too."""
    judge_cost_usd: float | None
    judge_calls: int
    acceptable: ShareAcceptable
    cost_per_acceptable: CostPerAcceptable
    faults: dict[str, int] = field(default_factory=dict)
    """Failed attempts by kind."""
    given_up: dict[str, int] = field(default_factory=dict)
    """Errors by the kind of their last attempt."""
    failed: dict[str, int] = field(default_factory=dict)
    """Responses by the requirement or gate that they fail."""
    undecided: dict[str, int] = field(default_factory=dict)
    """Responses by the requirement or gate that is open."""
    scores: dict[str, ScoreMean] = field(default_factory=dict)

    @property
    def untold_refusals(self) -> int:
        """Responses of which nobody could say whether they refuse: mostly in a language that was not measured."""
        return sum(self.undecided.get(str(each), 0) for each in (Requirement.NO_REFUSAL, Requirement.REFUSAL))

    @property
    def stands_apart(self) -> bool:
        """Whether it was asked too few of these prompts (below ENOUGH) to be ranked among the others."""
        return self.prompts < ENOUGH * self.of


@dataclass(frozen=True)
class Part:
    """A candidate's part in one category: its row of the table, its prompts, its responses, its units given up."""

    candidate_id: int
    category: str | None
    row: int
    prompts: NDArray[np.bool_]
    of: int
    """The prompts that candidates are compared on there."""
    responses: Ids
    units: list[GivenUp]


def parts(found: Judged, candidates: Sequence[int], table: PromptTable, failed: Sequence[GivenUp]) -> Iterator[Part]:
    """Every candidate over all, then in each category in which it was asked anything."""
    ids, compared = found.prompts.id, found.cells.prompts_of
    for row, candidate in enumerate(candidates):
        own = np.flatnonzero(found.responses.candidate == candidate)
        units = [unit for unit in failed if unit.candidate_id == candidate]
        if table.seen[row].any():
            yield Part(candidate, None, row, table.seen[row], int(compared.sum()), own, units)
        for number, category in enumerate(found.categories):
            here = found.category_of_prompt == number
            if (table.seen[row] & here).any():
                inside = [unit for unit in units if here[np.searchsorted(ids, unit.prompt_id)]]
                these = own[found.category[own] == number]
                of = int((compared & here).sum())
                yield Part(candidate, category, row, table.seen[row] & here, of, these, inside)


def line(found: Judged, part: Part, table: PromptTable, faults: Sequence[Counted], judging: Sequence[Counted]) -> Line:
    """The figures of one part. ``faults``, ``judging``: of all parts."""
    r, these = found.responses, part.responses
    outcomes = {name: outcome[these] for name, outcome in found.outcomes.items()}
    late = [unit for unit in part.units if unit.kind == FaultKind.TIMEOUT and unit.after_ms is not None]
    asked = [count for count in judging if _is_in(count, part)]
    good, judged = (grid[part.row, part.prompts] for grid in (table.acceptable, table.judged))
    unpriced = any(count.unpriced for count in asked)
    return Line(
        candidate_id=part.candidate_id,
        category=part.category,
        prompts=int(part.prompts.sum()),
        of=part.of,
        responses=len(these),
        errors=len(part.units),
        refusals=int(found.refuses[these].sum()),
        incomplete=int(np.any([outcomes[name] == Check.FAILED for name in _CUT_SHORT], axis=0).sum()),
        blocked=int((outcomes[str(Requirement.NOT_BLOCKED)] == Check.FAILED).sum()),
        open=int((found.verdict[these] == Check.OPEN).sum()),
        attempts=_whole(table.attempts[part.row, part.prompts]),
        retries=_whole(table.retries[part.row, part.prompts]),
        latency=_times(r.latency_ms[these], r.prompt[these], late),
        ttft=_times(r.ttft_ms[these], r.prompt[these]),
        tokens={name: _tokens(counts[these]) for name, counts in r.tokens.items()},
        cost_usd=_sum(table.paid_usd[part.row, part.prompts]),
        judge_cost_usd=None if unpriced else math.fsum(count.cost_usd for count in asked),
        judge_calls=sum(count.n for count in asked),
        acceptable=share_acceptable(good, judged),
        cost_per_acceptable=_cost(table, part),
        faults=_by_kind([count for count in faults if _is_in(count, part)]),
        given_up=dict(Counter(unit.kind for unit in part.units).most_common()),
        failed=_counted(outcomes, Check.FAILED),
        undecided=_counted(outcomes, Check.OPEN),
        scores={e.name: _mean(found.scores[these, number]) for number, e in enumerate(found.evaluators)},
    )


def _cost(table: PromptTable, part: Part) -> CostPerAcceptable:
    """What was paid for responses without a verdict is left out, as they are left out of the share."""
    paid, left_out, good, judged = (
        grid[part.row, part.prompts] for grid in (table.paid_usd, table.open_usd, table.acceptable, table.judged)
    )
    paid = paid - left_out
    counts = (judged > 0) | (np.abs(paid) > _NO_MONEY) | np.isnan(paid)
    return cost_per_acceptable(np.maximum(paid[counts], 0.0), good[counts], judged[counts])


def _is_in(count: Counted, part: Part) -> bool:
    return count.candidate_id == part.candidate_id and part.category in (None, count.category)


def _by_kind(counts: Sequence[Counted]) -> dict[str, int]:
    summed: Counter[str] = Counter()
    for count in counts:
        summed[count.kind] += count.n
    return dict(summed.most_common())


def _counted(outcomes: dict[str, NDArray[np.int8]], wanted: Check) -> dict[str, int]:
    counts = {name: int((outcome == wanted).sum()) for name, outcome in outcomes.items()}
    return {name: n for name, n in counts.items() if n}


def _sum(amounts: Floats) -> float | None:
    return None if np.isnan(amounts).any() else math.fsum(amounts)


def _whole(amounts: Floats) -> int | None:
    return None if np.isnan(amounts).any() else int(amounts.sum())


def _times(values: Floats, prompt: Ids, late: Sequence[GivenUp] = ()) -> Times:
    known = ~np.isnan(values)
    waited = [unit.after_ms for unit in late if unit.after_ms is not None]
    if not known.any() and not waited:
        return Times(None, None, None, 0)
    clusters = [*prompt[known].tolist(), *(unit.prompt_id for unit in late)]
    found = quantiles(values[known].tolist(), waited, clusters=clusters)
    p50, p95, p99 = (found[share] for share in QUANTILES)
    return Times(p50, p95, p99, int(known.sum()), len(waited))


def _tokens(counts: Floats) -> Tokens:
    known = counts[~np.isnan(counts)]
    if not len(known):
        return Tokens(None, None, 0)
    return Tokens(int(known.sum()) if len(known) == len(counts) else None, float(known.mean()), len(known))


def _mean(scores: Floats) -> ScoreMean:
    missing, unscored, not_asked = np.isnan(scores), scores == UNSCORED, scores == NO_CASE
    values = scores[~(missing | unscored | not_asked)]
    mean = float(values.mean()) if len(values) else None
    return ScoreMean(mean, len(values), int(unscored.sum()), int(not_asked.sum()), int(missing.sum()))
