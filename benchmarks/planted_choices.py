"""Candidates with planted quality and cost, asked the same prompts week after week.

Prompts are a sample: each has its own share acceptable (beta distributed) and its own cost (lognormal) with each
candidate, and what is true of a candidate is its mean over all prompts there could be. More weeks never change which
prompts were drawn.
"""

from dataclasses import dataclass

import numpy as np

from core.domain.deciding import Evidence, Scopes

CHAMPION, REPETITIONS, WEEKS = 0, 3, 52
BASE_COST_SD, RESPONSE_COST_CV = 0.6, 0.3


@dataclass(frozen=True)
class World:
    """What is true. The champion comes first."""

    share: tuple[float, ...]
    """Of each candidate's responses that are acceptable."""
    cost: tuple[float, ...]
    """Of each candidate's responses, in US dollars."""
    prompts: int
    categories: int = 8
    sd: float = 0.2
    """Between prompts, of the difference of two candidates' shares."""
    cost_sd: float = 0.4
    """Between prompts, of the log of the ratio of their costs."""
    repetitions: int = REPETITIONS


@dataclass(frozen=True)
class Year:
    """What was seen up to each week: [weeks, candidates, prompts], added up."""

    judged: np.ndarray
    acceptable: np.ndarray
    paid_usd: np.ndarray
    category: np.ndarray
    """[prompts]"""
    categories: int

    def evidence(self, week: int, extra: dict | None = None) -> Scopes:
        """As ``decide`` takes it; ``extra``: more fields of the evidence over all, by candidate."""
        places = {str(k): np.flatnonzero(self.category == k) for k in range(self.categories)}
        return {None: self.scope(week, extra=extra)} | {name: self.scope(week, one) for name, one in places.items()}

    def scope(self, week: int, place: np.ndarray | slice = slice(None), extra: dict | None = None) -> list[Evidence]:
        """Of some prompts alone."""
        code = np.arange(len(self.category))[place]
        tables = [table[week][:, place] for table in (self.judged, self.acceptable, self.paid_usd)]
        return [
            Evidence(one, code, *(table[one] for table in tables), **(extra or {}).get(one, {}))
            for one in range(len(tables[0]))
        ]


def year(rng: np.random.Generator, world: World, weeks: int = WEEKS) -> Year:
    """One year of a world."""
    shape = (weeks, len(world.share), world.prompts)
    chance, usd = prompts_of(rng, world)
    acceptable = rng.binomial(world.repetitions, chance, shape).cumsum(axis=0)
    of_response = 1 / RESPONSE_COST_CV**2
    spread = rng.standard_gamma(world.repetitions * of_response, shape) / of_response
    judged = np.broadcast_to(np.arange(1.0, weeks + 1)[:, None, None] * world.repetitions, shape)
    category = np.arange(world.prompts) % world.categories
    return Year(judged, acceptable.astype(float), (usd * spread).cumsum(axis=0), category, world.categories)


def prompts_of(rng: np.random.Generator, world: World) -> tuple[np.ndarray, np.ndarray]:
    """[candidates, prompts] the share acceptable, and the mean cost of a response."""
    mean = np.array(world.share)[:, None]
    shape = (len(world.share), world.prompts)
    own = world.sd / np.sqrt(2)
    chance = np.broadcast_to(mean, shape)
    if own:
        size = mean * (1 - mean) / own**2 - 1
        chance = rng.beta(mean * size, (1 - mean) * size, shape)
    sd = world.cost_sd / np.sqrt(2)
    base = BASE_COST_SD * rng.standard_normal(world.prompts)
    usd = np.array(world.cost)[:, None] * np.exp(base + sd * rng.standard_normal(shape) - sd**2 / 2)
    return chance, usd
