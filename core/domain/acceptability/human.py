"""Which share of a candidate's responses experts would send, over all of them: votes, narrowed by automatic signals."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.domain.acceptability.figures import share_acceptable
from core.domain.acceptability.human_mean import HumanMean, human_mean
from core.domain.acceptability.intervals import correlation_of_parts, joint_reach, wilson_around
from core.domain.acceptability.sends import Answers, Sends
from core.domain.clustered import FEWEST_RATERS, NO_RATER, Clustered, dense, standard_error

FEWEST_RATED = 30


class Rests(StrEnum):
    """What a human share rests on. Below FEWEST_RATED rated responses the automatic figure stands, named as such."""

    VOTES = "votes"
    AUTOMATIC = "automatic"
    NOTHING = "nothing"


@dataclass(frozen=True)
class HumanShare:
    """The share of ``responses`` that experts would send, with its interval; None where it is not known."""

    value: float | None
    lower: float | None
    upper: float | None
    rests: Rests
    responses: int
    rated: int
    """Distinct responses that somebody rated, of those that could be shown."""
    votes: int
    raters: int
    prompts: int
    """Of the responses in scope, rated or not."""
    never_shown: int
    holds_for_these_raters_only: bool
    """So few raters that what others would have said is not in the interval."""
    lam: tuple[float, ...] = ()
    """How much of each signal was used, the automatic verdict's first, then the judge's: the mean over responses."""
    correlation: float | None = None
    """Of what the signals tell with what the raters said, within the rated responses."""
    gain: float | None = None
    """How many times the votes the signals are worth: the variance without them ÷ the variance with them."""
    by_weights: float | None = None
    """The share with votes weighted by 1/p instead of by opponent: a check, with a wider error of its own."""
    estimate: Clustered | None = None
    """With what each prompt and rater contributes to its error; None where it rests on no votes."""


def human_share(answers: Answers, sends: Sends, *, level: float = 0.95) -> HumanShare:
    """The share of all responses that experts would send, with its interval.

    θ̂ = ρ·μ̂: ρ the part of the responses that could be shown, the rest of which counts as not sendable; μ̂ = mean of λ·f
    over all that could be shown + mean of (y − λ·f) over the rated (PPI++, Angelopoulos, Duchi & Zrnic 2023, arXiv
    2311.01453), f the signals, λ by least squares and cross-fitted, votes weighed so that every opponent counts alike.
    Where a signal is missing it is the mean of the others'. Votes on what is ``never_shown`` are left out.

    The interval is Wilson's with the effective number of votes ȳ(1−ȳ)/V, V clustered by prompt and rater, and Student's
    t; where no vote disagrees, with the number of rated prompts. The error of ρ is added to it. Below FEWEST_RATERS
    raters it holds for these raters alone, in the proportion in which they voted. None: only one prompt was rated.

    Below FEWEST_RATED rated responses the share of the automatic verdict stands, over those that have one.
    """
    votes = sends.only(~answers.never_shown[sends.response])
    rated, raters = dense(votes.response)[0], dense(votes.rater)[0]
    counts = (len(answers.prompt), rated, len(votes.response), raters, dense(answers.prompt)[0])
    hidden = int(answers.never_shown.sum())
    if rated < FEWEST_RATED:
        value, lower, upper = _automatic(answers, level)
        rests = Rests.NOTHING if value is None else Rests.AUTOMATIC
        return HumanShare(value, lower, upper, rests, *counts, hidden, False)
    mean = human_mean(answers, votes)
    shown = _shown_part(answers)
    estimate = _of_all(mean, shown)
    return HumanShare(
        estimate.value,
        *_bounds(answers, estimate, mean, level),
        Rests.VOTES,
        *counts,
        hidden,
        raters < FEWEST_RATERS,
        lam=mean.lam,
        correlation=mean.correlation,
        gain=_gain(mean),
        by_weights=None if mean.by_weights is None else mean.by_weights * shown.value,
        estimate=estimate,
    )


def human_estimate(answers: Answers, sends: Sends) -> tuple[Clustered | None, int]:
    """The same share with what each prompt and rater contributes to its error, and how many responses are rated.

    None below FEWEST_RATED. For those who compare shares and need neither interval nor gain.
    """
    votes = sends.only(~answers.never_shown[sends.response])
    rated = dense(votes.response)[0]
    if rated < FEWEST_RATED:
        return None, rated
    return _of_all(human_mean(answers, votes), _shown_part(answers)).summed(), rated


def _of_all(mean: HumanMean, shown: Clustered) -> Clustered:
    """ρ·μ̂."""
    return mean.found.mapped(mean.found.value * shown.value, shown.value).plus(shown.mapped(0.0, mean.found.value))


def difference(one: HumanShare, other: HumanShare) -> Clustered | None:
    """``one`` − ``other``, with what they share by prompt and rater; None where either rests on no votes."""
    if one.estimate is None or other.estimate is None:
        return None
    return one.estimate.plus(other.estimate, sign=-1.0)


def automatic_estimate(answers: Answers) -> Clustered | None:
    """The share of the automatic verdict, over the responses that have one; None: there is none."""
    verdict = answers.verdict
    known = ~np.isnan(verdict)
    if not known.any():
        return None
    value = float(verdict[known].mean())
    influence = (verdict[known] - value) / len(verdict[known])
    return Clustered(value, answers.prompt[known], np.full(len(influence), NO_RATER), influence)


def _automatic(answers: Answers, level: float) -> tuple[float | None, float | None, float | None]:
    known = ~np.isnan(answers.verdict)
    passed = np.where(known, answers.verdict, 0.0)
    found = share_acceptable(answers.by_prompt(passed), answers.by_prompt(known), level=level)
    return found.value, found.lower, found.upper


def _shown_part(answers: Answers) -> Clustered:
    """Which part of the responses could be shown."""
    shown = ~answers.never_shown
    part = float(shown.mean())
    return Clustered(part, answers.prompt, np.full(len(shown), NO_RATER), (shown - part) / len(shown))


def _bounds(answers: Answers, estimate: Clustered, mean: HumanMean, level: float) -> tuple[float | None, float | None]:
    whole, error, p = standard_error(estimate), standard_error(mean.found), mean.found.value
    if whole is None or error is None or mean.rated_prompts < 2:
        return None, None
    lower, upper = wilson_around(p, mean.plain.value, error, mean.rated_prompts, level)
    if not answers.never_shown.any():
        return lower, upper
    shown = share_acceptable(answers.by_prompt(~answers.never_shown), answers.by_prompt(), level=level)
    alone, part = standard_error(_shown_part(answers)), shown.value or 0.0
    together = correlation_of_parts(whole.value, error.value * part, alone.value * p if alone else 0.0)
    down = joint_reach((p - lower) * part, (part - (shown.lower or 0.0)) * p, together)
    up = joint_reach((upper - p) * part, ((1.0 if shown.upper is None else shown.upper) - part) * p, together)
    return max(0.0, estimate.value - down), min(1.0, estimate.value + up)


def _gain(mean: HumanMean) -> float | None:
    """What raters' own ways add to the variance no signal can lessen: it is the same with signals and without."""
    alone, with_signals = standard_error(mean.plain), standard_error(mean.found)
    if alone is None or with_signals is None or not alone.value:
        return None
    of_raters = alone.value**2 - alone.for_these_raters**2
    return alone.value**2 / (with_signals.for_these_raters**2 + of_raters)
