"""The figures of one arrival rate."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from core.domain.answering import FaultKind
from core.domain.latency import quantiles
from core.services.load_testing.firing import Shot
from core.services.load_testing.order import LoadOrder

QUANTILES = (0.5, 0.9, 0.95, 0.99)
_BLOCKS = 20


def figures(shots: Sequence[Shot], order: LoadOrder, *, rate_per_s: float, ended: str) -> dict[str, Any]:
    """What was measured at ``rate_per_s``; requests due in the warm-up count for the spend alone.

    ``ended``: "whole" or what broke it off; then the figures are of the part that was sent. ``latency_ms`` and
    ``first_visible_ms`` count from when a request was due, ``from_send_ms`` from when it was sent: what hides the
    waiting before. Timeouts are in the latencies as "at least"; other errors are counted and have none. Intervals take
    a twentieth of the time as a cluster (the method of batch means): neighbours in time share their fate.
    """
    warm_up_s = order.warm_up_s
    measured = [shot for shot in shots if shot.due_s >= warm_up_s]
    answered = [shot for shot in measured if shot.fault is None]
    timeouts = [shot for shot in measured if shot.fault is FaultKind.TIMEOUT]
    last_s = max((shot.due_s for shot in shots), default=warm_up_s)
    window_s = order.duration_s if ended == "whole" else max(0.0, last_s - warm_up_s)
    arrived = sum(warm_up_s <= _end_s(shot) <= warm_up_s + window_s for shot in shots if shot.fault is None)
    costs = [shot.cost_usd for shot in shots]
    lags = [shot.lag_ms for shot in measured]
    return {
        "rate_per_s": rate_per_s,
        "warm_up_s": warm_up_s,
        "duration_s": window_s,
        "timeout_s": order.timeout_s,
        "ended": ended,
        "calls": len(measured),
        "answered": len(answered),
        "timeouts": len(timeouts),
        "errors": _errors(measured),
        "sent_per_s": _per(len(measured), window_s),
        "answered_per_s": _per(arrived, window_s),
        "latency_ms": _quantiles(answered, timeouts, "latency_ms", window_s),
        "from_send_ms": _quantiles(answered, timeouts, "from_send_ms", window_s),
        "first_visible_ms": _quantiles(
            [shot for shot in answered if shot.first_visible_ms is not None], timeouts, "first_visible_ms", window_s
        ),
        "client_lag_ms": quantiles(lags, q=(0.99,))[0.99].value,
        "all_calls": len(shots),
        "unpriced": sum(cost is None for cost in costs),
        "cost_usd": None if None in costs else math.fsum(cost for cost in costs if cost is not None),
    }


def _end_s(shot: Shot) -> float:
    return shot.due_s + shot.latency_ms / 1000


def _errors(shots: Sequence[Shot]) -> dict[str, int]:
    kinds = (shot.fault for shot in shots)
    return dict(Counter(str(kind) for kind in kinds if kind is not None and kind is not FaultKind.TIMEOUT))


def _per(count: int, seconds: float) -> float | None:
    return count / seconds if seconds > 0 else None


def _quantiles(
    answered: Sequence[Shot], timeouts: Sequence[Shot], name: str, window_s: float
) -> dict[str, dict[str, float | None]]:
    blocks = [int(shot.due_s / max(window_s, 1e-9) * _BLOCKS) for shot in (*answered, *timeouts)]
    waited = [shot.from_send_ms if name == "from_send_ms" else shot.latency_ms for shot in timeouts]
    found = quantiles([getattr(shot, name) for shot in answered], waited, QUANTILES, clusters=blocks)
    return {
        f"p{round(100 * q)}": {"value": at.value, "lower": at.lower, "upper": at.upper, "at_least": at.at_least}
        for q, at in found.items()
    }
