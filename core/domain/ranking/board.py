"""The leaderboard: ratings, bands and ranks of candidates, from counts of votes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.domain.ranking.comparison import (
    clearly_better,
    component_members,
    difference_se,
    error_draws,
    leader_probability,
    margin_factor,
    simultaneous_critical,
)
from core.domain.ranking.counts import Cells, Clusters, Floats
from core.domain.ranking.estimate import Estimate, estimate_plain, estimate_whole
from core.domain.ranking.intervals import Band, fixed_factor, peek_factor, positive_semidefinite, tail
from core.domain.ranking.rectified import Judged, Narrowed, gain_of, rectification

SMALLEST_PRIOR = 1e-6


@dataclass(frozen=True)
class RankingOptions:
    """How to rank.

    ``side``, ``length``: fit these terms. ``level`` of all intervals. ``draws``, ``seed``: of the simultaneous
    comparison.
    """

    plain: bool = False
    """Bradley-Terry with half-win ties and nothing else (no side, length, clusters or prior; naive sandwich; fixed
    interval)."""
    side: bool = True
    length: bool = True
    prior: float = 0.02
    """Precision of each rating per squared logit (0.02: a standard deviation of 1,228 Elo)."""
    level: float = 0.95
    band: Band = Band.PEEK
    se_target_elo: float = 20.0
    """The standard error at which the safe-to-peek band is narrowest."""
    draws: int = 2000
    seed: int = 0

    @property
    def band_used(self) -> Band:
        """``band``, but fixed where ``plain``."""
        return Band.FIXED if self.plain else self.band


@dataclass(frozen=True)
class Entry:
    """One candidate's line on the board.

    ``rating``, ``lower``, ``upper``, ``se``: Elo; ``rank``: 1 is best, within its ``component`` (as are
    ``rank_lower`` ≤ rank ≤ ``rank_upper``, the best and the worst rank the votes allow).
    """

    candidate: int
    rating: float
    lower: float
    upper: float
    se: float
    rank: int
    rank_lower: int
    rank_upper: int
    component: int


@dataclass(frozen=True)
class Board:
    """The ranked candidates.

    Arrays are indexed by candidate code and hold 0 (False) for candidates without votes: ``covariance`` [k, k] of the
    ratings, Elo²; ``component`` [k], −1 without votes; ``clearly_better`` [k, k], (i, j) = i beats j at the
    simultaneous level; ``margin`` [k, k], the difference in Elo that this takes; ``leader_probability`` [k], of being
    the best of its component. ``side_effect``, ``length_effects`` (longer; more than twice as long) in logits towards
    left, None where not fitted, with ``_se``.
    """

    entries: tuple[Entry, ...]
    """Those with votes, by component, best first."""
    covariance: Floats
    component: NDArray[np.intp]
    components: int
    """How many groups the votes leave unconnected."""
    clearly_better: NDArray[np.bool_]
    margin: Floats
    leader_probability: Floats
    side_effect: float | None
    side_effect_se: float | None
    length_effects: Floats | None
    length_effects_se: Floats | None
    critical: float
    options: RankingOptions
    notes: tuple[str, ...]
    """Sentences to show with the board."""
    narrowed: Narrowed | None = None
    """What a judge's preferences did, where they were given."""
    estimate: Estimate | None = field(default=None, repr=False)


def rank(
    cells: Cells,
    clusters: Sequence[Clusters] = (),
    options: RankingOptions | None = None,
    judged: Judged | None = None,
) -> Board:
    """Rank the candidates of ``cells``.

    ``clusters``: the same votes by rater and by prompt (either, both or none); ``plain`` ignores them. ``judged``:
    what a judge prefers, with both clusterings; used unless ``plain``, or where all votes are on one prompt. An empty
    Board where there are no votes.
    """
    options = options or RankingOptions()
    if not cells.total.sum() > 0:
        return _empty(cells.candidates, options)
    prior = max(options.prior, SMALLEST_PRIOR)
    if options.plain:
        return _board(cells, estimate_plain(cells, prior), options)
    estimate = estimate_whole(cells, clusters, prior=prior, side=options.side, length=options.length)
    if judged is None or not clusters or clusters[-1].used < 2:
        return _board(cells, estimate, options)
    found = rectification(cells, judged, estimate.fit)
    narrowed = estimate_whole(
        cells, clusters, prior=prior, side=options.side, length=options.length, rectification=found
    )
    gain = gain_of(np.diag(estimate.covariance), np.diag(narrowed.covariance))
    return replace(_board(cells, narrowed, options), narrowed=Narrowed(found, gain))


def rating_band(estimate: Estimate, options: RankingOptions) -> tuple[Floats, Floats, Floats]:
    """[k] lower, upper and standard error of each rating in Elo; each interval for itself."""
    se = np.sqrt(np.maximum(np.diag(estimate.covariance), 0.0))
    alpha = 1.0 - options.level
    if options.band_used is Band.PEEK:
        half = se * peek_factor(se, alpha, options.se_target_elo, estimate.degrees)
    else:
        half = se * fixed_factor(alpha, estimate.degrees)
    return estimate.ratings - half, estimate.ratings + half, se


def _board(cells: Cells, estimate: Estimate, options: RankingOptions) -> Board:
    component, k = estimate.component, cells.candidates
    covariance, factor = positive_semidefinite(estimate.covariance)
    estimate = replace(estimate, covariance=covariance)
    se = difference_se(covariance)
    errors = error_draws(factor, options.draws, options.seed)
    members = component_members(component)
    together = (component[:, None] == component[None, :]) & (component[:, None] >= 0)
    critical = max(simultaneous_critical(errors[m], se[np.ix_(m, m)], options.level) for m in members)
    margin = se * margin_factor(se, tail(critical), options.band_used, options.se_target_elo, estimate.degrees)
    better = clearly_better(estimate.ratings, margin) & together
    effects, leads = _effects(estimate, options), np.zeros(k)
    for m in members:
        leads[m] = leader_probability(estimate.ratings[m], errors[m])
    return Board(
        entries=_entries(estimate, better, options),
        covariance=covariance,
        component=component,
        components=len(members),
        clearly_better=better,
        margin=margin,
        leader_probability=leads,
        side_effect=effects.side,
        side_effect_se=effects.side_se,
        length_effects=effects.length,
        length_effects_se=effects.length_se,
        critical=critical,
        options=options,
        notes=estimate.notes,
        estimate=estimate,
    )


def _entries(estimate: Estimate, better: NDArray[np.bool_], options: RankingOptions) -> tuple[Entry, ...]:
    lower, upper, se = rating_band(estimate, options)
    ratings, component = estimate.ratings, estimate.component
    size = np.bincount(component[component >= 0])
    beaten_by, beats = better.sum(axis=0), better.sum(axis=1)
    order = [int(c) for c in np.lexsort((-ratings, component)) if component[c] >= 0]
    entries: list[Entry] = []
    before = np.cumsum(size) - size
    for place, c in enumerate(order):
        entries.append(
            Entry(
                candidate=c,
                rating=float(ratings[c]),
                lower=float(lower[c]),
                upper=float(upper[c]),
                se=float(se[c]),
                rank=place - int(before[component[c]]) + 1,
                rank_lower=1 + int(beaten_by[c]),
                rank_upper=int(size[component[c]] - beats[c]),
                component=int(component[c]),
            )
        )
    return tuple(entries)


@dataclass(frozen=True)
class _Effects:
    side: float | None
    side_se: float | None
    length: Floats | None
    length_se: Floats | None


def _effects(estimate: Estimate, options: RankingOptions) -> _Effects:
    k = estimate.fit.design.candidates
    values, errors = estimate.fit.theta[k:], np.sqrt(np.maximum(np.diag(estimate.variance)[k:], 0.0))
    side, length = options.side and not options.plain, options.length and not options.plain
    at = int(side)
    return _Effects(
        side=float(values[0]) if side else None,
        side_se=float(errors[0]) if side else None,
        length=values[at:] if length else None,
        length_se=errors[at:] if length else None,
    )


def _empty(k: int, options: RankingOptions) -> Board:
    zeros = np.zeros((k, k))
    return Board(
        entries=(),
        covariance=zeros,
        component=np.full(k, -1, dtype=np.intp),
        components=0,
        clearly_better=np.zeros((k, k), dtype=np.bool_),
        margin=zeros,
        leader_probability=np.zeros(k),
        side_effect=None,
        side_effect_se=None,
        length_effects=None,
        length_effects_se=None,
        critical=0.0,
        options=options,
        notes=("There are no votes yet.",),
    )
