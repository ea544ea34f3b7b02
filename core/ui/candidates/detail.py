"""One candidate: what it is, what can be done with it, and a test call."""

from collections.abc import Callable
from html import escape

import streamlit as st
from sqlmodel import Session

from core.domain.words import n
from core.providers import presets
from core.services.candidates import candidates
from core.services.candidates.candidates import CandidateLine
from core.ui.candidates import trial, words
from core.ui.candidates.address import CHOSEN, COPY, show_form
from core.ui.shared import access, colours, doing, facts, filters, frame
from core.ui.shared.rendering import show_text


def card(line: CandidateLine) -> None:
    """What it is on the left, whether it answers on the right, what can be done with it below."""
    with st.container(border=True, gap="small"):
        _head(line)
        left, right = st.columns([1, 1], gap="large")
        with left:
            _facts(line)
        with right:
            trial.panel(line)
        _actions(line)


def _head(line: CandidateLine) -> None:
    sign, hue = colours.sign(line.candidate.position), colours.colour(line.candidate.position)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(
            f'<span aria-hidden="true" style="color: {hue}">{sign}</span>&ensp;'
            f"<strong>{escape(line.candidate.name)}</strong>",
            width="content",
        )
        if line.candidate.is_champion:
            frame.champion_badge()
        if line.candidate.is_retired:
            st.badge("Retired", icon=":material/archive:", color="gray")
        elif line.why_not is None:
            st.badge("Ready", icon=":material/check:", color="green")
        elif presets.is_written(line.candidate.provider):
            st.badge("Written for the demo", icon=":material/science:", color="gray")
        else:
            st.badge("Cannot be asked yet", icon=":material/key_off:", color="orange")


def _facts(line: CandidateLine) -> None:
    candidate = line.candidate
    known = {}
    if candidate.provider is not None:
        where = [line.provider or candidate.provider, line.host]
        known["Model"] = candidate.model or "–"
        known["Asked at"] = " · ".join(word for word in where if word)
        known["Key"] = words.keys(line)
        known["Price"] = words.rates_in_words(line.rates)
        known["Settings"] = words.settings(line)
        known["Further"] = words.further(line)
    fallback = candidate.settings.get("fallback")
    if isinstance(fallback, dict):
        found = (fallback.get(name) for name in ("model", "provider", "base_url"))
        known["Fallback"] = " · ".join(str(word) for word in found if word)
    runs = f" in {n(line.runs, 'run')}" if line.runs else ""
    known["So far"] = f"{n(line.responses, 'response')}{runs}"
    facts.show(known)
    if line.why_not is not None and not candidate.is_retired:
        st.caption(f":material/info: {frame.as_typed(line.why_not)}")
        if line.is_doubted:
            _action("Allow it", "key", line, on_click=_allow_key, args=(line,))
    if candidate.settings.get("system"):
        with st.expander("System prompt", icon=":material/description:", key=f"candidates_system_{line.id}"):
            show_text(str(candidate.settings["system"]), key=f"candidates_system_text_{line.id}")


def _actions(line: CandidateLine) -> None:
    with st.container(horizontal=True, gap="small"):
        _action("Edit", "edit", line, on_click=show_form, args=(str(line.id),))
        _action("Duplicate", "content_copy", line, on_click=show_form, args=(f"{COPY}{line.id}",))
        if line.candidate.is_retired:
            _action("Bring back", "unarchive", line, on_click=_bring_back, args=(line,))
        elif not line.candidate.is_champion:
            _action("Make champion", "trophy", line, on_click=_make_champion, args=(line,))
            _action("Retire", "archive", line, on_click=_retire, args=(line,))
        if not line.responses and st.button(
            "Delete", icon=":material/delete:", type="tertiary", key=f"candidates_delete_{line.id}"
        ):
            _confirm_deletion(line)


def _action(
    label: str, icon: str, line: CandidateLine, *, on_click: Callable[..., None], args: tuple[object, ...]
) -> None:
    key = f"candidates_{label.lower().replace(' ', '_')}_{line.id}"
    st.button(label, icon=f":material/{icon}:", type="tertiary", key=key, on_click=on_click, args=args)


@access.guarded(access.Role.ADMIN)
def _allow_key(line: CandidateLine) -> None:
    _do(line, lambda session, _: candidates.allow_key(session, line.candidate), "may be asked with its key")


@access.guarded(access.Role.ADMIN)
def _bring_back(line: CandidateLine) -> None:
    _do(line, candidates.bring_back, "is offered again")


@access.guarded(access.Role.ADMIN)
def _make_champion(line: CandidateLine) -> None:
    _do(line, candidates.make_champion, "is the champion")


@access.guarded(access.Role.ADMIN)
def _retire(line: CandidateLine) -> None:
    _do(line, candidates.retire, "is retired")


def _do(line: CandidateLine, work: Callable[[Session, int], None], done: str) -> None:
    doing.do(
        lambda session: work(session, line.id),
        done=f"'{line.candidate.name}' {done} now.",
        kept="It is as it was.",
        place="candidates",
    )


@st.dialog("Delete this candidate?")
@access.guarded(access.Role.ADMIN)
def _confirm_deletion(line: CandidateLine) -> None:
    st.text(f"'{line.candidate.name}' has answered nothing yet, so nothing else is lost.")
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", key="candidates_delete_yes", on_click=_delete, args=(line,)):
            st.rerun()
        if st.button("Keep", key="candidates_delete_no"):
            st.rerun()


@access.guarded(access.Role.ADMIN)
def _delete(line: CandidateLine) -> None:
    filters.forget(CHOSEN)
    _do(line, candidates.delete, "is deleted")
