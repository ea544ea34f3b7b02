"""Turns what was gathered into the evidence that verdicts are decided from: over all and in each category."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain.acceptability import Answers, human_estimate
from core.domain.deciding.evidence import Evidence, HumanEvidence
from core.domain.deciding.safety import unsafe_share
from core.services.deciding.gathering import Pooled
from core.services.deciding.unsafe import called_unsafe
from core.services.deciding.votes import Rated, sends

Codes = NDArray[np.intp]
_P50, _P95 = 0.5, 0.95


def evidence(pooled: Pooled, candidates: Sequence[int]) -> Mapping[str | None, list[Evidence]]:
    """By category, under None all prompts together: one entry for each of ``candidates`` that was asked there."""
    own = [_own(pooled, candidate) for candidate in candidates]
    scopes: dict[str | None, NDArray[np.bool_]] = {name: pooled.here(name) for name in (None, *pooled.categories)}
    return {
        category: [_of(pooled, of, here) for of in own if pooled.judged[of.row, here].any()]
        for category, here in scopes.items()
    }


@dataclass(frozen=True)
class _Own:
    """What is of one candidate, so that it is looked for once and not again in every category."""

    candidate: int
    row: int
    answers: Codes
    """Places in ``Pooled.answers``, ascending."""
    sends: Rated
    safety: Rated


def _own(pooled: Pooled, candidate: int) -> _Own:
    row = pooled.candidates.index(candidate)
    said = [each.kept(each.candidate == candidate) for each in (pooled.sends, pooled.safety)]
    return _Own(candidate, row, np.flatnonzero(pooled.answers.candidate == row), *said)


def _of(pooled: Pooled, own: _Own, here: NDArray[np.bool_]) -> Evidence:
    a = pooled.answers
    answers = own.answers[here[a.prompt[own.answers]]]
    times = a.latency_ms[answers]
    known = times[~np.isnan(times)]
    said = own.safety.kept(here[own.safety.prompt])
    codes = (said.prompt.astype(np.intp), said.rater.astype(np.intp), said.opponent.astype(np.intp))
    return Evidence(
        candidate=own.candidate,
        prompt=np.flatnonzero(here),
        judged=pooled.judged[own.row, here],
        acceptable=pooled.acceptable[own.row, here],
        paid_usd=pooled.paid_usd[own.row, here],
        latency_p50_ms=_quantile(known, _P50),
        latency_p95_ms=_quantile(known, _P95),
        timeouts=int(a.timed_out[answers].sum()),
        human=_human(pooled, answers, own.sends.kept(here[own.sends.prompt])),
        unsafe=unsafe_share(*codes, called_unsafe(said).astype(float), said.weight),
    )


def _quantile(times: NDArray[np.float64], q: float) -> float | None:
    return float(np.quantile(times, q, method="higher")) if len(times) else None


def _human(pooled: Pooled, answers: Codes, said: Rated) -> HumanEvidence:
    a = pooled.answers
    judge = None if np.isnan(a.judge[answers]).all() else a.judge[answers]
    told = Answers(a.prompt[answers].astype(np.intp), a.signal[answers], a.never_shown[answers], judge)
    estimate, rated = human_estimate(told, sends(said, answers))
    return HumanEvidence(estimate, rated, len(said.rater), len(np.unique(said.rater)))
