"""Behind every number of a board there are as many votes as it says, on pairs that lead to their responses."""

from collections.abc import Callable, Iterator
from itertools import product

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from core.domain.ranking import RankingOptions
from core.domain.votes import Outcome
from core.services.leaderboards import boards, tallies, weighting
from core.services.leaderboards.boards import Filters, Leaderboard, Standing
from core.services.quality import Votes, votes_behind
from core.storage.engine import reading, writing
from core.storage.tables import Question, Vote
from tests.evaluated import Evaluated
from tests.voted import Voted
from tests.workspace import NOW

L, R, TIE, BAD = Outcome
NUMBERS: dict[Votes, Callable[[Standing], int]] = {
    Votes.ALL: lambda standing: standing.votes,
    Votes.WON: lambda standing: standing.wins,
    Votes.LOST: lambda standing: standing.losses,
    Votes.TIED: lambda standing: standing.ties,
    Votes.CONDEMNED: lambda standing: standing.both_bad,
}
FILTERS = [
    Filters(category, simulated, masked)
    for category, simulated, masked in product((None, "support", "coding"), (True, False), (True, False))
]


def plant(session: Session) -> tuple[Voted, dict[tuple[str, str], int]]:
    """Three candidates on four prompts: votes of all outcomes on either side, masked, simulated, changed, imported."""
    made = Evaluated(session)
    for number in range(4):
        made.prompt(f"p{number}", ("support", "coding")[number % 2])
    names = ("Alder", "Birch", "Cedar")
    for name in names:
        made.candidate(name)
    run = made.run()
    ids = {(p, name): made.response(run, name, p, f"{name} on {p}.") for p in made.prompts for name in names}
    said = Voted(made)
    for name in ("Sim", "Sam"):
        said.rater(name, "simulated")
    pairs = [(one, other) for one in names for other in names if one != other]
    for number, (prompt, (one, other)) in enumerate(product(made.prompts, pairs)):
        rater = (("Ada", "Ben", "Sim") if one < other else ("Cid", "Dan", "Sam"))[number % 3]
        said.vote(rater, ids[prompt, one], ids[prompt, other], Outcome(number % 4),
                  masked=number % 5 == 0)  # fmt: skip
    said.change(said.vote("Eve", ids["p0", "Alder"], ids["p0", "Birch"], L), R)
    said.change(said.vote("Flo", ids["p0", "Alder"], ids["p0", "Birch"], L), None)
    said.vote("Gil", ids["p1", "Birch"], ids["p1", "Alder"], L, is_repeat=True)
    said.imported("File", "p2", "Cedar", "Alder", L)
    said.imported("File", "p3", "Alder", "Cedar", BAD)
    return said, ids


def counted(engine: Engine, study: int) -> None:
    with writing(engine) as session:
        tallies.rebuild(session, study)
    weighting.refresh_all(engine, now=NOW)


def board_of(session: Session, question_id: int, filters: Filters, up_to: int | None = None) -> Leaderboard:
    question = session.exec(select(Question).where(Question.id == question_id)).one()
    return boards.leaderboard(session, question, filters, RankingOptions(), up_to=up_to)


def numbers(board: Leaderboard) -> Iterator[tuple[int, Votes, int]]:
    for standing in board.standings:
        for which, number in NUMBERS.items():
            yield standing.candidate_id, which, number(standing)


@pytest.mark.one_database
@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_behind_each_number_of_a_board_are_as_many_votes(engine: Engine, filters: Filters) -> None:
    with writing(engine) as session:
        said, _ = plant(session)
        study, question = said.study, said.questions["send"]
    counted(engine, study)
    with reading(engine) as session:
        board = board_of(session, question, filters)
        assert board.standings
        for candidate, which, number in numbers(board):
            found = votes_behind(session, question, filters, candidate, which, up_to=board.as_of_vote_id)
            assert (found.votes, found.pairs) == (number, len(found.rows)), (candidate, which)
            of_kind = [row.votes if which is Votes.ALL else getattr(row, which) for row in found.rows]
            assert sum(of_kind) == number
            assert of_kind == sorted(of_kind, reverse=True) and all(of_kind)


def test_votes_that_came_after_the_board_are_not_behind_it(engine: Engine) -> None:
    with writing(engine) as session:
        said, ids = plant(session)
        study, question = said.study, said.questions["send"]
    counted(engine, study)
    with writing(engine) as session:
        newest = max(session.exec(select(Vote.id)).all())
        again = Voted.__new__(Voted)
        again.__dict__.update(said.__dict__, made=Evaluated.of(session, said.made))
        again.change(again.vote("Dee", ids["p0", "Alder"], ids["p0", "Birch"], L), TIE)
        again.change(1, BAD)
    with reading(engine) as session:
        board = board_of(session, question, Filters())
        past = board_of(session, question, Filters(), newest)
        assert board.as_of_vote_id == newest
        for known in (board, past):
            for candidate, which, number in numbers(known):
                assert votes_behind(session, question, Filters(), candidate, which, up_to=newest).votes == number
        now = votes_behind(session, question, Filters(), said.made.candidates["Alder"])
        assert now.votes == next(s.votes for s in board.standings if s.candidate == "Alder") + 1


def test_each_pair_leads_to_the_responses_that_were_shown(engine: Engine) -> None:
    with writing(engine) as session:
        said, ids = plant(session)
        question, alder = said.questions["send"], said.made.candidates["Alder"]
    with reading(engine) as session:
        found = votes_behind(session, question, Filters("support"), alder)
    rows = {(row.prompt, row.opponent, row.response_id, row.opponent_response_id) for row in found.rows}
    assert rows == {(p, name, ids[p, "Alder"], ids[p, name]) for p in ("p0", "p2") for name in ("Birch", "Cedar")}
    assert {row.category for row in found.rows} == {"support"}
    assert sum(row.simulated for row in found.rows) > 0


def test_an_imported_vote_stands_apart_and_leads_to_what_was_answered_by_then(engine: Engine) -> None:
    with writing(engine) as session:
        made = Evaluated(session)
        made.prompt("p", "support")
        for name in ("Alder", "Birch"):
            made.candidate(name)
        response = made.response(made.run(), "Alder", "p")
        said = Voted(made)
        said.imported("File", "p", "Birch", "Alder", R)
    with reading(engine) as session:
        (row,) = votes_behind(session, said.questions["send"], Filters(), made.candidates["Alder"]).rows
    assert (row.won, row.response_id, row.opponent_response_id) == (1, response, None)


def test_of_very_many_pairs_the_first_are_listed_and_all_are_counted(engine: Engine) -> None:
    with writing(engine) as session:
        said, _ = plant(session)
        question, alder = said.questions["send"], said.made.candidates["Alder"]
    with reading(engine) as session:
        whole = votes_behind(session, question, Filters(), alder)
        few = votes_behind(session, question, Filters(), alder, limit=2)
        nobody = votes_behind(session, question, Filters(), 999)
    assert few.rows == whole.rows[:2]
    assert (few.pairs, few.votes) == (whole.pairs, whole.votes)
    assert (nobody.rows, nobody.pairs, nobody.votes) == ([], 0, 0)
