"""The mean of the votes over the responses that could be shown, and what every prompt and rater adds to its error."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.domain.acceptability.post_strata import PostStrata, post_strata
from core.domain.acceptability.prediction_powered import corrected_mean, cross_fitted
from core.domain.acceptability.sends import Answers, Sends
from core.domain.clustered import NO_RATER, Clustered, Codes, Floats, dense


@dataclass(frozen=True)
class HumanMean:
    """μ̂ of the responses that could be shown, M of them, with what else is asked for of it."""

    votes: Sends
    """On responses that could be shown: n of them."""
    prompt: Codes
    """[M]"""
    signals: Floats
    """[M, s] with mean 0."""
    response: Codes
    """[n] the place of each vote's response among the M."""
    strata: PostStrata
    lam_of_each: Floats
    """[M, s] how much of its signals was used."""

    @cached_property
    def found(self) -> Clustered:
        """μ̂."""
        return self._mean(self.lam_of_each)

    @cached_property
    def plain(self) -> Clustered:
        """The mean of the votes alone."""
        return self._mean(np.zeros_like(self.lam_of_each))

    @property
    def lam(self) -> tuple[float, ...]:
        """[s] how much of each signal was used on average."""
        return tuple(float(one) for one in self.lam_of_each.mean(axis=0))

    @property
    def rated_prompts(self) -> int:
        """Of how many prompts some response was rated."""
        return dense(self.prompt[self.response])[0]

    @property
    def correlation(self) -> float | None:
        """Of Σ λ·f with y, a rated response counting once; of the first signal that varies where λ is 0."""
        weight = np.bincount(self.response, self.strata.weight)
        rated = np.flatnonzero(weight)
        said = np.bincount(self.response, self.strata.weight * self.votes.sendable)[rated] / weight[rated]
        used = self.signals @ self.lam_of_each.mean(axis=0)
        for told in (used, *self.signals.T):
            if np.ptp(told[rated]) > 0 and np.ptp(said) > 0:
                return float(np.corrcoef(told[rated], said)[0, 1])
        return None

    @property
    def by_weights(self) -> float | None:
        """The mean with votes weighed by 1 ÷ the probability of their pair; None where none is known."""
        known = self.votes.probability > 0
        if not known.any():
            return None
        weights = self.votes.weight[known] / self.votes.probability[known]
        return float(np.average(self.votes.sendable[known], weights=weights))

    def _mean(self, lam: Floats) -> Clustered:
        """With its influences: of each response that could be shown by its signals, then of each vote."""
        weight, response, sendable = self.strata.weight, self.response, self.votes.sendable
        value = corrected_mean(sendable, weight, response, self.signals, lam)
        moved = (self.signals * lam).sum(axis=1)
        away = weight * self.strata.around_means(sendable - moved[response])
        return Clustered(
            min(max(value, 0.0), 1.0),
            np.concatenate([self.prompt, self.prompt[response]]),
            np.concatenate([np.full(len(moved), NO_RATER), self.votes.rater]),
            np.concatenate([(moved - moved.mean()) / len(moved), away]),
            np.concatenate([np.zeros(len(moved)), weight]),
        )


def human_mean(answers: Answers, votes: Sends) -> HumanMean:
    """μ̂ from ``votes`` on responses that are not ``never_shown``, of which there is at least one."""
    shown = ~answers.never_shown
    response = (np.cumsum(shown) - 1)[votes.response]
    columns = [answers.signal] if answers.judge is None else [answers.signal, answers.judge]
    signals = np.column_stack([_centred(column[shown]) for column in columns])
    prompt, strata = answers.prompt[shown], post_strata(response, votes.opponent, votes.weight)
    lam = cross_fitted(votes.sendable, strata, response, signals, prompt)
    return HumanMean(votes, prompt, signals, response, strata, lam)


def _centred(signal: Floats) -> Floats:
    known = ~np.isnan(signal)
    mean = float(signal[known].mean()) if known.any() else 0.0
    return np.where(known, signal - mean, 0.0)
