"""Every figure of a report anew from exported facts, in plain pandas: nothing of the project computes here.

The facts: one table each of responses, attempts, scores and votes, as ``evenhand export`` writes them.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from tests.services.quality.recomputed_human import FEWEST_RATERS, human, human_cost

CUT_SHORT = {"length", "truncated", "incomplete"}
FORM = ("Not refused", "Complete")
FLAGS = ("Tone flag: nothing harsh", "Tone flag: no swearing")
TOKENS = ("input_tokens", "output_tokens")
KEY = ["run", "prompt_id", "candidate", "repetition"]
SENDS = {"left": (1.0, 0.0), "right": (0.0, 1.0), "tie": (1.0, 1.0), "both_bad": (0.0, 0.0)}


@dataclass(frozen=True)
class Facts:
    """``categories``: prompt → category; ``gates``: the evaluators that are gates, all at 1; ``judges``: who grade."""

    responses: pd.DataFrame
    attempts: pd.DataFrame
    scores: pd.DataFrame
    votes: pd.DataFrame
    categories: dict[str, str]
    champion: str
    gates: tuple[str, ...]
    judges: tuple[str, ...] = ()
    calls: pd.DataFrame | None = None
    """Of judges."""

    def in_scope(self) -> "Facts":
        """On the champion's prompts, each in the newest run that asked it."""
        asked = pd.concat([self.responses[KEY[:3]], self.attempts[KEY[:3]]])
        newest = asked.groupby(["prompt_id", "candidate"], as_index=False)["run"].max()
        newest = newest[newest.prompt_id.isin(newest.prompt_id[newest.candidate == self.champion])]

        def kept(table: pd.DataFrame) -> pd.DataFrame:
            return table.merge(newest, on=["run", "prompt_id", "candidate"])

        calls = None if self.calls is None else kept(self.calls)
        tables = {name: kept(getattr(self, name)) for name in ("responses", "attempts", "scores")}
        return replace(self, **tables, calls=calls)

    def of(self, candidate: str, category: str | None) -> "Facts":
        """One candidate's part in one category."""
        inside = {prompt for prompt, name in self.categories.items() if category in (None, name)}
        tables = {name: getattr(self, name) for name in ("responses", "attempts", "scores", "calls")}
        mine = {
            name: each[(each.candidate == candidate) & each.prompt_id.isin(inside)]
            for name, each in tables.items()
            if each is not None
        }
        return replace(self, **mine)


def judged(facts: Facts) -> pd.DataFrame:
    """One row a response: whether it is acceptable (nan: open), whether checked, whether raters may see it."""
    value = facts.scores.pivot_table("value", KEY, "evaluator", dropna=False)
    applies = facts.scores.pivot_table("applies", KEY, "evaluator", aggfunc="min", dropna=False).astype(float)
    table = facts.responses.set_index(KEY)
    gates = list(facts.gates)
    value, applies = (each.reindex(table.index).reindex(columns=[*gates, *FORM]) for each in (value, applies))
    asked = applies[gates].fillna(1.0) > 0
    failed = (asked & (value[gates] < 1.0)).any(axis=1)
    still_open = (asked & value[gates].isna()).any(axis=1)
    empty = table.turns.map(lambda turns: not "".join(turns).split())
    hidden = empty | table.finish_reason.isin(CUT_SHORT)
    cut = hidden | (value["Complete"] < 0.5)
    refuses = value["Not refused"] < 0.5
    wrong = failed | empty | cut | refuses
    good = np.where(wrong, 0.0, np.where(still_open, np.nan, 1.0))
    found = {"good": good, "checked": asked.any(axis=1), "hidden": hidden, "refuses": refuses, "cut": cut}
    if facts.judges:
        found["judge"] = value_of_judges(facts).reindex(table.index)
    return pd.DataFrame(found, index=table.index).reset_index()


def value_of_judges(facts: Facts) -> "pd.Series[float]":
    """The mean of what the judges gave each response."""
    return facts.scores[facts.scores.evaluator.isin(facts.judges)].groupby(KEY)["value"].mean()


def given_up(facts: Facts) -> pd.DataFrame:
    """The units of work that ended without a response."""
    last = facts.attempts[facts.attempts.is_last]
    return last[~last.set_index(KEY).index.isin(facts.responses.set_index(KEY).index)]


def share(good: np.ndarray, n: np.ndarray) -> dict[str, float | None]:
    """Wilson's interval with the effective number of responses, Student's t with one degree less than prompts."""
    good, n, groups = good[n > 0], n[n > 0], int((n > 0).sum())
    if not groups:
        return {"value": None, "lower": None, "upper": None}
    p, total = good.sum() / n.sum(), n.sum()
    if groups < 3:
        return {"value": p, "lower": None, "upper": None}
    variance = groups / (groups - 1) * ((good - p * n) ** 2).sum() / total**2
    effective = groups if p in (0.0, 1.0) else min(p * (1 - p) / variance, total) if variance > 0 else total
    t = stats.t.ppf(0.975, groups - 1)
    middle, width = p + t**2 / (2 * effective), t * math.sqrt(p * (1 - p) / effective + t**2 / (4 * effective**2))
    lower, upper = ((middle + sign * width) / (1 + t**2 / effective) for sign in (-1, 1))
    return {"value": p, "lower": min(max(lower, 0.0), p), "upper": max(min(upper, 1.0), p)}


def cost_interval(paid: np.ndarray, good: np.ndarray, n: np.ndarray) -> dict[str, float | None]:
    """Paid ÷ acceptable; on the log scale by leaving out each prompt in turn, its upper end moved by the skewness."""
    if np.isnan(paid).any() or not good.sum():
        return {"value": None, "lower": None, "upper": None}
    value, prompts = paid.sum() / good.sum(), len(paid)
    if prompts < 3:
        return {"value": value, "lower": None, "upper": None}
    down, up = reaches(paid, good)
    if good.sum() == n.sum():
        up = math.hypot(up, math.log(1 / share(good, n)["lower"]))
    return {"value": value, "lower": value * math.exp(-down), "upper": value * math.exp(up)}


def reaches(paid: np.ndarray, n: np.ndarray) -> tuple[float, float]:
    """How far down and up the interval of log(Σ paid / Σ n) goes."""
    prompts = len(paid)
    without = np.log([(paid.sum() - one) / (n.sum() - other) for one, other in zip(paid, n, strict=True)])
    influence = (prompts - 1) * (math.log(paid.sum() / n.sum()) - without)
    error = math.sqrt((influence**2).sum() / (prompts - 1) / prompts)
    skewness = stats.skew(influence) if influence.std() > 1e-9 else 0.0
    t = stats.t.ppf(0.975, prompts - 1)
    return t * error, (t + max(skewness, 0.0) / math.sqrt(prompts) * (2 * t**2 + 1) / 6) * error


def quantiles(times: "pd.Series[float]", waited: Iterable[float] = ()) -> dict[str, float | None]:
    """Of times, and of what was given up after it was ``waited``: Kaplan and Meier's share of those still to come."""
    known, waited = times.dropna(), list(waited)
    if not waited:
        return {f"p{share}": _none(known.quantile(share / 100)) for share in (50, 95, 99)}
    found: dict[str, float | None] = {"p50": None, "p95": None, "p99": None}
    left, to_come = 1.0, len(known) + len(waited)
    for time, has_ended in sorted([*((time, True) for time in known), *((time, False) for time in waited)]):
        left *= 1 - 1 / to_come if has_ended else 1.0
        to_come -= 1
        for share in (50, 95, 99):
            if has_ended and found[f"p{share}"] is None and 1 - left >= share / 100 - 1e-9:
                found[f"p{share}"] = time
    return found


def paid_by_prompt(facts: Facts) -> "pd.Series[float]":
    """What each prompt cost with all its attempts, nan where a part is not known; imported ones bring their own."""
    for_nothing = facts.attempts.cost_basis == "nothing"
    cost = facts.attempts.cost_usd.mask(for_nothing & facts.attempts.cost_usd.isna(), 0.0)
    tried = facts.attempts.assign(cost=cost)
    alone = facts.responses[~facts.responses.run.isin(facts.attempts.run)].rename(columns={"cost_usd": "cost"})
    every = pd.concat([tried[["prompt_id", "cost"]], alone[["prompt_id", "cost"]]])
    return every.groupby("prompt_id")["cost"].agg(lambda costs: costs.sum(skipna=False))


def figures(facts: Facts) -> dict[str, object]:
    """The figures of one part, by the names of ``report --json``."""
    verdicts, failed, paid = judged(facts), given_up(facts), paid_by_prompt(facts)
    known = verdicts[verdicts.good.notna()]
    by_prompt = known.groupby("prompt_id")["good"].agg(["sum", "count"])
    lost = failed.groupby("prompt_id").size()
    n = by_prompt["count"].add(lost, fill_value=0)
    good = by_prompt["sum"].reindex(n.index).fillna(0.0)
    checked = known[known.checked].groupby("prompt_id")["good"].agg(["sum", "count"])
    r, cost_usd = facts.responses, paid.sum(skipna=False)
    quality = facts.scores[~facts.scores.evaluator.isin((*FORM, *FLAGS))]["value"].mean()
    each = None if math.isnan(cost_usd) or not len(r) or not quality > 0 else cost_usd / len(r) / (100 * quality)
    return {
        "responses": len(r),
        "errors": len(failed),
        "refusals": int(verdicts.refuses.sum()),
        "incomplete": int(verdicts.cut.sum()),
        "unchecked": int((~verdicts.checked).sum()),
        "attempts": len(facts.attempts),
        "latency_ms": quantiles(r.latency_ms, failed.latency_ms[failed.error_kind == "timeout"]),
        "ttft_ms": quantiles(r.ttft_ms),
        "average_latency_ms": _none(r.latency_ms.mean()),
        **{name: None if r[name].isna().any() or r.empty else r[name].sum() for name in TOKENS},
        "cost_usd": _none(cost_usd),
        "acceptable": share(good.to_numpy(), n.to_numpy()),
        "acceptable_where_checked": share(checked["sum"].to_numpy(), checked["count"].to_numpy()),
        "cost_per_acceptable_usd": cost_interval(*(each.to_numpy() for each in (paid[n.index], good, n))),
        "average_quality": _none(100 * quality),
        "cost_per_quality_point_usd": each,
        "scores": {name: _none(mean) for name, mean in facts.scores.groupby("evaluator")["value"].mean().items()},
        **rated(facts, verdicts, failed, paid),
    }


def rated(facts: Facts, verdicts: pd.DataFrame, failed: pd.DataFrame, paid: "pd.Series[float]") -> dict[str, object]:
    """What raters said of the part's responses, and what that says of all."""
    mine = sides(facts.votes).merge(verdicts[~verdicts.hidden], on=KEY)
    found = {
        "rated": mine.groupby(KEY).ngroups,
        "votes": len(mine),
        "raters": mine.rater.nunique(),
        "sent": int((mine.groupby(KEY)["said"].mean() > 0.5).sum()),
        "never_shown": int(verdicts.hidden.sum()) + len(failed),
    }
    if found["rated"] < 30:
        return named(found)
    order = {prompt: place for place, prompt in enumerate(facts.categories)}
    tells = verdicts.good.where(verdicts.checked | (verdicts.good == 0))
    answers = pd.DataFrame({"prompt": verdicts.prompt_id.map(order), "signal": tells, "hidden": verdicts.hidden})
    gone = pd.DataFrame({"prompt": failed.prompt_id.map(order), "signal": 0.0, "hidden": True})
    if facts.judges:
        answers["judge"], gone["judge"] = verdicts.judge, np.nan
    answers = pd.concat([answers, gone], ignore_index=True)
    place = pd.Series(verdicts.index, index=pd.MultiIndex.from_frame(verdicts[KEY]))
    said = mine.assign(answer=place.loc[pd.MultiIndex.from_frame(mine[KEY])].to_numpy())
    inferred = human(answers, said, share)
    few = found["raters"] < FEWEST_RATERS
    found |= {name: getattr(inferred, name) for name in ("correlation", "gain", "by_weights")}
    n = answers.groupby("prompt").size()
    cost = human_cost(inferred, paid.rename(order).reindex(n.index), n, reaches)
    found |= {"rests": "votes", "holds_for_these_raters_only": few, **inferred.share}
    return named(found) | {"cost_per_humanly_acceptable_usd": cost}


def named(found: dict[str, object]) -> dict[str, object]:
    """By their place in the report's object."""
    return {f"humanly_acceptable.{name}": value for name, value in found.items()}


def sides(all_votes: pd.DataFrame) -> pd.DataFrame:
    """What every vote on *send* says of either side's response; one that came too fast weighs a fifth."""
    votes = all_votes[all_votes.question == "send"]
    found = []
    for side, other in (("left", "right"), ("right", "left")):
        said = votes.winner.map(lambda winner, place=side == "right": SENDS[winner][place])
        row = {"run": votes[f"{side}_run"], "repetition": votes[f"{side}_repetition"], "candidate": votes[side]}
        row |= {"weight": np.where(votes.too_fast, 0.2, 1.0), "probability": votes.probability}
        found.append(votes[["prompt_id", "rater"]].assign(**row, opponent=votes[other], said=said))
    return pd.concat(found)


def _none(amount: float) -> float | None:
    return None if math.isnan(amount) else float(amount)
