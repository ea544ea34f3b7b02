"""A rater's last pairs: seen again, blinded as before, with all they did on them, and open to change."""

import streamlit as st

from core import clock
from core.domain.votes import Outcome
from core.errors import EvenhandError
from core.services.studies import own_pairs, rounds, voting
from core.services.studies.own_pairs import OwnPair
from core.storage.engine import reading
from core.storage.tables import Question, Remark
from core.ui.rate import tools
from core.ui.shared import access, frame
from core.ui.shared.rendering import PairTurn, show_pair
from core.ui.shared.resources import engine

_LONGEST_PROMPT = 140


def summary(rater_id: int) -> None:
    """How many pairs this person rated, in one line."""
    with reading(engine()) as session:
        pairs, answers = rounds.totals(session, rater_id)
    if answers:
        st.markdown(
            f"You rated **{pairs:,}** {'pair' if pairs == 1 else 'pairs'} with **{answers:,}** "
            f"{'answer' if answers == 1 else 'answers'}. Those on your last ten pairs can be changed here."
        )


def cards(rater_id: int) -> None:
    """The last ten pairs, newest first: each with its answers, skip, flags and notes, its texts folded away."""
    pairs = own_pairs.last_pairs(engine(), rater_id)
    if not pairs:
        frame.empty_state("No votes yet", "What you answer on the *Rate* page appears here.")
    studies = {own.study.id for own in pairs}
    for own in pairs:
        with st.container(border=True, gap="small"):
            _card(own, rater_id, with_study=len(studies) > 1)
    tools.tell()


def _card(own: OwnPair, rater_id: int, *, with_study: bool) -> None:
    first = own.pair.turns[0].user if own.pair.turns else ""
    cut = first if len(first) <= _LONGEST_PROMPT else first[:_LONGEST_PROMPT].rstrip() + " …"
    st.markdown(f"**{frame.as_typed(' '.join(cut.split()))}**")
    if with_study or not own.is_open:
        state = "" if own.is_open else f" · {own.study.state}, so its answers stay as they are"
        st.caption(f"{frame.as_typed(own.study.name)}{state}")
    if own.skip_reason is not None:
        st.badge(frame.as_typed(f"Skipped: {own.skip_reason}"), icon=":material/skip_next:", color="gray")
    if own.answers:
        with st.grid(3, min_column_width=260, gap="small"):
            for question, outcome in own.answers:
                _answer(own, question, outcome, rater_id)
    for remark in own.remarks:
        _remark(remark)
    opened = st.expander("The pair", key=f"my_votes_open-{own.pair.assignment}", on_change="rerun")
    if opened.open:
        with opened:
            turns = [PairTurn(turn.user, turn.a, turn.b) for turn in own.pair.turns]
            show_pair(turns, key=f"my_votes_pair-{own.pair.assignment}")


def _answer(own: OwnPair, question: Question, outcome: int, rater_id: int) -> None:
    # The outcome is part of the key, so that the radio shows what stands after a change that was refused.
    key = f"my_votes_change-{own.pair.assignment}-{question.position}-{outcome}"
    st.radio(
        frame.as_typed(question.title),
        list(Outcome),
        index=outcome,
        format_func=lambda each: frame.as_typed(question.answers[each]),
        horizontal=True,
        disabled=not own.is_open,
        key=key,
        on_change=_change,
        args=(key, own.pair.assignment, question.id, rater_id),
    )


def _remark(remark: Remark) -> None:
    word, icon = ("Flagged", "flag") if remark.kind == "flag" else ("Note", "edit_note")
    note = f": {remark.note}" if remark.note else ""
    st.markdown(f":material/{icon}: {frame.as_typed(word + note)}")


@access.guarded(access.Role.RATER)
def _change(key: str, assignment: str, question_id: int, rater_id: int) -> None:
    chosen = st.session_state.get(key)
    if chosen is None:
        return
    try:
        voting.change(
            engine(),
            public_id=assignment,
            rater_id=rater_id,
            question_id=question_id,
            outcome=Outcome(chosen),
            now=clock.now(),
        )
        tools.say("Changed. The earlier answer stays in the history.")
    except EvenhandError as error:
        st.session_state.pop(key, None)
        tools.say(str(error))
