"""The figures of every candidate, over all and in each category: what it answered, how fast, how well, for how much."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.domain.acceptability import (
    Check,
    CostPerAcceptable,
    CostPerPoint,
    HumanShare,
    Requirement,
    ShareAcceptable,
    cost_per_acceptable,
    cost_per_point,
    share_acceptable,
)
from core.services.quality.amounts import (
    QualityMean,
    ScoreMean,
    Times,
    Tokens,
    quality_mean,
    score_mean,
    scores_quality,
    times,
    tokens,
)
from core.services.quality.gathering import Counted, Floats
from core.services.quality.judged import Judged
from core.services.quality.parts import Part
from core.services.quality.prompt_table import PromptTable
from core.services.quality.rated import RatedSides
from core.services.quality.sendable import sendable

_CUT_SHORT = (str(Requirement.COMPLETE), str(Requirement.NOT_EMPTY))
_NO_MONEY = 1e-12
ENOUGH = 0.8


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
    unchecked: int
    """Responses that no gate applies to: their verdict is one on form alone."""
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
    """Automatically, unchecked ones among them."""
    checked: ShareAcceptable
    """The same of the responses alone that a gate applies to."""
    cost_per_acceptable: CostPerAcceptable
    human: HumanShare
    """What experts would send; the automatic share where too few are rated, and ``rests`` says so."""
    human_sent: int
    """Of the rated responses, those that most of who rated them would send."""
    human_cost: CostPerAcceptable
    """Of one response that experts would send."""
    quality: QualityMean
    cost_per_point: CostPerPoint
    faults: dict[str, int] = field(default_factory=dict)
    """Failed attempts by kind."""
    given_up: dict[str, int] = field(default_factory=dict)
    """Errors by the kind of their last attempt."""
    failed: dict[str, int] = field(default_factory=dict)
    """Responses by the requirement or gate that they fail."""
    undecided: dict[str, int] = field(default_factory=dict)
    """Responses by the requirement or gate that is open."""
    scores: dict[str, ScoreMean] = field(default_factory=dict)
    judged_refusals: int = 0
    """Responses of which a judge said whether they refuse, because the classifier could not tell."""

    @property
    def untold_refusals(self) -> int:
        """Responses of which nobody could say whether they refuse: mostly in a language that was not measured."""
        return sum(self.undecided.get(str(each), 0) for each in (Requirement.NO_REFUSAL, Requirement.REFUSAL))

    @property
    def stands_apart(self) -> bool:
        """Whether it was asked too few of these prompts (below ENOUGH) to be ranked among the others."""
        return self.prompts < ENOUGH * self.of


@dataclass(frozen=True)
class Sources:
    """What lines are made of, of all candidates."""

    table: PromptTable
    said: RatedSides
    judge: Floats | None
    """[responses] what judges gave."""
    faults: Sequence[Counted]
    judging: Sequence[Counted]


def line(found: Judged, part: Part, sources: Sources) -> Line:
    """The figures of one part."""
    r, these, table = found.responses, part.responses, sources.table
    outcomes = {name: outcome[these] for name, outcome in found.outcomes.items()}
    faults, judging = (
        [count for count in counts if _is_in(count, part)] for counts in (sources.faults, sources.judging)
    )
    paid = table.paid_usd[part.row]
    share = share_acceptable(table.acceptable[part.row, part.prompts], table.judged[part.row, part.prompts])
    cost, cost_usd = _cost(table, part), _sum(paid[part.prompts])
    human = sendable(found, part, sources.said.of(part.candidate_id), sources.judge, paid, (share, cost))
    scores = [score_mean(found.scores[these, number]) for number, _ in enumerate(found.evaluators)]
    quality = quality_mean([s for s, e in zip(scores, found.evaluators, strict=True) if scores_quality(e)])
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
        unchecked=int((~found.checked[these]).sum()),
        attempts=_whole(table.attempts[part.row, part.prompts]),
        retries=_whole(table.retries[part.row, part.prompts]),
        latency=times(r.latency_ms[these], found.prompt[these], part),
        ttft=times(r.ttft_ms[these], found.prompt[these]),
        tokens={name: tokens(counts[these]) for name, counts in r.tokens.items()},
        cost_usd=cost_usd,
        judge_cost_usd=None if any(each.unpriced for each in judging) else math.fsum(each.cost_usd for each in judging),
        judge_calls=sum(count.n for count in judging),
        acceptable=share,
        checked=_share(found, part, found.checked),
        cost_per_acceptable=cost,
        human=human.share,
        human_sent=human.sent,
        human_cost=human.cost,
        quality=quality,
        cost_per_point=cost_per_point(cost_usd, len(these), quality.mean),
        faults=_by_kind(faults),
        given_up=dict(Counter(unit.kind for unit in part.units).most_common()),
        failed=_counted(outcomes, Check.FAILED),
        undecided=_counted(outcomes, Check.OPEN),
        scores={evaluator.name: mean for evaluator, mean in zip(found.evaluators, scores, strict=True)},
        judged_refusals=int(found.told_by_judge[these].sum()),
    )


def _cost(table: PromptTable, part: Part) -> CostPerAcceptable:
    """What was paid for responses without a verdict is left out, as they are left out of the share."""
    paid, left_out, good, judged = (
        grid[part.row, part.prompts] for grid in (table.paid_usd, table.open_usd, table.acceptable, table.judged)
    )
    paid = paid - left_out
    counts = (judged > 0) | (np.abs(paid) > _NO_MONEY) | np.isnan(paid)
    return cost_per_acceptable(np.maximum(paid[counts], 0.0), good[counts], judged[counts])


def _share(found: Judged, part: Part, which: NDArray[np.bool_]) -> ShareAcceptable:
    """The share acceptable of those responses of a part that ``which`` says."""
    these = part.responses[which[part.responses] & (found.verdict[part.responses] != Check.OPEN)]
    prompt, size = found.prompt[these], len(found.prompts.id)
    good = np.bincount(prompt, found.verdict[these] == Check.PASSED, size)
    return share_acceptable(good, np.bincount(prompt, minlength=size))


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
