"""Answers of five candidates week after week, gathered as the service of drift gathers them, with planted causes.

Every prompt has its own chance of an acceptable answer with each candidate, its own latency and length; weeks draw the
answers anew. A second gate, a judge whose severity may change, rates and model names are there to be drifted.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from core.domain.drift import Judgement, Metric, Prompts, Scale, Seen, judge
from core.services.watching.drift import metrics
from core.services.watching.drift.contents import Contents
from core.services.watching.drift.deciding import Told, found
from core.services.watching.drift.evidence import Known, by_key
from core.services.watching.drift.figures import RunFigures
from core.services.watching.drift.gathering import Gathered, pooled
from core.services.watching.drift.judges_now import JudgeEffect, mean_effect, verdict_effect
from core.services.watching.drift.own_changes import Then
from core.services.watching.drift.prices_paid import PricesPaid
from tests.drifting import Truth, moved

CANDIDATES, CATEGORIES, PROMPTS, REPETITIONS, BASELINE_RUNS, ANCHORS = 5, 8, 64, 3, 3, 40
SHARE, SHARE_SD, JUDGE_PASSES, STRICT_PASSES = 0.8, 0.2, 0.97, 0.75
IN_TOKENS, FAILS_BY, LEAST_GRADE = 200, 0.75, 0.75
NAMES = tuple("ABCDE")
WEEK = timedelta(days=7)
BEGIN = datetime(2026, 1, 4, tzinfo=UTC)
CHECKED = Metric("score: checked", "Score checked", Scale.SHARE, 0.05, 1, watch_only=True)
JUDGED = Metric("score: judge", "Score judge", Scale.SHARE, 0.05, 1, watch_only=True)
OF_ANSWERS = (metrics.ACCEPTABLE, metrics.REFUSALS, metrics.CUT_SHORT, metrics.COST, metrics.TOKENS)
WATCHED = (*OF_ANSWERS, metrics.LATENCY, metrics.TTFT, metrics.ERRORS, CHECKED, JUDGED)


@dataclass(frozen=True)
class Week:
    """``truths``: by candidate's name; ``severity``: of what the judge passed, the part that it fails now."""

    truths: Mapping[str, Truth] = field(default_factory=dict)
    severity: float = 0.0
    has_gate: bool = False
    version: int = 1


@dataclass(frozen=True)
class Draw:
    """One candidate's answers in a run: [repetitions, prompts] each."""

    good: np.ndarray
    passes_judge: np.ndarray
    strict: np.ndarray
    latency_ms: np.ndarray
    tokens: np.ndarray
    price: float
    name: str

    @property
    def cost_usd(self) -> np.ndarray:
        return (IN_TOKENS + 2 * self.tokens) * self.price / 1e6


class Production:
    """A baseline and the weeks since."""

    def __init__(self, rng: np.random.Generator, *, shock: float = 0.05, traffic: int = 0) -> None:
        """``traffic``: hard prompts that the dataset's second version has instead of as many others."""
        self.rng, self.shock = rng, shock
        size = PROMPTS * CATEGORIES
        self.category = np.arange(size + traffic) % CATEGORIES
        k = SHARE * (1 - SHARE) / SHARE_SD**2 - 1
        self.chance = rng.beta(SHARE * k, (1 - SHARE) * k, (CANDIDATES, size + traffic))
        self.chance[:, size:] = 0.3
        self.speed = np.exp(0.5 * rng.standard_normal((CANDIDATES, size + traffic)))
        self.asked = {1: np.arange(size), 2: np.arange(traffic, size + traffic)}
        self.weeks: list[Week] = []
        self.drawn: list[list[Draw]] = []
        for _ in range(BASELINE_RUNS):
            self.add(Week())

    def add(self, week: Week) -> None:
        """One more run."""
        self.weeks.append(week)
        self.drawn.append([self._draw(number, week) for number in range(CANDIDATES)])

    def check(self) -> tuple[Judgement, list[Told]]:
        """What the service finds of the newest run."""
        gathered = self._gathered(self.weeks[-1].has_gate)
        judgement = judge(gathered.series(), gathered.contents.prompts)
        return judgement, found(self._known(gathered, judgement), judgement.findings)

    def _draw(self, number: int, week: Week) -> Draw:
        rng, truth = self.rng, week.truths.get(NAMES[number], Truth())
        names = [f"c{place}" for place in range(CATEGORIES)]
        of_checked = replace(truth, points=truth.points / JUDGE_PASSES)
        chance = moved(self.chance[number], of_checked, self.category, names)
        shape = (REPETITIONS, len(self.category))
        shock = np.exp(self.shock * rng.standard_normal())
        latency = 2000 * self.speed[number] * truth.latency * shock * np.exp(0.4 * rng.standard_normal(shape))
        return Draw(
            good=rng.random(shape) < chance,
            passes_judge=rng.random(shape) < JUDGE_PASSES * (1 - week.severity),
            strict=rng.random(shape) < STRICT_PASSES,
            latency_ms=latency,
            tokens=np.maximum(np.rint(300 * truth.tokens * np.exp(0.3 * rng.standard_normal(shape))), 1.0),
            price=truth.price,
            name=truth.name or f"model-{number}",
        )

    def _gathered(self, has_gate: bool) -> Gathered:
        contents = self._contents()
        runs = [self._figures(place, has_gate) for place in range(len(self.weeks))]
        return Gathered(contents, runs[:BASELINE_RUNS], runs[BASELINE_RUNS:])

    def _contents(self) -> Contents:
        size = len(self.category)
        names = tuple(f"c{place}" for place in range(CATEGORIES))
        hashes = [str(place) for place in range(size)]
        ids = np.arange(size)
        return Contents(hashes, Prompts(self.category, names), ids, ids, self.asked)

    def _figures(self, place: int, has_gate: bool) -> RunFigures:
        week, draws = self.weeks[place], self.drawn[place]
        seen = {}
        for number, draw in enumerate(draws):
            for metric, value in _values(draw, has_gate).items():
                seen[number, metric.name] = self._seen(value, week.version)
        return RunFigures(
            run_id=place + 1,
            dataset_id=week.version,
            at=BEGIN + place * WEEK,
            is_slice=False,
            candidates=frozenset(range(CANDIDATES)),
            seen=seen,
            metrics={metric.name: metric for metric in WATCHED},
            names={number: Counter({(draw.name, None): 1}) for number, draw in enumerate(draws)},
            rates={number: frozenset({round(100 * draw.price)}) for number, draw in enumerate(draws)},
        )

    def _seen(self, value: np.ndarray, version: int) -> Seen:
        mean, n = np.full(len(self.category), np.nan), np.zeros(len(self.category))
        asked = self.asked[version]
        mean[asked], n[asked] = value[:, asked].mean(axis=0), REPETITIONS
        return Seen(mean, n)

    def _known(self, gathered: Gathered, judgement: Judgement) -> Known:
        then = self._gathered(has_gate=False).baseline
        means = {
            (number, metric.name): pooled([run.seen[number, metric.name] for run in then]).mean
            for number in range(CANDIDATES)
            for metric in metrics.BY_RULES
        }
        return Known(
            gathered=gathered,
            cells=by_key(judgement),
            then=Then(_rules(has_gate=False), means),
            rules=_rules(has_gate=self.weeks[-1].has_gate),
            prices=self._prices(),
            judges=self._judges(),
            endpoints={number: f"server {number}" for number in range(CANDIDATES)},
        )

    def _prices(self) -> dict[int, PricesPaid]:
        found = {}
        for number, draw in enumerate(self.drawn[-1]):
            if draw.price != 1.0:
                paid = draw.cost_usd.sum(axis=0)
                found[number] = PricesPaid(paid, paid / draw.price, "other prices")
        return found

    def _judges(self) -> dict[str, JudgeEffect]:
        """The judge asked again about some answers of the baseline, as severe as it is this week."""
        rng, has_gate = self.rng, self.weeks[-1].has_gate
        first, now = np.zeros((2, ANCHORS)), np.zeros((2, ANCHORS))
        for anchor in range(ANCHORS):
            draw = self.drawn[int(rng.integers(BASELINE_RUNS))][anchor % CANDIDATES]
            at = int(rng.integers(REPETITIONS)), int(rng.choice(self.asked[1]))
            stands = draw.good[at] and (draw.strict[at] or not has_gate)
            said = bool(draw.passes_judge[at])
            says = said and rng.random() >= self.weeks[-1].severity
            first[:, anchor] = said, stands and said
            now[:, anchor] = says, stands and says
        words = "the judge"
        scores = JudgeEffect(mean_effect(FAILS_BY * (now[0] - first[0])), words)
        if not (first[0] != now[0]).any():
            return {JUDGED.name: scores}
        return {JUDGED.name: scores, metrics.ACCEPTABLE.name: verdict_effect(np.array([first[1], now[1]]), words)}


def _values(draw: Draw, has_gate: bool) -> dict[Metric, np.ndarray]:
    acceptable = draw.good & draw.passes_judge & (draw.strict | (not has_gate))
    nothing = np.zeros(draw.good.shape)
    return {
        metrics.ACCEPTABLE: acceptable,
        metrics.REFUSALS: nothing,
        metrics.CUT_SHORT: nothing,
        metrics.ERRORS: nothing,
        metrics.LATENCY: draw.latency_ms,
        metrics.TTFT: draw.latency_ms / 5,
        metrics.COST: draw.cost_usd,
        metrics.TOKENS: draw.tokens,
        CHECKED: draw.good,
        JUDGED: 1 - FAILS_BY * ~draw.passes_judge,
    }


def _rules(*, has_gate: bool) -> dict:
    gates = [("checked", 1, 1.0), ("judge", 2, LEAST_GRADE), *([("strict", 3, 1.0)] if has_gate else [])]
    kept = [
        {"evaluator_id": of, "name": name, "kind": name, "category": None, "at_least": least}
        for name, of, least in gates
    ]
    return {"gates": kept, "evaluators": [1, 2, 3]}
