"""The mean of the votes over the responses that could be shown, and what every prompt and rater adds to its error."""

from dataclasses import dataclass

import numpy as np

from core.domain.acceptability.post_strata import PostStrata, post_strata
from core.domain.acceptability.prediction_powered import corrected_mean, cross_fitted
from core.domain.acceptability.sends import Answers, Sends
from core.domain.clustered import NO_RATER, Clustered, Codes, Floats, dense


@dataclass(frozen=True)
class HumanMean:
    """μ̂ of the responses that could be shown, M of them."""

    found: Clustered
    plain: Clustered
    """Of the votes alone."""
    lam: tuple[float, ...]
    correlation: float | None
    by_weights: float | None
    rated_prompts: int


@dataclass(frozen=True)
class _Ballot:
    """The responses that could be shown and the votes on them."""

    prompt: Codes
    """[M]"""
    signals: Floats
    """[M, s] with mean 0."""
    response: Codes
    """[n] the place of each vote's response among the M."""
    sendable: Floats
    rater: Codes
    strata: PostStrata


def human_mean(answers: Answers, votes: Sends) -> HumanMean:
    """μ̂ from ``votes`` on responses that are not ``never_shown``, of which there is at least one."""
    shown = ~answers.never_shown
    response = (np.cumsum(shown) - 1)[votes.response]
    columns = [answers.signal] if answers.judge is None else [answers.signal, answers.judge]
    signals = np.column_stack([_centred(column[shown]) for column in columns])
    strata = post_strata(response, votes.opponent, votes.weight)
    ballot = _Ballot(answers.prompt[shown], signals, response, votes.sendable, votes.rater, strata)
    lam = cross_fitted(votes.sendable, strata, response, signals, ballot.prompt)
    return HumanMean(
        _mean(ballot, lam),
        _mean(ballot, np.zeros_like(lam)),
        tuple(float(one) for one in lam.mean(axis=0)),
        _correlation(ballot, lam),
        _by_weights(votes),
        dense(ballot.prompt[response])[0],
    )


def _centred(signal: Floats) -> Floats:
    known = ~np.isnan(signal)
    mean = float(signal[known].mean()) if known.any() else 0.0
    return np.where(known, signal - mean, 0.0)


def _mean(ballot: _Ballot, lam: Floats) -> Clustered:
    """μ̂ with its influences: of each response that could be shown by its signals, then of each vote."""
    weight, response = ballot.strata.weight, ballot.response
    value = corrected_mean(ballot.sendable, weight, response, ballot.signals, lam)
    moved = (ballot.signals * lam).sum(axis=1)
    left = ballot.sendable - moved[response]
    away = weight * ballot.strata.around_means(left)
    return Clustered(
        min(max(value, 0.0), 1.0),
        np.concatenate([ballot.prompt, ballot.prompt[response]]),
        np.concatenate([np.full(len(moved), NO_RATER), ballot.rater]),
        np.concatenate([(moved - moved.mean()) / len(moved), away]),
        np.concatenate([np.zeros(len(moved)), weight]),
    )


def _correlation(ballot: _Ballot, lam: Floats) -> float | None:
    """Of Σ λ·f with y, a rated response counting once; of the first signal that varies where λ is 0."""
    weight = np.bincount(ballot.response, ballot.strata.weight)
    rated = np.flatnonzero(weight)
    said = np.bincount(ballot.response, ballot.strata.weight * ballot.sendable)[rated] / weight[rated]
    used = ballot.signals @ lam.mean(axis=0)
    for told in (used, *ballot.signals.T):
        if np.ptp(told[rated]) > 0 and np.ptp(said) > 0:
            return float(np.corrcoef(told[rated], said)[0, 1])
    return None


def _by_weights(votes: Sends) -> float | None:
    known = votes.probability > 0
    if not known.any():
        return None
    return float(np.average(votes.sendable[known], weights=votes.weight[known] / votes.probability[known]))
