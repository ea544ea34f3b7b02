"""Reading what raters would send: which response each vote is about, and which votes count."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import Engine

from core.domain.votes import TOO_FAST_WEIGHT, Outcome
from core.services.quality import Scope, rated
from core.services.quality.judged import judged
from core.services.quality.rated import RatedSides
from core.services.workspace import count_simulated
from core.storage.engine import reading, writing
from core.storage.tables import Dataset, Prompt
from tests.evaluated import Evaluated
from tests.voted import Voted
from tests.workspace import NOW

pytestmark = pytest.mark.one_database


class World:
    """One prompt, two candidates, one run; ``a`` and ``b`` are their responses."""

    def __init__(self, session) -> None:
        self.made = Evaluated(session)
        self.made.prompt("p", "support")
        for name in ("A", "B"):
            self.made.candidate(name)
        self.run = self.made.run()
        self.a, self.b = (self.made.response(self.run, name, "p", f"{name} says so.") for name in ("A", "B"))
        self.votes = Voted(self.made)


@pytest.fixture
def world(engine: Engine) -> Iterator[World]:
    with writing(engine) as session:
        yield World(session)


def read(world: World, **scope: object) -> tuple[RatedSides, list[int]]:
    """What counts, and the ids of the responses that it is about."""
    found = judged(world.made.session, Scope(world.made.dataset.id, **scope))
    said = rated.rated_sides(world.made.session, found)
    return said, found.responses.id[said.response].tolist()


def sent(world: World, **scope: object) -> dict[int, list[float]]:
    """Response id → what raters said, 1 would send it."""
    said, ids = read(world, **scope)
    found: dict[int, list[float]] = {}
    for response, value in zip(ids, said.sendable.tolist(), strict=True):
        found.setdefault(response, []).append(value)
    return found


@pytest.mark.parametrize(
    ("outcome", "left", "right"),
    [(Outcome.LEFT, 1.0, 0.0), (Outcome.RIGHT, 0.0, 1.0), (Outcome.TIE, 1.0, 1.0), (Outcome.BOTH_BAD, 0.0, 0.0)],
)
def test_an_answer_is_an_absolute_judgement_of_both_sides(world: World, outcome, left, right) -> None:
    world.votes.vote("Ada", world.b, world.a, outcome)
    assert sent(world) == {world.a: [right], world.b: [left]}
    said, ids = read(world)
    assert dict(zip(ids, said.opponent.tolist(), strict=True)) == {
        world.a: world.made.candidates["B"],
        world.b: world.made.candidates["A"],
    }
    assert (said.probability.tolist(), set(said.rater.tolist())) == ([0.5, 0.5], {world.votes.raters["Ada"]})


def test_what_was_superseded_withdrawn_mirrored_or_asked_otherwise_does_not_count(world: World) -> None:
    vote = world.votes.vote
    changed = vote("Ada", world.a, world.b, Outcome.LEFT)
    world.votes.change(changed, Outcome.BOTH_BAD)
    withdrawn = vote("Ben", world.a, world.b, Outcome.LEFT)
    world.votes.change(withdrawn, None)
    vote("Cy", world.a, world.b, Outcome.LEFT, is_repeat=True)
    vote("Dee", world.a, world.b, Outcome.LEFT, question="tone")
    assert sent(world) == {world.a: [0.0], world.b: [0.0]}


def test_a_vote_faster_than_reading_weighs_less(world: World) -> None:
    world.votes.vote("Ada", world.a, world.b, Outcome.TIE)
    world.votes.vote("Ben", world.a, world.b, Outcome.TIE, too_fast=True)
    said, _ = read(world)
    assert sorted(said.weight.tolist()) == [TOO_FAST_WEIGHT] * 2 + [1.0] * 2


def test_simulated_raters_count_while_the_workspace_counts_them(world: World) -> None:
    world.votes.rater("Robot", "simulated")
    world.votes.vote("Robot", world.a, world.b, Outcome.LEFT)
    said, _ = read(world)
    assert said.is_simulated.all() and len(said.rater) == 2
    before = rated.as_of(world.made.session)
    count_simulated(world.made.session, False)
    assert sent(world) == {}
    assert rated.as_of(world.made.session) != before


def test_a_vote_is_about_the_response_that_was_shown_and_no_other_text(world: World) -> None:
    world.votes.vote("Ada", world.a, world.b, Outcome.LEFT)
    newer = world.made.run()
    world.made.response(newer, "A", "p", "A says otherwise.")
    again = world.made.response(newer, "B", "p", "B says so.")
    assert sent(world) == {again: [0.0]}, "B says word for word the same as when it was rated, A does not"
    assert sent(world, run_id=world.run) == {world.a: [1.0], world.b: [0.0]}
    assert sent(world, all_runs=True) == {world.a: [1.0], world.b: [0.0]}, "each vote counts once"


def test_the_same_text_to_the_same_prompt_of_another_version_is_evidence(world: World) -> None:
    session = world.made.session
    old, world.made.dataset = world.made.dataset, Dataset(name="Support", version=2, content_hash="2", created_at=NOW)
    session.add(world.made.dataset)
    session.flush()
    prompts = {"p": world.made.prompts["p"]}
    world.votes.vote("Ada", world.a, world.b, Outcome.LEFT)
    world.made.prompt("p", "support")
    world.made.prompt("q", "support")
    run = world.made.run()
    same = world.made.response(run, "A", "p", "A says so.")
    world.made.response(run, "B", "p", "B says otherwise.")
    world.made.response(run, "A", "q", "A says so.")
    assert sent(world) == {same: [1.0]}, "another prompt with the same answer is not what was rated"
    world.made.dataset, world.made.prompts = old, prompts
    assert sent(world) == {world.a: [1.0], world.b: [0.0]}


def test_an_imported_vote_is_about_what_had_been_answered_by_then(world: World) -> None:
    made = world.made
    later = made.run()
    newer = made.response(later, "A", "p", "A says otherwise.", created_at=NOW + timedelta(days=7))
    world.votes.imported("Ann", "p", "A", "B", Outcome.LEFT, NOW - timedelta(days=30))
    world.votes.imported("Bob", "p", "A", "B", Outcome.LEFT, NOW + timedelta(days=1))
    world.votes.imported("Cat", "p", "A", "B", Outcome.RIGHT, NOW + timedelta(days=8))
    assert sent(world, all_runs=True) == {world.a: [1.0, 1.0], newer: [0.0], world.b: [0.0, 0.0, 1.0]}
    said, _ = read(world)
    assert (said.unplaced, np.isnan(said.probability).all()) == (0, True)


def test_an_imported_vote_on_one_of_several_texts_counts_for_none_of_them_and_is_counted(world: World) -> None:
    made = world.made
    made.response(world.run, "A", "p", "A says this the second time.", repetition=1)
    made.response(world.run, "B", "p", "B says so.", repetition=1)
    world.votes.imported("Ann", "p", "A", "B", Outcome.TIE)
    assert sent(world) == {world.b: [1.0]}, "B's repetitions say the same"
    assert read(world)[0].unplaced == 1


def test_a_vote_on_a_prompt_without_answers_is_about_nothing_here(world: World) -> None:
    world.made.prompt("q", "support")
    world.votes.imported("Ann", "q", "A", "B", Outcome.TIE)
    assert sent(world) == {}
    assert read(world)[0].unplaced == 0


def test_ratings_are_kept_by_candidate_and_by_responses(world: World) -> None:
    world.votes.vote("Ada", world.a, world.b, Outcome.LEFT)
    said, _ = read(world)
    mine = said.of(world.made.candidates["A"])
    assert (mine.sendable.tolist(), len(said.of(10**6).rater)) == ([1.0], 0)
    assert len(said.on(mine.response).rater) == 1
    assert len(said.on(np.zeros(0, dtype=np.int64)).rater) == 0


def test_without_votes_there_is_nothing_to_read(engine: Engine) -> None:
    with writing(engine) as session:
        world = World(session)
    with reading(engine) as session:
        prompt = session.get_one(Prompt, world.made.prompts["p"])
        found = judged(session, Scope(prompt.dataset_id))
        assert len(rated.rated_sides(session, found).rater) == 0
        assert rated.as_of(session) == (0, 1)
