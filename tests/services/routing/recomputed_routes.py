"""Routing tables, what ways to answer would bring, and regret, anew from exported responses, scores and votes.

By what ``docs/numbers.md`` says, where nobody accepted a table and no limit is set.
Nothing of the project computes here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tests.services.deciding.recomputed_verdicts import A_YEAR, Compared, Side, compared, levels, with_harms

Shares = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Evidence:
    """By category, under None over all: what is known of each candidate there, in the order of their ids."""

    sides: Mapping[str | None, Mapping[str, Side]]
    champion: str

    @property
    def categories(self) -> list[str]:
        return [category for category in self.sides if category is not None]

    @property
    def everywhere(self) -> list[str]:
        """Who was asked in every category."""
        return [name for name in self.sides[None] if all(len(self.sides[at][name].by_prompt) for at in self.categories)]


def table(found: Evidence) -> dict[str, str]:
    """Who answers each category."""
    over_all, level = told(found, None, None)
    switched = switches(over_all, level)
    chosen = {}
    for category in found.categories:
        here, level = told(found, category, over_all)
        decided = {name: one.decision(level[name]) for name, one in here.items()}
        equal = [name for name, one in here.items() if is_equal_and_cheaper(one, level[name])]
        assert len(equal) < 2, "of several the nearest to a switch would come first"
        follows = [name for name in switched[:1] if name in here and decided[name] != "keep"]
        follows = [name for name in follows if (one := here[name].quality(level[name])) and one.value >= 0]
        chosen[category] = next(iter([*switches(here, level), *equal, *follows]), found.champion)
    return chosen


def told(
    found: Evidence, category: str | None, over_all: Mapping[str, Compared] | None
) -> tuple[dict[str, Compared], dict[str, float]]:
    """Every challenger against the champion, and its level."""
    there = {name: side for name, side in found.sides[category].items() if len(side.by_prompt)}
    known = compared(
        there[found.champion], {name: each for name, each in there.items() if name != found.champion}, category
    )
    known = with_harms(known, over_all or known)
    return known, levels(known, A_YEAR / 2 if category is None else A_YEAR / 2 / len(found.categories))


def switches(known: Mapping[str, Compared], level: Mapping[str, float]) -> list[str]:
    """Those to switch to, the cheapest first."""

    def place(name: str) -> tuple[float, float]:
        quality, cost = known[name].quality(level[name]), known[name].cost(level[name])
        return -cost.value if cost else np.inf, -quality.value if quality else np.inf

    return sorted((name for name, one in known.items() if one.decision(level[name]) == "switch"), key=place)


def is_equal_and_cheaper(one: Compared, level: float) -> bool:
    cost = one.cost(level)
    return one.decision(level) == "practically equal" and cost is not None and cost.bounds(level)[0] > 0


def shares(found: Evidence) -> dict[str, dict[str, float]]:
    """By category and candidate: in the eyes of raters where all who were asked there are rated, else automatic."""
    whole = {}
    for category in found.categories:
        there = {name: side for name, side in found.sides[category].items() if len(side.by_prompt)}
        is_human = all(side.human is not None for side in there.values())
        whole[category] = {name: side.shown_share if is_human else automatic(side) for name, side in there.items()}
    return whole


def automatic(side: Side) -> float:
    return float((side.by_prompt.good * side.by_prompt.n).sum() / side.by_prompt.n.sum())


def value(who: Mapping[str, str], of: Shares, weight: Mapping[str, float]) -> float:
    """The weighted mean over the categories of ``of``."""
    return sum(weight[at] * of[at][who[at]] for at in of) / sum(weight[at] for at in of)


@dataclass(frozen=True)
class HeldOut:
    """Shares on prompts held out."""

    oracle: float
    table: float
    single: float
    missed: Mapping[str, float]
    """By candidate that was asked everywhere."""


def regret(whole: Evidence, folds: Mapping[Collection[str], Evidence], weight: Mapping[str, float]) -> HeldOut:
    """Each fold's prompts answered by the table, and by the best single model, of the evidence without them."""
    tables, singles = {}, {}
    for held_out, learnt in folds.items():
        of, chosen = shares(learnt), table(learnt)
        best = max(learnt.everywhere, key=lambda one: value(dict.fromkeys(of, one), of, weight))
        for prompt in held_out:
            tables[prompt], singles[prompt] = chosen, dict.fromkeys(chosen, best)
    on = shares(whole)
    oracle = sum(weight[at] * max(on[at].values()) for at in on) / sum(weight[at] for at in on)
    alone = {one: oracle - value(dict.fromkeys(on, one), on, weight) for one in whole.everywhere}
    by_table, single = (answered(whole, by, weight) for by in (tables, singles))
    return HeldOut(oracle, by_table, single, alone)


def answered(found: Evidence, who: Mapping[str, Mapping[str, str]], weight: Mapping[str, float]) -> float:
    """The share acceptable where ``who`` says of each prompt who answers it."""
    of = {}
    for category in found.categories:
        there = {name: side for name, side in found.sides[category].items() if len(side.by_prompt)}
        is_human = all(side.human is not None for side in there.values())
        counts = {name: by_prompt(side, is_human=is_human) for name, side in there.items()}
        prompts = pd.concat(counts.values()).index.unique()
        mine = [counts[who[one][category]].loc[one] for one in prompts if one in counts[who[one][category]].index]
        of[category] = {"it": sum(each.good for each in mine) / sum(each.n for each in mine)}
    return value(dict.fromkeys(of, "it"), of, weight)


def by_prompt(side: Side, *, is_human: bool) -> pd.DataFrame:
    """How many responses to each prompt, and how many of them are good, in parts where few were rated."""
    n = side.by_prompt.n
    if not is_human or side.human is None:
        return pd.DataFrame({"n": n, "good": n * side.by_prompt.good})
    moved = side.human.influences.groupby("prompt")["by"].sum()
    at = moved.reindex(side.place.loc[n.index].to_numpy()).fillna(0.0).to_numpy()
    return pd.DataFrame({"n": n, "good": n * side.shown_share + n.sum() * at})


def policy(found: Evidence, who: Mapping[str, str], weight: Mapping[str, float]) -> dict[str, float | None]:
    """What a way to answer brings, None where something is not known."""
    sides = {category: found.sides[category][who[category]] for category in found.categories}
    of = {at: {who[at]: (side.by_prompt.usd * side.by_prompt.n).sum(skipna=False) / side.by_prompt.n.sum()}
          for at, side in sides.items()}  # fmt: skip
    cost = value(who, of, weight)
    times = pd.concat([
        pd.DataFrame({"ms": side.latency, "w": weight[at] / len(side.latency)}) for at, side in sides.items()
    ]).sort_values("ms")  # fmt: skip
    below = times.w.cumsum() / times.w.sum()
    p50, p95 = (float(times.ms[below >= q - 1e-9].iloc[0]) for q in (0.5, 0.95))
    share = value(who, shares(found), weight)
    return {"share": share, "cost_usd": None if np.isnan(cost) else float(cost), "p50_ms": p50, "p95_ms": p95}
