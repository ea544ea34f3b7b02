"""The summary that people know from elsewhere: average latency, average quality, total cost, cost per quality point."""

from core.domain.acceptability import POINTS, CostState
from core.domain.words import UNKNOWN, n, per_thousand, seconds
from core.services.quality.figures import Line
from core.services.quality.measure import Figure, Measure

POINT_DEFINED = "Cost per quality point: cost of 1,000 responses ÷ mean score in points of 0 to 100."


def points(share: float) -> str:
    """A mean score, 0 to 1, as points of 0 to 100."""
    return f"{POINTS * share:.1f}"


def _latency(line: Line) -> Figure:
    mean, late = line.latency.mean, line.latency.censored
    if mean is None:
        return Figure(None, UNKNOWN, "latency not known")
    without = f", {late:,} given up at a timeout left out" if late else ""
    return Figure(mean, seconds(mean), f"{seconds(mean)} on average over {line.latency.n:,}{without}")


def _quality(line: Line) -> Figure:
    mean = line.quality.mean
    if mean is None:
        return Figure(None, "none", "no score of quality")
    return Figure(mean, points(mean), f"{points(mean)} of 100 points over {n(line.quality.scored, 'score')}")


def _point(line: Line) -> Figure:
    found = line.cost_per_point
    if found.value is None:
        why = "no point of quality to pay for" if found.state is CostState.NONE else "a price is not known"
        return Figure(None, str(found.state), why)
    return Figure(
        found.value, per_thousand(found.value), f"{per_thousand(found.value)} for 1,000 responses, per quality point"
    )


AVERAGE_LATENCY = Measure(
    "Average latency", "Average latency", _latency, seconds, lambda line: {"latency_ms_mean": line.latency.mean},
    "slowest", "The plain mean over the responses that arrived.",
    cell=lambda ms: f"{ms / 1000:,.2f} s",
)  # fmt: skip
AVERAGE_QUALITY = Measure(
    "Average quality", "Average quality", _quality, points,
    lambda line: {"average_quality": None if line.quality.mean is None else POINTS * line.quality.mean},
    "all", "The plain mean of all scores of quality, in points of 0 to 100, without flags, refusals and cut answers.",
    bounds=(0.0, 1.0),
)  # fmt: skip
COST_PER_POINT = Measure(
    "Cost per quality point", "1,000 responses per point", _point, per_thousand,
    lambda line: {
        "cost_per_quality_point_usd": line.cost_per_point.value,
        "cost_per_quality_point": str(line.cost_per_point.state),
    },
    "dearest", f"{POINT_DEFINED} A plain ratio, without an interval.",
)  # fmt: skip
