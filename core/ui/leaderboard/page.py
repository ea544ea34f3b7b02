"""The parts of the Leaderboard page: the answer, the dot plot, the table, whether it is settled, the downloads."""

import io
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st
from sqlalchemy import Engine
from sqlmodel import Session

from core.domain.ranking import Band, RankingOptions
from core.services.datasets import exporting
from core.services.leaderboards import boards, report, settling
from core.services.leaderboards.boards import Filters, Leaderboard
from core.services.leaderboards.settling import LeadVerdict, Settling
from core.services.studies import studies
from core.storage.engine import reading
from core.storage.tables import Evaluator, Question
from core.ui.leaderboard import narrowing, words
from core.ui.shared import frame
from core.ui.shared.filters import BoardChoice
from core.ui.shared.resources import engine

_FRESH_S = 10
_MOST_BOARDS = 64


@dataclass(frozen=True)
class Found:
    """A board with what is said of it."""

    board: Leaderboard
    verdicts: list[LeadVerdict]
    settled: Settling | None

    @property
    def is_ranked(self) -> bool:
        """Whether there are votes enough to put candidates in order."""
        return self.board.votes >= settling.FEWEST_TO_RANK


def found(choice: BoardChoice) -> Found:
    """The board that was chosen; computed once for everybody who looks, and anew when newer votes were counted."""
    question_id = choice.question.id or 0
    asked = (choice.study.id or 0, question_id, choice.filters, choice.band, choice.judge_id)
    if choice.up_to is not None:
        return _computed(str(engine().url), *asked, choice.up_to.vote_id, is_past=True)
    with reading(engine()) as session:
        as_of = boards.counted_up_to(session, question_id)
    return _computed(str(engine().url), *asked, as_of)


@st.cache_data(
    ttl=_FRESH_S, max_entries=_MOST_BOARDS, refresh_mode="background", show_spinner="Ranking the candidates …"
)
def _computed(
    database: str,
    study_id: int,
    question_id: int,
    filters: Filters,
    band: Band,
    judge_id: int | None,
    as_of: int,
    *,
    is_past: bool = False,
) -> Found:
    """``database`` and ``as_of`` tell cached boards apart; ``is_past``: the board as of that vote, not of now."""
    del database
    with reading(engine()) as session:
        question = next(q for q in studies.questions(session, study_id) if q.id == question_id)
        judge = None if judge_id is None else session.get(Evaluator, judge_id)
        return _ranked(session, question, filters, band, judge, up_to=as_of if is_past else None)


def _ranked(
    session: Session,
    question: Question,
    filters: Filters,
    band: Band,
    judge: Evaluator | None = None,
    *,
    up_to: int | None = None,
) -> Found:
    board = boards.leaderboard(session, question, filters, RankingOptions(band=band), judge, up_to=up_to)
    return Found(board, settling.verdicts(board), settling.settling(session, board))


def compute_first(database: Engine) -> None:
    """Compute the board that the page shows of itself, so that what it needs is loaded before anybody looks."""
    with reading(database) as session:
        study = studies.for_reading(session)
        if boards.questions_with_votes(session, study.id or 0):
            _ranked(session, studies.questions_for_reading(session, study.id or 0)[0], Filters(), Band.PEEK)


def nothing_yet(choice: BoardChoice) -> None:
    """There are no votes: say what to do next."""
    what = f"for *{frame.as_typed(choice.question.title)}* in *{frame.as_typed(choice.study.name)}*"
    if choice.filters != Filters():
        frame.empty_state(
            "No votes like these",
            f"There are no votes {what} with these filters. Choose all categories, or count "
            "simulated raters and masked pairs too.",
            icon=":material/filter_alt:",
        )
        return
    frame.empty_state(
        "No votes yet",
        f"There are no votes {what}. Rate some pairs on the *Rate* page, invite raters on *People*, or import votes "
        "on *Data*. The board appears with the first vote.",
        icon=":material/how_to_vote:",
    )


def answer(found: Found) -> None:
    """The answer in words, with what it rests on."""
    board = found.board
    with st.container(border=True, gap="small", height="stretch"):
        if not found.is_ranked:
            st.header(words.too_few(board), anchor=False)
        for number, verdict in enumerate(found.verdicts if found.is_ranked else [], 1):
            if len(found.verdicts) > 1:
                st.caption(f"Group {number} of {len(found.verdicts)}")
            st.header(words.headline(verdict), anchor=False)
            if not verdict.all_level:
                st.markdown(words.runner_up(verdict))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(words.rests_on(board), width="content", help=words.A_VOTE)
            _badges(board)
        if found.is_ranked:
            st.caption(f":material/balance: {words.beside_verdicts(board)}")
        narrowing.told(board)
        for note in board.board.notes:
            st.caption(f":material/info: {note}")


def _badges(board: Leaderboard) -> None:
    frame.simulated_badge(board.simulated_votes, board.votes)
    if board.options.band_used is Band.FIXED:
        st.badge("fixed-n intervals: look once", icon=":material/visibility:", color="gray")
    if board.judge is not None:
        st.badge(f"narrowed by {frame.as_typed(board.judge.name)}", icon=":material/gavel:", color="blue")
    if not board.filters.masked:
        st.badge("without masked pairs", icon=":material/visibility_off:", color="gray")


def settled(found: Found) -> None:
    """Whether to stop asking for votes."""
    if found.settled is None or not found.is_ranked:
        return
    with st.container(border=True, gap="small", height="stretch"):
        st.subheader("Settled?", anchor=False)
        if len(found.verdicts) > 1:
            st.caption("Of group 1")
        for line in words.settled_lines(found.settled, found.board.votes):
            st.markdown(line)


def method(found: Found) -> None:
    """How it was computed, and as of when."""
    with st.expander("How this was computed", icon=":material/function:"):
        st.markdown(words.method(found.board))


def foot(found: Found, choice: BoardChoice) -> None:
    """The downloads, and as of which vote this is."""
    board = found.board
    rows = report.leaderboard_rows(board)
    stem = "-".join(
        part for part in ("leaderboard", choice.study.name, board.question.key, board.filters.category) if part
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        for format in exporting.FORMATS:
            st.download_button(
                format.upper() if format != "parquet" else "Parquet",
                partial(_file, rows, format),
                file_name=f"{stem}.{format}",
                mime=exporting.MEDIA_TYPES[format],
                icon=":material/download:",
                on_click="ignore",
                key=f"leaderboard_download-{format}",
            )
        st.caption(_as_of(board), width="content")


def _file(rows: list[dict[str, Any]], format: str) -> bytes:
    out = io.BytesIO()
    exporting.export_table(rows, format, out)
    return out.getvalue()


def _as_of(board: Leaderboard) -> str:
    if board.refreshed_at is None:
        return "Rater weights are being computed; until then every vote counts once, and intervals are too narrow."
    newer = f" · {board.waiting:,} newer being counted" if board.waiting else ""
    counted = f"Counted up to vote no. {board.as_of_vote_id:,} of all questions"
    return f"{counted}, {board.refreshed_at:%d %B %Y, %H:%M} UTC{newer}"
