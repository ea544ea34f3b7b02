"""A rater's own last votes: seen again, blinded as before, and open to change."""

import streamlit as st

from core.domain.votes import Outcome
from core.errors import EvenhandError
from core.services import rounds, voting
from core.services.rounds import OwnVote
from core.storage.engine import reading
from core.ui import frame, rating_tools
from core.ui.rendering import PairTurn, show_pair
from core.ui.resources import engine, now


def summary(rater_id: int) -> None:
    """How many pairs this person rated, in one line."""
    with reading(engine()) as session:
        pairs, answers = rounds.totals(session, rater_id)
    if answers:
        st.markdown(f"You rated **{pairs:,}** pairs with **{answers:,}** answers. Your last ten can be changed here.")


def editable(rater_id: int) -> None:
    """The last ten answers, newest first, each with its pair folded away."""
    votes = rounds.last_votes(engine(), rater_id)
    if not votes:
        frame.empty_state("No votes yet", "What you answer on the *Rate* page appears here.")
    for vote in votes:
        with st.container(border=True):
            _one(vote, rater_id)
    rating_tools.tell()


def _one(vote: OwnVote, rater_id: int) -> None:
    first = vote.pair.turns[0].user if vote.pair.turns else ""
    st.caption(frame.as_typed(first if len(first) <= 140 else first[:140].rstrip() + " …"))
    key = f"{vote.pair.assignment}-{vote.question.position}"
    chosen = st.radio(
        frame.as_typed(vote.question.title),
        list(Outcome),
        index=vote.outcome,
        format_func=lambda outcome: frame.as_typed(vote.question.answers[outcome]),
        horizontal=True,
        key=f"my_votes_change-{key}-{vote.outcome}",
    )
    if chosen is not None and chosen != vote.outcome:
        _change(vote, rater_id, chosen)
    opened = st.expander("The pair", key=f"my_votes_open-{key}", on_change="rerun")
    if opened.open:
        with opened:
            show_pair([PairTurn(turn.user, turn.a, turn.b) for turn in vote.pair.turns], key=f"my_votes_pair-{key}")


def _change(vote: OwnVote, rater_id: int, outcome: Outcome) -> None:
    try:
        voting.change(
            engine(),
            public_id=vote.pair.assignment,
            rater_id=rater_id,
            question_id=vote.question.id or 0,
            outcome=outcome,
            now=now(),
        )
        rating_tools.say("Changed. The earlier answer stays in the history.")
    except EvenhandError as error:
        rating_tools.say(str(error))
    st.rerun()
