"""What the rater's tools open: a flag, a note, the guidelines, and why a pair is skipped."""

from pathlib import Path

import streamlit as st

from core import clock
from core.errors import EvenhandError
from core.services.studies import voting
from core.services.studies.rounds import Round
from core.ui.rate.tools import Tool, close, opened, say
from core.ui.shared import access, markup
from core.ui.shared.rendering import show_text
from core.ui.shared.resources import engine

_KEYS = st.components.v2.component(
    "evenhand_keys", js=(Path(markup.__file__).parent / "keys.js").read_text(encoding="utf-8")
)
_PROBLEM = "rating_problem"


def watch_keys(shown: Round) -> None:
    """Let what is typed while something is open go into its box: there is the focus, and no key acts behind it."""
    _KEYS(key="rate_keys", data={"pair": shown.pair.assignment}, height=1)


def show_opened(shown: Round, rater_id: int) -> None:
    """Show the open tool's dialog. Skipping has none: its reasons stand in the bar, in the answers' place."""
    match opened(shown):
        case Tool.FLAG:
            _flag(shown.pair.assignment, rater_id)
        case Tool.NOTE:
            _note(shown.pair.assignment, rater_id)
        case Tool.GUIDELINES:
            _guidelines(shown.study.guidelines)


def skip_bar(shown: Round, rater_id: int) -> None:
    """Why this pair is put aside: four usual reasons on the answers' keys, or one's own."""
    assignment = shown.pair.assignment
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Skip** · Somebody else will get this pair. Why not you?", width="content")
        st.space("stretch")
        st.button("Back to the question", type="tertiary", shortcut="Esc", key="rate_skip_back", on_click=close)
    with st.grid(4, min_column_width=150, gap="small"):
        for number, reason in enumerate(voting.SKIP_REASONS, 1):
            st.button(
                reason,
                shortcut=str(number),
                key=f"rate_skip-{assignment}-{number}",
                width="stretch",
                wrap=True,
                on_click=_skip,
                args=(assignment, rater_id, reason),
            )
    with (
        st.form("rate_skip_form", border=False),
        st.container(horizontal=True, vertical_alignment="center", gap="small"),
    ):
        st.text_input(
            "Another reason",
            placeholder="Another reason",
            label_visibility="collapsed",
            max_chars=200,
            key=f"rate_skip-other-{assignment}",
        )
        st.form_submit_button("Skip", key="rate_skip_send", on_click=_skip_for_own_reason, args=(assignment, rater_id))


@access.guarded(access.Role.RATER)
def _skip_for_own_reason(assignment: str, rater_id: int) -> None:
    reason = str(st.session_state.get(f"rate_skip-other-{assignment}", "")).strip()
    usual = {str(number): each for number, each in enumerate(voting.SKIP_REASONS, 1)}
    reason = usual.get(reason, reason)
    if reason:
        _skip(assignment, rater_id, reason)
    else:
        say("Write why you skip it, or choose one of the four reasons.")


@access.guarded(access.Role.RATER)
def _skip(assignment: str, rater_id: int, reason: str) -> None:
    close()
    try:
        voting.skip(engine(), public_id=assignment, rater_id=rater_id, reason=reason, now=clock.now())
    except EvenhandError as error:
        say(str(error))


@st.dialog("Flag this pair", icon=":material/flag:", on_dismiss=close)
@access.guarded(access.Role.RATER)
def _flag(assignment: str, rater_id: int) -> None:
    st.markdown("A flag brings this pair to the team's attention. You still rate it as usual.")
    _remark(assignment, rater_id, "flag", "What is wrong with it? (may stay empty)")


@st.dialog("Note on this pair", icon=":material/edit_note:", on_dismiss=close)
@access.guarded(access.Role.RATER)
def _note(assignment: str, rater_id: int) -> None:
    _remark(assignment, rater_id, "comment", "Your note")


def _remark(assignment: str, rater_id: int, kind: str, label: str) -> None:
    with st.form(f"rate_{kind}_form", border=False):
        st.text_area(label, max_chars=voting.LONGEST_NOTE, key=f"rate_{kind}-{assignment}")
        sent = st.form_submit_button(
            "Save", type="primary", key=f"rate_{kind}_save", on_click=_save, args=(assignment, rater_id, kind)
        )
    problem = st.session_state.pop(_PROBLEM, None)
    if problem:
        st.error(problem)
    elif sent:
        st.rerun()


@access.guarded(access.Role.RATER)
def _save(assignment: str, rater_id: int, kind: str) -> None:
    note = str(st.session_state.get(f"rate_{kind}-{assignment}") or "")
    try:
        voting.remark(engine(), public_id=assignment, rater_id=rater_id, kind=kind, note=note, now=clock.now())
    except EvenhandError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    say("Flagged. The team will see it." if kind == "flag" else "Saved with this pair.")
    close()


@st.dialog("Guidelines", width=820, icon=":material/menu_book:", on_dismiss=close)
@access.guarded(access.Role.RATER)
def _guidelines(text: str) -> None:
    show_text(
        text or "No guidelines were written for this study. Judge as you would for your own users.",
        key="rate_guidelines_again",
    )
    with st.container(key="rate_key_list"):
        st.caption(
            "Keys: 1–4 answer, Z undo, S skip, F flag, N note, G guidelines, T raw text. "
            "Ctrl+Enter saves what you typed, Esc leaves."
        )
