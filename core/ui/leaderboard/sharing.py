"""What of the leaderboard goes into a picture or a report, and what a link to it holds on to."""

from functools import partial

import plotly.graph_objects as go

from core.domain.words import n, when
from core.services.leaderboards import moments
from core.services.leaderboards.boards import Leaderboard, Standing
from core.services.leaderboards.moments import Moment, Since
from core.storage.engine import reading
from core.ui.leaderboard import plots, table, words
from core.ui.leaderboard.page import Found
from core.ui.shared import charts
from core.ui.shared.filters import BoardChoice
from core.ui.shared.pins import Shown
from core.ui.shared.resources import engine
from core.ui.shared.slides import Slide, plain, signed


def slide(found: Found, choice: BoardChoice, coloured: frozenset[int]) -> Slide:
    """Who leads, the ratings with their intervals, and what they rest on. ``coloured``: positions, as on the page."""
    board = found.board
    groups = [[s for s in board.standings if s.component == number] for number in range(len(found.verdicts))]
    several = len(groups) > 1
    return Slide(
        name="-".join(part for part in ("leaderboard", choice.study.name, board.filters.category) if part),
        headline=" ".join(plain(words.headline(verdict)) for verdict in found.verdicts),
        footnote=_footnote(board, choice),
        figures=[
            (
                f"Ratings of group {number}" if several else "Ratings",
                partial(_figure, board, group, coloured),
            )
            for number, group in enumerate(groups, 1)
        ],
        lines=[plain(words.runner_up(verdict)) for verdict in found.verdicts if not verdict.all_level],
        rows=table.rows(board),
        how=[plain(paragraph) for paragraph in words.method(board).split("\n\n")],
    )


def _figure(board: Leaderboard, group: list[Standing], coloured: frozenset[int]) -> go.Figure:
    return charts.dot_figure(plots.dots(group, coloured), unit=plots.unit(board), reference=1000)


def _footnote(board: Leaderboard, choice: BoardChoice) -> str:
    simulated = f" ({board.simulated_votes:,} of them simulated)" if board.simulated_votes else ""
    as_of = f" As of vote no. {board.as_of_vote_id:,}." if board.as_of_vote_id else ""
    judge = f" Narrowed by {board.judge.name}." if board.judge is not None else ""
    masked = "" if board.filters.masked else " Without masked pairs."
    at = f" Counted {when(board.refreshed_at)}." if board.refreshed_at else ""
    said = (
        f"Study {choice.study.name}, question {board.question.title}, {board.filters.category or 'all categories'}. "
        f"{n(board.votes, 'vote')}{simulated} by {n(board.raters, 'rater')}; intervals "
        f"{100 * board.options.level:.0f} %.{judge}{masked}{as_of}{at}"
    )
    return signed(said, [choice.study.dataset_id])


def shown(found: Found, choice: BoardChoice) -> Shown:
    """The moment of the board, and what came on its question since."""
    board, question_id = found.board, choice.question.id or 0
    with reading(engine()) as session:
        newest = moments.newest(session)
    moment = choice.up_to or Moment(board.as_of_vote_id or newest.vote_id, newest.run_id, newest.response_id)

    def since(then: Moment) -> Since:
        with reading(engine()) as session:
            return moments.since(session, then, question_id=question_id)

    ratings = [(s.candidate_id, round(s.rating, 3), round(s.lower, 3), round(s.upper, 3)) for s in board.standings]
    return Shown(
        moment, choice.up_to is not None, f"as of vote no. {moment.vote_id:,}", since, {}, (board.votes, ratings)
    )
