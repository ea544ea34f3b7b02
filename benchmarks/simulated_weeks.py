"""Candidates asked the same prompts week after week, of whom nothing changes but what is planted.

Each prompt has its own chance of an acceptable response, its own score, latency and cost with each candidate, drawn
once a year; weeks draw the responses anew. A shock makes a candidate's whole run slower or faster.
"""

from dataclasses import dataclass, field

import numpy as np

from core.domain.drift import Metric, Prompts, Scale, Seen, Series

CANDIDATES, CATEGORIES, PROMPTS, REPETITIONS, BASELINE_RUNS, WEEKS = 5, 8, 64, 3, 3, 52
ACCEPTABLE = Metric("acceptable", "Share acceptable", Scale.SHARE, 0.05, 1)
ERRORS = Metric("errors", "Errors", Scale.SHARE, 0.05, -1)
SCORE = Metric("score: chrf", "Score chrf", Scale.SHARE, 0.05, 1)
LATENCY = Metric("latency_ms", "Latency", Scale.RATIO, 0.1, -1, has_shocks=True)
COST = Metric("cost_usd", "Cost", Scale.RATIO, 0.1, -1)
TOKENS = Metric("output_tokens", "Output tokens", Scale.RATIO, 0.1, 0)
METRICS = (ACCEPTABLE, ERRORS, SCORE, LATENCY, COST, TOKENS)


@dataclass(frozen=True)
class World:
    """What is true."""

    shock: float = 0.05
    """SD of the logarithm of a run's latency."""
    shocks: tuple[float, ...] = ()
    """By candidate, where they differ."""
    is_shared: bool = False
    """Whether a shock hits all candidates of a run alike."""
    share: float = 0.8
    share_sd: float = 0.2
    failures: float = 0.015
    prompts: int = PROMPTS
    """In each category."""
    repetitions: int = REPETITIONS
    baseline: tuple[int, ...] = (REPETITIONS,) * BASELINE_RUNS
    """Repetitions in each run of the baseline."""
    missing: float = 0.0
    """The share of repetitions of which nothing is known."""


@dataclass(frozen=True)
class Planted:
    """What changes, from which week on, for the first candidate."""

    week: int
    metric: Metric
    by: float
    """Points / 100 of a share, a factor of an amount."""
    category: int | None = None
    weeks: int = 1
    """Over how many weeks it comes, in equal parts."""


@dataclass(frozen=True)
class Year:
    """[runs, candidates, prompts] of each metric, the baseline's runs first."""

    world: World
    seen: dict[str, np.ndarray]
    n: np.ndarray
    """[runs, candidates, prompts] repetitions."""
    prompts: Prompts = field(repr=False)

    def series(self, week: int, metrics: tuple[Metric, ...] = METRICS) -> list[Series]:
        """As they stand after the check of a week, the first being 0."""
        first = len(self.world.baseline)
        found = []
        for metric in metrics:
            table = self.seen[metric.name]
            for candidate in range(table.shape[1]):
                runs = [Seen(table[run, candidate], self.n[run, candidate]) for run in range(first + week + 1)]
                found.append(Series(candidate, metric, runs[:first], runs[first:]))
        return found


def year(
    rng: np.random.Generator,
    world: World,
    *,
    weeks: int = WEEKS,
    metrics: tuple[Metric, ...] = METRICS,
    planted: tuple[Planted, ...] = (),
    candidates: int = CANDIDATES,
) -> Year:
    """One year of a world, its baseline drawn anew."""
    category = np.arange(world.prompts * CATEGORIES) % CATEGORIES
    prompts = Prompts(category, tuple(f"category {place}" for place in range(CATEGORIES)))
    asked = np.array([*world.baseline, *[world.repetitions] * weeks])
    n = np.broadcast_to(asked[:, None, None], (len(asked), candidates, len(category)))
    n = rng.binomial(n, 1 - world.missing) if world.missing else n
    draw = _Draw(rng, world, n, candidates, category, planted)
    return Year(world, {metric.name: draw.of(metric) for metric in metrics}, n.astype(float), prompts)


@dataclass(frozen=True)
class _Draw:
    rng: np.random.Generator
    world: World
    n: np.ndarray
    candidates: int
    category: np.ndarray
    planted: tuple[Planted, ...]

    def of(self, metric: Metric) -> np.ndarray:
        if metric is ACCEPTABLE:
            return self._share(metric, self.world.share, self.world.share_sd)
        if metric is ERRORS:
            return self._share(metric, self.world.failures, 2 * self.world.failures)
        if metric is SCORE:
            return self._score(metric)
        if metric is LATENCY:
            return self._amount(metric, 2000.0, 0.5, 0.4, is_shaken=True)
        if metric is COST:
            return self._amount(metric, 0.002, 0.8, 0.3)
        return np.maximum(np.rint(self._amount(metric, 300.0, 0.8, 0.3)), 1.0)

    @property
    def _known(self) -> np.ndarray:
        return np.where(self.n > 0, self.n, np.nan)

    def _prompts(self, draws: np.ndarray) -> np.ndarray:
        return draws.reshape(self.candidates, len(self.category))

    def _share(self, metric: Metric, mean: float, sd: float) -> np.ndarray:
        size = self.candidates * len(self.category)
        k = mean * (1 - mean) / sd**2 - 1 if sd else 0.0
        chance = self.rng.beta(mean * k, (1 - mean) * k, size) if sd else np.full(size, mean)
        chance = self._moved(metric, self._prompts(chance))
        return self.rng.binomial(self.n, chance) / self._known

    def _score(self, metric: Metric) -> np.ndarray:
        own = self._moved(metric, self._prompts(self.rng.beta(3.5, 1.5, self.candidates * len(self.category))))
        k = 12.0
        safe = np.clip(own, 0.005, 0.995)
        total = np.zeros(safe.shape)
        for repetition in range(int(self.n.max())):
            drawn = self.rng.beta(k * safe, k * (1 - safe))
            total += np.where(repetition < self.n, drawn, 0.0)
        return total / self._known

    def _amount(
        self, metric: Metric, middle: float, sd: float, within: float, *, is_shaken: bool = False
    ) -> np.ndarray:
        own = self._prompts(middle * np.exp(sd * self.rng.standard_normal(self.candidates * len(self.category))))
        own = self._moved(metric, own)
        total = np.zeros(own.shape)
        for repetition in range(int(self.n.max())):
            drawn = np.exp(within * self.rng.standard_normal(own.shape))
            total += np.where(repetition < self.n, drawn, 0.0)
        mean = own * total / self._known
        return mean * np.exp(self._shocks())[:, :, None] if is_shaken else mean

    def _shocks(self) -> np.ndarray:
        sd = np.array(self.world.shocks or (self.world.shock,) * self.candidates)
        own = self.rng.standard_normal((len(self.n), 1 if self.world.is_shared else self.candidates))
        return own * sd

    def _moved(self, metric: Metric, own: np.ndarray) -> np.ndarray:
        """[runs, candidates, prompts]"""
        moved = np.broadcast_to(own, (len(self.n), *own.shape)).copy()
        week = np.arange(len(self.n)) - len(self.world.baseline)
        for one in self.planted:
            if one.metric is not metric:
                continue
            part = np.clip((week - one.week + 1) / one.weeks, 0, 1)[:, None]
            places = self.category == one.category if one.category is not None else slice(None)
            of_first = moved[:, 0, places]
            moved[:, 0, places] = (
                of_first * one.by**part if metric.scale is Scale.RATIO else _lowered(of_first, one.by * part)
            )
        return moved


def _lowered(chance: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Each week's mean moved by so much, every prompt in proportion to the room that it has."""
    if (by <= 0).all():
        mean = chance.mean(axis=1, keepdims=True)
        return chance * (1 + by / mean)
    mean = 1 - chance.mean(axis=1, keepdims=True)
    return 1 - (1 - chance) * (1 - by / mean)
