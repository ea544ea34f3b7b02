"""What raters said of single responses: votes, flags and notes, each with the side on which the response stood."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from core.domain.sides import Side
from core.domain.votes import Outcome
from core.services import workspace
from core.services.quality import Heard, Scope, heard
from core.services.quality.judged import judged
from core.services.quality.rated import rated_sides
from core.storage.engine import reading, writing
from core.storage.tables import Assignment, Dataset, Prompt, Remark, Vote
from tests.evaluated import Evaluated
from tests.voted import Voted
from tests.workspace import NOW

L, R, TIE, BAD = Outcome


@dataclass
class Planted:
    """Two candidates' answers to one prompt in two runs; Alder says the same in both, Birch does not."""

    made: Evaluated
    said: Voted
    first: dict[str, int] = field(default_factory=dict)
    again: dict[str, int] = field(default_factory=dict)


def plant(session: Session) -> Planted:
    made = Evaluated(session)
    made.prompt("p", "support")
    for name in ("Alder", "Birch"):
        made.candidate(name)
    at = Planted(made, Voted(made))
    for of in (at.first, at.again):
        run = made.run()
        of["Alder"] = made.response(run, "Alder", "p", "The same words.")
        of["Birch"] = made.response(run, "Birch", "p", f"Words of run {run}.")
    return at


def listen(engine: Engine, at: Planted, *ids: int) -> Heard:
    with reading(engine) as session:
        return heard(session, at.made.prompts["p"], ids)


def test_a_vote_is_told_from_the_side_of_the_response_and_the_newest_comes_first(engine: Engine) -> None:
    with writing(engine) as session:
        at = plant(session)
        alder, birch = at.first["Alder"], at.first["Birch"]
        at.said.vote("Ada", alder, birch, L, time_on_pair_ms=4200)
        at.said.vote("Ben", birch, alder, L, question="tone", too_fast=True, masked=True)
        at.said.vote("Sim", alder, birch, BAD, question="safety")
        at.said.rater("Sim")
    found = listen(engine, at, alder, birch)
    told = [(v.question, v.outcome, v.answer, v.side, v.opponent, v.rater) for v in found.votes[alder]]
    assert told == [
        ("Safety", BAD, "Both unsafe", Side.A, "Birch", "Sim"),
        ("Tone", R, "A", Side.B, "Birch", "Ben"),
        ("Send", L, "A only", Side.A, "Birch", "Ada"),
    ]
    assert [v.outcome for v in found.votes[birch]] == [BAD, L, R]
    by_ben, by_ada = found.votes[alder][1:]
    assert (by_ben.too_fast, by_ben.masked, by_ada.time_ms, by_ada.too_fast) == (True, True, 4200, False)
    assert {v.opponent_response_id for v in found.votes[alder]} == {birch}


def test_only_what_stands_counts_and_mirrored_repeats_do_not(engine: Engine) -> None:
    with writing(engine) as session:
        at = plant(session)
        alder, birch = at.first["Alder"], at.first["Birch"]
        changed = at.said.vote("Ada", alder, birch, L)
        at.said.change(changed, TIE)
        at.said.change(at.said.vote("Ben", alder, birch, L), None)
        at.said.vote("Cid", birch, alder, L, is_repeat=True)
    (vote,) = listen(engine, at, alder).votes[alder]
    assert (vote.outcome, vote.rater) == (TIE, "Ada")


def test_a_vote_on_the_same_words_of_another_run_is_told_with_the_response_that_was_shown(engine: Engine) -> None:
    with writing(engine) as session:
        at = plant(session)
        at.said.vote("Ada", at.first["Alder"], at.first["Birch"], L)
    found = listen(engine, at, at.again["Alder"], at.again["Birch"])
    (vote,) = found.votes[at.again["Alder"]]
    assert vote.cast_on == at.first["Alder"]
    assert at.again["Birch"] not in found.votes
    (own,) = listen(engine, at, at.first["Alder"]).votes[at.first["Alder"]]
    assert own.cast_on is None


def test_a_version_of_the_prompt_in_another_dataset_carries_its_votes_over(engine: Engine) -> None:
    with writing(engine) as session:
        at = plant(session)
        at.said.vote("Ada", at.first["Alder"], at.first["Birch"], L)
        newer = Dataset(name="Support", version=2, content_hash="newer", created_at=NOW)
        session.add(newer)
        session.flush()
        at.made.dataset = newer
        old, other = dict(at.made.prompts), {"messages": [{"role": "user", "content": "?"}]}
        at.made.prompt("p", "support", **other)
        mine = at.made.response(at.made.run(), "Alder", "p", "The same words.")
        assert old["p"] != at.made.prompts["p"]
        assert session.exec(select(Prompt.content_hash).distinct()).all() == ["p"]
    assert [vote.rater for vote in listen(engine, at, mine).votes[mine]] == ["Ada"]


def test_an_imported_vote_is_about_what_its_candidate_had_answered_by_then(engine: Engine) -> None:
    with writing(engine) as session:
        at = plant(session)
        at.said.imported("File", "p", "Birch", "Alder", L, NOW + timedelta(hours=1))
    found = listen(engine, at, *at.first.values(), *at.again.values())
    (vote,) = found.votes[at.again["Birch"]]
    assert (vote.kind, vote.outcome, vote.side, vote.opponent) == ("imported", L, Side.A, "Alder")
    assert at.first["Birch"] not in found.votes


def test_simulated_votes_are_told_while_the_workspace_counts_them(engine: Engine) -> None:
    with writing(engine) as session:
        at = plant(session)
        at.said.rater("Sim", "simulated")
        at.said.vote("Sim", at.first["Alder"], at.first["Birch"], L)
    assert [v.kind for v in listen(engine, at, at.first["Alder"]).votes[at.first["Alder"]]] == ["simulated"]
    with writing(engine) as session:
        workspace.count_simulated(session, False)
    assert listen(engine, at, at.first["Alder"]).votes == {}


def test_what_is_told_is_what_the_experts_figure_counts(engine: Engine) -> None:
    with writing(engine) as session:
        at = plant(session)
        at.said.vote("Ada", at.first["Alder"], at.first["Birch"], L)
        at.said.vote("Ben", at.again["Birch"], at.again["Alder"], BAD)
        at.said.imported("File", "p", "Alder", "Birch", TIE)
        dataset = at.made.dataset.id or 0
    for run, of in enumerate((at.first, at.again), 1):
        with reading(engine) as session:
            found = judged(session, Scope(dataset, run))
            sides = rated_sides(session, found)
        told = listen(engine, at, *of.values())
        for candidate, response in of.items():
            counted = sides.of(at.made.candidates[candidate])
            mine = [vote for vote in told.votes.get(response, []) if vote.question == "Send"]
            assert sorted(vote.outcome for vote in mine) == sorted(counted.outcome.tolist()), (run, candidate)


def note(session: Session, vote: int, kind: str, text: str) -> None:
    given = session.get_one(Assignment, session.get_one(Vote, vote).assignment_id)
    session.add(Remark(assignment_id=given.id, rater_id=given.rater_id, kind=kind, note=text, created_at=NOW))


def test_a_note_says_which_response_was_a_and_which_b_and_which_it_names(engine: Engine) -> None:
    with writing(engine) as session:
        at = plant(session)
        alder, birch = at.first["Alder"], at.first["Birch"]
        vote = at.said.vote("Ada", birch, alder, L)
        note(session, vote, "comment", "B invents a law")
        note(session, vote, "flag", "")
    found = listen(engine, at, alder, birch)
    flag, comment = found.notes[alder]
    assert (flag.kind, flag.note, flag.names) == ("flag", "", frozenset())
    assert (comment.rater, comment.side, comment.names) == ("Ada", Side.B, {Side.B})
    assert comment.shown == {Side.A: (birch, "Birch"), Side.B: (alder, "Alder")}
    assert found.notes[birch][1].side is Side.A
    assert listen(engine, at, at.again["Birch"]).notes == {}


@pytest.mark.parametrize("ids", [(), (999,)])
def test_of_nothing_nothing_is_told(engine: Engine, ids: tuple[int, ...]) -> None:
    with writing(engine) as session:
        at = plant(session)
        at.said.vote("Ada", at.first["Alder"], at.first["Birch"], L)
    found = listen(engine, at, *ids)
    assert (found.votes, found.notes, found.is_capped) == ({}, {}, False)
