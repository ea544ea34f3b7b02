"""What an acceptable response costs over all runs, anew from exported facts, in plain pandas.

Nothing of the project computes here.
"""

import pandas as pd

from tests.services.quality.recomputed import KEY, Facts, given_up, judged, paid_by_prompt


def usd_of_acceptable(facts: Facts, candidate: str, category: str | None) -> float | None:
    """Paid for what has a verdict ÷ acceptable; None: a price is not known, or nothing is acceptable."""
    mine = facts.of(candidate, category)
    verdicts = judged(mine)
    still_open = mine.responses.merge(verdicts.loc[verdicts.good.isna(), KEY], on=KEY)
    of_open = still_open.groupby("prompt_id")["cost_usd"].agg(lambda costs: costs.sum(skipna=False))
    paid = paid_by_prompt(mine).subtract(of_open, fill_value=0.0).clip(lower=0.0)
    has_verdict = {*verdicts.prompt_id[verdicts.good.notna()], *given_up(mine).prompt_id}
    paid = paid[paid.index.isin(has_verdict) | paid.isna()]
    good = verdicts.good.sum()
    return None if paid.isna().any() or not good else float(paid.sum() / good)


def times_out(facts: Facts, candidate: str, category: str | None) -> bool:
    """Whether more than 1 % of what has a verdict was given up because time was up."""
    mine = facts.of(candidate, category)
    lost = given_up(mine)
    return bool((lost.error_kind == "timeout").sum() > 0.01 * (judged(mine).good.notna().sum() + len(lost)))


def of_runs(facts: Facts, runs: set[int]) -> Facts:
    """What is of some runs alone."""

    def some(table: pd.DataFrame) -> pd.DataFrame:
        return table[table.run.isin(runs)]

    return Facts(
        *(some(each) for each in (facts.responses, facts.attempts, facts.scores)),
        facts.votes, facts.categories, facts.champion, facts.gates,
    )  # fmt: skip


def saving(before_usd: float | None, after_usd: float | None) -> float | None:
    """As a share of what was paid before."""
    return 1 - after_usd / before_usd if before_usd and after_usd is not None else None
