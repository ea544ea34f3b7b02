"""The counts of a board that a judge narrows: the votes, and what the judge prefers on their pairs and on others.

They are taken from the votes, in a second for a hundred thousand, and kept in memory: a page that was shown before is
shown again from there, and counted anew once votes or judgements have come, beside the pages where these are many.
"""

import logging
import time
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any

import numpy as np
import sqlalchemy as sa
from cachetools import LRUCache
from numpy.typing import NDArray
from sqlalchemy import Engine
from sqlmodel import Session

from core import clock
from core.domain.judging import PAIRWISE_KIND
from core.domain.ranking.judged_counts import NO_PREFERENCE, JudgedVotes, OtherPairs, Strata, judged_counts
from core.services.leaderboards import counts, weighted_sums
from core.services.leaderboards.counts import Basis, Counted, Filters
from core.services.leaderboards.stated import Kind, Stated, stated
from core.services.leaderboards.weighted_cells import WeightedCells
from core.services.leaderboards.weighted_sums import MOST_CLUSTERS, Ints, VoteColumns
from core.storage.engine import reading
from core.storage.tables import Evaluator, metadata

_FRESH_S, _VOTES_PER_SECOND = 5.0, 20_000
_MOST_KEPT = 32
_MOST_AWAITED = 20_000
"""Votes that are counted anew, in a fraction of a second, while somebody waits for the board."""
_VALUE = np.array([1.0, 0.0, 0.5])
_kept: LRUCache[tuple[object, ...], "_Kept"] = LRUCache(_MOST_KEPT)
_renewing: set[tuple[object, ...]] = set()
_lock = Lock()
_log = logging.getLogger(__name__)
_vote, _pair_tally, _score, _preference = (
    metadata.tables[name] for name in ("vote", "pair_tally", "score", "judge_preference")
)


@dataclass(frozen=True)
class _Kept:
    basis: Basis
    seen: tuple[object, ...]
    looked_at: float


def narrowed_basis(
    session: Session, question_id: int, filters: Filters, judge: Evaluator, up_to: int | None = None
) -> Basis:
    """The counts of a question's votes that ``filters`` keep, with what ``judge`` (any evaluator) prefers.

    ``up_to``: of the votes that stood when the vote of this id was the newest; the preferences are of today.
    """
    if up_to is not None:
        return _counted(session, question_id, filters, judge, up_to)
    engine = session.get_bind().engine
    key = (str(engine.url), question_id, judge.id, filters)
    with _lock:
        kept = _kept.get(key)
    if kept is not None and time.monotonic() - kept.looked_at < _FRESH_S + _votes(kept.basis) / _VOTES_PER_SECOND:
        return kept.basis
    seen = _seen(session, question_id, judge)
    if kept is not None and kept.seen == seen:
        found = kept.basis
    elif kept is not None and _votes(kept.basis) > _MOST_AWAITED:
        _renew(engine, key, question_id, filters, judge.id or 0)
        return kept.basis
    else:
        found = _counted(session, question_id, filters, judge)
    with _lock:
        _kept[key] = _Kept(found, seen, time.monotonic())
    return found


def _renew(engine: Engine, key: tuple[object, ...], question_id: int, filters: Filters, judge_id: int) -> None:
    """Count anew beside the pages, once at a time; until then what is kept is shown, and says as of which vote."""
    with _lock:
        if key in _renewing:
            return
        _renewing.add(key)

    def work() -> None:
        try:
            with reading(engine) as session:
                judge = session.get_one(Evaluator, judge_id)
                seen = _seen(session, question_id, judge)
                found = _counted(session, question_id, filters, judge)
            with _lock:
                _kept[key] = _Kept(found, seen, time.monotonic())
        except Exception:
            _log.exception("a narrowed board could not be counted anew")
        finally:
            with _lock:
                _renewing.discard(key)

    Thread(target=work, name="evenhand-narrows", daemon=True).start()


def forget() -> None:
    """Forget what is kept: the next board is counted anew."""
    with _lock:
        _kept.clear()


def _votes(basis: Basis) -> int:
    return int(basis.tally[:, 4:].sum())


def _seen(session: Session, question_id: int, judge: Evaluator) -> tuple[object, ...]:
    """What changes when votes or judgements do."""
    t = _pair_tally.c
    votes = sa.select(sa.func.max(_vote.c.id)).where(_vote.c.question_id == question_id)
    standing = sa.select(sa.func.sum(t.n_left + t.n_right + t.n_tie + t.n_both_bad)).where(t.question_id == question_id)
    said, at = (_preference, "created_at") if judge.kind == PAIRWISE_KIND else (_score, "scored_at")
    judged = sa.select(sa.func.count(), sa.func.max(said.c[at])).where(said.c.evaluator_id == judge.id)
    return (*session.execute(votes).one(), *session.execute(standing).one(), *session.execute(judged).one())


def _counted(session: Session, question_id: int, filters: Filters, judge: Evaluator, up_to: int | None = None) -> Basis:
    as_of = weighted_sums.newest(session, question_id, up_to)
    every, *responses = weighted_sums.read_with_responses(session, question_id, up_to)
    source = stated(session, judge, question_id)
    mine = _mask(every, filters)
    votes, (left, right) = every.kept(mine), (side[mine] for side in responses)
    on = source.on_votes(votes, left, right)
    cells = WeightedCells.counted(votes, apart=True)
    ids = np.unique(np.concatenate((votes.left, votes.right)))
    is_first = votes.left < votes.right
    first, second = np.searchsorted(ids, (np.minimum(votes.left, votes.right), np.maximum(votes.left, votes.right)))
    runs = np.where(is_first, on.left_run, on.right_run), np.where(is_first, on.right_run, on.left_run)
    names, stratum = np.unique(np.stack((first, second, *runs, votes.category)), axis=1, return_inverse=True)
    rater_names, rater = np.unique(_buckets(votes.rater, votes.rater), return_inverse=True)
    prompts = np.union1d(source.prompts, votes.prompt)
    rows = JudgedVotes(
        stratum=stratum.reshape(-1),
        first_is_left=is_first.astype(np.intp),
        length_bin=votes.length_bin,
        outcome=votes.outcome,
        weight=votes.weight,
        preference=on.preference,
        rater=rater,
        prompt=_codes(votes.prompt, prompts),
    )
    others = _others(session, source, every, (ids, names), prompts)
    strata = Strata(names[0], names[1], _labelled(rows, votes.prompt, names.shape[1]))
    ranked_from, clusters, judged = judged_counts(len(ids), strata, rows, others)
    shares = len(rater_names) < len(np.unique(votes.rater))
    counted = Counted(ranked_from, clusters, tuple(rater_names.tolist()), shares, judged)
    return Basis(
        counted=counted,
        tally=counts.counts_of(cells, Filters()),
        ids=tuple(ids.tolist()),
        raters=len(cells.raters),
        simulated_votes=int(votes.simulated.sum()),
        as_of_vote_id=as_of,
        counted_at=clock.now(),
    )


def _mask(votes: VoteColumns, filters: Filters) -> NDArray[np.bool_]:
    keep = np.ones(len(votes.left), dtype=bool)
    if filters.category is not None:
        there = filters.category in votes.categories
        keep &= (votes.category == votes.categories.index(filters.category)) if there else False
    if not filters.simulated:
        keep &= votes.simulated == 0
    if not filters.masked:
        keep &= votes.masked == 0
    return keep


def _buckets(ids: Ints, whole: Ints) -> Ints:
    """The clusters of ``ids``: themselves, or buckets that several share where ``whole`` has too many."""
    return ids if len(np.unique(whole)) <= MOST_CLUSTERS else ids % MOST_CLUSTERS


def _codes(prompt: Ints, prompts: Ints) -> NDArray[np.intp]:
    """The cluster code of each prompt."""
    names = np.unique(_buckets(prompts, prompts))
    return np.searchsorted(names, _buckets(prompt, prompts))


def _labelled(rows: JudgedVotes, prompt: Ints, strata: int) -> NDArray[np.float64]:
    """[s] how many pairs of each stratum have votes and a preference."""
    known = rows.preference != NO_PREFERENCE
    pairs = np.unique(np.stack((rows.stratum[known], prompt[known])), axis=1)
    return np.bincount(pairs[0], minlength=strata).astype(np.float64)


def _others(
    session: Session, source: Stated, every: VoteColumns, named: tuple[Ints, Ints], prompts: Ints
) -> OtherPairs:
    """The pairs without any vote, in the strata that have some with one; ``named``: candidate ids, and the strata."""
    ids, names = named
    known = np.flatnonzero(names[2] > 0)
    kinds, kind = np.unique(names[:4, known], axis=1, return_inverse=True)
    _, category = weighted_sums.categories_of(session, prompts)
    cluster = _codes(prompts, prompts)
    size = int(cluster.max(initial=0)) + 1
    sums: list[tuple[NDArray[Any], ...]] = [(np.zeros(0),) * 3]
    for number, (i, j, first_run, second_run) in enumerate(kinds.T.tolist()):
        strata = known[kind.reshape(-1) == number]
        stratum_of = np.full(len(every.categories), -1)
        stratum_of[names[4, strata]] = strata
        prompt, value = _open_pairs(source, every, Kind(int(ids[i]), int(ids[j]), first_run, second_run))
        at = np.searchsorted(prompts, prompt)
        stratum = stratum_of[category[at]]
        keep = stratum >= 0
        keys, spot = np.unique(stratum[keep] * size + cluster[at][keep], return_inverse=True)
        sums.append((keys, np.bincount(spot, minlength=len(keys)), np.bincount(spot, value[keep], len(keys))))
    keys, pairs, preferred = (np.concatenate(column) for column in zip(*sums, strict=True))
    return OtherPairs(*np.divmod(keys.astype(np.intp), size), pairs, preferred)


def _open_pairs(source: Stated, every: VoteColumns, kind: Kind) -> tuple[Ints, NDArray[np.float64]]:
    """The prompts of a kind's pairs that nobody voted on, and the preference for the first candidate."""
    prompt, preference = source.pairs(kind)
    low, high = np.minimum(every.left, every.right), np.maximum(every.left, every.right)
    is_open = ~np.isin(prompt, every.prompt[(low == kind.first) & (high == kind.second)])
    return prompt[is_open], _VALUE[preference[is_open]]
