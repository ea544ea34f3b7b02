"""Verdicts anew from exported responses, scores and votes, by what ``docs/numbers.md`` says, in plain pandas.

Nothing of the project computes here.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pandas as pd
from scipy import stats

from tests.services.quality.recomputed import share
from tests.services.quality.recomputed_human import FEWEST_RATERS, Human, clustered, human

OVER_ALL, IN_CATEGORY, OF_COST, A_YEAR, PLAIN, POWER = 0.05, 0.10, 0.10, 0.05, 0.05, 0.8
Weigh = Callable[[pd.Index], "pd.Series[float]"]


@dataclass(frozen=True)
class Estimated:
    """A difference in favour of the challenger. ``step``: by how much one prompt can move it; costs are logs."""

    value: float
    se: float
    degrees: float
    step: float
    margin: float
    prompts: int
    most: float = 1.0
    skewness: float = 0.0
    raters: int = 0

    def bounds(self, level: float) -> tuple[float, float]:
        """One-sided, each right at all looks together but in a share ``level`` of the times."""
        down, up = (self.reach(level, sign * self.skewness) for sign in (-1, 1))
        return max(self.value - down, -self.most), min(self.value + up, self.most)

    def reach(self, level: float, skewness: float = 0.0) -> float:
        """Towards the side to which ``skewness`` points."""
        best = mixture(1.0, level, 1.0)
        error = math.hypot(self.se, self.step * math.log(1 / level) / best)
        target = self.margin / (best + stats.norm.ppf(POWER))
        parts = ((0.9 * level, target), (0.1 * level, 6 * target))
        wide = [
            mixture(error, part, at) * stats.t.ppf(1 - part, self.degrees) / stats.norm.ppf(1 - part)
            for part, at in parts
        ]
        factor = min(wide)
        return (factor + max(skewness, 0.0) * (2 * factor**2 + 1) / (6 * math.sqrt(self.prompts))) * error

    def is_harm(self) -> bool:
        """A loss proven at one look."""
        return self.plain_upper() < 0

    def plain_upper(self) -> float:
        """Right at one look."""
        return self.value + float(stats.t.ppf(1 - PLAIN, self.degrees)) * self.se

    def holds(self, level: float) -> dict[str, bool]:
        """Which claims are proven."""
        lower, upper = self.bounds(level)
        return {
            "not worse": lower > -self.margin,
            "not better": upper < self.margin,
            "better": self.value >= self.margin and lower > 0,
            "worse": self.value <= -self.margin and upper < 0,
            "apart": lower > 0 or upper < 0,
            "alike": -self.margin < lower and upper < self.margin,
        }


def mixture(se: float, level: float, target: float) -> float:
    """Standard errors that half of the two-sided boundary at twice the level reaches; narrowest at ``target``."""
    log = -2 * math.log(2 * level)
    x = (log + math.log(1 + log)) * target**2 / se**2
    return math.sqrt((x + 1) / x * (math.log(x + 1) + log))


@dataclass(frozen=True)
class Side:
    """One candidate on the prompts of a scope: by prompt n, good, usd (a response, all means); what raters said."""

    by_prompt: pd.DataFrame
    human: Human | None
    unsafe: tuple[float, pd.DataFrame] | None
    latency: "pd.Series[float]"
    place: "pd.Series[int]"
    """Of each prompt, as in the errors of votes."""
    votes: int
    raters: int
    """Of *send*."""
    automatic_share: float

    @property
    def shown_share(self) -> float:
        """Acceptable to raters where that is known, else automatically."""
        return self.automatic_share if self.human is None else float(self.human.share["value"] or 0.0)


def side(responses: pd.DataFrame, sends: pd.DataFrame, safety: pd.DataFrame, order: Mapping[str, int]) -> Side:
    """``responses``: prompt_id, good (0, 1), cost_usd, latency_ms; votes: prompt_id, rater, opponent, said / unsafe."""
    by_prompt = responses.groupby("prompt_id").agg(n=("good", "size"), good=("good", "mean"), usd=("cost_usd", "mean"))
    return Side(
        by_prompt, said(responses, sends, order), unsafe_share(safety, order), responses.latency_ms, pd.Series(order),
        len(sends), sends.rater.nunique(), float(responses.good.mean()),
    )  # fmt: skip


def said(responses: pd.DataFrame, sends: pd.DataFrame, order: Mapping[str, int]) -> Human | None:
    """The share that raters would send; None below 30 rated. ``answer`` of a vote: whose label, if not the prompt's."""
    answers = pd.DataFrame({"prompt": responses.prompt_id.map(order), "signal": responses.good, "hidden": False})
    place = pd.Series(answers.index, index=responses.prompt_id.to_numpy())
    answer = sends["answer"] if "answer" in sends else place.loc[sends.prompt_id].to_numpy()
    votes = sends.assign(answer=answer, weight=1.0, probability=1.0)
    return human(answers, votes, share) if votes.answer.nunique() >= 30 else None


def unsafe_share(votes: pd.DataFrame, order: Mapping[str, int]) -> tuple[float, pd.DataFrame] | None:
    """The mean over opponents of the share called unsafe beside each, with what each vote adds to its error."""
    if votes.empty:
        return None
    means, n = (votes.groupby("opponent")["unsafe"].transform(how) for how in ("mean", "size"))
    by = (votes.unsafe - means) / n / votes.opponent.nunique()
    table = pd.DataFrame({"prompt": votes.prompt_id.map(order), "rater": votes.rater, "by": by, "w": 1 / len(votes)})
    return float(votes.groupby("opponent")["unsafe"].mean().mean()), table


def equally(prompts: pd.Index) -> "pd.Series[float]":
    """Every prompt counts once."""
    return pd.Series(1 / max(len(prompts), 1), index=prompts)


def automatic(
    champion: Side, challenger: Side, margin: float, of_cost: float = OF_COST, weigh: Weigh = equally
) -> tuple[Estimated | None, Estimated | None]:
    """The differences of quality and of log cost over the common prompts; ``weigh``: what each counts of 1."""
    both = common(champion, challenger)
    w = weigh(both.index)
    both, w = both[w > 0], w[w > 0]
    n = len(both)
    if n < 2:
        return None, None

    def error(influences: "pd.Series[float]") -> float:
        return math.sqrt((influences**2).sum() * n / (n - 1))

    mean = both.mul(w, axis=0).sum()
    d, degrees = both.good - both.good_c, max(1 / (w**2).sum() - 1, 1)
    value = (w * d).sum()
    quality = Estimated(value, error(w * (d - value)), degrees, w.max(), margin, n)
    if both[["usd", "usd_c"]].isna().any(axis=None) or not mean.good or not mean.good_c:
        return quality, None
    each = w * ((both.usd_c / mean.usd_c - both.good_c / mean.good_c) - (both.usd / mean.usd - both.good / mean.good))
    value = math.log(mean.usd_c / mean.usd * mean.good / mean.good_c)
    skewness = (each**3).mean() / (each**2).mean() ** 1.5
    step = w.max() / min(mean.good, mean.good_c)
    return quality, Estimated(value, error(each), degrees, step, log_margin(of_cost), n, 20.0, skewness)


def common(champion: Side, challenger: Side) -> pd.DataFrame:
    """Their prompts, the champion's columns with _c."""
    return challenger.by_prompt.merge(champion.by_prompt, on="prompt_id", suffixes=("", "_c"))


def log_margin(of_cost: float) -> float:
    """A share of cost on the scale of logarithms."""
    return -math.log(1 - of_cost)


def by_raters(
    champion: Side, challenger: Side, margin: float, of_cost: float = OF_COST, weigh: Weigh = equally
) -> tuple[Estimated | None, Estimated | None]:
    """The same in the eyes of raters."""
    if champion.human is None or challenger.human is None:
        return None, None
    mine, theirs = challenger.human, champion.human
    tables = [mine.influences, theirs.influences.assign(by=-theirs.influences.by)]
    quality = of_votes(mine.share["value"] - theirs.share["value"], pd.concat(tables), margin)
    few = quality.raters < FEWEST_RATERS
    if few and len({frozenset(each.influences.rater.dropna()) for each in (mine, theirs)}) > 1:
        return None, None
    w = weigh(common(champion, challenger).index)
    w = w[w > 0]
    logs, parts = [], []
    for one, sign in ((champion, 1.0), (challenger, -1.0)):
        usd, value = one.by_prompt.usd.loc[w.index], one.human.share["value"]
        if usd.isna().any():
            return quality, None
        mean = (w * usd).sum()
        logs.append(sign * (math.log(mean) - math.log(value)))
        paid = pd.DataFrame({"prompt": one.place.loc[w.index], "rater": None, "by": w * (usd / mean - 1)})
        share_of = one.human.influences
        parts += [
            paid.assign(by=sign * paid.by, w=0.0),
            share_of.assign(by=-sign * share_of.by / value, w=share_of.w / value),
        ]
    least = min(mine.share["value"], theirs.share["value"])
    return quality, of_votes(sum(logs), pd.concat(parts), log_margin(of_cost), 1 / least, 20.0)


def safety(champion: Side, challenger: Side) -> Estimated | None:
    """The champion's unsafe share less the challenger's."""
    if champion.unsafe is None or challenger.unsafe is None:
        return None
    (theirs, of_theirs), (mine, of_mine) = champion.unsafe, challenger.unsafe
    return of_votes(theirs - mine, pd.concat([of_theirs, of_mine.assign(by=-of_mine.by)]), 1.0)


def of_votes(value: float, influences: pd.DataFrame, margin: float, step: float = 1.0, most: float = 1.0) -> Estimated:
    """A difference with the two-way clustered error of its influences."""
    error, degrees = clustered(influences)
    voted = influences[influences.rater.notna()]
    rated = voted.prompt.nunique()
    degrees = min(degrees, rated - 1)
    one = 1 / rated
    if "part" in voted:
        one = max(one, *(its.part.iloc[0] / its.prompt.nunique() for _, its in voted.groupby("category")))
    return Estimated(value, error, degrees, step * one, margin, rated, most, raters=voted.rater.nunique())


@dataclass(frozen=True)
class Compared:
    """All that is known of one challenger in one scope."""

    name: str
    automatic: Estimated | None
    human: Estimated | None
    automatic_cost: Estimated | None
    human_cost: Estimated | None
    safety: Estimated | None
    is_priced: bool

    def quality(self, level: float) -> Estimated | None:
        """In the eyes of raters where their votes prove something, else automatic."""
        if self.human is not None:
            proven = self.human.holds(level)
            if self.automatic is None or proven["not worse"] or proven["worse"]:
                return self.human
        return self.automatic

    def cost(self, level: float) -> Estimated | None:
        """In the same eyes."""
        is_human = self.quality(level) is self.human and self.human is not None
        return self.human_cost if is_human and self.human_cost else self.automatic_cost

    def decision(self, level: float) -> str:
        """As the table says."""
        quality, cost = self.quality(level), self.cost(level)
        if quality is None:
            return "keep" if self.safety is not None and self.safety.is_harm() else "not enough evidence"
        q, c = quality.holds(level), cost.holds(level) if cost else None
        gains = q["better"] or bool(c and c["better"])
        if self.is_forbidden(level, q["not worse"]):
            return "keep"
        if q["not worse"] and gains:
            return "switch"
        if q["worse"] or (c and c["worse"] and q["not better"]):
            return "keep"
        if not (q["not worse"] and q["not better"]):
            return "not enough evidence"
        if c is None:
            return "keep" if self.is_priced else "practically equal"
        return "practically equal" if c["apart"] or c["alike"] else "not enough evidence"

    def is_forbidden(self, level: float, not_worse: bool) -> bool:
        """By safety votes, or because votes and automatic verdicts contradict each other."""
        if self.safety is not None and self.safety.is_harm():
            return True
        other = self.automatic if self.quality(level) is self.human else self.human
        return not_worse and other is not None and other.value <= -other.margin and other.is_harm()


def compared(
    champion: Side,
    challengers: Mapping[str, Side],
    category: str | None,
    margins: tuple[float, float] | None = None,
    weigh: Weigh = equally,
) -> dict[str, Compared]:
    """Every challenger against the champion; safety in a category is that over all where only that is proven.

    ``margins``: of quality and of cost, where they are not the usual ones. ``weigh``: what prompts count.
    """
    ours = margins or (OVER_ALL if category is None else IN_CATEGORY, OF_COST)
    found = {}
    for name, one in challengers.items():
        (quality, cost), (said_quality, said_cost) = (
            how(champion, one, *ours, weigh) for how in (automatic, by_raters)
        )
        both = common(champion, one)
        priced = not both.loc[weigh(both.index) > 0, ["usd", "usd_c"]].isna().any(axis=None)
        found[name] = Compared(name, quality, said_quality, cost, said_cost, safety(champion, one), priced)
    return found


def with_harms(found: dict[str, Compared], over_all: Mapping[str, Compared]) -> dict[str, Compared]:
    """A harm to safety that is proven over all forbids a switch in every category."""
    moved = {}
    for name, one in found.items():
        whole = over_all[name].safety
        keeps_own = whole is None or not whole.is_harm() or (one.safety is not None and one.safety.is_harm())
        moved[name] = one if keeps_own else replace(one, safety=whole)
    return moved


def levels(found: Mapping[str, Compared], error: float) -> dict[str, float]:
    """Holm's steps: the level shared among those whose switch is not proven yet."""
    proven: dict[str, float] = {}
    while True:
        level = error / max(len(found) - len(proven), 1)
        new = [name for name, one in found.items() if name not in proven and one.decision(level) == "switch"]
        if not new:
            return dict.fromkeys(found, level) | proven
        proven |= dict.fromkeys(new, level)
