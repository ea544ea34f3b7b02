"""The rater's tools, out of the way of the texts: undo, skip, flag, note, guidelines, raw text."""

import streamlit as st

from core.errors import EvenhandError
from core.services import voting
from core.services.rounds import Round
from core.ui.resources import engine, now

_SAID = "rating_said"


def say(message: str) -> None:
    """Have ``message`` shown after the rerun that this callback causes."""
    st.session_state[_SAID] = message


def tell() -> None:
    """Show what ``say`` left."""
    message = st.session_state.pop(_SAID, None)
    if message:
        st.toast(message)


def toolbar(shown: Round, rater_id: int) -> None:
    """The tools as quiet buttons, each with its key."""
    assignment = shown.pair.assignment
    undo_button(shown.study.id or 0, rater_id)
    if _tool("Skip", "skip_next", "S", "skip"):
        _skip(assignment, rater_id)
    if _tool("Flag", "flag", "F", "flag"):
        _remark(assignment, rater_id, "flag")
    if _tool("Note", "edit_note", "N", "note"):
        _remark(assignment, rater_id, "comment")
    if _tool("Guidelines", "menu_book", "G", "guidelines"):
        _guidelines(shown.study.guidelines)
    raw = bool(st.session_state.get("raw_text"))
    _tool("Formatted" if raw else "Raw text", "code", "T", "raw", on_click=_toggle_raw)


def undo_button(study_id: int, rater_id: int) -> None:
    """Withdraw the last answer and show its pair again."""
    _tool("Undo", "undo", "Z", "undo", on_click=_undo, args=(study_id, rater_id))


def _tool(label: str, icon: str, key: str, name: str, **kwargs: object) -> bool:
    return st.button(label, icon=f":material/{icon}:", type="tertiary", shortcut=key, key=f"tool_{name}", **kwargs)  # type: ignore[arg-type]


def _toggle_raw() -> None:
    st.session_state["raw_text"] = not st.session_state.get("raw_text", False)


def _undo(study_id: int, rater_id: int) -> None:
    try:
        if voting.undo(engine(), study_id=study_id, rater_id=rater_id, now=now()) is None:
            say("There is nothing to undo. Only your last ten answers can be undone.")
    except EvenhandError as error:
        say(str(error))


@st.dialog("Skip this pair", icon=":material/skip_next:")
def _skip(assignment: str, rater_id: int) -> None:
    st.markdown("Somebody else will get it. Why would you rather not judge it?")
    for number, reason in enumerate(voting.SKIP_REASONS, 1):
        if st.button(reason, shortcut=str(number), key=f"skip_{number}", width="stretch"):
            _do_skip(assignment, rater_id, reason)
    other = st.text_input("Another reason", max_chars=200, key=f"skip_other_{assignment}")
    if st.button("Skip for this reason", disabled=not other.strip()):
        _do_skip(assignment, rater_id, other.strip())


def _do_skip(assignment: str, rater_id: int, reason: str) -> None:
    try:
        voting.skip(engine(), public_id=assignment, rater_id=rater_id, reason=reason, now=now())
    except EvenhandError as error:
        say(str(error))
    st.rerun()


@st.dialog("Tell the team about this pair", icon=":material/flag:")
def _remark(assignment: str, rater_id: int, kind: str) -> None:
    if kind == "flag":
        st.markdown("A flag brings this pair to the team's attention. You still rate it as usual.")
    label = "What is wrong with it? (may stay empty)" if kind == "flag" else "Your comment"
    note = st.text_area(label, max_chars=voting.LONGEST_NOTE, key=f"{kind}_{assignment}")
    if st.button("Flag this pair" if kind == "flag" else "Save the comment", type="primary"):
        try:
            voting.remark(engine(), public_id=assignment, rater_id=rater_id, kind=kind, note=note, now=now())
        except EvenhandError as error:
            st.error(str(error))
            return
        say("Flagged. The team will see it." if kind == "flag" else "Saved with this pair.")
        st.rerun()


@st.dialog("Guidelines", width="large", icon=":material/menu_book:")
def _guidelines(text: str) -> None:
    st.markdown(text or "No guidelines were written for this study. Judge as you would for your own users.")
    st.caption("Keys: 1–4 answer, Z undo, S skip, F flag, N note, G guidelines, T raw text.")
