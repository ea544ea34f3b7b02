"""Which share of a candidate's responses experts would send, over all of them, and what one such response costs."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.domain.acceptability.figures import CostPerAcceptable, CostState
from core.domain.clustered import Clustered, Codes, Floats, standard_error

Flags = NDArray[np.bool_]
FEWEST_RATED = 30


@dataclass(frozen=True)
class Answers:
    """All responses of one candidate in scope, given-up units among them: N of them."""

    prompt: Codes
    """[N] the code of its prompt, the same codes for all candidates."""
    signal: Floats
    """[N] the automatic verdict, 1 or 0 or a probability; nan: open or unchecked."""
    never_shown: Flags
    """[N] empty, cut short or given up: not sendable without a vote."""
    judge: Floats | None = None
    """[N] a judge's value between 0 and 1, nan where there is none."""


@dataclass(frozen=True)
class Sends:
    """What raters answered to "would you send it" about these responses, one for each rater and response: n of them."""

    response: Codes
    """[n] its place in ``Answers``."""
    rater: Codes
    """[n] the same codes for all candidates."""
    opponent: Codes
    """[n] the candidate it was shown beside."""
    sendable: Floats
    """[n] 1 or 0."""
    weight: Floats
    """[n] above 0; a vote that was too fast weighs less."""
    probability: Floats
    """[n] with which the pair of candidates was drawn, nan where it is not known: for the check by 1/p alone."""


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
    """Distinct responses that somebody rated."""
    votes: int
    raters: int
    prompts: int
    """Of the responses in scope, rated or not."""
    never_shown: int
    holds_for_these_raters_only: bool
    """So few raters that what others would have said is not in the interval."""
    lam: tuple[float, ...] = ()
    """How much of each signal was used, the automatic verdict first, then the judge's; the mean over the folds."""
    correlation: float | None = None
    """Of what the signals told with what the raters said, within the rated responses."""
    gain: float | None = None
    """How many times the votes the signals are worth: the variance without them ÷ the variance with them."""
    by_weights: float | None = None
    """The share with votes weighted by 1/p instead of by opponent: a check, with a wider error of its own."""
    estimate: Clustered | None = None


def human_share(answers: Answers, sends: Sends, *, level: float = 0.95) -> HumanShare:
    """The share of all responses that experts would send."""
    n, rated = len(answers.prompt), len(np.unique(sends.response))
    raters, prompts = len(np.unique(sends.rater)), len(np.unique(answers.prompt))
    hidden = int(answers.never_shown.sum())
    rests = Rests.VOTES if rated >= FEWEST_RATED else Rests.AUTOMATIC if n else Rests.NOTHING
    counts = (n, rated, len(sends.response), raters, prompts, hidden, 0 < raters < 6)
    if rests is not Rests.VOTES:
        known = np.where(answers.never_shown, 0.0, answers.signal)
        value = float(np.nanmean(known)) if not np.isnan(known).all() else None
        return HumanShare(value, None, None, rests if value is not None else Rests.NOTHING, *counts)
    value = float(np.average(sends.sendable, weights=sends.weight)) * (1 - hidden / n)
    influence = (sends.sendable - value) * sends.weight / sends.weight.sum()
    estimate = Clustered(value, answers.prompt[sends.response], sends.rater, influence)
    error = standard_error(estimate)
    half = error.half_width(level) if error else 1.0
    return HumanShare(value, max(0.0, value - half), min(1.0, value + half), rests, *counts, estimate=estimate)


def cost_per_sendable(
    paid_usd: Floats, answers: Answers, share: HumanShare, *, level: float = 0.95
) -> CostPerAcceptable:
    """Everything paid ÷ (N · share). ``paid_usd[g]``: what the prompt with code g cost, nan where not known."""
    if share.value is None or np.isnan(paid_usd[np.unique(answers.prompt)]).any():
        return CostPerAcceptable(CostState.UNKNOWN)
    if not share.value:
        return CostPerAcceptable(CostState.NONE)
    value = float(np.nansum(paid_usd)) / (share.responses * share.value)
    return CostPerAcceptable(CostState.KNOWN, value) if level else CostPerAcceptable(CostState.UNKNOWN)


def difference(one: HumanShare, other: HumanShare) -> Clustered | None:
    """``one`` − ``other``, with what they share by prompt and rater; None where either rests on no votes."""
    if one.estimate is None or other.estimate is None:
        return None
    return one.estimate.plus(other.estimate, sign=-1.0)
