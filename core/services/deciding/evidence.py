"""Turns what was gathered into the evidence that verdicts are decided from: over all and in each category."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.domain.acceptability import Answers, human_estimate
from core.domain.deciding.evidence import Evidence, HumanEvidence
from core.domain.deciding.safety import unsafe_share
from core.domain.deciding.verdicts import Since
from core.domain.latency import quantiles
from core.services.deciding.changes import Change
from core.services.deciding.gathering import AnswerColumns, Pooled
from core.services.deciding.unsafe import less_safe
from core.services.quality.rated import RatedSides

_P50, _P95 = 0.5, 0.95


def evidence(pooled: Pooled, candidates: Sequence[int]) -> Mapping[str | None, list[Evidence]]:
    """By category, under None all prompts together: one entry for each of ``candidates`` that was asked there."""
    own = [_own(pooled, candidate) for candidate in candidates]
    scopes: dict[str | None, NDArray[np.bool_]] = {name: pooled.here(name) for name in (None, *pooled.categories)}
    return {
        category: [
            _of(pooled, of if here.all() else of.where(here), here, category)
            for of in own
            if pooled.judged[of.row, here].any()
        ]
        for category, here in scopes.items()
    }


@dataclass(frozen=True)
class _Own:
    """What is of one candidate, so that it is looked for once and not again in every category."""

    candidate: int
    row: int
    answers: AnswerColumns
    sends: RatedSides
    """With places in ``answers``, as ``safety``."""
    safety: RatedSides

    def where(self, here: NDArray[np.bool_]) -> "_Own":
        """What is of some prompts [P] alone."""
        inside = here[self.answers.prompt]
        place = np.cumsum(inside) - 1
        some = (each.where(inside[each.response]) for each in (self.sends, self.safety))
        sends, safety = (replace(each, response=place[each.response]) for each in some)
        return _Own(self.candidate, self.row, self.answers.where(inside), sends, safety)


def _own(pooled: Pooled, candidate: int) -> _Own:
    row = pooled.candidates.index(candidate)
    answers = np.flatnonzero(pooled.answers.candidate == row)
    said = (each.of(candidate).on(answers) for each in (pooled.sends, pooled.safety))
    return _Own(candidate, row, pooled.answers.where(answers), *said)


def _of(pooled: Pooled, own: _Own, here: NDArray[np.bool_], category: str | None) -> Evidence:
    a, said = own.answers, own.safety
    p50, p95 = _latency(a)
    codes = (a.prompt[said.response].astype(np.intp), said.rater.astype(np.intp), said.opponent.astype(np.intp))
    return Evidence(
        candidate=own.candidate,
        prompt=np.flatnonzero(here),
        judged=pooled.judged[own.row, here],
        acceptable=pooled.acceptable[own.row, here],
        paid_usd=pooled.paid_usd[own.row, here],
        latency_p50_ms=p50,
        latency_p95_ms=p95,
        timeouts=int(a.timed_out.sum()),
        human=_human(own),
        unsafe=unsafe_share(*codes, less_safe(said).astype(float), said.weight),
        since=tuple(_since(pooled.changes, own.candidate, category)),
    )


def _since(changes: Sequence[Change], candidate: int, category: str | None) -> Iterator[Since]:
    """Over all those in categories too; in a category the later one, as they come in their order."""
    mine = [one for one in changes if one.candidate_id == candidate]
    if category is not None:
        here = [replace(one, category=None) for one in mine if one.category in (None, category)]
        mine = list({one.what: one for one in here}.values())
    for one in mine:
        yield Since(candidate, one.what, one.category, one.at.date(), one.moved)


def _latency(answers: AnswerColumns) -> tuple[float | None, float | None]:
    """p50 and p95; where one lies among timeouts, the longest that was waited; None where nothing was measured."""
    known, late = ~np.isnan(answers.latency_ms), answers.timed_out
    found = quantiles(answers.latency_ms[known & ~late], answers.latency_ms[known & late], (_P50, _P95))
    p50, p95 = (each.at_least if each.value is None else each.value for each in found.values())
    return p50, p95


def _human(own: _Own) -> HumanEvidence:
    a = own.answers
    judge = None if np.isnan(a.judge).all() else a.judge
    told = Answers(a.prompt.astype(np.intp), a.signal, a.never_shown, judge)
    estimate, rated = human_estimate(told, own.sends.sends())
    return HumanEvidence(estimate, rated, len(own.sends.rater), len(np.unique(own.sends.rater)))
