"""Boards, figures and verdicts as of a moment: the same after further votes, corrections and runs as they were then."""

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core.domain.ranking import RankingOptions
from core.domain.votes import Outcome
from core.services import deciding, quality
from core.services.leaderboards import boards, moments, weighting
from core.services.leaderboards.boards import Filters, Leaderboard
from core.services.leaderboards.moments import Moment, Since
from core.services.quality import Scope
from core.services.studies import studies
from core.storage.engine import reading, writing
from core.storage.tables import Question, Response, Run, Vote
from tests.ballots import Ballot, cast, make_simulated
from tests.decided import Planted, Production, plant, vote
from tests.workspace import NOW, Workspace, make_workspace

L, R, TIE, BAD = Outcome


def ballots(at: Workspace, votes: int, flipped: bool) -> list[Ballot]:
    order = ((0, 1), (1, 2), (2, 0))
    return [
        Ballot(n % len(at.raters), a, b, L if ((a < b) ^ flipped) and n % 5 else R, n % 4)
        for n in range(votes)
        for a, b in order
    ]


def board(engine: Engine, at: Workspace, filters: Filters, up_to: int | None = None) -> Leaderboard:
    with reading(engine) as session:
        question = session.get_one(Question, at.questions[0])
        return boards.leaderboard(session, question, filters, RankingOptions(), up_to=up_to)


def told(found: Leaderboard) -> object:
    return found.standings, found.votes, found.raters, found.simulated_votes, found.as_of_vote_id


def now(engine: Engine) -> Moment:
    with reading(engine) as session:
        return moments.newest(session)


def test_a_board_of_a_past_vote_is_the_board_of_then_after_further_votes_and_corrections(engine: Engine) -> None:
    at = make_workspace(engine, raters=4)
    make_simulated(engine, at, 3)
    cast(engine, at, ballots(at, 20, flipped=False))
    filters = [Filters(), Filters(category="coding"), Filters(simulated=False), Filters("support", masked=False)]
    then, before = now(engine), [told(board(engine, at, each)) for each in filters]
    with writing(engine) as session:
        first = session.exec(select(Vote).where(col(Vote.outcome) == int(L))).first()
        assert first is not None
        changed = first.model_dump(exclude={"id"}) | {"outcome": int(R), "supersedes_id": first.id}
        session.execute(sa.insert(Vote), changed)
    cast(engine, at, ballots(at, 30, flipped=True))
    weighting.refresh_all(engine, now=NOW)
    assert [told(board(engine, at, each)) for each in filters] != before
    past = [board(engine, at, each, then.vote_id) for each in filters]
    assert [told(each) for each in past] == before
    assert all(each.waiting == 91 for each in past)
    with reading(engine) as session:
        assert moments.since(session, then, question_id=at.questions[0]) == Since(votes=91, runs=0, late_responses=0)
        assert moments.since(session, now(engine), question_id=at.questions[0]).is_nothing


def test_a_board_of_before_the_first_vote_is_empty(engine: Engine) -> None:
    at = make_workspace(engine)
    cast(engine, at, ballots(at, 2, flipped=False))
    for filters in (Filters(), Filters(category="coding"), Filters(category="gone")):
        assert board(engine, at, filters, 0).standings == ()


def again(session: Session, made: Production, run_id: int) -> None:
    """A second run in which everything costs double and is longer."""
    run = session.get_one(Run, run_id)
    later = Run(**run.model_dump(exclude={"id"}))
    session.add(later)
    session.flush()
    for row in session.exec(select(Response).where(Response.run_id == run_id)).all():
        fields = row.model_dump(exclude={"id", "run_id", "cost_usd"})
        session.add(Response(**fields, run_id=later.id, cost_usd=2 * (row.cost_usd or 0)))


def test_figures_and_verdicts_of_a_past_moment_are_those_of_then_after_further_votes_and_runs(engine: Engine) -> None:
    made = plant(engine, {"A": Planted(1.0, 0.02), "B": Planted(1.0, 0.01)}, prompts=40)
    vote(engine, made, ("A", "B"), {"send": (0.9, 0.9), "safety": (0.9, 0.9)}, prompts=30)
    then = now(engine)

    def figures(up_to: Moment | None) -> list[quality.Line]:
        with reading(engine) as session:
            return quality.report(session, Scope(made.dataset, up_to=up_to)).lines

    def decided(up_to: Moment | None) -> object:
        with reading(engine) as session:
            found = deciding.verdicts(session, "Support", up_to=up_to)
            return found.verdicts, found.costs_usd, found.rated_sides

    lines, verdicts = figures(None), decided(None)
    assert figures(then) == lines and decided(then) == verdicts
    vote(engine, made, ("A", "B"), {"send": (0.1, 0.9), "safety": (0.9, 0.9)}, seed=1)
    with writing(engine) as session:
        again(session, made, 1)
    assert figures(None) != lines and decided(None) != verdicts
    assert figures(then) == lines
    assert decided(then) == verdicts
    with reading(engine) as session:
        assert moments.since(session, then, dataset_ids=[made.dataset]) == Since(votes=80, runs=1, late_responses=0)
        assert moments.since(session, then, dataset_ids=[99]) == Since(votes=0, runs=0, late_responses=0)


def test_what_figures_rest_on_beside_the_facts_is_told_apart_by_name(engine: Engine) -> None:
    made = plant(engine, {"A": Planted(1.0), "B": Planted(1.0)}, prompts=4)
    with writing(engine) as session:
        before = deciding.rules(session)
        assert deciding.rules(session) == before
        studies.ensure_default(session, now=NOW)
        session.execute(sa.update(sa.table("candidate", sa.column("is_champion"))).values(is_champion=False))
        after = deciding.rules(session)
    assert {name for name in before if before[name] != after[name]} == {"the champion"}
    assert made.dataset
