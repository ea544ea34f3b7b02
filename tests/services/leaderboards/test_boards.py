"""Leaderboards from the database: what counts, what is said of the leader, and what waits."""

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from core.domain import ranking
from core.domain.ranking import Band, RankingOptions
from core.domain.votes import Outcome
from core.services.leaderboards import boards, settling, tallies
from core.services.leaderboards.boards import Filters, Leaderboard
from core.services.studies import studies
from core.storage.engine import reading, writing
from core.storage.tables import Candidate, Vote
from tests.ballots import Ballot, cast, make_simulated
from tests.workspace import Workspace, make_workspace

pytestmark = pytest.mark.one_database

L, R, TIE, BAD = Outcome


def board_of(session: Session, at: Workspace, filters: Filters | None = None, **options: object) -> Leaderboard:
    question = studies.questions(session, at.study)[0]
    return boards.leaderboard(session, question, filters or Filters(), RankingOptions(**options))


def board(engine: Engine, at: Workspace, filters: Filters | None = None, **options: object) -> Leaderboard:
    with reading(engine) as session:
        return board_of(session, at, filters, **options)


def a_clear_order(raters: int = 3, prompts: int = 6) -> list[Ballot]:
    """Candidate 0 mostly beats 1 beats 2, whatever the side."""
    ballots = []
    for rater in range(raters):
        for prompt in range(prompts):
            for better, worse in ((0, 1), (1, 2), (0, 2)):
                upset = (rater + prompt) % 5 == 4
                winner_left = (rater + prompt) % 2 == 0
                left, right = (better, worse) if winner_left else (worse, better)
                ballots.append(Ballot(rater, left, right, L if winner_left is not upset else R, prompt))
    return ballots


def test_the_better_candidate_stands_first_with_its_own_counts_and_colour(engine: Engine) -> None:
    at = make_workspace(engine)
    cast(engine, at, a_clear_order())
    found = board(engine, at)
    assert [standing.candidate for standing in found.standings] == ["candidate 0", "candidate 1", "candidate 2"]
    first = found.standings[0]
    assert (first.position, first.is_champion, first.code) == (0, False, 0)
    assert (first.votes, first.wins + first.losses + first.ties + first.both_bad) == (36, 36)
    assert (found.votes, found.raters, found.waiting) == (54, 3, 0)
    assert first.lower < first.rating < first.upper


def test_only_votes_on_prompts_of_the_category_count(engine: Engine) -> None:
    at = make_workspace(engine)
    cast(engine, at, [Ballot(0, 0, 1, L, prompt=0), Ballot(1, 0, 1, L, prompt=2), Ballot(0, 0, 1, R, prompt=1)])
    support, coding = (board(engine, at, Filters(category=name)) for name in ("support", "coding"))
    assert (support.votes, coding.votes, board(engine, at).votes) == (2, 1, 3)
    assert support.standings[0].candidate == "candidate 0"
    assert coding.standings[0].candidate == "candidate 1"
    with reading(engine) as session:
        assert boards.categories(session, at.questions[0]) == ["coding", "support"]


def test_simulated_votes_are_named_and_can_be_left_out(engine: Engine) -> None:
    at = make_workspace(engine)
    make_simulated(engine, at, 2)
    cast(engine, at, [Ballot(0, 0, 1, R), Ballot(1, 0, 1, R), *[Ballot(2, 0, 1, L, prompt=n) for n in range(6)]])
    everything, human = board(engine, at), board(engine, at, Filters(simulated=False))
    assert (everything.votes, everything.simulated_votes, everything.raters) == (8, 6, 3)
    assert (human.votes, human.simulated_votes, human.raters) == (2, 0, 2)
    assert everything.standings[0].candidate == "candidate 0"
    assert human.standings[0].candidate == "candidate 1"
    assert human.cells.total.sum() == pytest.approx(2.0)


def test_masked_pairs_can_be_left_out(engine: Engine) -> None:
    at = make_workspace(engine)
    masked = [Ballot(rater, 0, 1, L, also={"masked": True}) for rater in range(3)]
    cast(engine, at, [*masked, Ballot(0, 0, 1, R, prompt=1)])
    without = board(engine, at, Filters(masked=False))
    assert (board(engine, at).votes, without.votes) == (4, 1)
    assert without.standings[0].candidate == "candidate 1"


def test_the_page_learns_which_filters_make_a_difference(engine: Engine) -> None:
    at = make_workspace(engine)
    cast(engine, at, [Ballot(0, 0, 1, L), Ballot(1, 0, 1, L, question=1, also={"masked": True})])
    with reading(engine) as session:
        assert boards.kinds(session, at.questions[0]) == boards.Kinds(simulated=False, masked=False)
        assert boards.kinds(session, at.questions[1]) == boards.Kinds(simulated=False, masked=True)
        assert boards.kinds_of_study(session, at.study) == boards.Kinds(simulated=False, masked=True)
        assert boards.questions_with_votes(session, at.study) == set(at.questions[:2])


def test_a_board_shows_one_moment_and_says_how_many_votes_wait(engine: Engine) -> None:
    at = make_workspace(engine)
    cast(engine, at, [Ballot(0, 0, 1, L)])
    cast(engine, at, [Ballot(1, 2, 3, L), Ballot(1, 1, 3, L, prompt=1)], count=False)
    found = board(engine, at)
    assert (found.votes, found.waiting) == (1, 2)
    assert board(engine, at, plain=True).votes == 3
    assert {standing.candidate for standing in found.standings} == {"candidate 0", "candidate 1"}
    with reading(engine) as session:
        assert boards.counted_up_to(session, at.questions[0]) == found.as_of_vote_id


def test_before_the_first_weighing_every_vote_counts_once(engine: Engine) -> None:
    at = make_workspace(engine)
    cast(engine, at, [Ballot(0, 0, 1, L), Ballot(1, 0, 1, L)], count=False)
    found = board(engine, at)
    assert (found.refreshed_at, found.clusters, found.waiting) == (None, (), 2)
    assert found.standings[0].candidate == "candidate 0"


def test_a_vote_withdrawn_since_the_weighing_stays_until_the_next_and_mixes_nothing_up(engine: Engine) -> None:
    at = make_workspace(engine)
    cast(engine, at, [Ballot(0, 0, 1, L), Ballot(0, 2, 3, L), Ballot(1, 2, 3, L)])
    with writing(engine) as session:
        old = session.execute(sa.select(Vote).order_by(Vote.id)).scalars().first()
        fields = old.model_dump(exclude={"id", "outcome", "supersedes_id"})
        session.add(Vote(**fields, outcome=None, supersedes_id=old.id))
        session.flush()
        tallies.rebuild(session, at.study)
    found = board(engine, at)
    standings = {standing.candidate: standing for standing in found.standings}
    assert found.waiting == 1
    assert standings["candidate 2"].rating > standings["candidate 3"].rating
    assert (standings["candidate 2"].votes, standings["candidate 0"].votes) == (2, 1)


def test_no_votes_make_an_empty_board(engine: Engine) -> None:
    at = make_workspace(engine)
    found = board(engine, at)
    assert (found.standings, found.votes, found.raters) == ((), 0, 0)
    assert settling.verdicts(found) == []
    with reading(engine) as session:
        assert settling.settling(session, found) is None


def test_the_verdict_splits_the_others_into_beaten_and_level(engine: Engine) -> None:
    at = make_workspace(engine, prompts=40, raters=12)
    even = [Ballot(n % 12, 0, 1, L if n % 5 % 2 else R, prompt=n) for n in range(40)]
    lost = [Ballot(n % 12, who, 2, L if n % 9 else R, prompt=n) for n in range(40) for who in (0, 1)]
    cast(engine, at, [*even, *lost])
    (verdict,) = settling.verdicts(board(engine, at, band=Band.FIXED))
    assert {verdict.leader.candidate} | {other.candidate for other in verdict.level_with} == {
        "candidate 0",
        "candidate 1",
    }
    assert [other.candidate for other in verdict.ahead_of] == ["candidate 2"]
    assert not verdict.all_level


def test_only_ties_leave_everybody_level(engine: Engine) -> None:
    at = make_workspace(engine)
    cast(engine, at, [Ballot(n % 3, a, b, TIE, prompt=n) for n in range(6) for a, b in ((0, 1), (1, 2), (2, 0))])
    (verdict,) = settling.verdicts(board(engine, at))
    assert verdict.all_level
    assert verdict.ahead_of == ()


def test_candidates_that_never_met_are_judged_in_groups_of_their_own(engine: Engine) -> None:
    at = make_workspace(engine)
    cast(engine, at, [*[Ballot(n % 3, 0, 1, L, prompt=n) for n in range(6)], Ballot(0, 2, 3, R)])
    found = board(engine, at)
    assert [verdict.leader.candidate for verdict in settling.verdicts(found)] == ["candidate 0", "candidate 3"]
    assert any("do not connect" in note for note in found.board.notes)


def test_the_one_rater_who_decides_is_named(engine: Engine) -> None:
    at = make_workspace(engine, prompts=12)
    fan = [Ballot(0, 0, 1, L, prompt=n) for n in range(12)]
    others = [Ballot(rater, 0, 1, R if n % 3 else L, prompt=n) for rater in (1, 2) for n in range(6)]
    cast(engine, at, [*fan, *others])
    with reading(engine) as session:
        found = settling.settling(session, board_of(session, at))
    assert found is not None
    assert (found.leader, found.survives_any_rater, found.deciding_rater) == ("candidate 0", False, "rater 0")
    assert found.raters_left_out == 1


def test_votes_needed_are_votes_that_raters_would_have_to_cast(engine: Engine) -> None:
    at = make_workspace(engine, prompts=60, raters=12)
    cast(engine, at, [Ballot(n % 12, 0, 1, R if n % 5 in (1, 3) else L, prompt=n // 2) for n in range(120)])
    with reading(engine) as session:
        found = board_of(session, at, band=Band.FIXED)
        settled = settling.settling(session, found)
        weighted = ranking.settled(found.cells, found.clusters[0], found.board).votes_needed
    assert settled is not None
    assert settled.votes_needed is not None
    assert weighted is not None
    assert settled.votes_needed == pytest.approx(weighted * 120 / found.cells.total.sum(), abs=1)
    assert settled.votes_needed > weighted


def test_raters_who_share_a_bucket_are_not_named(engine: Engine) -> None:
    at = make_workspace(engine, raters=70)
    cast(engine, at, [Ballot(rater, 0, 1, L if rater < 40 else R, prompt=rater % 6) for rater in range(70)])
    with reading(engine) as session:
        found = board_of(session, at)
        settled = settling.settling(session, found)
    assert found.counted.shares_buckets
    assert settled is not None
    assert (settled.deciding_rater, settled.raters_left_out) == (None, 2)


def test_the_champion_is_marked(engine: Engine) -> None:
    at = make_workspace(engine)
    with writing(engine) as session:
        session.get_one(Candidate, at.candidates[1]).is_champion = True
    cast(engine, at, [Ballot(0, 0, 1, L)])
    assert {s.candidate: s.is_champion for s in board(engine, at).standings} == {
        "candidate 0": False,
        "candidate 1": True,
    }
