"""Findings in words."""

import numpy as np
import pytest

from core.domain.drift import Finding, Metric, Scale, Tier
from core.domain.drift.causes import Cause
from core.domain.drift.wording import sentence

SHARE = Metric("acceptable", "Share acceptable", Scale.SHARE, 0.05, 1)
LATENCY = Metric("latency_ms", "Latency", Scale.RATIO, 0.1, -1)
COST = Metric("cost_usd", "Cost per 1,000 responses", Scale.RATIO, 0.1, -1)
TOKENS = Metric("output_tokens", "Output tokens", Scale.RATIO, 0.1, 0)


WHY = " since run 12, Sun 15 Nov; likely cause: the provider (other answers to the same prompts and settings)."


@pytest.mark.parametrize(
    ("metric", "category", "numbers", "said"),
    [
        (
            SHARE,
            "coding",
            (0.84, 0.61, -0.23, -0.31, -0.15),
            "B's share acceptable in coding fell from 84\u00a0% to 61\u00a0% (−31 to −15 points)",
        ),
        (LATENCY, None, (2000.0, 3200.0, 1.6, 1.41, 1.8), "B's latency rose from 2.00 s to 3.20 s (× 1.41 to 1.80)"),
        (
            COST,
            None,
            (0.002, 0.003, 1.5, 1.4, 1.6),
            "B's cost per 1,000 responses rose from $2.00 to $3.00 (× 1.40 to 1.60)",
        ),
        (TOKENS, None, (1300.0, 900.0, 0.69, 0.6, 0.8), "B's output tokens fell from 1,300 to 900 (× 0.60 to 0.80)"),
    ],
)
def test_a_finding_says_what_moved_where_by_how_much_since_when_and_why(
    metric: Metric, category: str | None, numbers: tuple[float, ...], said: str
):
    found = Finding(2, metric, category, Tier.ALARM, *numbers, p=1e-6, prompts=64, since=0, showing=np.arange(3))
    assert sentence(found, {2: "B"}, since="run 12, Sun 15 Nov", causes=[Cause.PROVIDER]) == said + WHY


def test_without_a_run_and_a_cause_the_rest_is_said():
    found = Finding(
        1, SHARE, None, Tier.WATCH, 0.5, 0.6, 0.1, 0.05, 0.15, p=0.01, prompts=64, since=0, showing=np.arange(0)
    )
    assert sentence(found, {1: "A"}) == "A's share acceptable rose from 50\u00a0% to 60\u00a0% (+5 to +15 points)."
