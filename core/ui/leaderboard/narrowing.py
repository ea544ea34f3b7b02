"""What a judge that narrows the board did for it, as measured."""

import streamlit as st

from core.domain.judging.favour import Favour
from core.domain.words import n
from core.services.judging.favouritism import favouritism
from core.services.leaderboards import report
from core.services.leaderboards.boards import Leaderboard
from core.services.scoring.evaluators import JUDGES
from core.storage.engine import reading
from core.storage.tables import Evaluator
from core.ui.shared import frame
from core.ui.shared.resources import engine

_FRESH_S, _MOST_KEPT = 60, 64


def told(board: Leaderboard) -> None:
    """What the judge did for the board, and how far it favours its own family where it may judge that."""
    if board.judge is None:
        return
    for line in report.judge_lines(board):
        st.caption(f":material/gavel: {frame.as_typed(line)}")
    if board.judge.kind in JUDGES and board.judge.params.get("may_judge_own_family"):
        found = _favour(str(engine().url), board.judge.id or 0, board.question.key, board.as_of_vote_id)
        st.caption(f":material/family_history: {frame.as_typed(_favour_words(found))}")


@st.cache_data(ttl=_FRESH_S, max_entries=_MOST_KEPT, show_spinner=False)
def _favour(database: str, judge_id: int, question: str, as_of: int | None) -> Favour:
    """``database`` and ``as_of`` tell cached ones apart."""
    del database, as_of
    with reading(engine()) as session:
        return favouritism(session, session.get_one(Evaluator, judge_id), questions=(question,))


def _favour_words(found: Favour) -> str:
    if found.value is None or found.lower is None or found.upper is None:
        return f"Whether it favours its own family cannot be told. {found.problem}"
    only = ", and holds for these raters only" if found.holds_for_these_raters_only else ""
    value, lower, upper = (_points(each) for each in (found.value, found.lower, found.upper))
    votes = f"votes on {n(found.pairs, 'pair')} of {n(found.prompts, 'prompt')} by {n(found.raters, 'rater')}"
    return (
        f"It favours its own family by {value} ({lower} to {upper}) of 100 pairs, told from {votes}{only}. "
        "The ratings are free of that."
    )


def _points(share: float) -> str:
    return f"{100 * share:+.0f}".replace("-", "\u2212")
