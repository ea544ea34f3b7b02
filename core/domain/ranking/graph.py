"""Which candidates the votes connect, and whether Bradley-Terry has finite ratings for them."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from core.domain.ranking.counts import Codes, Floats, add_up


def win_matrix(candidates: int, left: Codes, right: Codes, total: Floats, wins: Floats) -> Floats:
    """[k, k] entry (i, j): weighted wins of i over j, ties as halves."""
    k = candidates
    forward = add_up(left * k + right, wins, k * k)
    backward = add_up(right * k + left, total - wins, k * k)
    return np.asarray((forward + backward).reshape(k, k))


def strongly_connected(won: Floats) -> bool:
    """Whether from any candidate a chain of wins leads to any other: then all ratings are finite (Ford 1957)."""
    beats = won > 0
    return bool(len(won)) and _reaches_all(beats) and _reaches_all(beats.T)


def _reaches_all(beats: NDArray[np.bool_]) -> bool:
    reached = beats[0].copy()
    reached[0] = True
    count = 0
    while count < (count := int(reached.sum())):
        reached |= beats[reached].any(axis=0)
    return count == len(beats)


def components(won: Floats) -> Codes:
    """[k] the component of the comparison graph of each candidate, 0 the one with most votes; −1 without votes."""
    played = won + won.T
    votes = played.sum(axis=1)
    count, label = connected_components(csr_array((played > 0).astype(np.int8)), directed=False)
    label = np.asarray(label, dtype=np.intp)
    size = np.bincount(label, votes, count)
    place = np.empty(count, dtype=np.intp)
    place[np.argsort(-size, kind="stable")] = np.arange(count)
    return np.where(votes > 0, place[label], -1)


def separated(won: Floats, component: Codes) -> NDArray[np.bool_]:
    """[k] candidates whose rating has no finite maximum of likelihood relative to most of their component.

    They lie outside the largest group in which chains of wins lead both ways (all do, where two are as large).
    """
    count, label = connected_components(csr_array((won > 0).astype(np.int8)), directed=True, connection="strong")
    size = np.bincount(label, minlength=count)
    outside = np.zeros(len(won), dtype=np.bool_)
    for c in range(int(component.max(initial=-1)) + 1):
        members = np.flatnonzero(component == c)
        groups = np.unique(label[members])
        largest = groups[size[groups] == size[groups].max()]
        outside[members] = (label[members] != largest[0]) | (len(largest) > 1)
    return outside
