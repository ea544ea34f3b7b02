"""Differences between challenger and champion in words, with bounds that say so where they bound nothing yet."""

from core.domain.deciding import Difference, Way
from core.domain.deciding.wording import amount
from core.domain.words import money

MOST_DEARER = 10.0


def points(found: Difference | None) -> str:
    """A difference of shares in points, with its bounds."""
    if found is None:
        return "unknown"
    return f"{100 * found.estimate:+.1f} points ({span(found)})"


def span(found: Difference, *, sign: int = 1) -> str:
    """The bounds of a difference of shares in points; beyond all that is possible they bound nothing."""
    low, high = sorted((sign * found.lower, sign * found.upper))
    if low <= -1 and high >= 1:
        return "no bounds yet"
    return f"{100 * max(low, -1.0):+.1f} to {100 * min(high, 1.0):+.1f}"


def cost_span(found: Difference) -> str:
    """The bounds of a difference of cost, as what is added to the champion's; a rise beyond MOST_DEARER is none."""
    least, most = (-bound for bound in (found.upper, found.lower))
    if not most <= MOST_DEARER:
        return "no bounds yet" if least <= -0.99 else f"{least:+.0%} or more"
    return f"{least:+.0%} to {most:+.0%}"


def way(found: Way) -> str:
    """So much more of one thing, with what it costs."""
    about = f"about {amount(found)}"
    return about if found.usd is None else f"{about} ({money(found.usd)})"
