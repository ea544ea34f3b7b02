"""The rater's tools, out of the way of the texts: undo, skip, flag, note, guidelines, raw text."""

from enum import StrEnum

import streamlit as st

from core import clock
from core.errors import EvenhandError
from core.services.studies import voting
from core.services.studies.rounds import Round
from core.ui.shared import access
from core.ui.shared.resources import engine

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
    """The tools as quiet buttons, each with its key; while one is open, no key of the page acts."""
    has_keys = opened(shown) is None
    undo_button(shown.study.id or 0, rater_id, has_key=has_keys)
    for tool in Tool:
        key = tool.value[0] if has_keys else None
        _tool(tool.value, _ICONS[tool], key, tool.name.lower(), on_click=_open, args=(shown, tool))
    raw = bool(st.session_state.get("raw_text"))
    _tool("Formatted" if raw else "Raw text", "code", "T" if has_keys else None, "raw", on_click=_toggle_raw)


def opened(shown: Round) -> Tool | None:
    """The tool that is open on the pair shown."""
    assignment, tool = st.session_state.get(_OPEN, (None, None))
    return tool if assignment == shown.pair.assignment else None


@access.guarded(access.Role.RATER)
def _open(shown: Round, tool: Tool) -> None:
    st.session_state[_OPEN] = (shown.pair.assignment, tool)


@access.guarded(access.Role.RATER)
def close() -> None:
    """Close whatever tool is open."""
    st.session_state.pop(_OPEN, None)


def undo_button(study_id: int, rater_id: int, *, has_key: bool = True) -> None:
    """Withdraw the last answer and show its pair again."""
    _tool("Undo", "undo", "Z" if has_key else None, "undo", on_click=_undo, args=(study_id, rater_id))


def _tool(label: str, icon: str, key: str | None, name: str, **kwargs: object) -> bool:
    return st.button(label, icon=f":material/{icon}:", type="tertiary", shortcut=key, key=f"rate_tool_{name}", **kwargs)  # type: ignore[arg-type]


@access.guarded(access.Role.RATER)
def _toggle_raw() -> None:
    st.session_state["raw_text"] = not st.session_state.get("raw_text", False)


@access.guarded(access.Role.RATER)
def _undo(study_id: int, rater_id: int) -> None:
    try:
        if voting.undo(engine(), study_id=study_id, rater_id=rater_id, now=clock.now()) is None:
            say("There is nothing to undo. Only your last ten answers can be undone.")
    except EvenhandError as error:
        say(str(error))
