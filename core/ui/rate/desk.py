"""The rating desk: head, the pair, the question in a sticky bar. Every key does one thing, at once."""

import random
import time

import streamlit as st

from core import clock
from core.domain.votes import Outcome
from core.errors import EvenhandError, NothingToRate
from core.services.people import study_raters
from core.services.studies import rounds, voting
from core.services.studies.rounds import Round
from core.storage.engine import reading
from core.storage.tables import Question, Study
from core.ui.rate import dialogs, tools
from core.ui.shared import access, frame, of_demo
from core.ui.shared.rendering import PairTurn, show_pair, show_text
from core.ui.shared.resources import engine

KEYS = {Outcome.LEFT: "1", Outcome.RIGHT: "2", Outcome.TIE: "3", Outcome.BOTH_BAD: "4"}
_LAST_PRESS, _APPEARED, _BOUNCE_S = "last_press", "pair_appeared", 0.5
_SYSTEM_RANDOM = random.SystemRandom()


@st.fragment
@access.guarded(access.Role.RATER)
def desk(rater_id: int) -> None:
    """Everything a rater needs; reruns alone, so a key press repaints nothing else."""
    shown = _next(rater_id)
    # Streamlit keeps a place below only for a fragment that writes there on every full run.
    with st.bottom:
        if isinstance(shown, Study):
            _start_bar(shown)
        elif shown is None:
            st.empty()
        elif tools.opened(shown) is tools.Tool.SKIP:
            dialogs.skip_bar(shown, rater_id)
        else:
            _question_bar(shown, rater_id)
    if isinstance(shown, Round):
        dialogs.show_opened(shown, rater_id)
    tools.tell()


def _next(rater_id: int) -> Round | Study | None:
    """Show what is to be rated, or else the study's guidelines, or why there is nothing; returns what it showed."""
    study = _study(rater_id)
    if study is None:
        _nothing_here(rater_id)
        return None
    if study.state == "open" and not _has_begun(study, rater_id):
        _welcome(study, rater_id)
        return study
    try:
        shown = rounds.current_round(
            engine(),
            study_id=study.id or 0,
            rater_id=rater_id,
            now=clock.now(),
            rng=_SYSTEM_RANDOM,
            beyond_goal=bool(st.session_state.get(f"beyond_{study.id}")),
        )
    except NothingToRate as reason:
        _thanks(study, rater_id, str(reason))
        return None
    _head(shown, rater_id, study)
    _pair(shown)
    return shown


def _study(rater_id: int) -> Study | None:
    """The study to rate: the one chosen, else the first that has pairs."""
    with reading(engine()) as session:
        open_to_me = rounds.studies_to_rate(session, rater_id)
        elsewhere = study_raters.awaited(session, rater_id, but_for=open_to_me)
    if open_to_me and elsewhere:
        st.caption(frame.as_typed(elsewhere))
    if len(open_to_me) < 2:
        return open_to_me[0] if open_to_me else None
    by_id = {study.id: study for study in open_to_me}
    chosen = st.selectbox(
        "Study",
        list(by_id),
        format_func=lambda id: by_id[id].name,
        key="rate_study",
        label_visibility="collapsed",
        persist_state="session",
    )
    return by_id[chosen]


def _has_begun(study: Study, rater_id: int) -> bool:
    """Whether the guidelines were put before this rater already: once, ahead of the first pair."""
    if st.session_state.get(f"begun_{study.id}") or not study.guidelines.strip():
        return True
    with reading(engine()) as session:
        return study_raters.has_begun(session, study.id or 0, rater_id)


def _welcome(study: Study, rater_id: int) -> None:
    with reading(engine()) as session:
        ahead = rounds.outlook(session, study, rater_id)
    pairs = f"**{ahead.total:,}** {'pair' if ahead.total == 1 else 'pairs'} of answers to compare"
    with st.container(horizontal_alignment="center"), st.container(width=760):
        st.title("Before you begin", anchor=False)
        st.markdown(
            f"{pairs}, about **{_time(ahead.minutes_left or 0)}** in all. "
            "You can stop at any time and go on where you were."
        )
        of_demo.said_of(study)
        show_text(study.guidelines, key="rate_guidelines_text", label="Guidelines")


def _start_bar(study: Study) -> None:
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
        with st.container(key="rate_start_hint", width="content"):
            st.caption("The key G brings this page back at any time.", width="content")
        st.button(
            "Start rating",
            type="primary",
            shortcut="Enter",
            key="rate_start_rating",
            on_click=_begin,
            args=(study.id,),
        )


@access.guarded(access.Role.RATER)
def _begin(study_id: int) -> None:
    st.session_state[f"begun_{study_id}"] = True


@access.guarded(access.Role.RATER)
def _go_beyond(study_id: int) -> None:
    st.session_state[f"beyond_{study_id}"] = True


def _head(shown: Round, rater_id: int, study: Study) -> None:
    progress = shown.progress
    number = min(progress.done + 1, progress.total) if progress.total else 1
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.markdown(f"**Pair {number:,} of {max(progress.total, number):,}**", width="content")
            if progress.minutes_left is not None:
                st.caption(f"about {_time(progress.minutes_left)} left", width="content")
            of_demo.said_of(study)
            dialogs.watch_keys(shown)
        st.space("stretch")
        with st.container(horizontal=True, wrap=False, gap="small", width="content", key="rate_tools"):
            tools.toolbar(shown, rater_id)
    st.progress(progress.done / progress.total if progress.total else 0.0)


def _time(minutes: float) -> str:
    if minutes < 1.5:
        return "a minute"
    if minutes < 90:
        return f"{round(minutes)} min"
    return f"{minutes / 60:.1f} h"


def _pair(shown: Round) -> None:
    pair = shown.pair
    raw = bool(st.session_state.get("raw_text"))
    if pair.context:
        with st.expander("What came before", icon=":material/forum:", key="rate_context"):
            show_text(pair.context, key="rate_context_text", raw=raw)
    show_pair([PairTurn(turn.user, turn.a, turn.b) for turn in pair.turns], key="rate_pair", raw=raw)
    if pair.reference:
        with st.expander("Reference answer", icon=":material/check_circle:", key="rate_reference"):
            show_text("\n\nor\n\n".join(pair.reference), key="rate_reference_text", raw=raw)


def _question_bar(shown: Round, rater_id: int) -> None:
    question = shown.open_question
    if question is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for other in shown.questions:
            if other.id == question.id:
                st.markdown(f"**{frame.as_typed(other.title)}** · {frame.as_typed(other.wording)}", width="content")
            elif other.id in shown.answers:
                answer = other.answers[shown.answers[other.id]]
                st.badge(frame.as_typed(f"{other.title}: {answer}"), icon=":material/check:", color="green")
            else:
                st.badge(frame.as_typed(other.title), color="gray")
    with st.grid(4, min_column_width=150, gap="small"):
        for outcome in Outcome:
            _answer_button(shown, question, outcome, rater_id)
    if st.session_state.get(_APPEARED, ("", 0.0))[0] != shown.pair.assignment:
        st.session_state[_APPEARED] = (shown.pair.assignment, time.monotonic())


def _answer_button(shown: Round, question: Question, outcome: Outcome, rater_id: int) -> None:
    """Its key names the assignment and the question, so a late press on an old button finds nothing to vote on."""
    st.button(
        frame.as_typed(question.answers[outcome]),
        key=f"rate-{shown.pair.assignment}-{question.position}-{int(outcome)}",
        shortcut=None if tools.opened(shown) else KEYS[outcome],
        width="stretch",
        wrap=True,
        on_click=_answer,
        args=(shown.pair.assignment, question.id, outcome, rater_id),
    )


@access.guarded(access.Role.RATER)
def _answer(assignment: str, question_id: int, outcome: Outcome, rater_id: int) -> None:
    if _is_bounce(assignment, outcome):
        tools.say("That key came before this pair could be seen, so it was not counted.")
        return
    try:
        voting.cast(
            engine(),
            public_id=assignment,
            rater_id=rater_id,
            question_id=question_id,
            outcome=outcome,
            now=clock.now(),
        )
    except EvenhandError as error:
        tools.say(str(error))


def _is_bounce(assignment: str, outcome: Outcome) -> bool:
    """Whether this is the key of the last answer, pressed again before anybody could see the pair that came since.

    Counted from when the pair was there, not from the press before: on a slow server a key is pressed again late.
    """
    before, key = st.session_state.get(_LAST_PRESS, (assignment, outcome))
    shown, appeared = st.session_state.get(_APPEARED, (assignment, 0.0))
    if before != assignment == shown and key == outcome and time.monotonic() - appeared < _BOUNCE_S:
        return True
    st.session_state[_LAST_PRESS] = (assignment, outcome)
    return False


def _thanks(study: Study, rater_id: int, reason: str) -> None:
    with reading(engine()) as session:
        done = rounds.progress(session, study, rater_id).done
    more = study.more_expected.strip() or "When more pairs come, they will be here; this page looks every minute."
    reached = study.state == "open" and study.pairs_per_rater is not None and done >= study.pairs_per_rater
    title = "Thank you" if done else "Nothing to rate just now"
    text = f"You rated **{done}** {'pair' if done == 1 else 'pairs'} in this study. " if done else ""
    frame.empty_state(title, f"{text}{frame.as_typed(reason)}  \n{frame.as_typed(more)}", icon=":material/task_alt:")
    with st.container(horizontal=True, horizontal_alignment="center"):
        if reached:
            st.button(
                "Rate more all the same",
                icon=":material/add:",
                on_click=_go_beyond,
                args=(study.id,),
            )
        tools.undo_button(study.id or 0, rater_id)
    _look_again()


@st.fragment(run_every=60)
@access.guarded(access.Role.RATER)
def _look_again() -> None:
    """Reruns the page once a minute, so that new pairs show up by themselves."""
    if st.session_state.pop("looked_once", False):
        st.rerun()
    st.session_state["looked_once"] = True


def _nothing_here(rater_id: int) -> None:
    with reading(engine()) as session:
        pairs, _ = rounds.totals(session, rater_id)
        awaited = study_raters.awaited(session, rater_id)
    expect = frame.as_typed(awaited) if awaited else None
    if pairs:
        text = f"You rated **{pairs:,}** {'pair' if pairs == 1 else 'pairs'}. "
        frame.empty_state("Thank you", text + (expect or "No study is open to you now."), icon=":material/task_alt:")
    else:
        none = "No study of yours has responses to compare. An admin imports or runs some; then they appear here."
        frame.empty_state("Nothing to rate yet", f"{expect}  \nThis page looks every minute." if expect else none)
    _look_again()
