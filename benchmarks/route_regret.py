"""What a compiled routing table misses on prompts held out, and in how many years it changes without a reason.

*Regret*: candidates whose quality differs from category to category, or does not, and whose prices do or do not; the
champion is whoever was best on an evaluation before. Prompts are dealt to eight folds, as *Routing* does it: each is
answered by the table that all the others lead to, and judged by what is true of it, beside the model that was best for
all on the others, the one that is truly best, and an oracle that knows the truth of every category. *Years*: weekly
readings of worlds in which no category has a best candidate of its own and no challenger ought to be switched to; a
year is wrong where the table changes in any week.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from benchmarks.false_switches import CHECKED_EVERY, Planted, may_switch, worlds
from benchmarks.planted_choices import BASE_COST_SD, CHAMPION, REPETITIONS, WEEKS, Year, year
from core.domain.deciding import Decision, Evidence, Scopes, Settings, decide
from core.domain.routing import (
    Compiling,
    Counted,
    Fold,
    Limits,
    Option,
    Regret,
    Route,
    RoutingTable,
    Scope,
    compile_table,
    dealt,
    regret,
)
from core.services import deciding, routing, scoring
from core.services.demo.finishing import finish_demo
from core.services.demo.opening import prepare_workspace
from core.services.routing.held_out import FOLDS
from core.storage.engine import open_engine, reading
from core.storage.schema import upgrade

TIMES, YEARS, GOAL_POINTS, GOAL_YEARS = 100, 200, 0.2, 0.05
CANDIDATES, CATEGORIES = 5, 8
FALSE = ("identical", "equal in quality and cost", "5 points worse, 40 % cheaper", "10 points worse, 40 % cheaper")


@dataclass(frozen=True)
class Market:
    """How candidates differ: SDs of shares between candidates and within one between categories, and of log prices."""

    effects: float
    prices: float
    prompts: int
    between: float = 0.06
    weeks: int = 4


MARKETS = tuple(
    Market(effects, prices, prompts) for effects in (0.0, 0.05, 0.1) for prices in (0.0, 0.7) for prompts in (512, 2048)
)


def compiled(evidence: Scopes, champion: int) -> RoutingTable:
    """The table that this evidence allows, without limits and without a table in force."""
    found = decide(evidence, champion, Settings(), settle=False)
    options = {one.candidate: Option(one.candidate, share=0.5) for one in evidence[None]}
    scopes = [
        Scope(one.category, Route(one.category, champion), one.comparisons, {}, options)
        for one in found
        if one.category is not None
    ]
    whole = found[0]
    over_all = whole.comparisons[0] if whole.decision is Decision.SWITCH else None
    return compile_table(scopes, Compiling(champion, Limits(), frozenset(options), over_all=over_all))


@dataclass(frozen=True)
class World:
    """What came of one: regret, and what the table and the best single model cost; how many categories moved."""

    regret: Regret
    cost: float
    single_cost: float
    moved: float


def one_world(rng: np.random.Generator, market: Market) -> World:
    """Candidates drawn anew, an evaluation that makes one of them the champion, and one to compile from."""
    base = np.clip(0.75 + market.between * rng.standard_normal(CANDIDATES), 0.3, 0.95)
    share = np.clip(base[:, None] + market.effects * rng.standard_normal((CANDIDATES, CATEGORIES)), 0.05, 0.97)
    price = 0.002 * np.exp(market.prices * rng.standard_normal(CANDIDATES))
    before = _prompts(rng, share, price, market)
    champion = int((before[1] / before[0]).mean(axis=1).argmax())
    judged, good, paid, chance, category = _prompts(rng, share, price, market)
    fold_of, folds = dealt(category, FOLDS), []
    for fold in range(FOLDS):
        learnt = fold_of != fold
        table = compiled(_evidence(judged, good, paid, category, learnt), champion)
        choice = {str(k): table.of(str(k)).primary for k in range(CATEGORIES)}
        single = int(good[:, learnt].mean(axis=1).argmax())
        folds.append(Fold(choice, single, _true(chance, category, ~learnt)))
    found = regret(folds, dict.fromkeys(map(str, range(CATEGORIES)), 1.0), market.prompts)
    assert found is not None
    primaries = np.array([list(fold.table.values()) for fold in folds])
    return World(
        found,
        float(price[primaries].mean()),
        float(price[[fold.single for fold in folds]].mean()),
        float((primaries != champion).sum(axis=1).mean()),
    )


def _true(chance: np.ndarray, category: np.ndarray, held_out: np.ndarray) -> dict[str, dict[int, Counted]]:
    """What is true of prompts held out, in place of what was seen of them."""
    found = {}
    for k in range(CATEGORIES):
        here = chance[:, held_out & (category == k)]
        found[str(k)] = {one: Counted(float(here[one].sum()), here.shape[1]) for one in range(len(chance))}
    return found


def _prompts(
    rng: np.random.Generator, share: np.ndarray, price: np.ndarray, market: Market
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """[candidates, prompts] judged, acceptable, paid and the true share; [prompts] the category."""
    category = np.arange(market.prompts) % CATEGORIES
    mean, n = share[:, category], float(REPETITIONS * market.weeks)
    size = np.maximum(mean * (1 - mean) / 0.02 - 1, 0.5)
    chance = rng.beta(mean * size, (1 - mean) * size)
    spread = np.exp(BASE_COST_SD * rng.standard_normal(market.prompts) + 0.28 * rng.standard_normal(mean.shape))
    judged = np.full(mean.shape, n)
    return judged, rng.binomial(int(n), chance).astype(float), judged * price[:, None] * spread, chance, category


def _evidence(
    judged: np.ndarray, good: np.ndarray, paid: np.ndarray, category: np.ndarray, which: np.ndarray
) -> Scopes:
    def scope(here: np.ndarray) -> list[Evidence]:
        places = np.flatnonzero(here)
        return [
            Evidence(one, places, judged[one, places], good[one, places], paid[one, places]) for one in range(len(good))
        ]

    return {None: scope(which)} | {str(k): scope(which & (category == k)) for k in range(CATEGORIES)}


def simulated(rng: np.random.Generator, times: int) -> dict[str, dict[str, float]]:
    """By market, means over so many worlds."""
    found = {}
    for market in MARKETS:
        seen = [one_world(rng, market) for _ in range(times)]
        table, single, hindsight = np.mean([_missed(one.regret) for one in seen], axis=0).tolist()
        name = f"effects {market.effects:g}, prices {market.prices:g}, {market.prompts} prompts"
        found[name] = {
            "table_misses": round(table, 2),
            "single_misses": round(single, 2),
            "best_single_misses": round(hindsight, 2),
            "cost_ratio": round(sum(one.cost for one in seen) / sum(one.single_cost for one in seen), 2),
            "categories_moved": round(float(np.mean([one.moved for one in seen])), 2),
        }
    return found


def _missed(found: Regret) -> tuple[float, float, float]:
    """Points: of the table, of the single model that was learnt, and of the one that is best in hindsight."""
    best = found.alone[found.hindsight or 0]
    return 100 * found.of_table, 100 * (found.oracle - found.single), 100 * (found.oracle - best)


def wrong_years(rng: np.random.Generator, planted: Planted, years: int) -> float:
    """The share of years in which the table changes in some week."""
    wrong = 0
    for number in range(years):
        seen = year(rng, planted.world, WEEKS)
        wrong += any(_is_changed(seen, week) for week in _open_weeks(seen, number))
    return wrong / years


def _is_changed(seen: Year, week: int) -> bool:
    return any(route.primary != CHAMPION for route in compiled(seen.evidence(week), CHAMPION).routes)


def _open_weeks(seen: Year, number: int) -> Iterator[int]:
    """The weeks in which somebody may pass what every bound asks at least, and one in CHECKED_EVERY others."""
    margins = Settings().margins
    may = may_switch(seen, 1, margins.over_all).any(axis=(1, 2))
    may |= may_switch(seen, seen.categories, margins.in_category, 0.0).any(axis=(1, 2))
    for week, is_open in enumerate(may):
        if is_open or (number * len(may) + week) % CHECKED_EVERY == 0:
            yield week


def of_demo() -> dict[str, object]:
    """Regret on the demo's prompts, as *Routing* shows it when its weeks are checked; why not, where there is none."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/evenhand.db")
        upgrade(engine)
        now = datetime.now(UTC)
        prepare_workspace(engine, demo=True, now=now)
        scoring.ensure_defaults(engine, now=now)
        finish_demo(engine, now=now)
        with reading(engine) as session:
            found = routing.find(session, deciding.datasets(session)[0])
            held = None if found is None else routing.what_if(found).regret
        engine.dispose()
    if held is None:
        return {"problem": "no champion, or no prompts in common"}
    table, single, hindsight = (round(points, 2) for points in _missed(held))
    return {
        "table_misses": table,
        "single_misses": single,
        "best_single_misses": hindsight,
        "oracle": round(held.oracle, 3),
        "folds": held.folds,
        "prompts": held.prompts,
    }


def run(times: int = TIMES, years: int = YEARS) -> dict[str, object]:
    """Print-ready result; ``value``: how many points the table misses more than the best single model, on average."""
    began, rng = time.process_time(), np.random.default_rng(2026)
    markets, planted = simulated(rng, times), worlds()
    excess = float(np.mean([one["table_misses"] - one["single_misses"] for one in markets.values()]))
    wrong = {name: wrong_years(rng, planted[name], years) for name in FALSE}
    demo = of_demo()
    of_demo_excess = float(str(demo.get("table_misses", 0.0))) - float(str(demo.get("single_misses", 0.0)))
    return {
        "name": "route_regret",
        "value": round(excess, 2),
        "goal": f"<= {GOAL_POINTS} points more than the best single model misses, on simulation and on the demo; "
        f"without category effects the table changes in <= {GOAL_YEARS} of years",
        "met": excess <= GOAL_POINTS and of_demo_excess <= GOAL_POINTS and max(wrong.values()) <= GOAL_YEARS,
        "detail": {
            "worlds_a_market": times,
            "markets": markets,
            "years": years,
            "wrong_years": wrong,
            "demo": demo,
            "cpu_seconds": round(time.process_time() - began, 1),
        },
    }
