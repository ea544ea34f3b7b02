"""The figures of one arrival rate."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from core.domain.answering import FaultKind
from core.domain.latency import quantiles
from core.services.load_testing.order import LoadOrder
from core.services.load_testing.sending import SentRequest

QUANTILES = (0.5, 0.9, 0.95, 0.99)
_BLOCKS = 20


def figures(sent: Sequence[SentRequest], order: LoadOrder, *, rate_per_s: float, ended: str) -> dict[str, Any]:
    """What was measured at ``rate_per_s``; requests due in the warm-up count for the spend alone.

    ``ended``: "whole" or what broke it off; then the figures are of the part that was sent. ``latency_ms`` and
    ``first_visible_ms`` count from when a request was due, ``from_send_ms`` from when it was sent: what hides the
    waiting before. Timeouts are in the latencies as "at least"; other errors are counted and have none. Intervals take
    a twentieth of the time as a cluster (the method of batch means): neighbours in time share their fate.
    """
    warm_up_s = order.warm_up_s
    measured = [request for request in sent if request.due_s >= warm_up_s]
    answered = [request for request in measured if request.fault is None]
    timeouts = [request for request in measured if request.fault is FaultKind.TIMEOUT]
    last_s = max((request.due_s for request in sent), default=warm_up_s)
    window_s = order.duration_s if ended == "whole" else max(0.0, last_s - warm_up_s)
    arrived = sum(warm_up_s <= _end_s(request) <= warm_up_s + window_s for request in sent if request.fault is None)
    costs = [request.cost_usd for request in sent]
    lags = [request.lag_ms for request in measured]
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
            [each for each in answered if each.first_visible_ms is not None], timeouts, "first_visible_ms", window_s
        ),
        "client_lag_ms": quantiles(lags, q=(0.99,))[0.99].value,
        "all_calls": len(sent),
        "unpriced": sum(cost is None for cost in costs),
        "cost_usd": None if None in costs else math.fsum(cost for cost in costs if cost is not None),
    }


def _end_s(request: SentRequest) -> float:
    return request.due_s + request.latency_ms / 1000


def _errors(sent: Sequence[SentRequest]) -> dict[str, int]:
    kinds = (request.fault for request in sent)
    return dict(Counter(str(kind) for kind in kinds if kind is not None and kind is not FaultKind.TIMEOUT))


def _per(count: int, seconds: float) -> float | None:
    return count / seconds if seconds > 0 else None


def _quantiles(
    answered: Sequence[SentRequest], timeouts: Sequence[SentRequest], name: str, window_s: float
) -> dict[str, dict[str, float | None]]:
    blocks = [int(request.due_s / max(window_s, 1e-9) * _BLOCKS) for request in (*answered, *timeouts)]
    waited = [request.from_send_ms if name == "from_send_ms" else request.latency_ms for request in timeouts]
    found = quantiles([getattr(request, name) for request in answered], waited, QUANTILES, clusters=blocks)
    return {
        f"p{round(100 * q)}": {"value": at.value, "lower": at.lower, "upper": at.upper, "at_least": at.at_least}
        for q, at in found.items()
    }
