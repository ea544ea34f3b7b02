"""Is it settled? How sure the leader is, and what would have to change to unseat it."""

from dataclasses import dataclass, replace

import numpy as np

from core.domain.ranking.board import SMALLEST_PRIOR, Board
from core.domain.ranking.comparison import difference_se, margin_factor
from core.domain.ranking.counts import WIN_OF_OUTCOME, Cells, Clusters, Codes, Floats, add_up
from core.domain.ranking.estimate import Estimate
from core.domain.ranking.fit import Fit, newton
from core.domain.ranking.intervals import cluster_scores, leave_out_steps, tail
from core.errors import NotEnoughData

WORST_SHARE = 0.01
MOST_TIMES_THE_VOTES = 1000.0
REFITS = 8
CLOSEST = 6


@dataclass(frozen=True)
class Settled:
    """What speaks for the leader of a board (of its largest component).

    What cannot be said is None.
    """

    leader: int
    probability_best: float
    """0 … 1."""
    clearly_best: bool
    """Clearly better than every rival."""
    votes_needed: int | None
    """About how many more votes (weighted, spread as so far) until then; None where that is reached already or out of
    reach."""
    survives_any_rater: bool | None
    """The leader stays whichever one rater is left out."""
    deciding_rater: int | None
    """The cluster code of the rater without whom it falls furthest behind; None where it stays without any one."""
    survives_worst_percent: bool | None
    """The leader stays when the one per cent of votes that favour it most are left out."""


def settled(cells: Cells, raters: Clusters | None, board: Board) -> Settled:
    """How settled ``board``, ranked from ``cells``, is; ``raters``: the same votes clustered by rater.

    Raises NotEnoughData for a board without entries.
    """
    if board.estimate is None or not board.entries:
        raise NotEnoughData("There are no votes yet, so nobody leads.")
    leader = board.entries[0].candidate
    rivals = np.flatnonzero((board.component == board.component[leader]) & (np.arange(cells.candidates) != leader))
    clearly_best = bool(board.clearly_better[leader, rivals].all())
    fit = _penalised(cells, board.estimate, board.options.prior)
    several = raters is not None and raters.used > 1
    deciding = _deciding_rater(cells, raters, fit, leader, rivals) if raters is not None and several else None
    return Settled(
        leader=leader,
        probability_best=float(board.leader_probability[leader]),
        clearly_best=clearly_best,
        votes_needed=None if clearly_best else _votes_needed(cells, board, leader, rivals),
        survives_any_rater=deciding is None if several else None,
        deciding_rater=deciding,
        survives_worst_percent=_survives_worst(cells, fit, leader, _closest(board, leader, rivals)),
    )


def _penalised(cells: Cells, estimate: Estimate, prior: float) -> Fit:
    """The fit of the board with a prior, if it had none, so that any votes can be left out."""
    design, k = estimate.fit.design, cells.candidates
    penalty = np.concatenate((np.maximum(design.penalty[:k], max(prior, SMALLEST_PRIOR)), design.penalty[k:]))
    return newton(replace(design, penalty=penalty, anchor=0.0), cells.total, cells.wins, estimate.fit.theta)


def _closest(board: Board, leader: int, rivals: Codes) -> Codes:
    """The rivals who come closest, in Elo and in standard errors."""
    lead, se = _leads(board, leader, rivals)
    nearest = np.concatenate((np.argsort(lead)[:CLOSEST], np.argsort(lead / np.maximum(se, 1e-9))[:CLOSEST]))
    return rivals[np.unique(nearest)]


def _leads(board: Board, leader: int, rivals: Codes) -> tuple[Floats, Floats]:
    """[r] the leader's lead over each rival and its standard error, Elo."""
    ratings = {entry.candidate: entry.rating for entry in board.entries}
    lead = ratings[leader] - np.array([ratings[int(rival)] for rival in rivals])
    return lead, difference_se(board.covariance)[leader, rivals]


def _votes_needed(cells: Cells, board: Board, leader: int, rivals: Codes) -> int | None:
    """Errors shrink as 1/√votes: the smallest multiple of the votes at which every lead exceeds its margin."""
    lead, se = _leads(board, leader, rivals)
    options, alpha = board.options, tail(board.critical)
    degrees = board.estimate.degrees if board.estimate else None

    def separates(times: float) -> bool:
        at = se / np.sqrt(times)
        return bool((lead > at * margin_factor(at, alpha, options.band_used, options.se_target_elo, degrees)).all())

    low, high = 1.0, MOST_TIMES_THE_VOTES
    if not separates(high):
        return None
    while high / low > 1.001:
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if separates(middle) else (middle, high)
    return int(np.ceil((high - 1.0) * float(cells.total.sum())))


def _deciding_rater(cells: Cells, raters: Clusters, fit: Fit, leader: int, rivals: Codes) -> int | None:
    """The rater without whom the leader falls furthest behind, None where it leads without any one.

    One Newton step for each rater finds those who matter most; these are refitted exactly.
    """
    without = fit.theta - leave_out_steps(fit, raters, cluster_scores(fit, raters))
    lead = without[:, leader] - without[:, rivals].max(axis=1)
    behind: dict[int, float] = {}
    for rater in np.argsort(lead)[:REFITS]:
        own = np.flatnonzero(raters.cluster == rater)
        gone = add_up(raters.cell[own], raters.weight[own], len(cells.left))
        gone_wins = add_up(raters.cell[own], raters.wins[own], len(cells.left))
        theta = newton(fit.design, np.maximum(cells.total - gone, 0.0), cells.wins - gone_wins, without[rater]).theta
        behind[int(rater)] = float(theta[rivals].max() - theta[leader])
    worst = max(behind, key=behind.__getitem__)
    return worst if behind[worst] >= 0 else None


def _survives_worst(cells: Cells, fit: Fit, leader: int, rivals: Codes) -> bool:
    """Whether the leader stays ahead of each rival without the votes that do most for its lead over that one.

    The votes are found by their first-order influence (Broderick, Giordano & Meager, arXiv 2011.14999); the lead
    without them is refitted exactly.
    """
    total = float(cells.weight.sum())
    heaviest = float(np.max(cells.weight_squared.sum(axis=1) / np.maximum(cells.total, 1e-300), initial=0.0))
    for rival in rivals:
        kept = replace(
            cells, weight=_without_best(cells, fit, (leader, int(rival)), max(WORST_SHARE * total, heaviest))
        )
        theta = newton(fit.design, kept.total, kept.wins, fit.theta).theta
        if theta[leader] <= theta[rival]:
            return False
    return True


def _without_best(cells: Cells, fit: Fit, pair: tuple[int, int], budget: float) -> Floats:
    """[m, 4] the weights left when ``budget`` of the votes that favour pair[0] over pair[1] most are gone."""
    leader, rival = pair
    effect = fit.design.predictor(fit.bread[:, leader] - fit.bread[:, rival])
    influence = effect[:, None] * (WIN_OF_OUTCOME - fit.probability[:, None])
    order = np.argsort(-influence, axis=None, kind="stable")
    weight = cells.weight.ravel()[order] * (influence.ravel()[order] > 0)
    before = np.cumsum(weight) - weight
    gone = np.empty(len(order))
    gone[order] = np.clip(budget - before, 0.0, weight)
    return np.asarray(cells.weight - gone.reshape(cells.weight.shape))
