"""Nothing is lost or doubled: many raters at once, two tabs, expiring leases, and kill −9 in mid-load."""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event, Lock
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.votes import Outcome
from core.errors import NothingToRate, PairGone
from core.services.studies import assigning, rounds, voting
from core.settings import PROJECT_ROOT
from core.storage.engine import open_engine, reading, writing
from core.storage.tables import Assignment, Pair, Response, Study, Vote
from tests.long import times
from tests.pairs import pair_in_hand
from tests.services.studies.test_rating import assert_tallies_equal_a_rebuild
from tests.workspace import NOW, Workspace, make_workspace

T = TypeVar("T")
PROJECT = PROJECT_ROOT
KILLS = times(2, long=20)
LEAST_ACKNOWLEDGED = 20


class Clock:
    """A clock that all threads share; every look at it takes some seconds."""

    def __init__(self, step: timedelta = timedelta(seconds=5)) -> None:
        self._now, self._step, self._lock = NOW, step, Lock()

    def now(self) -> datetime:
        with self._lock:
            self._now += self._step
            return self._now


@dataclass
class Desk:
    """One rater's session: what they do at random, and what the app acknowledged to them."""

    engine: Engine
    workspace: Workspace
    rater: int
    clock: Clock
    rng: random.Random
    votes: dict[int, tuple[int, int]] = field(default_factory=dict)
    undone: int = 0

    def rate_until_nothing_is_left(self) -> None:
        try:
            while True:
                self.rate_one()
        except NothingToRate:
            return

    def take(self) -> Assignment:
        return pair_in_hand(
            self.engine, study_id=self.workspace.study, rater_id=self.rater, now=self.clock.now(), rng=self.rng
        )

    def rate_one(self) -> None:
        assignment = self.take()
        whim = self.rng.random()
        if whim < 0.05:
            self.skip(assignment)
        elif whim > 0.9:
            time.sleep(0.05)  # is away: the lease may run out meanwhile
        try:
            for question in self.workspace.questions:
                self.answer(assignment, question)
                if self.rng.random() < 0.1:
                    self.answer(assignment, question)
        except PairGone:
            return
        if self.rng.random() < 0.1:
            self.undo()

    def answer(self, assignment: Assignment, question: int) -> None:
        outcome = self.rng.choice(list(Outcome))
        vote = voting.cast(
            self.engine,
            public_id=assignment.public_id,
            rater_id=self.rater,
            question_id=question,
            outcome=outcome,
            now=self.clock.now(),
        )
        if vote is not None:
            self.votes[vote.id] = (question, outcome)

    def undo(self) -> None:
        try:
            if voting.undo(self.engine, study_id=self.workspace.study, rater_id=self.rater, now=self.clock.now()):
                self.undone += 1
        except PairGone:
            return

    def skip(self, assignment: Assignment) -> None:
        reason = voting.SKIP_REASONS[0]
        voting.skip(
            self.engine, public_id=assignment.public_id, rater_id=self.rater, reason=reason, now=self.clock.now()
        )


def desks(engine: Engine, workspace: Workspace, *, tabs: int = 1) -> list[Desk]:
    clock = Clock()
    return [
        Desk(engine, workspace, rater, clock, random.Random(1000 * tab + rater))
        for rater in workspace.raters
        for tab in range(tabs)
    ]


def at_once(works: list[Callable[[], T]]) -> list[T]:
    """Run each in a thread of its own; an error in one is raised here."""
    with ThreadPoolExecutor(len(works)) as threads:
        running: list[Future[T]] = [threads.submit(work) for work in works]
        return [work.result(timeout=300) for work in running]


@contextmanager
def leases_running_out(engine: Engine, clock: Clock) -> Iterator[None]:
    """Give abandoned pairs back all the while, at times as if a quarter of an hour had gone by."""
    stop, rng = Event(), random.Random(7)

    def release() -> None:
        while not stop.wait(0.02):
            assigning.release_abandoned(engine, clock.now() + timedelta(minutes=rng.choice((0, 16))))

    with ThreadPoolExecutor(1) as thread:
        releasing = thread.submit(release)
        try:
            yield
        finally:
            stop.set()
            releasing.result(timeout=60)


def assert_acknowledged_votes_are_all_there_is(engine: Engine, all_desks: list[Desk]) -> None:
    acknowledged = {
        id: (desk.rater, question, outcome) for desk in all_desks for id, (question, outcome) in desk.votes.items()
    }
    assert len(acknowledged) == sum(len(desk.votes) for desk in all_desks)
    with reading(engine) as session:
        cast = session.exec(select(Vote).where(Vote.outcome.is_not(None))).all()
        withdrawn = session.exec(select(Vote).where(Vote.outcome.is_(None))).all()
    assert {vote.id: (vote.rater_id, vote.question_id, vote.outcome) for vote in cast} == acknowledged
    skipped = {assignment.id for assignment in assignments(engine) if assignment.state == "skipped"}
    undone = sum(desk.undone for desk in all_desks)
    assert undone <= len(withdrawn) <= undone + 3 * len(skipped)


def assert_at_most_one_answer_stands(engine: Engine) -> None:
    with reading(engine) as session:
        votes = session.exec(select(Vote)).all()
    superseded = Counter(vote.supersedes_id for vote in votes if vote.supersedes_id is not None)
    roots = Counter((vote.assignment_id, vote.question_id) for vote in votes if vote.supersedes_id is None)
    heads = Counter((vote.assignment_id, vote.question_id) for vote in votes if vote.id not in superseded)
    assert set(superseded.values()) <= {1}
    assert set(roots.values()) == set(heads.values()) == {1}


def assignments(engine: Engine) -> list[Assignment]:
    with reading(engine) as session:
        return list(session.exec(select(Assignment).order_by(Assignment.id)))


def assert_overlap_is_kept(engine: Engine, overlap: int) -> None:
    """``claimed`` is what a rebuild counts, and no pair has more holders than wanted."""
    holders = Counter(a.pair_id for a in assignments(engine) if a.state in ("leased", "done") and not a.repeat_of_id)
    with reading(engine) as session:
        claimed = {pair.id: pair.claimed for pair in session.exec(select(Pair))}
    assert claimed == {pair: holders[pair] for pair in claimed}
    assert max(claimed.values()) <= overlap


def assert_no_pair_twice_to_one_rater(engine: Engine) -> None:
    given = Counter((a.rater_id, a.pair_id) for a in assignments(engine) if a.repeat_of_id is None)
    assert set(given.values()) == {1}


def assert_sides_come_in_blocks_of_two(engine: Engine) -> None:
    with reading(engine) as session:
        candidate = dict(session.execute(sa.select(Response.id, Response.candidate_id)).all())
    drawn = defaultdict(list)
    for a in assignments(engine):
        if a.repeat_of_id is None:
            left, right = candidate[a.left_response_id], candidate[a.right_response_id]
            drawn[a.rater_id, min(left, right), max(left, right)].append(left < right)
    blocks = [sides[at : at + 2] for sides in drawn.values() for at in range(0, len(sides) - 1, 2)]
    assert blocks
    assert all(first != second for first, second in blocks)


def assert_everything_is_rated(engine: Engine, workspace: Workspace, overlap: int, n_pairs: int) -> None:
    """Nobody is left with anything to rate, and every pair has the raters it wants."""
    now = NOW + timedelta(days=1)
    assigning.release_abandoned(engine, now)
    for last in desks(engine, workspace):
        last.rng = random.Random(5)
        last.rate_until_nothing_is_left()
    with reading(engine) as session:
        assert [pair.claimed for pair in session.exec(select(Pair))] == [overlap] * n_pairs
        for done in session.exec(select(Assignment).where(Assignment.state == "done")):
            assert voting.answers(session, done).keys() == set(workspace.questions)


def test_thirty_two_raters_at_once_lose_nothing_and_rate_everything(engine: Engine):
    overlap, prompts = 3, times(6, long=12)
    workspace = make_workspace(engine, prompts=prompts, candidates=4, raters=32, overlap=overlap)
    raters = desks(engine, workspace)
    with leases_running_out(engine, raters[0].clock):
        at_once([desk.rate_until_nothing_is_left for desk in raters])
    assert_acknowledged_votes_are_all_there_is(engine, raters)
    assert_at_most_one_answer_stands(engine)
    assert_overlap_is_kept(engine, overlap)
    assert_no_pair_twice_to_one_rater(engine)
    assert_sides_come_in_blocks_of_two(engine)
    assert_tallies_equal_a_rebuild(engine)
    assert any(a.state == "skipped" for a in assignments(engine))
    assert_everything_is_rated(engine, workspace, overlap, n_pairs=6 * prompts)


def test_two_tabs_of_one_rater_never_vote_twice_on_a_question(engine: Engine):
    workspace = make_workspace(engine, prompts=6, candidates=3, raters=6, overlap=3)
    tabs = desks(engine, workspace, tabs=2)
    at_once([tab.rate_until_nothing_is_left for tab in tabs])
    assert_acknowledged_votes_are_all_there_is(engine, tabs)
    assert_at_most_one_answer_stands(engine)
    assert_overlap_is_kept(engine, 3)
    assert_no_pair_twice_to_one_rater(engine)
    assert_sides_come_in_blocks_of_two(engine)
    assert_tallies_equal_a_rebuild(engine)


def test_two_tabs_that_ask_at_the_same_moment_get_the_same_pair(engine: Engine):
    workspace = make_workspace(engine, prompts=6, candidates=3, raters=1)
    for _ in range(6):
        tabs = desks(engine, workspace, tabs=4)
        shown = at_once([tab.take for tab in tabs])
        assert len({assignment.public_id for assignment in shown}) == 1
        for question in workspace.questions:
            at_once([partial(tab.answer, seen, question) for tab, seen in zip(tabs, shown, strict=True)])
            assert sum(question in dict(tab.votes.values()) for tab in tabs) == 1
    with reading(engine) as session:
        assert {a.state for a in session.exec(select(Assignment))} == {"done"}


def in_hand(engine: Engine, public_id: str) -> Assignment:
    with reading(engine) as session:
        return session.exec(select(Assignment).where(Assignment.public_id == public_id)).one()


def test_a_vote_on_its_way_keeps_the_pair_from_being_given_back(engine: Engine):
    workspace = make_workspace(engine, prompts=1, candidates=2, raters=2, overlap=1)
    first, second = desks(engine, workspace)
    assignment = first.take()  # five seconds after NOW; the vote, five later, moves the end of the lease as much
    late = NOW + assigning.LEASE + timedelta(seconds=7)
    with ThreadPoolExecutor(2) as threads:
        with writing(engine) as session:
            if engine.dialect.name == "postgresql":
                session.execute(sa.text("LOCK TABLE pair_tally IN EXCLUSIVE MODE"))
            voting_now = threads.submit(first.answer, assignment, workspace.questions[0])
            time.sleep(0.3)
            releasing = threads.submit(assigning.release_abandoned, engine, late)
            time.sleep(0.3)
        voting_now.result(timeout=60)
        releasing.result(timeout=60)
    assert in_hand(engine, assignment.public_id).state == "leased"
    with pytest.raises(NothingToRate):
        second.take()
    assert_overlap_is_kept(engine, 1)


# ---------------------------------------------------------------- kill −9


def rate_until_killed(database: str, acknowledged: Path, seed: int, rng: random.Random) -> list[dict[str, Any]]:
    """Let a process rate as fast as it can, and kill it at a random moment; what it was told is kept."""
    with acknowledged.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.services.studies.rater_process", database, str(seed)], cwd=PROJECT, stdout=out
        )
    try:
        deadline = time.monotonic() + 60
        while acknowledged.read_bytes().count(b"\n") < LEAST_ACKNOWLEDGED:
            assert process.poll() is None, "the rating process ended by itself"
            assert time.monotonic() < deadline, "the rating process was told of too few votes"
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.5))
        assert process.poll() is None, "the rating process ended by itself"
    finally:
        process.kill()
    assert process.wait(timeout=30) == -signal.SIGKILL
    return [json.loads(line) for line in acknowledged.read_text().splitlines()]


def assert_every_acknowledged_vote_is_there(engine: Engine, told: list[dict[str, Any]]) -> None:
    with reading(engine) as session:
        kept = {vote.id: vote for vote in session.exec(select(Vote))}
        public_id = {a.id: a.public_id for a in session.exec(select(Assignment))}
    votes = [line for line in told if "id" in line]
    assert len({vote["id"] for vote in votes}) == len(votes)
    for vote in votes:
        found = kept[vote["id"]]
        assert (found.rater_id, found.question_id, found.outcome) == (vote["rater"], vote["question"], vote["outcome"])
        assert public_id[found.assignment_id] == vote["assignment"]
    withdrawn = Counter(public_id[vote.assignment_id] for vote in kept.values() if vote.outcome is None)
    assert withdrawn >= Counter(line["undone"] for line in told if "undone" in line)


def test_kill_9_in_mid_load_loses_no_acknowledged_vote(database: str, tmp_path: Path):
    engine = open_engine(database)
    workspace = make_workspace(engine, prompts=60, candidates=4, raters=16, overlap=3)
    engine.dispose()
    told, rng = [], random.Random(1)
    for seed in range(KILLS):
        told += rate_until_killed(database, tmp_path / f"told{seed}.jsonl", seed, rng)
        reopened = open_engine(database)
        assert_every_acknowledged_vote_is_there(reopened, told)
        assert_at_most_one_answer_stands(reopened)
        assert_overlap_is_kept(reopened, 3)
        assert_no_pair_twice_to_one_rater(reopened)
        assert_tallies_equal_a_rebuild(reopened)
        reopened.dispose()
    go_on_rating(database, workspace)


def go_on_rating(database: str, workspace: Workspace) -> None:
    engine = open_engine(database)
    desk = desks(engine, workspace)[0]
    asked = {"study_id": workspace.study, "rater_id": desk.rater, "now": NOW, "rng": desk.rng}
    shown = rounds.current_round(engine, **asked)
    assert shown.open_question is not None
    for _ in range(3):
        desk.rate_one()
    with reading(engine) as session:
        ids = set(session.exec(select(Vote.id)))
        assert session.get_one(Study, workspace.study).state == "open"
    assert desk.votes.keys() <= ids
    assert_tallies_equal_a_rebuild(engine)
    engine.dispose()
