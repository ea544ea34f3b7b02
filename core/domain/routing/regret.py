"""What a table misses: its quality on prompts that it was not compiled from, beside one model for all and an oracle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Shares = Mapping[str, Mapping[int, float]]
"""By category and candidate, of responses acceptable."""


@dataclass(frozen=True)
class Regret:
    """Shares of responses acceptable on prompts held out, categories weighted by production's answers or by prompts.

    The oracle knows the best candidate of each category on these very prompts, chance included: nobody can reach it,
    and all regrets are a little too large by that.
    """

    oracle: float
    table: float
    single: float
    """Of the one model for all that was best on the prompts that the table was compiled from."""
    folds: int
    prompts: int

    @property
    def of_table(self) -> float:
        """What the table misses to the oracle."""
        return self.oracle - self.table

    @property
    def of_single(self) -> float:
        """What the best single model misses to the oracle."""
        return self.oracle - self.single


def best_single(shares: Shares, weight: Mapping[str, float]) -> int | None:
    """The candidate that is best in all categories together; only who was asked in all of them counts."""
    there = [set(found) for found in shares.values()]
    everywhere = sorted(set.intersection(*there)) if there else []
    means = {one: value(dict.fromkeys(shares, one), shares, weight) for one in everywhere}
    return max(everywhere, key=lambda one: means[one], default=None)


def value(choice: Mapping[str, int], shares: Shares, weight: Mapping[str, float]) -> float:
    """The share acceptable where ``choice`` says who answers what."""
    total = sum(weight[category] for category in shares)
    return sum(weight[category] * found[choice[category]] for category, found in shares.items()) / total


def regret(choice: Mapping[str, int], single: int, held_out: Shares, weight: Mapping[str, float]) -> Regret | None:
    """Of one fold. Categories in which somebody chosen was not asked are left out; None where that leaves nothing."""
    shares = {
        category: found
        for category, found in held_out.items()
        if choice.get(category) in found and single in found and weight.get(category, 0.0) > 0
    }
    if not shares:
        return None
    total = sum(weight[category] for category in shares)
    oracle = sum(weight[category] * max(found.values()) for category, found in shares.items()) / total
    alone = dict.fromkeys(shares, single)
    return Regret(oracle, value(choice, shares, weight), value(alone, shares, weight), folds=1, prompts=0)


def averaged(folds: Sequence[Regret], prompts: int) -> Regret | None:
    """Over the folds; None without any."""
    if not folds:
        return None
    oracle, table, single = (
        sum(getattr(fold, name) for fold in folds) / len(folds) for name in ("oracle", "table", "single")
    )
    return Regret(oracle, table, single, len(folds), prompts)
