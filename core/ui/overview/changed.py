"""What came since this person last looked, and noting that they have."""

from pathlib import Path

import streamlit as st
from sqlmodel import Session

from core.domain.overview import Marks, since
from core.domain.words import ago
from core.services import overview
from core.services.overview import Change, ChangeKind
from core.storage.engine import reading
from core.storage.tables import Person
from core.ui.overview import addresses
from core.ui.overview.view import View
from core.ui.shared import access, frame, leading
from core.ui.shared.kept import KEPT
from core.ui.shared.leading import Address
from core.ui.shared.resources import engine

_FRESH_S, _AGAIN_S = 20, 600
_ICONS = {
    ChangeKind.DRIFT: "monitoring",
    ChangeKind.PRICE: "sell",
    ChangeKind.ALERT: "notifications",
    ChangeKind.RUN: "play_circle",
    ChangeKind.VOTES: "how_to_vote",
    ChangeKind.DECISION: "gavel",
}
_SEEN = st.components.v2.component("evenhand_seen", js=(Path(__file__).parent / "seen.js").read_text(encoding="utf-8"))
_DRAWN = "_overview_drawn"


def section(view: View, person: Person) -> None:
    """The changes, each with the page that proves it; of a first visit that it is one."""
    person_id = person.id or 0
    with reading(engine()) as session:
        marks = overview.marks(session, view.dataset)
        last = since(overview.visit(session, person_id, view.dataset), view.now)
    with st.container(gap="xsmall", key="overview_changes"):
        if last is None:
            st.subheader("What changed", anchor=False)
            st.caption("You are here for the first time. From now on this says what came since your last visit.")
        else:
            st.subheader("What changed since your last visit", anchor=False)
            _listed(view, _found(view.dataset, last[0], marks))
            st.caption(f"You were last here {ago(last[1], view.now)}.")
        st.session_state[_DRAWN] = (view.dataset, marks, view.now)
        _seen()


def _found(dataset: str, before: Marks, marks: Marks) -> list[Change]:
    key = ("changes", str(engine().url), dataset, before, marks)
    return KEPT.get(key, lambda: _changes(dataset, before), fresh_s=_FRESH_S)


def _changes(dataset: str, marks: Marks) -> list[Change]:
    with reading(engine()) as session:
        return overview.changes(session, dataset, marks)


def _listed(view: View, found: list[Change]) -> None:
    if not found:
        st.markdown("Nothing: no new run, vote, price, alert or drift.")
        return
    for change in found:
        said = frame.as_typed(change.said)
        leading.line(f"{_mark(change)} {said}", _address(view, change))


def _mark(change: Change) -> str:
    return f":{'orange' if change.is_urgent else 'gray'}[:material/{_ICONS[change.kind]}:]"


def _address(view: View, change: Change) -> Address | None:
    if change.link:
        return addresses.of_link(change.link)
    return {
        ChangeKind.DRIFT: addresses.finding(view.dataset, change.id),
        ChangeKind.RUN: addresses.run(change.id),
        ChangeKind.VOTES: Address("raters.py", {}),
        ChangeKind.DECISION: addresses.decisions(view.dataset),
        ChangeKind.PRICE: Address("candidates.py", {}),
        ChangeKind.ALERT: Address("alerts.py", {}),
    }[change.kind]


@st.fragment
@access.guarded(access.Role.ANALYST)
def _seen() -> None:
    """Have the browser say when the page is really looked at: drawn, in a tab that is in front."""
    with st.container(key="overview_seen_place"):
        dataset, marks, at = st.session_state[_DRAWN]
        drawn = f"{dataset} {marks} {int(at.timestamp() // _AGAIN_S)}"
        _SEEN(key="overview_seen", data={"drawn": drawn}, height=1, on_seen_change=note_seen)


@access.guarded(access.Role.ANALYST)
def note_seen() -> None:
    """For the browser: what was drawn last was seen."""
    drawn, person = st.session_state.get(_DRAWN), access.current_person()
    if drawn is None or person is None:
        return
    dataset, marks, at = drawn

    def work(session: Session) -> None:
        overview.see(session, person.id or 0, dataset, marks, at)

    access.write_as(access.Role.ANALYST, work)
