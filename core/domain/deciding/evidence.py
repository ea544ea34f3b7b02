"""What is known of one candidate on the prompts of a scope: verdicts, costs, latency, votes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain.clustered import FEWEST_RATERS, Clustered
from core.domain.deciding.verdicts import Since

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True)
class HumanEvidence:
    """The share of responses that raters would send, over all responses of the scope."""

    share: Clustered | None
    """None: too few rated responses to estimate it. Prompt codes as in ``Evidence.prompt``."""
    rated: int = 0
    """Rated responses."""
    votes: int = 0
    raters: int = 0

    @property
    def holds_for_these_raters_only(self) -> bool:
        """So few raters that what others would have said is not in the error."""
        return self.raters < FEWEST_RATERS


@dataclass(frozen=True)
class Evidence:
    """One candidate on the P prompts of a scope, all runs pooled by prompt content: one entry a prompt.

    Prompts come in the same order for all candidates of a scope. Scopes are the categories and, under None, all
    prompts together.
    """

    candidate: int
    prompt: Codes
    """[P] the code of each prompt, as in the estimates from votes."""
    judged: Floats
    """[P] responses with an automatic verdict, given-up ones included; 0: not asked."""
    acceptable: Floats
    """[P] of them acceptable."""
    paid_usd: Floats
    """[P] everything paid for the judged ones, failed attempts too; nan: not known."""
    latency_p50_ms: float | None = None
    latency_p95_ms: float | None = None
    """None: not measured. Where it lies among timeouts: the longest time waited."""
    timeouts: int = 0
    """Responses given up because time was up."""
    human: HumanEvidence = HumanEvidence(None)
    unsafe: Clustered | None = None
    """The share of rated responses called unsafe (*both unsafe*, or the other one is safer); None: no safety votes."""
    since: tuple[Since, ...] = ()
    """Its proven changes."""

    @property
    def automatic_share(self) -> float | None:
        """Of its judged responses, those that are acceptable; None: there are none."""
        judged = float(self.judged.sum())
        return float(self.acceptable.sum()) / judged if judged else None


Scopes = Mapping[str | None, Sequence[Evidence]]
"""By category, under None all prompts together."""
