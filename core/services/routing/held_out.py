"""What a table misses on prompts that it was not compiled from: cross-validation by prompt, in folds."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.domain.deciding import Evidence
from core.domain.routing import Counted, Fold, Regret, Route, RoutingTable, best_single, dealt, regret
from core.services.deciding.gathering import Pooled
from core.services.quality.rated import RatedSides
from core.services.routing.compiled import Compiled, Found, Ground, Options, compiled

FOLDS, FEWEST_FOLDS = 8, 2
MOST_ANSWERS = 800_000
"""Compiled once more for each fold: with so many answers in all of them together the folds become fewer."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class HeldOut:
    """Regret, and which one model for all most folds chose."""

    regret: Regret | None
    single: int | None


def held_out(found: Found, weights: Mapping[str, float]) -> HeldOut:
    """Each prompt answered by the table, and by the best single model, that all folds but its own lead to.

    Compiled as if no table were in force, for what is in force was compiled from the prompts that are held out, too.
    """
    pooled = found.pooled
    fold_of = dealt(pooled.category, folds(len(pooled.answers.id)))
    counts = _counts(found)
    ground = _from_scratch(found.ground, pooled.categories)
    learnt = []
    for fold in np.unique(fold_of):
        told = compiled(of_prompts(pooled, fold_of != fold), ground)
        single = best_single(shares(told.options), weights)
        if single is not None:
            learnt.append(Fold(_choice(told, pooled.categories), single, _summed(counts, fold_of == fold)))
    most = Counter(fold.single for fold in learnt).most_common(1)
    return HeldOut(regret(learnt, weights, len(pooled.category)), most[0][0] if most else None)


def folds(answers: int) -> int:
    """In how many parts the prompts are dealt."""
    return min(FOLDS, max(FEWEST_FOLDS, MOST_ANSWERS // max(answers, 1)))


def shares(known: Options) -> dict[str, dict[int, float]]:
    """By category and candidate, of responses acceptable, where that is known."""
    return {
        category: {one.candidate: one.share for one in found.values() if one.share is not None}
        for category, found in known.items()
    }


def _choice(told: Compiled, categories: Sequence[str]) -> dict[str, int]:
    return {category: told.table.of(category).primary for category in categories}


@dataclass(frozen=True)
class _ByPrompt:
    """[P] of one candidate in one category."""

    acceptable: Floats
    of: Floats


def _counts(found: Found) -> dict[str, dict[int, _ByPrompt]]:
    """By category and candidate, in whose eyes ``Option.share`` is."""
    counts: dict[str, dict[int, _ByPrompt]] = {}
    for category, options in found.compiled.options.items():
        for one in found.compiled.evidence[category]:
            is_human = options[one.candidate].is_human
            counts.setdefault(category, {})[one.candidate] = (_of_raters if is_human else _automatic)(found.pooled, one)
    return counts


def _automatic(pooled: Pooled, one: Evidence) -> _ByPrompt:
    acceptable, judged = np.zeros(len(pooled.category)), np.zeros(len(pooled.category))
    acceptable[one.prompt], judged[one.prompt] = one.acceptable, one.judged
    return _ByPrompt(acceptable, judged)


def _of_raters(pooled: Pooled, one: Evidence) -> _ByPrompt:
    """The share is its mean over prompts by their responses: what a prompt moves it by stands at the prompt."""
    share, size = one.human.share, len(pooled.category)
    assert share is not None
    here, row = np.zeros(size, dtype=bool), pooled.candidates.index(one.candidate)
    here[one.prompt] = True
    answered = np.bincount(pooled.answers.prompt[pooled.answers.candidate == row], minlength=size) * here
    moved = np.bincount(share.prompt, share.influence, size)
    return _ByPrompt(answered * share.value + answered.sum() * moved, answered.astype(float))


def _summed(counts: Mapping[str, Mapping[int, _ByPrompt]], which: NDArray[np.bool_]) -> dict[str, dict[int, Counted]]:
    return {
        category: {
            one: Counted(float(by.acceptable[which].sum()), float(by.of[which].sum())) for one, by in found.items()
        }
        for category, found in counts.items()
    }


def of_prompts(pooled: Pooled, which: NDArray[np.bool_]) -> Pooled:
    """Only what is of the prompts that ``which`` [P] says."""
    code = np.cumsum(which) - 1
    inside = which[pooled.answers.prompt]
    answers = pooled.answers.where(inside)
    place = np.cumsum(inside) - 1

    def on(sides: RatedSides) -> RatedSides:
        there = sides.where(inside[sides.response])
        return replace(there, response=place[there.response])

    return replace(
        pooled,
        category=pooled.category[which],
        judged=pooled.judged[:, which],
        acceptable=pooled.acceptable[:, which],
        paid_usd=pooled.paid_usd[:, which],
        spent_usd=pooled.spent_usd[:, which],
        answers=replace(answers, prompt=code[answers.prompt]),
        sends=on(pooled.sends),
        safety=on(pooled.safety),
    )


def _from_scratch(ground: Ground, categories: Sequence[str]) -> Ground:
    champion = ground.champion
    everywhere = RoutingTable(tuple(Route(name, champion) for name in categories), Route(None, champion))
    return replace(ground, incumbents=everywhere, in_force=None, alarms={})
