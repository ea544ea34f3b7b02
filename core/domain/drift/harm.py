"""Which change harms users most: what they get, then how long they wait, then what it costs."""

from enum import IntEnum

from core.domain.drift.measured import Metric, Scale


class Harm(IntEnum):
    """What got worse, the most harmful first."""

    QUALITY = 0
    """More answers that are wrong, refused, cut short or missing."""
    TIME = 1
    COST = 2
    NONE = 3
    """Better, or neither."""


def harm(metric: Metric, change: float) -> Harm:
    """What a ``change`` of the metric does to users; of a SHARE 0 is no change, of a RATIO 1."""
    moved = change - (0.0 if metric.scale is Scale.SHARE else 1.0)
    if moved * metric.better >= 0:
        return Harm.NONE
    if metric.name.endswith("_ms"):
        return Harm.TIME
    return Harm.COST if metric.name.endswith("_usd") else Harm.QUALITY
