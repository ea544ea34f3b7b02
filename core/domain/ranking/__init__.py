"""Ranking (DESIGN 5.4): Bradley-Terry on counts, with intervals that hold when raters differ and people peek."""

from core.domain.ranking.board import Board, Entry, RankingOptions, rank
from core.domain.ranking.counts import Cells, Clusters, cells_from_votes, clusters_from_votes, rater_weight
from core.domain.ranking.intervals import Band
from core.domain.ranking.rectified import Judged, JudgedClusters, Narrowed
from core.domain.ranking.settled import Settled, settled

__all__ = [
    "Band",
    "Board",
    "Cells",
    "Clusters",
    "Entry",
    "Judged",
    "JudgedClusters",
    "Narrowed",
    "RankingOptions",
    "Settled",
    "cells_from_votes",
    "clusters_from_votes",
    "rank",
    "rater_weight",
    "settled",
]
