"""A board narrowed by a judge: what the preferences may move, and what they may not."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.judged_board import PRIOR, K, World, drawn, seen
from core.domain.ranking import RankingOptions, rank, settled
from core.domain.ranking.estimate import estimate_whole
from core.domain.ranking.judged_counts import JudgedVotes, OtherPairs, Strata, judged_counts
from core.domain.ranking.rectified import rectification

ZERO = np.zeros(0, np.intp)


def codes(*each):
    return np.array(each, np.intp)


def one_pair(*, weights=None, mirrored=False):
    """Twelve votes on two candidates, the judge's preferences on them, and on twenty pairs without votes."""
    outcome = codes(0, 1, 2, 0, 0, 1, 1, 0, 3, 0, 1, 0)
    preference = codes(0, 1, 2, 0, 2, 1, 0, 0, 1, 0, 1, 2)
    others = np.array([1, 0, 0, 0.5, 1, 1, 0, 0, 0, 1, 0.5, 1, 0, 0, 1, 0, 0.5, 0, 0, 1])
    n, u = len(outcome), len(others)
    left = (np.arange(n) % 3 > 0) if mirrored else np.ones(n, bool)
    swap = codes(1, 0, 2, 3)
    votes = JudgedVotes(
        stratum=np.zeros(n, np.intp),
        first_is_left=left.astype(np.intp),
        length_bin=np.arange(n) % 5 - 2,
        outcome=np.where(left, outcome, swap[outcome]),
        weight=np.ones(n) if weights is None else weights,
        preference=np.where(left, preference, swap[preference]),
        rater=np.arange(n) % 4,
        prompt=np.arange(n) % 6,
    )
    pairs = OtherPairs(np.zeros(u, np.intp), np.arange(u) % 8, np.ones(u), others)
    return judged_counts(2, Strata(codes(0), codes(1), np.array([float(n)])), votes, pairs)


def rectified(counted, slope=None):
    """The rectification of some counts; with ``slope`` in place of its own."""
    cells, clusters, judged = counted
    fit = estimate_whole(cells, clusters, prior=PRIOR, side=True, length=True).fit
    found = rectification(cells, judged, fit)
    return found if slope is None else replace(found, slope=np.full(judged.strata, slope))


# What ppi_py.ppi_mean_pointestimate(y, f, f_unlabelled, lam=λ) of ppi-python 0.2.3 gives for the data of `one_pair`.
@pytest.mark.parametrize(
    ("lam", "expected"), [(0, 0.5833333333333), (0.3, 0.5483333333333), (0.625, 0.5104166666667), (1, 0.4666666666667)]
)
@pytest.mark.parametrize("mirrored", [False, True])
def test_with_lambda_given_the_share_of_wins_is_that_of_ppi_python(lam, expected, mirrored):
    counted = one_pair(mirrored=mirrored)
    cells = rectified(counted, slope=lam).cells(counted[0])
    won = np.where(cells.left == 0, cells.wins, cells.total - cells.wins).sum()
    assert won / cells.total.sum() == pytest.approx(expected, abs=1e-9)


def test_lambda_is_the_least_squares_slope_times_the_share_of_pairs_without_votes():
    counted = one_pair()
    found = rectified(counted)
    y = np.array([1, 0, 0.5, 1, 1, 0, 0, 1, 0.5, 1, 0, 1])
    f = np.array([1, 0, 0.5, 1, 0.5, 0, 1, 1, 0, 1, 0, 0.5])
    cells, clusters, _ = counted
    fit = estimate_whole(cells, clusters, prior=PRIOR, side=True, length=True).fit
    residual = y - np.array([fit.probability[list(cells.length_bin).index(n % 5 - 2)] for n in range(12)])
    ahead = f - (f.sum() + 8.5) / 32
    beta = (residual @ ahead) / (ahead @ ahead)
    correlation = residual @ ahead / np.sqrt((residual @ residual) * (ahead @ ahead))
    t_squared = 10 * correlation**2 / (1 - correlation**2)
    assert found.correlation == pytest.approx(correlation)
    assert found.slope[0] == pytest.approx((1 - 1 / t_squared) * beta * 20 / 32)


def test_what_a_cluster_has_to_do_with_it_is_what_changes_when_it_is_left_out():
    """Against counts taken anew without the cluster, slopes held."""
    one = drawn(World(votes=150, raters=5), np.random.default_rng(3))
    cells, clusters, judged = one.counts
    found = rectified(one.counts)
    assert found.slope.any()
    whole = found.slope * found.known * (found.other - found.voted)
    for which, own in enumerate(judged.clusters):
        scores = found.scores(cells, which, clusters[which])
        assert scores.shape == (clusters[which].size, K + 3)
        for g in (0, 3):
            mine = clusters[which].cluster == g
            sign = np.where(cells.left == judged.first[judged.stratum], 1, -1)[clusters[which].cell[mine]]
            at = judged.stratum[clusters[which].cell[mine]]
            known, voted = found.known.copy(), found.known * found.voted
            np.subtract.at(known, at, own.known[mine])
            np.subtract.at(voted, at, sign * (own.preferred - own.known / 2)[mine])
            pairs, other = found.unlabelled.copy(), found.unlabelled * found.other
            np.subtract.at(pairs, own.stratum[own.cluster == g], own.pairs[own.cluster == g])
            np.subtract.at(
                other, own.stratum[own.cluster == g], (own.preferred_first - own.pairs / 2)[own.cluster == g]
            )
            without = found.slope * known * (other / pairs - voted / known)
            lost = np.zeros(K)
            np.add.at(lost, judged.first, whole - without)
            np.subtract.at(lost, judged.second, whole - without)
            assert scores[g, :K] == pytest.approx(lost, abs=1e-9)


def test_a_judge_that_contradicts_the_raters_changes_nothing():
    cells, clusters, judged = one_pair()
    turned = replace(
        judged, weight=judged.weight[:, :, [1, 0, 2]], weight_squared=judged.weight_squared[:, :, [1, 0, 2]]
    )
    board, alone = rank(cells, clusters, judged=turned), rank(cells, clusters)
    assert board.narrowed.correlation < 0 and board.narrowed.gain == pytest.approx(1)
    assert [e.rating for e in board.entries] == pytest.approx([e.rating for e in alone.entries])
    assert board.covariance == pytest.approx(alone.covariance)


def test_without_other_pairs_or_with_a_plain_board_the_votes_stand_alone():
    cells, clusters, judged = one_pair()
    nobody = replace(judged.clusters[1], cluster=ZERO, stratum=ZERO, pairs=np.zeros(0), preferred_first=np.zeros(0))
    lone = rank(cells, clusters, judged=replace(judged, clusters=(judged.clusters[0], nobody)))
    assert (lone.narrowed.unlabelled, lone.narrowed.gain) == (0, pytest.approx(1))
    plain = rank(cells, clusters, RankingOptions(plain=True), judged)
    assert plain.narrowed is None and plain.entries == rank(cells, clusters, RankingOptions(plain=True)).entries


def test_pairs_of_another_kind_do_not_count():
    """Pairs without votes in a stratum in which nobody voted are no evidence for those in which somebody did."""
    cells, clusters, judged = one_pair()
    more = replace(
        judged.clusters[1],
        cluster=np.append(judged.clusters[1].cluster, 7),
        stratum=np.append(judged.clusters[1].stratum, 1),
        pairs=np.append(judged.clusters[1].pairs, 1000.0),
        preferred_first=np.append(judged.clusters[1].preferred_first, 1000.0),
    )
    wider = replace(
        judged,
        first=codes(0, 0),
        second=codes(1, 1),
        labelled=np.append(judged.labelled, 0.0),
        clusters=(judged.clusters[0], more),
    )
    board, same = rank(cells, clusters, judged=wider), rank(cells, clusters, judged=judged)
    assert [e.rating for e in board.entries] == pytest.approx([e.rating for e in same.entries])
    assert board.narrowed.unlabelled == 20


def test_a_biased_judge_narrows_the_board_and_the_intervals_hold():
    """A small share of `benchmarks/judged_board.py`."""
    found = seen(World(raters=12, votes=200), runs=40, seed=5)
    assert 0.5 < found.correlation < 0.6
    assert found.covered > 0.93 and found.width < 0.93 and 1.15 < found.worth_said < 1.5
    assert found.covered_judge_only < 0.6 and found.covered_pooled < 0.6


def test_a_judge_that_knows_nothing_costs_next_to_nothing():
    found = seen(World(votes=100, sees=0.0), runs=30, seed=6)
    assert found.width < 1.02 and found.covered > 0.92


def test_whether_it_is_settled_is_told_of_the_narrowed_board():
    one = drawn(World(votes=300), np.random.default_rng(9))
    cells, clusters, judged = one.counts
    board = rank(cells, clusters, judged=judged)
    rectified_cells = board.narrowed.rectification.cells(cells)
    found = settled(rectified_cells, clusters[0], board)
    assert found.leader == board.entries[0].candidate
    assert rectified_cells.total == pytest.approx(cells.total)
    assert not np.allclose(rectified_cells.wins, cells.wins)
