"""The rules for one challenger against the champion: what blocks a switch, what proves one, what else can be said."""

from dataclasses import dataclass, replace

import numpy as np

from core.domain.deciding.bounds import Estimate
from core.domain.deciding.verdicts import Because, Claim, Comparison, Decision, Difference, Proof, Source

PLAIN = 0.05
"""The level at which a harm is believed that only keeps the champion."""


@dataclass(frozen=True)
class Known:
    """What is known of one challenger beside the champion in one scope; None: nothing.

    Costs are logs of ratios.
    """

    category: str | None
    champion: int
    challenger: int
    margin: float
    """Of quality."""
    automatic: Estimate | None = None
    human: Estimate | None = None
    automatic_cost: Estimate | None = None
    human_cost: Estimate | None = None
    safety: Estimate | None = None
    is_priced: bool = True
    prompts: int = 0
    is_too_slow: bool = False
    latency_is_known: bool = True

    def quality(self, level: float) -> Estimate | None:
        """The human difference where it decides at this level, else the automatic one, else whatever there is."""
        if self.human is not None and (self.automatic is None or _decides(self.human, level)):
            return self.human
        return self.automatic

    def cost(self, quality: Estimate | None) -> Estimate | None:
        """Per response that is acceptable in the same eyes as ``quality``."""
        if quality is not None and quality is self.human and self.human_cost is not None:
            return self.human_cost
        return self.automatic_cost

    def by(self, source: Source) -> tuple[Estimate | None, Estimate | None]:
        """Quality and cost in these eyes."""
        quality = self.human if source is Source.HUMAN else self.automatic
        return quality, self.cost(quality)

    def block(self, level: float) -> Because | None:
        """What forbids a switch whatever else is proven."""
        if self.safety is not None and is_harm(self.safety):
            return Because.LESS_SAFE
        if self.is_too_slow:
            return Because.TOO_SLOW
        quality = self.quality(level)
        other = self.automatic if quality is self.human else self.human
        if quality is None or other is None or not _not_worse(quality, level):
            return None
        contradicts = other.value <= -other.margin and is_harm(other)
        return Because.CONTRADICTION if contradicts else None

    def switch(self, level: float) -> Because | None:
        """Why to switch, where both proofs stand at this level and nothing forbids it."""
        quality = self.quality(level)
        if quality is None or not _not_worse(quality, level) or self.block(level) or not self.latency_is_known:
            return None
        return self.gain(level)

    def gain(self, level: float) -> Because | None:
        """In what it is better: proven above nothing and estimated at what matters or more."""
        quality = self.quality(level)
        better, cheaper = _better(quality, level), _better(self.cost(quality), level)
        if better:
            return Because.BETTER_AND_CHEAPER if cheaper else Because.BETTER
        return Because.CHEAPER if cheaper else None


def is_harm(found: Estimate) -> bool:
    """Whether a loss is proven at one look: enough to keep the champion, not to leave it."""
    return found.plain_upper(PLAIN) < 0


def compared(known: Known, level: float) -> Comparison:
    """The decision about one challenger at the level that is left to it."""
    decision, because, cheaper = _decision(known, level)
    quality = known.quality(level)
    cost = known.cost(quality)
    return Comparison(
        known.category,
        known.champion,
        known.challenger,
        decision,
        because,
        quality=_shown(quality, level),
        automatic=_shown(known.automatic, level),
        human=_shown(known.human, level),
        cost=None if cost is None else saving(cost.difference(level)),
        safety=_shown(known.safety, PLAIN),
        proofs=_proofs(known, quality, cost, level),
        cheaper=cheaper,
    )


def _shown(found: Estimate | None, level: float) -> Difference | None:
    return None if found is None else found.difference(level)


def saving(log_ratio: Difference) -> Difference:
    """A log ratio of costs as a share of the champion's cost that is saved."""
    estimate, lower, upper = (float(-np.expm1(-x)) for x in (log_ratio.estimate, log_ratio.lower, log_ratio.upper))
    return replace(log_ratio, estimate=estimate, lower=lower, upper=upper, se=(1 - estimate) * log_ratio.se)


def _decision(known: Known, level: float) -> tuple[Decision, Because, int | None]:
    """With the cheaper of the two, where they are practically equal."""
    quality, gain = known.quality(level), known.switch(level)
    if gain is not None:
        return Decision.SWITCH, gain, None
    block = known.block(level)
    if block is not None:
        return Decision.KEEP, block, None
    if quality is None:
        few = known.prompts == 1
        return Decision.NOT_ENOUGH, Because.FEW_PROMPTS if few else Because.NO_COMMON_PROMPTS, None
    if _worse(quality, level):
        return Decision.KEEP, Because.WORSE, None
    if known.gain(level) is not None and _not_worse(quality, level):
        return Decision.NOT_ENOUGH, Because.LATENCY_UNKNOWN, None
    return _without_gain(known, quality, level)


def _without_gain(known: Known, quality: Estimate, level: float) -> tuple[Decision, Because, int | None]:
    cost, not_worse = known.cost(quality), _not_worse(quality, level)
    not_better = quality.upper(level) < quality.margin
    if cost is not None and not_better and _worse(cost, level):
        return Decision.KEEP, Because.DEARER, None
    if not not_worse or not not_better:
        return Decision.NOT_ENOUGH, Because.GAIN_OPEN if not_worse else Because.QUALITY_OPEN, None
    if cost is not None:
        return _equal(known, cost, level)
    if known.is_priced:
        return Decision.KEEP, Because.NONE_ACCEPTABLE, None
    return Decision.PRACTICALLY_EQUAL, Because.EQUAL_PRICE_UNKNOWN, None


def _equal(known: Known, cost: Estimate, level: float) -> tuple[Decision, Because, int | None]:
    """Of two whose quality is proven to differ by less than the margin."""
    lower, upper = cost.lower(level), cost.upper(level)
    if lower > 0 or upper < 0:
        cheaper = known.challenger if lower > 0 else known.champion
        return Decision.PRACTICALLY_EQUAL, Because.EQUAL_ONE_CHEAPER, cheaper
    if -cost.margin < lower and upper < cost.margin:
        return Decision.PRACTICALLY_EQUAL, Because.EQUAL, None
    return Decision.NOT_ENOUGH, Because.GAIN_OPEN, None


def _proofs(known: Known, quality: Estimate | None, cost: Estimate | None, level: float) -> tuple[Proof, ...]:
    proofs = []
    if quality is not None:
        margin = quality.margin
        found = quality.difference(level)
        proofs += [
            _proof(Claim.NOT_WORSE, found, found.lower, -margin, found.lower > -margin),
            _proof(Claim.BETTER, found, found.lower, 0.0, _better(quality, level), margin),
            _proof(Claim.WORSE, found, found.upper, 0.0, _worse(quality, level), -margin),
            _proof(Claim.NOT_BETTER, found, found.upper, margin, found.upper < margin),
        ]
    if cost is not None:
        found, saved, lost = saving(cost.difference(level)), *(float(-np.expm1(x)) for x in (-cost.margin, cost.margin))
        proofs += [
            _proof(Claim.CHEAPER, found, found.lower, 0.0, _better(cost, level), saved),
            _proof(Claim.DEARER, found, found.upper, 0.0, _worse(cost, level), lost),
        ]
    if known.safety is not None:
        found = known.safety.difference(PLAIN)
        upper, lower = known.safety.plain_upper(PLAIN), known.safety.plain_lower(PLAIN)
        proofs.append(_proof(Claim.LESS_SAFE, found, upper, 0.0, upper < 0))
        proofs.append(_proof(Claim.SAFER, found, lower, 0.0, lower > 0))
    return tuple(proofs)


def _proof(
    claim: Claim, found: Difference, bound: float, threshold: float, is_proven: bool, matters_from: float = 0.0
) -> Proof:
    return Proof(claim, is_proven, found.estimate, bound, threshold, matters_from, found.level, found.source)


def _decides(found: Estimate, level: float) -> bool:
    return _not_worse(found, level) or _worse(found, level)


def _not_worse(found: Estimate, level: float) -> bool:
    return found.lower(level) > -found.margin


def _better(found: Estimate | None, level: float) -> bool:
    """A gain above nothing proven, and estimated at what matters or more."""
    return found is not None and found.value >= found.margin and found.lower(level) > 0


def _worse(found: Estimate, level: float) -> bool:
    """A loss proven, and estimated at what matters or more."""
    return found.value <= -found.margin and found.upper(level) < 0
