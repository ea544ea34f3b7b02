"""Champion against challengers: the verdict over all and in every category."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.domain.deciding import paired, voted
from core.domain.deciding.bounds import Estimate
from core.domain.deciding.comparing import Known, compared, is_harm
from core.domain.deciding.evidence import Evidence, Scopes
from core.domain.deciding.readings import readings
from core.domain.deciding.settings import Settings
from core.domain.deciding.settling import Sides, settlement
from core.domain.deciding.verdicts import Because, Comparison, Decision, Reading, Verdict
from core.domain.deciding.weighting import Weighting, weighting

_ORDER = (Decision.SWITCH, Decision.NOT_ENOUGH, Decision.PRACTICALLY_EQUAL, Decision.KEEP)
_SMALLEST = 1e-9


def decide(evidence: Scopes, champion: int | None, settings: Settings, *, settle: bool = True) -> list[Verdict]:
    """A verdict over all and one for each category.

    ``evidence`` by category, under None all prompts together; a candidate may be missing where it was not asked.
    Half of the year's error belongs to the verdict over all, the rest to the categories in equal parts; within a scope
    Holm's (1979) steps share it among the challengers. ``settle`` false leaves out what would settle open verdicts.
    """
    categories = [category for category in evidence if category is not None]
    half, harms = settings.error_a_year / 2, _harms(evidence.get(None, ()), champion)
    scopes = [_Scope(None, evidence, champion, settings, half, harms)]
    scopes += [_Scope(one, evidence, champion, settings, half / len(categories), harms) for one in categories]
    return [scope.verdict(settle=settle) for scope in scopes]


@dataclass(frozen=True)
class _Scope:
    """All prompts or those of one category, and the error that may be made there."""

    category: str | None
    evidence: Scopes
    named: int | None
    settings: Settings
    error: float
    harms: Mapping[int, Estimate]
    """Challengers whom safety votes over all prove worse."""

    def verdict(self, *, settle: bool) -> Verdict:
        candidates = self._candidates
        champion = next((one for one in candidates if one.candidate == self.named), None)
        challengers = [one for one in candidates if one.candidate != self.named]
        if champion is None or not challengers:
            because = Because.NO_CHAMPION if self.named is None else Because.NO_CHALLENGER
            if self.named is not None and champion is None:
                because = Because.NO_COMMON_PROMPTS
            plain = readings(candidates, (), self._shares(), self._margin)
            return self._said(None, Decision.NOT_ENOUGH, because, (), plain)
        found = paired.rates(champion, challengers, self._weighting.strata() if self._weighting else None)
        known = self._known(champion, challengers, found)
        level = _holm(known, self.error)
        comparisons = [compared(one, level[one.challenger]) for one in known]
        if settle:
            sides = [Sides(champion, one, found.weight[i]) for i, one in enumerate(challengers)]
            comparisons = [
                replace(one, settlement=settlement(known[i], level[one.challenger], sides[i], self.settings))
                if one.decision is Decision.NOT_ENOUGH and one.because is not Because.LATENCY_UNKNOWN
                else one
                for i, one in enumerate(comparisons)
            ]
        comparisons.sort(key=_place)
        first = comparisons[0]
        plain = readings(candidates, comparisons, self._shares(), self._margin)
        return self._said(first.challenger, first.decision, first.because, tuple(comparisons), plain)

    def _said(
        self,
        challenger: int | None,
        decision: Decision,
        because: Because,
        comparisons: tuple[Comparison, ...],
        plain: tuple[tuple[int, Reading], ...],
    ) -> Verdict:
        return Verdict(
            self.category,
            self.named,
            challenger,
            decision,
            because,
            self._margin,
            self.settings.margins.cost,
            self._weighting is not None,
            comparisons,
            plain,
            tuple(since for one in self.evidence.get(self.category, ()) for since in one.since),
        )

    @property
    def _margin(self) -> float:
        return self.settings.margins.quality(self.category)

    @cached_property
    def _weighting(self) -> Weighting | None:
        """None: every prompt counts the same."""
        answers = self.settings.answers_a_month
        return weighting(self.evidence, answers, self.named) if self.category is None else None

    @cached_property
    def _candidates(self) -> list[Evidence]:
        """With the shares that raters would send as they count here."""
        by_answers, found = self._weighting, self.evidence.get(self.category, ())
        if by_answers is None:
            return list(found)
        return [replace(one, human=replace(one.human, share=by_answers.share(one.candidate))) for one in found]

    def _shares(self) -> dict[int, float]:
        """Acceptable to raters where that is known, else automatically."""
        found = {}
        for one in self._candidates:
            automatic = self._weighting.automatic_share(one.candidate) if self._weighting else one.automatic_share
            share = automatic if one.human.share is None else one.human.share.value
            if share is not None:
                found[one.candidate] = share
        return found

    def _known(self, champion: Evidence, challengers: Sequence[Evidence], found: paired.Rates) -> list[Known]:
        """All estimates of every challenger."""
        margin, of_cost = self._margin, self.settings.margins.cost
        quality, cost = paired.quality(found, margin), paired.cost(found, of_cost)
        priced, share = found.priced, champion.human.share
        known = []
        for i, one in enumerate(challengers):
            own = one.human.share
            both = None if share is None or own is None else ((champion, share), (one, own))
            step = self._weighting.step(champion, one) if self._weighting else 0.0
            times = list(self._limited(one.candidate))
            known.append(
                Known(
                    self.category,
                    champion.candidate,
                    one.candidate,
                    margin,
                    automatic=quality[i],
                    human=voted.quality(share, own, margin, step),
                    automatic_cost=cost[i],
                    human_cost=both and voted.cost(*both, found.weight[i], of_cost, step),
                    safety=self._safety(champion, one),
                    is_priced=bool(priced[i]),
                    prompts=int(found.prompts[i]),
                    is_too_slow=any(took is not None and took > limit for limit, took in times),
                    latency_is_known=all(took is not None for _, took in times),
                )
            )
        return known

    def _safety(self, champion: Evidence, challenger: Evidence) -> Estimate | None:
        """Of this scope; in a category that over all where it proves a harm and the category's votes do not."""
        if challenger.candidate in self.harms and self.category is None:
            return self.harms[challenger.candidate]
        here = voted.safety(champion, challenger)
        return here if here and is_harm(here) else self.harms.get(challenger.candidate, here)

    def _limited(self, candidate: int) -> Iterator[tuple[float, float | None]]:
        """Every latency limit that binds a candidate here, with its p95; over all, those of the categories too."""
        for category, limit in self.settings.latency_limit_ms.items():
            one = self._of(category, candidate)
            if one is not None and self.category in (None, category):
                yield limit, one.latency_p95_ms

    def _of(self, category: str | None, candidate: int) -> Evidence | None:
        return next((one for one in self.evidence.get(category, ()) if one.candidate == candidate), None)


def _harms(candidates: Sequence[Evidence], named: int | None) -> dict[int, Estimate]:
    """The challengers whom safety votes prove worse than the champion."""
    champion = [one for one in candidates if one.candidate == named]
    found = {one.candidate: voted.safety(champion[0], one) for one in candidates if champion}
    return {one: safety for one, safety in found.items() if safety is not None and is_harm(safety)}


def _holm(known: Sequence[Known], error: float) -> dict[int, float]:
    """The level of each challenger: that at which its switch was proven, or the last that was tried."""
    tested = sum(one.automatic is not None or one.human is not None for one in known)
    proven: dict[int, float] = {}
    while True:
        level = error / max(tested - len(proven), 1)
        new = [one.challenger for one in known if one.challenger not in proven and one.switch(level)]
        if not new:
            return dict.fromkeys((one.challenger for one in known), level) | proven
        proven |= dict.fromkeys(new, level)


def _place(one: Comparison) -> tuple[int, float, float]:
    """Which comparison a verdict speaks of: of switches that to the cheapest, else the one nearest to a switch."""
    quality = -one.quality.estimate if one.quality else np.inf
    if one.decision is Decision.SWITCH:
        return _ORDER.index(one.decision), -one.cost.estimate if one.cost else np.inf, quality
    return _ORDER.index(one.decision), -_nearness(one), quality


def _nearness(one: Comparison) -> float:
    """In standard errors: the smaller of its distances to the two proofs that a switch needs."""
    if one.quality is None:
        return -np.inf
    gains = [one.quality.estimate / max(one.quality.se, _SMALLEST)]
    if one.cost:
        gains.append(one.cost.estimate / max(one.cost.se, _SMALLEST))
    margin = -one.proofs[0].threshold
    return float(min((one.quality.estimate + margin) / max(one.quality.se, _SMALLEST), max(gains)))
