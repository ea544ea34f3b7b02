"""Plain readings of candidates: strong and dear, decent and cheap, unsteady, weak everywhere."""

from collections.abc import Mapping, Sequence

from core.domain.deciding.evidence import Evidence
from core.domain.deciding.verdicts import Claim, Comparison, Decision, Reading

DECENT = 0.5
"""The share acceptable from which a candidate is decent, and below which it is weak."""
MUCH_CHEAPER = 0.3
"""The share of the champion's cost that a cheap one saves."""
UNSTEADY_RATIO = 4.0
"""Of p95 to p50."""
UNSTEADY_TIMEOUTS = 0.01


def readings(
    candidates: Sequence[Evidence], comparisons: Sequence[Comparison], shares: Mapping[int, float], margin: float
) -> tuple[tuple[int, Reading], ...]:
    """What can be said plainly of the candidates of a scope; ``margin`` of quality there.

    ``shares``: acceptable to raters where that is known, else automatically.
    """
    found = [(one.candidate, Reading.UNSTEADY) for one in candidates if _is_unsteady(one)]
    for one in comparisons:
        proven = {proof.claim for proof in one.proofs if proof.is_proven}
        if {Claim.BETTER, Claim.DEARER} <= proven:
            found.append((one.challenger, Reading.STRONG_AND_DEAR))
        if Claim.CHEAPER in proven and _is_decent(one, shares.get(one.challenger), margin):
            found.append((one.challenger, Reading.DECENT_AND_CHEAP))
    if shares and max(shares.values()) < DECENT:
        found += [(candidate, Reading.WEAK_EVERYWHERE) for candidate in shares]
    return tuple(found)


def _is_decent(one: Comparison, share: float | None, margin: float) -> bool:
    """Much cheaper and somewhat worse: no switch, yet enough for what is not delicate."""
    if one.decision is Decision.SWITCH or one.quality is None or one.cost is None or share is None:
        return False
    return share >= DECENT and one.cost.estimate >= MUCH_CHEAPER and -3 * margin <= one.quality.estimate < 0


def _is_unsteady(one: Evidence) -> bool:
    timed = one.latency_p50_ms is not None and one.latency_p95_ms is not None
    wide = timed and (one.latency_p95_ms or 0.0) >= UNSTEADY_RATIO * (one.latency_p50_ms or 0.0)
    return wide or one.timeouts > UNSTEADY_TIMEOUTS * float(one.judged.sum())
