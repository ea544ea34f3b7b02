"""Votes and a judge's preferences, given as rows, added up into the counts that a narrowed board is ranked from."""

from dataclasses import dataclass

import numpy as np

from core.domain.ranking.counts import WIN_OF_OUTCOME, Cells, Clusters, Codes, Floats, add_up
from core.domain.ranking.rectified import PREFERENCES, Judged, JudgedClusters
from core.domain.votes import Outcome

NO_PREFERENCE = -1
_BINS = 5
_NONE = np.zeros(0, dtype=np.intp)


@dataclass(frozen=True)
class Strata:
    """Two candidates on prompts of one kind each, [s]: within a stratum chance decides which pairs have votes."""

    first: Codes
    second: Codes
    labelled: Floats
    """Pairs of responses with votes and a preference."""


@dataclass(frozen=True)
class JudgedVotes:
    """Votes as rows [n], with what a judge prefers on their pairs."""

    stratum: Codes
    first_is_left: Codes
    """1 where the stratum's first candidate stood on the left."""
    length_bin: Codes
    outcome: Codes
    weight: Floats
    preference: Codes
    """0 left, 1 right, 2 neither, NO_PREFERENCE where there is none."""
    rater: Codes
    """0 …: its cluster."""
    prompt: Codes
    """0 …: its cluster, by the same code as ``OtherPairs.prompt``."""


@dataclass(frozen=True)
class OtherPairs:
    """Pairs without votes [u], several in a row where they share prompt (cluster) and stratum."""

    stratum: Codes
    prompt: Codes
    pairs: Floats
    preferred_first: Floats
    """Sums of the preference for the stratum's first candidate."""


def judged_counts(
    candidates: int, strata: Strata, votes: JudgedVotes, others: OtherPairs
) -> tuple[Cells, tuple[Clusters, Clusters], Judged]:
    """The cells, the votes clustered by rater and by prompt, and what the judge prefers on them, for ``rank``."""
    keys, cell_of_vote = np.unique(
        (votes.stratum * 2 + votes.first_is_left) * _BINS + votes.length_bin + 2, return_inverse=True
    )
    side, length_bin = np.divmod(keys, _BINS)
    stratum, first_is_left = np.divmod(side, 2)
    first, second = strata.first[stratum], strata.second[stratum]
    m = len(keys)
    slot, shape = cell_of_vote * len(Outcome) + votes.outcome, (m, len(Outcome))
    known = votes.preference != NO_PREFERENCE
    judged_slot, judged_shape = slot[known] * len(PREFERENCES) + votes.preference[known], (*shape, len(PREFERENCES))
    cells = Cells(
        candidates=candidates,
        left=np.where(first_is_left == 1, first, second),
        right=np.where(first_is_left == 1, second, first),
        length_bin=length_bin - 2,
        weight=_sums(slot, votes.weight, shape),
        weight_squared=_sums(slot, votes.weight**2, shape),
    )
    by_rater, of_raters = _clustered(votes, votes.rater, cell_of_vote, m, None)
    by_prompt, of_prompts = _clustered(votes, votes.prompt, cell_of_vote, m, others)
    found = Judged(
        stratum=stratum,
        weight=_sums(judged_slot, votes.weight[known], judged_shape),
        weight_squared=_sums(judged_slot, votes.weight[known] ** 2, judged_shape),
        first=strata.first,
        second=strata.second,
        labelled=strata.labelled,
        clusters=(of_raters, of_prompts),
    )
    return cells, (by_rater, by_prompt), found


def _sums(slot: Codes, amount: Floats, shape: tuple[int, ...]) -> Floats:
    return add_up(slot, amount, int(np.prod(shape))).reshape(shape)


def _clustered(
    votes: JudgedVotes, cluster: Codes, cell_of_vote: Codes, m: int, others: OtherPairs | None
) -> tuple[Clusters, JudgedClusters]:
    keys, spot = np.unique(cluster * max(m, 1) + cell_of_vote, return_inverse=True)
    known = votes.preference != NO_PREFERENCE
    e, weight = len(keys), votes.weight
    preferred = np.where(known, PREFERENCES[np.maximum(votes.preference, 0)], 0.0)
    size = 1 + int(max(cluster.max(initial=-1), -1 if others is None else others.prompt.max(initial=-1)))
    own, cell = np.divmod(keys, max(m, 1))
    clusters = Clusters(
        size, own, cell, add_up(spot, weight, e), add_up(spot, weight * WIN_OF_OUTCOME[votes.outcome], e)
    )
    return clusters, JudgedClusters(
        known=add_up(spot, weight * known, e),
        preferred=add_up(spot, weight * preferred, e),
        cluster=_NONE if others is None else others.prompt,
        stratum=_NONE if others is None else others.stratum,
        pairs=np.zeros(0) if others is None else others.pairs,
        preferred_first=np.zeros(0) if others is None else others.preferred_first,
    )
