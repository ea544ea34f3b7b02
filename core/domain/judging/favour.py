"""How far a judge favours its own family: its preference less the experts', over the same pairs."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import sqrt

from core.domain.ranking.intervals import fixed_factor

FEWEST_PROMPTS = 10


@dataclass(frozen=True)
class Favour:
    """``value`` in [−1, 1]: above 0 the judge prefers its own family more than experts do; with a 95 % interval.

    ``pairs``: candidate pairs on ``prompts`` prompts, one side of them of the judge's family, that both have judged.
    Without a ``value``, ``problem`` says what is missing.
    """

    pairs: int
    prompts: int
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    problem: str = ""


def favour(differences: Sequence[tuple[Hashable, float]], *, alpha: float = 0.05) -> Favour:
    """The mean of the differences, each with its prompt: judge's preference for the own side less that of experts.

    A preference is 1 for the own side, 0 for the other, 0.5 for neither. The interval takes a prompt's pairs as one
    draw: CR1, variance G/(G−1) Σ_g (Σ_i∈g (d_i − d̄))² / n², and Student's t with G − 1 degrees of freedom.
    """
    by_prompt: dict[Hashable, list[float]] = defaultdict(list)
    for prompt, difference in differences:
        by_prompt[prompt].append(difference)
    n, groups = len(differences), len(by_prompt)
    if groups < FEWEST_PROMPTS:
        missing = f"Not enough: {groups} prompts that both the judge and experts compared, {FEWEST_PROMPTS} are needed."
        return Favour(n, groups, problem=missing)
    mean = sum(difference for _, difference in differences) / n
    squares = sum(sum(found - mean for found in each) ** 2 for each in by_prompt.values())
    half = fixed_factor(alpha, groups - 1) * sqrt(groups / (groups - 1) * squares) / n
    return Favour(n, groups, mean, max(-1.0, mean - half), min(1.0, mean + half))
