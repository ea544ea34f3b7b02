"""What is known of each candidate in each category, out of everything that was answered and voted."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.domain.acceptability import share_acceptable
from core.domain.clustered import standard_error
from core.domain.deciding import Evidence
from core.domain.latency import Quantile, quantiles
from core.domain.routing import P50, P95, P99, Option
from core.services.deciding.gathering import AnswerColumns, Pooled

_REACH = 1.96


def options(pooled: Pooled, evidence: Mapping[str | None, Sequence[Evidence]]) -> dict[str, dict[int, Option]]:
    """By category and candidate. In a category the shares are all in the eyes of raters, or all automatic."""
    found: dict[str, dict[int, Option]] = {}
    own: dict[int, AnswerColumns] = {}
    for category, of in evidence.items():
        if category is None:
            continue
        here = pooled.here(category)
        is_human = all(one.human.share is not None for one in of)
        for one in of:
            if one.candidate not in own:
                row = pooled.candidates.index(one.candidate)
                own[one.candidate] = pooled.answers.where(np.flatnonzero(pooled.answers.candidate == row))
            answers = own[one.candidate]
            there = answers.where(here[answers.prompt])
            spent = float(pooled.spent_usd[pooled.candidates.index(one.candidate), here].sum())
            found.setdefault(category, {})[one.candidate] = _option(one, there, spent, is_human=is_human)
    return found


def _option(one: Evidence, answers: AnswerColumns, spent_usd: float, *, is_human: bool) -> Option:
    share, lower = _share(one, is_human=is_human)
    size, arrived = answers.prompt.max(initial=0) + 1, int((answers.id > 0).sum())
    refused = share_acceptable(
        np.bincount(answers.prompt[answers.refused], minlength=size),
        np.bincount(answers.prompt[answers.is_wanted], minlength=size),
    )
    return Option(
        candidate=one.candidate,
        share=share,
        share_lower=lower,
        is_human=is_human,
        cost_usd=spent_usd / arrived if arrived and not np.isnan(spent_usd) else None,
        latency=_latency(answers),
        refusals=refused if refused.n else None,
        judged=int(one.judged.sum()),
    )


def _share(one: Evidence, *, is_human: bool) -> tuple[float | None, float]:
    if is_human and one.human.share is not None:
        value = one.human.share.value
        error = standard_error(one.human.share)
        return value, value - _REACH * (error.value if error else value)
    found = share_acceptable(one.acceptable, one.judged)
    return found.value, found.lower or 0.0


def _latency(answers: AnswerColumns) -> dict[float, Quantile] | None:
    known, late = ~np.isnan(answers.latency_ms), answers.timed_out
    if not known.any():
        return None
    arrived, waited = _both(answers, known & ~late), _both(answers, known & late)
    clusters = np.concatenate([arrived[1], waited[1]])
    return quantiles(arrived[0], waited[0], (P50, P95, P99), clusters=clusters)


def _both(answers: AnswerColumns, which: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    return answers.latency_ms[which], answers.prompt[which]
