"""Differences between challenger and champion in figures, with bounds that say so where they bound nothing yet."""

from core.domain.deciding.verdicts import Difference
from core.domain.words import PER_CENT

MOST_DEARER = 10.0
NO_BOUNDS = "no bounds yet"
VAGUE = "not known well enough"
_NOTHING = 0.99
"""From so much saved on, a bound says no more than that a cost is above nothing."""


def points(found: Difference | None) -> str:
    """A difference of shares in points, with its bounds: ``+1.2 points (−0.8 to +3.1)``."""
    if found is None:
        return "unknown"
    return f"{signed(100 * found.estimate)} points ({span(found)})"


def span(found: Difference, *, sign: int = 1) -> str:
    """The bounds of a difference of shares in points; beyond all that is possible they bound nothing."""
    low, high = sorted((sign * found.lower, sign * found.upper))
    if low <= -1 and high >= 1:
        return NO_BOUNDS
    return f"{signed(100 * max(low, -1.0))} to {signed(100 * min(high, 1.0))}"


def cost(found: Difference) -> str:
    """A difference of cost as what is added to the champion's, with its bounds: ``−12 % (−20 % to −3 %)``.

    In words where the bounds leave both open, half the cost and twice as much.
    """
    if is_vague(found):
        return VAGUE
    return f"{_added(-found.estimate)} ({_cost_span(found)})"


def is_vague(found: Difference) -> bool:
    """Whether a cost may be half the champion's as well as twice as much."""
    return found.upper >= 0.5 and not -found.lower < 1.0


def is_open_below(found: Difference) -> bool:
    """Whether the bound on what is saved says nothing: it may be all."""
    return found.upper >= _NOTHING


def is_unbounded(found: Difference) -> bool:
    """Whether no dearness of cost is excluded that anybody would think of: a rise beyond MOST_DEARER."""
    return not -found.lower <= MOST_DEARER


def signed(number: float, decimals: int = 1) -> str:
    """With its sign, and none where it is nothing."""
    said = f"{number:+.{decimals}f}".replace("-", "−")
    return said if float(said.replace("−", "-")) else said[1:]


def _cost_span(found: Difference) -> str:
    least, most = -found.upper, -found.lower
    if is_unbounded(found):
        return f"{_added(least)} or more"
    if is_open_below(found):
        return f"at worst {_added(most)}"
    return f"{_added(least)} to {_added(most)}"


def _added(share: float) -> str:
    return f"{signed(100 * share, 0)}{PER_CENT}"
