"""What is known of each candidate where it may answer a category: quality, cost, latency, refusals, and its limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.domain.acceptability import ShareAcceptable
from core.domain.latency import Quantile
from core.domain.routing.tables import Limits

ENOUGH_FOR_P99 = 100
ROOM, ROOM_OF_FEW = 1.25, 2.0
SHORTEST_TIMEOUT_MS, LONGEST_TIMEOUT_MS = 1_000.0, 120_000.0
P50, P95, P99 = 0.5, 0.95, 0.99


class Breach(StrEnum):
    """A limit that a candidate is over, or of which nobody knows."""

    TOO_SLOW = "over the latency limit"
    LATENCY_UNKNOWN = "its latency was never measured, and there is a limit"
    REFUSES = "over the limit of refusals"


@dataclass(frozen=True)
class Option:
    """One candidate in one category, over all that it answered there."""

    candidate: int
    share: float | None = None
    """Of responses acceptable to experts, where enough are rated, else automatically; None: no verdicts."""
    share_lower: float = 0.0
    is_human: bool = False
    cost_usd: float | None = None
    """A response: everything paid, failed attempts and given-up units too, ÷ the responses; None: not known."""
    latency: Mapping[float, Quantile] | None = None
    """P50, P95 and P99 in milliseconds; None: never measured."""
    refusals: ShareAcceptable | None = None
    """Of its responses where an answer was wanted, the share that refuses; None: there is none."""
    judged: int = 0
    """Responses with an automatic verdict and units given up: what an automatic share is of."""

    def ms(self, share: float) -> float | None:
        """A quantile of its latency; where it lies among timeouts, the longest that was waited."""
        found = None if self.latency is None else self.latency.get(share)
        if found is None:
            return None
        return found.at_least if found.value is None else found.value


def breach(option: Option, category: str | None, limits: Limits) -> Breach | None:
    """The limit that it is over by what was measured; where a limit is set and nothing was measured, that."""
    p95, longest = option.ms(P95), _latency_limit(category, limits)
    if longest is not None and p95 is None:
        return Breach.LATENCY_UNKNOWN
    if longest is not None and p95 is not None and p95 > longest:
        return Breach.TOO_SLOW
    share = None if option.refusals is None else option.refusals.value
    if limits.refusals is not None and share is not None and share > limits.refusals:
        return Breach.REFUSES
    return None


def sure_breach(option: Option, category: str | None, limits: Limits) -> Breach | None:
    """The limit that it is over with its whole 95 % interval: chance alone does not make an incumbent go."""
    longest = _latency_limit(category, limits)
    found = None if option.latency is None else option.latency.get(P95)
    if longest is not None and found is not None and (found.lower or 0.0) > longest:
        return Breach.TOO_SLOW
    share = option.refusals
    if limits.refusals is not None and share is not None and (share.lower or 0.0) > limits.refusals:
        return Breach.REFUSES
    return None


def timeout_ms(option: Option, category: str | None, limits: Limits) -> float | None:
    """How long to wait for its whole answer before the next is asked; None: its latency is not known.

    A quarter more than what 99 of 100 answers take, of fewer answers than ENOUGH_FOR_P99 twice the longest; not more
    than the latency limit, which is what users are meant to wait at most. Rounded up to tenths of a second.
    """
    p99 = option.ms(P99)
    if p99 is None:
        return None
    room = ROOM if _answers(option) >= ENOUGH_FOR_P99 else ROOM_OF_FEW
    longest = min(LONGEST_TIMEOUT_MS, _latency_limit(category, limits) or LONGEST_TIMEOUT_MS)
    tenths = -(-max(min(p99 * room, longest), SHORTEST_TIMEOUT_MS) // 100)
    return float(tenths * 100)


def _answers(option: Option) -> int:
    found = None if option.latency is None else option.latency.get(P99)
    return 0 if found is None else found.n


def _latency_limit(category: str | None, limits: Limits) -> float | None:
    """The category's own, or the one for those that have none."""
    return limits.latency_ms.get(category, limits.latency_ms.get(None))
