"""What a human share is made from: a candidate's responses, and raters' answers to "would you send it" about them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain.clustered import Codes, Floats, dense

Flags = NDArray[np.bool_]


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

    @property
    def verdict(self) -> Floats:
        """[N] the automatic verdict; what is never shown does not pass. All nan where nothing that is shown has one."""
        if np.isnan(self.signal[~self.never_shown]).all() and not self.never_shown.all():
            return np.full(len(self.signal), np.nan)
        return np.where(self.never_shown, 0.0, self.signal)

    def by_prompt(self, of: Floats | Flags | None = None) -> Floats:
        """[G] the sum of ``of`` [N] for each prompt there is, in the order of their codes; None: how many responses."""
        return np.asarray(np.bincount(dense(self.prompt)[1], of), dtype=np.float64)


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

    def only(self, kept: Flags) -> "Sends":
        """Those that are ``kept`` [n]."""
        return Sends(
            self.response[kept],
            self.rater[kept],
            self.opponent[kept],
            self.sendable[kept],
            self.weight[kept],
            self.probability[kept],
        )
