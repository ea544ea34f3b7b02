"""What a table misses: its quality on prompts that it was not compiled from, beside one model for all and an oracle."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Shares = Mapping[str, Mapping[int, float]]
"""By category and candidate, of responses acceptable."""


@dataclass(frozen=True)
class Counted:
    """Acceptable responses ``of`` all that were judged. Raters' votes, which see some alone, make fractions of it."""

    acceptable: float = 0.0
    of: float = 0.0


@dataclass(frozen=True)
class Fold:
    """Prompts that are held out together, and what was learnt from all the others."""

    table: Mapping[str, int]
    """By category, who answers it."""
    single: int
    """The one model for all that was best."""
    held_out: Mapping[str, Mapping[int, Counted]]
    """By category and candidate."""


@dataclass(frozen=True)
class Regret:
    """Shares of responses acceptable, each prompt answered by what was learnt without it.

    Categories are weighted by production's answers or by prompts. The oracle knows the best candidate of each category
    on these very prompts, chance included: nobody can reach it, and all regrets are a little too large by that.
    """

    oracle: float
    table: float
    single: float
    """Of the one model for all that was best on the prompts that the table was compiled from."""
    alone: Mapping[int, float]
    """By candidate that was asked in every category: of it alone, which takes no learning."""
    folds: int
    prompts: int

    @property
    def hindsight(self) -> int | None:
        """The best of ``alone``, which only who knows the prompts held out can tell."""
        return max(sorted(self.alone), key=lambda one: self.alone[one], default=None)

    @property
    def of_table(self) -> float:
        """What the table misses to the oracle."""
        return self.oracle - self.table


def dealt(category: NDArray[np.int64], folds: int) -> NDArray[np.int64]:
    """[P] the fold of each prompt: those of each category are dealt in turn, so that every fold has some of each."""
    place = np.zeros(len(category), dtype=np.int64)
    for one in np.unique(category):
        here = np.flatnonzero(category == one)
        place[here] = np.arange(len(here))
    return place % folds


def best_single(shares: Shares, weight: Mapping[str, float]) -> int | None:
    """The candidate that is best in all categories together; only who was asked in all of them counts."""
    means = {one: _mean({at: found[one] for at, found in shares.items()}, weight) for one in _everywhere(shares)}
    return max(means, key=lambda one: means[one], default=None)


def regret(folds: Sequence[Fold], weight: Mapping[str, float], prompts: int) -> Regret | None:
    """Over all folds together: in each category the acceptable of all that was held out, each fold's by its choice.

    Categories in which somebody chosen was never asked are left out; None where that leaves nothing.
    """
    by_table = _shares(folds, weight, lambda fold, category: fold.table.get(category))
    by_single = _shares(folds, weight, lambda fold, _: fold.single)
    there = by_table.keys() & by_single.keys()
    if not there:
        return None
    known = {category: _each(folds, category) for category in sorted(there)}
    best = {category: max(found.values()) for category, found in known.items()}
    alone = {one: _mean({at: found[one] for at, found in known.items()}, weight) for one in _everywhere(known)}
    table, single = (_mean({at: found[at] for at in there}, weight) for found in (by_table, by_single))
    return Regret(_mean(best, weight), table, single, alone, len(folds), prompts)


def _everywhere(shares: Shares) -> list[int]:
    there = [set(found) for found in shares.values()]
    return sorted(set.intersection(*there)) if there else []


def _mean(shares: Mapping[str, float], weight: Mapping[str, float]) -> float:
    return sum(weight[at] * share for at, share in shares.items()) / sum(weight[at] for at in shares)


def _shares(
    folds: Sequence[Fold], weight: Mapping[str, float], choice: Callable[[Fold, str], int | None]
) -> dict[str, float]:
    """By category, of what each fold's choice answered there; without those that it never answered or count nothing."""
    found = {}
    for category in sorted({at for fold in folds for at in fold.held_out if weight.get(at, 0.0) > 0}):
        share = _share([_of(fold, category, choice(fold, category)) for fold in folds])
        if share is not None:
            found[category] = share
    return found


def _each(folds: Sequence[Fold], category: str) -> dict[int, float]:
    everybody: Collection[int] = {one for fold in folds for one in fold.held_out.get(category, {})}
    shares = {one: _share([_of(fold, category, one) for fold in folds]) for one in sorted(everybody)}
    return {one: share for one, share in shares.items() if share is not None}


def _of(fold: Fold, category: str, candidate: int | None) -> Counted:
    return fold.held_out.get(category, {}).get(candidate or 0, Counted())


def _share(counted: Sequence[Counted]) -> float | None:
    of = sum(one.of for one in counted)
    return sum(one.acceptable for one in counted) / of if of else None
