"""Doing what an admin asked for: in one transaction, and saying beside it how that went."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st
from sqlmodel import Session

from core.domain.people import Role
from core.errors import EvenhandError
from core.ui.shared import access, frame

T = TypeVar("T")
_SAID, _PROBLEMS = "_doing_said", "_doing_problems"


def do(work: Callable[[Session], T], *, done: str, kept: str, place: str, role: Role = Role.ADMIN) -> T | None:
    """Run ``work`` in a write transaction and have ``done`` said; or None, and the reason is shown at ``place``.

    Somebody without ``role`` is refused within that transaction.
    For callbacks and dialogs: ``tell`` and ``problem`` show the words in the run that follows.
    """
    try:
        found = access.write_as(role, work)
    except EvenhandError as error:
        refuse(str(error), kept=kept, place=place)
        return None
    st.session_state.get(_PROBLEMS, {}).pop(place, None)
    say(done)
    return found


def say(words: str) -> None:
    """Have a short message shown in the next run."""
    st.session_state[_SAID] = words


def refuse(reason: str, *, kept: str, place: str) -> None:
    """Have ``problem(place)`` show why something was not done, and what was kept."""
    st.session_state.setdefault(_PROBLEMS, {})[place] = (reason, kept)


def tell() -> None:
    """Show what ``say`` left, once. Call it once in a page."""
    words = st.session_state.pop(_SAID, None)
    if words:
        st.toast(frame.as_typed(words), icon=":material/check:")


def problem(place: str) -> bool:
    """Show the reason why what was asked for at ``place`` was not done, once; whether there was one."""
    found = st.session_state.get(_PROBLEMS, {}).pop(place, None)
    if found is None:
        return False
    reason, kept = found
    frame.error_box(reason, kept, "")
    return True
