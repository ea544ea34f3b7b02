"""The rater's tools, out of the way of the texts: undo, skip, flag, note, guidelines, raw text."""

from enum import StrEnum

import streamlit as st

from core.errors import EvenhandError
from core.services import voting
from core.services.rounds import Round
from core.ui import access
from core.ui.rendering import show_text
from core.ui.resources import engine, now

_SAID = "rating_said"
_OPEN = "rating_tool"


class Tool(StrEnum):
    """The tools that open something; the first letter is the key."""

    SKIP = "Skip"
    FLAG = "Flag"
    NOTE = "Note"
    GUIDELINES = "Guidelines"


_ICONS = {Tool.SKIP: "skip_next", Tool.FLAG: "flag", Tool.NOTE: "edit_note", Tool.GUIDELINES: "menu_book"}


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
    undo_button(shown.study.id or 0, rater_id)
    for tool in Tool:
        _tool(tool.value, _ICONS[tool], tool.value[0], tool.name.lower(), on_click=_open, args=(shown, tool))
    raw = bool(st.session_state.get("raw_text"))
    _tool("Formatted" if raw else "Raw text", "code", "T", "raw", on_click=_toggle_raw)


def opened(shown: Round) -> Tool | None:
    """The tool that is open on the pair shown. While one is, the answers have no keys: nobody votes behind it."""
    assignment, tool = st.session_state.get(_OPEN, (None, None))
    return tool if assignment == shown.pair.assignment else None


@access.guarded(access.Role.RATER)
def _open(shown: Round, tool: Tool) -> None:
    st.session_state[_OPEN] = (shown.pair.assignment, tool)


@access.guarded(access.Role.RATER)
def close() -> None:
    """Close whatever tool is open."""
    st.session_state.pop(_OPEN, None)


def show_opened(shown: Round, rater_id: int) -> None:
    """Show the open tool's dialog. Skipping has none: its reasons stand in the bar, in the answers' place."""
    match opened(shown):
        case Tool.FLAG:
            _flag(shown.pair.assignment, rater_id)
        case Tool.NOTE:
            _note(shown.pair.assignment, rater_id)
        case Tool.GUIDELINES:
            _guidelines(shown.study.guidelines)


def undo_button(study_id: int, rater_id: int) -> None:
    """Withdraw the last answer and show its pair again."""
    _tool("Undo", "undo", "Z", "undo", on_click=_undo, args=(study_id, rater_id))


def _tool(label: str, icon: str, key: str, name: str, **kwargs: object) -> bool:
    return st.button(label, icon=f":material/{icon}:", type="tertiary", shortcut=key, key=f"rate_tool_{name}", **kwargs)  # type: ignore[arg-type]


@access.guarded(access.Role.RATER)
def _toggle_raw() -> None:
    st.session_state["raw_text"] = not st.session_state.get("raw_text", False)


@access.guarded(access.Role.RATER)
def _undo(study_id: int, rater_id: int) -> None:
    try:
        if voting.undo(engine(), study_id=study_id, rater_id=rater_id, now=now()) is None:
            say("There is nothing to undo. Only your last ten answers can be undone.")
    except EvenhandError as error:
        say(str(error))


def skip_bar(shown: Round, rater_id: int) -> None:
    """Why this pair is put aside: four usual reasons on the answers' keys, or one's own."""
    assignment = shown.pair.assignment
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Skip** · Somebody else will get this pair. Why not you?", width="content")
        st.space("stretch")
        st.button("Back to the question", type="tertiary", shortcut="B", key="rate_skip_back", on_click=close)
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
    st.text_input(
        "Another reason",
        placeholder="Another reason; Enter skips",
        label_visibility="collapsed",
        max_chars=200,
        key=f"rate_skip-other-{assignment}",
        on_change=_skip_for_own_reason,
        args=(assignment, rater_id),
    )


@access.guarded(access.Role.RATER)
def _skip_for_own_reason(assignment: str, rater_id: int) -> None:
    reason = str(st.session_state.get(f"rate_skip-other-{assignment}", "")).strip()
    if reason:
        _skip(assignment, rater_id, reason)


@access.guarded(access.Role.RATER)
def _skip(assignment: str, rater_id: int, reason: str) -> None:
    close()
    try:
        voting.skip(engine(), public_id=assignment, rater_id=rater_id, reason=reason, now=now())
    except EvenhandError as error:
        say(str(error))


@st.dialog("Flag this pair", icon=":material/flag:", on_dismiss=close)
@access.guarded(access.Role.RATER)
def _flag(assignment: str, rater_id: int) -> None:
    st.markdown("A flag brings this pair to the team's attention. You still rate it as usual.")
    _remark(assignment, rater_id, "flag", "What is wrong with it? (may stay empty)", "Flagged. The team will see it.")


@st.dialog("Note on this pair", icon=":material/edit_note:", on_dismiss=close)
@access.guarded(access.Role.RATER)
def _note(assignment: str, rater_id: int) -> None:
    _remark(assignment, rater_id, "comment", "Your note", "Saved with this pair.")


def _remark(assignment: str, rater_id: int, kind: str, label: str, done: str) -> None:
    note = st.text_area(label, max_chars=voting.LONGEST_NOTE, key=f"rate_{kind}-{assignment}")
    if st.button("Save", type="primary", key=f"rate_{kind}_save"):
        try:
            voting.remark(engine(), public_id=assignment, rater_id=rater_id, kind=kind, note=note, now=now())
        except EvenhandError as error:
            st.error(str(error))
            return
        say(done)
        close()
        st.rerun()


@st.dialog("Guidelines", width=820, icon=":material/menu_book:", on_dismiss=close)
@access.guarded(access.Role.RATER)
def _guidelines(text: str) -> None:
    show_text(
        text or "No guidelines were written for this study. Judge as you would for your own users.",
        key="rate_guidelines_again",
    )
    st.caption("Keys: 1–4 answer, Z undo, S skip, F flag, N note, G guidelines, T raw text.")
