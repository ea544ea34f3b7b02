"""Turns what was gathered into the evidence that verdicts are decided from: over all and in each category."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.domain.acceptability import Answers, human_share
from core.domain.deciding.evidence import Evidence, HumanShare
from core.domain.deciding.safety import unsafe_share
from core.services.deciding.gathering import Pooled
from core.services.deciding.unsafe import called_unsafe
from core.services.deciding.votes import sends

Flags = NDArray[np.bool_]
_P50, _P95 = 0.5, 0.95


def evidence(pooled: Pooled, candidates: Sequence[int]) -> Mapping[str | None, list[Evidence]]:
    """By category, under None all prompts together: one entry for each of ``candidates`` that was asked there."""
    scopes: dict[str | None, Flags] = {None: np.ones(len(pooled.category), dtype=bool)}
    for number, name in enumerate(pooled.categories):
        scopes[name] = pooled.category == number
    rows = {candidate: pooled.candidates.index(candidate) for candidate in candidates}
    return {
        category: [_of(pooled, of, row, here) for of, row in rows.items() if pooled.judged[row, here].any()]
        for category, here in scopes.items()
    }


def _of(pooled: Pooled, candidate: int, row: int, here: Flags) -> Evidence:
    a = pooled.answers
    own = np.flatnonzero((a.candidate == row) & here[a.prompt])
    times, late = a.latency_ms[own], a.timed_out[own]
    known = times[~np.isnan(times)]
    said = pooled.safety.kept((pooled.safety.candidate == candidate) & here[pooled.safety.prompt])
    codes = (said.prompt.astype(np.intp), said.rater.astype(np.intp), said.opponent.astype(np.intp))
    return Evidence(
        candidate=candidate,
        prompt=np.flatnonzero(here),
        judged=pooled.judged[row, here],
        acceptable=pooled.acceptable[row, here],
        paid_usd=pooled.paid_usd[row, here],
        latency_p50_ms=_quantile(known, _P50),
        latency_p95_ms=_quantile(known, _P95),
        timeouts=int(late.sum()),
        human=_human(pooled, candidate, own, here),
        unsafe=unsafe_share(*codes, called_unsafe(said).astype(float), said.weight),
    )


def _quantile(times: NDArray[np.float64], q: float) -> float | None:
    return float(np.quantile(times, q, method="higher")) if len(times) else None


def _human(pooled: Pooled, candidate: int, own: NDArray[np.intp], here: Flags) -> HumanShare:
    a, said = pooled.answers, pooled.sends
    answers = Answers(a.prompt[own].astype(np.intp), a.verdict[own], a.never_shown[own])
    found = human_share(answers, sends(said.kept((said.candidate == candidate) & here[said.prompt]), own))
    return HumanShare(found.estimate, found.rated, found.votes, found.raters)
