"""Small worlds for tests of drift."""

import numpy as np

from core.domain.drift import Metric, Prompts, Scale, Seen, Series

SHARE = Metric("acceptable", "Share acceptable", Scale.SHARE, 0.05, 1)
REFUSALS = Metric("refusals", "Refusals", Scale.SHARE, 0.05, -1)
COST = Metric("cost_usd", "Cost", Scale.RATIO, 0.1, -1)
LATENCY = Metric("latency_ms", "Latency", Scale.RATIO, 0.1, -1, has_shocks=True)
HUMAN = Metric("human", "Share that experts would send", Scale.SHARE, 0.05, 1, watch_only=True)


def one_category(prompts: int) -> Prompts:
    return Prompts(np.zeros(prompts, np.int64), ("all",))


def categories(prompts: int, count: int) -> Prompts:
    return Prompts(np.arange(prompts) % count, tuple(f"category {place}" for place in range(count)))


def run(values, n: float = 3.0) -> Seen:
    mean = np.asarray(values, float)
    return Seen(mean, np.where(np.isnan(mean), 0.0, n))


def constant(value: float, prompts: int, n: float = 3.0) -> Seen:
    return run(np.full(prompts, value), n)


def shares(rng, chance, runs: int, n: int = 3) -> list[Seen]:
    return [run(rng.binomial(n, chance) / n, n) for _ in range(runs)]


def amounts(rng, prompts: int, shocks, within: float = 0.3, n: int = 3) -> list[Seen]:
    """One run a shock."""
    own = 5.0 + np.arange(prompts) / prompts
    drawn = [np.exp(own + shock + within * rng.standard_normal((n, prompts))).mean(axis=0) for shock in shocks]
    return [run(one, n) for one in drawn]


def series(metric: Metric, baseline, checks, candidate: int = 0) -> Series:
    return Series(candidate, metric, baseline, checks)
