"""What harms users most comes first."""

import pytest

from core.domain.drift import Harm, Metric, Scale, harm

SHARE = Metric("acceptable", "Share acceptable", Scale.SHARE, 0.05, 1)
REFUSALS = Metric("refusals", "Share of refusals", Scale.SHARE, 0.05, -1)
LATENCY = Metric("latency_ms", "Latency", Scale.RATIO, 0.1, -1)
COST = Metric("cost_usd", "Cost per 1,000 responses", Scale.RATIO, 0.1, -1)
TOKENS = Metric("output_tokens", "Output tokens", Scale.RATIO, 0.1, 0)


@pytest.mark.parametrize(
    ("metric", "change", "expected"),
    [
        (SHARE, -0.2, Harm.QUALITY),
        (SHARE, 0.2, Harm.NONE),
        (REFUSALS, 0.1, Harm.QUALITY),
        (LATENCY, 1.5, Harm.TIME),
        (LATENCY, 0.7, Harm.NONE),
        (COST, 1.2, Harm.COST),
        (TOKENS, 3.0, Harm.NONE),
    ],
)
def test_a_change_harms_by_what_it_does_to_users(metric: Metric, change: float, expected: Harm):
    assert harm(metric, change) is expected


def test_quality_comes_before_waiting_and_waiting_before_money():
    assert sorted([Harm.NONE, Harm.COST, Harm.TIME, Harm.QUALITY]) == [
        Harm.QUALITY, Harm.TIME, Harm.COST, Harm.NONE,
    ]  # fmt: skip
