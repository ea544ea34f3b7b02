"""The votes behind a number of the table: choose whose and which, and go from a pair to its responses."""

import streamlit as st

from core.domain.words import n
from core.services import quality
from core.services.leaderboards.boards import Leaderboard
from core.services.quality import PairRow, Votes, VotesBehind
from core.storage.engine import reading
from core.ui.shared import filters, frame, grids
from core.ui.shared.kept import KEPT
from core.ui.shared.resources import engine

_OF, _WHICH = "leaderboard_of", "leaderboard_votes"
_NOBODY = "–"
_MOST_SHOWN, _FRESH_S = 200, 20
_WORDS = {Votes.ALL: "All votes", Votes.WON: "Wins", Votes.LOST: "Losses", Votes.TIED: "Ties"}
_HEADS = ("Prompt", "Category", "Beside", "Won", "Lost", "Equal", "Simulated")
_COLUMNS = {"Wins": Votes.WON, "Losses": Votes.LOST, "Ties": Votes.TIED}


def section(board: Leaderboard) -> None:
    """Of whom, which votes, and the pairs they were cast on; nothing is looked up before somebody is chosen."""
    st.subheader("What is behind a number", anchor=False)
    ids = {standing.candidate: standing.candidate_id for standing in board.standings}
    kinds = _kinds(board)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        whose = {_NOBODY: "none"} | {name: str(id) for name, id in ids.items()}
        name = filters.one_of("Votes on", whose, key=_OF, width=220, within=str(board.question.id))
        which = kinds[filters.one_of("Which", {word: str(kind) for word, kind in kinds.items()}, key=_WHICH, width=220)]
    filters.say_gone()
    if name == _NOBODY:
        st.caption("Choose a number in the table above, or a candidate here, to see the votes behind it.")
        return
    found = _found(board, ids[name], which)
    if not found.rows:
        st.caption("None.")
        return
    first = f" The first {len(found.rows):,} pairs." if found.pairs > len(found.rows) else ""
    st.caption(
        f"{n(found.votes, 'vote')} on {n(found.pairs, 'pair')} of responses.{first} A prompt's name leads to the "
        f"response of {frame.as_typed(name)}, an opponent's to the one beside it."
    )
    grids.leading(
        [_row(board, row) for row in found.rows],
        alt=f"The pairs of responses on which raters voted on {name}, and how",
        key="leaderboard_pairs",
        most_px=400,
    )


def choose(board: Leaderboard, column: str, candidate: str) -> None:
    """Show the votes behind a cell of the table; for callbacks, before the filters are drawn."""
    which = ({board.question.answers[3]: Votes.CONDEMNED} | _COLUMNS).get(column, Votes.ALL)
    filters.choose(_OF, candidate)
    filters.choose(_WHICH, next(word for word, kind in _kinds(board).items() if kind is which))


def _kinds(board: Leaderboard) -> dict[str, Votes]:
    return {word: kind for kind, word in _WORDS.items()} | {_both(board): Votes.CONDEMNED}


def _both(board: Leaderboard) -> str:
    """How the question calls it that neither is any good, told apart from the words that stand beside it."""
    word = board.question.answers[3]
    return f"{word} (both)" if word in (*_WORDS.values(), *_HEADS) else word


def _found(board: Leaderboard, candidate_id: int, which: Votes) -> VotesBehind:
    database, question_id, as_of = engine(), board.question.id or 0, board.as_of_vote_id

    def compute() -> VotesBehind:
        with reading(database) as session:
            return quality.votes_behind(
                session, question_id, board.filters, candidate_id, which, up_to=as_of, limit=_MOST_SHOWN
            )

    key = ("votes_behind", str(database.url), question_id, board.filters, candidate_id, which, as_of)
    with st.spinner("Looking them up …"):
        return KEPT.get(key, compute, fresh_s=_FRESH_S)


def _row(board: Leaderboard, row: PairRow) -> dict[str, object]:
    simulated = {"Simulated": row.simulated} if board.simulated_votes else {}
    return {
        "Prompt": _link(row.prompt, row, row.response_id),
        "Category": row.category,
        "Beside": _link(row.opponent, row, row.opponent_response_id),
        "Won": row.won,
        "Lost": row.lost,
        "Equal": row.tied,
        _both(board): row.condemned,
        **simulated,
    }


def _link(label: str, row: PairRow, response_id: int | None) -> grids.Link:
    where = filters.responses_address(row.dataset_id, row.prompt, response_id=response_id)
    return grids.Link(label, "responses", where)
