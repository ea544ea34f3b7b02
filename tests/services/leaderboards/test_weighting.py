"""Rater-weighted counts are what the ranking's own functions give from raw votes, and refreshed when they must be."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, select

from core.domain.ranking import cells_from_votes, clusters_from_votes, rater_weight
from core.domain.votes import TOO_FAST_WEIGHT, Outcome
from core.errors import NothingToRate
from core.services.leaderboards import tallies, weighted_sums, weighting
from core.services.leaderboards.weighting import WeightedCells
from core.services.studies import voting
from core.storage.engine import open_engine, reading, writing
from core.storage.tables import Person, Prompt, Vote, metadata
from tests.pairs import pair_in_hand
from tests.workspace import CATEGORIES, NOW, Workspace, later, make_workspace

pytestmark = pytest.mark.one_database


@dataclass(frozen=True)
class Counted:
    """A standing vote with what it weighs."""

    vote: Vote
    weight: float
    simulated: bool
    category: str


def cast_at_random(engine: Engine, workspace: Workspace, n: int, seed: int = 0, simulated: int = 2) -> None:
    """Votes straight into the table: fast, masked, changed, withdrawn and repeated ones among them."""
    rng, question = random.Random(seed), workspace.questions[0]
    with writing(engine) as session:
        for rater in workspace.raters[:simulated]:
            session.get_one(Person, rater).kind = "simulated"
        for _ in range(n):
            before = None
            for outcome in rng.choice([(0,), (1,), (2,), (3,), (0, 1), (2, None), (1, None, 3)]):
                before = add_vote(session, workspace, question, rng, outcome, before)


def add_vote(
    session: Session, workspace: Workspace, question: int, rng: random.Random, outcome: int | None, before: Vote | None
) -> Vote:
    if before is not None:
        fields = before.model_dump(exclude={"id", "outcome", "supersedes_id"})
        vote = Vote(**fields, outcome=outcome, supersedes_id=before.id)
    else:
        left, right = rng.sample(workspace.candidates, 2)
        vote = Vote(
            study_id=workspace.study,
            question_id=question,
            prompt_id=rng.choice(workspace.prompts),
            rater_id=rng.choice(workspace.raters[: rng.choice((3, None))]),
            left_candidate_id=left,
            right_candidate_id=right,
            outcome=outcome,
            length_bin=rng.randint(-2, 2),
            masked=rng.random() < 0.2,
            too_fast=rng.random() < 0.2,
            is_repeat=rng.random() < 0.1,
            created_at=NOW,
        )
    session.add(vote)
    session.flush()
    return vote


def standing_votes(engine: Engine, question: int, category: str | None = None) -> list[Counted]:
    """The definition, row by row: neither superseded nor withdrawn nor a repeat; weights from all categories."""
    with reading(engine) as session:
        votes = session.exec(select(Vote).where(Vote.question_id == question)).all()
        category_of = dict(session.exec(select(Prompt.id, Prompt.category)).all())
        kind_of = dict(session.exec(select(Person.id, Person.kind)).all())
    superseded = {vote.supersedes_id for vote in votes}
    stand = [v for v in votes if v.id not in superseded and v.outcome is not None and not v.is_repeat]
    n = Counter(vote.rater_id for vote in stand)
    counted = [
        Counted(
            vote=v,
            weight=float(rater_weight(n[v.rater_id])) * (TOO_FAST_WEIGHT if v.too_fast else 1.0),
            simulated=kind_of[v.rater_id] == "simulated",
            category=category_of[v.prompt_id],
        )
        for v in stand
    ]
    return [one for one in counted if category in (None, one.category)]


def by_the_ranking(counted: list[Counted], buckets: int | None = None) -> dict[str, dict[tuple, np.ndarray]]:
    """Key → sums, by the functions of core.domain.ranking."""
    votes, weight = [c.vote for c in counted], [c.weight for c in counted]
    outcome = [v.outcome for v in votes]
    sides = ([v.left_candidate_id for v in votes], [v.right_candidate_id for v in votes])
    cells, of_vote = cells_from_votes(*sides, outcome, [v.length_bin for v in votes], weight)
    names = list(zip(cells.left.tolist(), cells.right.tolist(), cells.length_bin.tolist(), strict=True))
    found = {
        "weight": dict(zip(names, cells.weight, strict=True)),
        "weight_squared": dict(zip(names, cells.weight_squared, strict=True)),
    }
    for kind in ("rater", "prompt"):
        ids = [getattr(v, f"{kind}_id") for v in votes]
        clusters = clusters_from_votes(of_vote, outcome, weight, [id % buckets for id in ids] if buckets else ids)
        keys = [(g, *names[cell]) for g, cell in zip(clusters.cluster.tolist(), clusters.cell.tolist(), strict=True)]
        found[kind] = dict(zip(keys, np.stack([clusters.weight, clusters.wins], axis=1), strict=True))
    return found


def as_stored(cells: WeightedCells) -> dict[str, dict[tuple, np.ndarray]]:
    names = [tuple(row) for row in cells.cell[:, :3].tolist()]
    found = {
        "weight": dict(zip(names, cells.weight, strict=True)),
        "weight_squared": dict(zip(names, cells.weight_squared, strict=True)),
    }
    for kind in ("rater", "prompt"):
        keys = [(g, *names[cell]) for g, cell in getattr(cells, f"{kind}_key").tolist()]
        found[kind] = dict(zip(keys, getattr(cells, f"{kind}_sum"), strict=True))
    return found


def assert_same(stored: WeightedCells, counted: list[Counted], buckets: int | None = None) -> None:
    found, expected = as_stored(stored), by_the_ranking(counted, buckets)
    for name, sums in expected.items():
        assert found[name].keys() == sums.keys()
        for key, values in sums.items():
            np.testing.assert_allclose(found[name][key], values, rtol=3e-7, atol=1e-12)
    assert stored.votes.sum() == len(counted)
    raters = Counter((c.vote.rater_id, int(c.simulated)) for c in counted)
    assert {(rater, flag): n for rater, n, flag in stored.raters.tolist()} == raters


def stored(engine: Engine, question: int, category: str | None = None, *, merged: bool = True) -> WeightedCells:
    with reading(engine) as session:
        return WeightedCells.unpacked(weighting.load(session, question, category, merged=merged).cells)


@pytest.mark.parametrize("category", [None, *CATEGORIES])
def test_weighted_counts_are_those_of_the_ranking_from_raw_votes(engine: Engine, category: str | None):
    workspace = make_workspace(engine, raters=8)
    question = workspace.questions[0]
    cast_at_random(engine, workspace, 300)
    weighting.refresh(engine, question, now=NOW)
    assert_same(stored(engine, question, category), standing_votes(engine, question, category))


def test_masked_and_simulated_votes_can_be_told_apart(engine: Engine):
    workspace = make_workspace(engine, raters=8)
    question = workspace.questions[0]
    cast_at_random(engine, workspace, 300)
    weighting.refresh(engine, question, now=NOW)
    for category in (None, *CATEGORIES):
        apart = stored(engine, question, category, merged=False)
        for masked in (0, 1):
            for simulated in (0, 1):
                part = [
                    one
                    for one in standing_votes(engine, question, category)
                    if (one.vote.masked, one.simulated) == (bool(masked), bool(simulated))
                ]
                assert part
                chosen = (apart.cell[:, 3:] == (masked, simulated)).all(axis=1)
                assert_same(only(apart, chosen, part), part)


def only(cells: WeightedCells, chosen: np.ndarray, part: list[Counted]) -> WeightedCells:
    """The chosen cells, with the raters of ``part`` (which the cells themselves do not tell)."""
    place = np.cumsum(chosen) - 1
    keys = {}
    for kind in ("rater", "prompt"):
        key = getattr(cells, f"{kind}_key")
        kept = chosen[key[:, 1]]
        keys[f"{kind}_key"] = np.stack([key[kept, 0], place[key[kept, 1]]], axis=1)
        keys[f"{kind}_sum"] = getattr(cells, f"{kind}_sum")[kept]
    raters = Counter((one.vote.rater_id, int(one.simulated)) for one in part)
    return WeightedCells(
        cell=cells.cell[chosen],
        weight=cells.weight[chosen],
        weight_squared=cells.weight_squared[chosen],
        votes=cells.votes[chosen],
        raters=np.array([(rater, n, flag) for (rater, flag), n in raters.items()]),
        **keys,
    )


def test_where_nothing_is_masked_or_simulated_both_forms_are_one(engine: Engine):
    workspace = make_workspace(engine)
    question = workspace.questions[0]
    cast_at_random(engine, workspace, 60, simulated=0)
    with writing(engine) as session:
        session.execute(metadata.tables["vote"].update().values(masked=False))
    weighting.refresh(engine, question, now=NOW)
    merged, apart = (stored(engine, question, merged=merged) for merged in (True, False))
    assert merged.packed() == apart.packed()


def test_more_raters_than_clusters_share_buckets_and_nothing_is_left_out(engine: Engine):
    workspace = make_workspace(engine, raters=weighted_sums.MOST_CLUSTERS + 5, prompts=weighted_sums.MOST_CLUSTERS + 3)
    question = workspace.questions[0]
    cast_at_random(engine, workspace, 600)
    weighting.refresh(engine, question, now=NOW)
    cells = stored(engine, question)
    assert len(cells.raters) > weighted_sums.MOST_CLUSTERS >= len(np.unique(cells.rater_key[:, 0]))
    assert_same(cells, standing_votes(engine, question), buckets=weighted_sums.MOST_CLUSTERS)


def test_very_many_sums_are_kept_in_fewer_buckets():
    rng = np.random.default_rng(1)
    n, m = 300_000, weighted_sums.MOST_SUMS // weighted_sums.FEW_CLUSTERS
    cluster, cell = rng.integers(0, 100, n), rng.integers(0, m, n)
    same = np.zeros(n, dtype=np.int64)
    votes = weighted_sums.VoteColumns(
        categories=("",), category=same, prompt=cluster, rater=cluster, left=same, right=same + 1, length_bin=same,
        masked=same, simulated=same, outcome=rng.integers(0, 4, n), weight=rng.random(n),
    )  # fmt: skip
    keys, sums = weighted_sums.by_cluster(votes, cluster, cell, m)
    assert set(keys[:, 0]) == set(range(weighted_sums.FEW_CLUSTERS))
    assert len(keys) <= weighted_sums.MOST_SUMS
    bucket = cluster % weighted_sums.FEW_CLUSTERS
    np.testing.assert_allclose(np.bincount(keys[:, 0], sums[:, 0]), np.bincount(bucket, votes.weight), rtol=1e-9)
    wins = votes.weight * np.array([1, 0, 0.5, 0.5])[votes.outcome]
    np.testing.assert_allclose(np.bincount(keys[:, 1], sums[:, 1]), np.bincount(cell, wins), rtol=1e-9)


def test_what_is_packed_comes_back(engine: Engine):
    workspace = make_workspace(engine)
    cast_at_random(engine, workspace, 50)
    with reading(engine) as session:
        cells = WeightedCells.counted(weighted_sums.read(session, workspace.questions[0]), apart=True)
    back = WeightedCells.unpacked(cells.packed())
    for name, array in vars(cells).items():
        assert getattr(back, name).dtype.kind == array.dtype.kind
        np.testing.assert_allclose(getattr(back, name), array, rtol=1e-7)


def test_a_refresh_takes_only_what_is_stale(engine: Engine):
    workspace = make_workspace(engine)
    first, second, _ = workspace.questions
    rate(engine, workspace, workspace.raters[0], pairs=3)
    assert weighting.refresh_stale(engine, now=later(1)) == 3
    assert weighting.refresh_stale(engine, now=later(2)) == 0
    rate(engine, workspace, workspace.raters[1], pairs=2, questions=(second,))
    assert weighting.refresh_stale(engine, now=later(3)) == 1
    with reading(engine) as session:
        assert weighting.load(session, first).refreshed_at == later(1)
        assert weighting.load(session, second).refreshed_at == later(3)
        assert weighting.load(session, second).votes == 5


def test_a_question_that_was_just_refreshed_waits_unless_asked_at_once(engine: Engine):
    workspace = make_workspace(engine)
    rate(engine, workspace, workspace.raters[0], pairs=2)
    weighting.refresh_stale(engine, now=NOW)
    rate(engine, workspace, workspace.raters[1], pairs=2)
    moment = NOW + timedelta(microseconds=50)
    assert weighting.refresh_stale(engine, now=moment) == 0
    assert weighting.refresh_stale(engine, now=moment, at_once=True) == 3


def test_an_undone_vote_leaves_the_weighted_counts(engine: Engine):
    workspace = make_workspace(engine)
    rater = workspace.raters[0]
    rate(engine, workspace, rater, pairs=1, questions=workspace.questions[:1])
    weighting.refresh_stale(engine, now=NOW, at_once=True)
    voting.undo(engine, study_id=workspace.study, rater_id=rater, now=later(1))
    assert weighting.refresh_stale(engine, now=later(1), at_once=True) == 1
    assert len(stored(engine, workspace.questions[0]).cell) == 0


@pytest.mark.every_database
def test_an_older_refresh_never_replaces_a_newer_one(engine: Engine):
    workspace = make_workspace(engine)
    question = workspace.questions[0]
    rate(engine, workspace, workspace.raters[0], pairs=2)
    weighting.refresh(engine, question, now=later(5))
    with writing(engine) as session:
        newest = weighting.load(session, question).as_of_vote_id
        weighting._replace(session, question, newest - 1, [])
    with reading(engine) as session:
        assert weighting.load(session, question).as_of_vote_id == newest


@pytest.mark.every_database
def test_refreshing_while_raters_vote_ends_in_the_right_counts(engine: Engine):
    workspace = make_workspace(engine, raters=4)
    question = workspace.questions[0]
    seen: list[int] = []

    def refresh() -> None:
        for _ in range(8):
            weighting.refresh_stale(engine, now=NOW, at_once=True)
            with reading(engine) as session:
                kept = weighting.load(session, question)
            seen.append(kept.as_of_vote_id if kept else 0)

    with ThreadPoolExecutor(6) as threads:
        voting_now = [threads.submit(rate, engine, workspace, rater, pairs=8) for rater in workspace.raters]
        refreshing = [threads.submit(refresh)]
        for work in (*voting_now, *refreshing):
            work.result(timeout=120)
    assert seen == sorted(seen)
    weighting.refresh_stale(engine, now=later(1), at_once=True)
    assert_same(stored(engine, question), standing_votes(engine, question))


@pytest.mark.every_database
def test_a_vote_that_is_committed_after_one_with_a_higher_id_is_not_forgotten(postgres_database: str):
    engine = open_engine(postgres_database)
    workspace = make_workspace(engine)
    with writing(engine) as slow:
        vote = add_vote(slow, workspace, workspace.questions[0], random.Random(1), 0, None)
        vote.is_repeat = False
        slow.flush()
        rate(engine, workspace, workspace.raters[0], pairs=1)
        weighting.refresh_stale(engine, now=NOW, at_once=True)
        with reading(engine) as session:
            assert weighting.load(session, workspace.questions[0]).as_of_vote_id > vote.id
            category = session.get_one(Prompt, vote.prompt_id).category
        tallies.record(slow, vote, category=category, simulated=False, before=None)
    assert weighting.refresh_stale(engine, now=later(1), at_once=True) == 1
    assert_same(stored(engine, workspace.questions[0]), standing_votes(engine, workspace.questions[0]))
    engine.dispose()


def rate(
    engine: Engine, workspace: Workspace, rater: int, *, pairs: int, questions: tuple[int, ...] | None = None
) -> None:
    """Rate some pairs, or as many as there are."""
    rng = random.Random(rater)
    try:
        for _ in range(pairs):
            taken = pair_in_hand(engine, study_id=workspace.study, rater_id=rater, now=NOW, rng=rng)
            answers = questions or workspace.questions
            for question in answers:
                voting.cast(
                    engine,
                    public_id=taken.public_id,
                    rater_id=rater,
                    question_id=question,
                    outcome=rng.choice(list(Outcome)),
                    now=NOW,
                )
            if questions:
                with writing(engine) as session:
                    session.execute(
                        sa.update(metadata.tables["assignment"])
                        .where(metadata.tables["assignment"].c.public_id == taken.public_id)
                        .values(state="done", finished_at=NOW)
                    )
    except NothingToRate:
        return
