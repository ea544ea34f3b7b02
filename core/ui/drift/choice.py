"""Which dataset and which finding the Drift page shows. Its address says both, so that a message can lead to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import streamlit as st
from sqlmodel import Session

from core import clock
from core.services import deciding
from core.services.candidates import candidates
from core.services.datasets import responses
from core.services.watching import drift
from core.services.watching.drift import DriftState, FindingLine, earlier
from core.storage.engine import reading
from core.ui.shared import access, frame
from core.ui.shared.filters import dataset_name, forget, gone, say_gone
from core.ui.shared.resources import engine

_DATASET, _FINDING, _CANDIDATE = "dataset", "finding", "candidate"
_DATASET_KEY = "drift_dataset"
CHARTS = "drift_metric", "drift_category"
"""What the charts run by run show."""
_MOST_DIGITS = 15


@dataclass(frozen=True)
class Shown:
    """How a candidate is shown."""

    name: str
    position: int
    is_champion: bool


@dataclass(frozen=True)
class View:
    """What the page shows."""

    state: DriftState
    finding: FindingLine | None
    """The one that is looked at closely; None where there is none."""
    shown: Mapping[int, Shown]
    """By the candidate's id."""
    now: datetime

    @property
    def dataset(self) -> str:
        """The dataset's name."""
        return self.state.dataset

    def position(self, candidate_id: int) -> int:
        """Of a candidate, for its colour and mark."""
        return self.shown[candidate_id].position if candidate_id in self.shown else 0


def dataset() -> str | None:
    """The dataset to look at, in all its versions; None (and the page says what to do) where there is none."""
    with reading(engine()) as session:
        names = _datasets(session)
    if not names:
        frame.empty_state(
            "Nothing to watch yet",
            "Import prompts on *Data*, and have candidates evaluated again and again: on *Schedules* by themselves, or "
            "by *Re-evaluate* in the sidebar. The first runs become the baseline, and every later one is held "
            "against it.",
            icon=":material/monitoring:",
        )
        return None
    asked = st.query_params.get(_DATASET)
    if asked is not None:
        # A message's link names the dataset shortly; from here on the drop-down's own name in the address is the one.
        del st.query_params[_DATASET]
        st.query_params[_DATASET_KEY] = asked
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return dataset_name("drift", names)


def view(dataset: str) -> View:
    """What is known of the dataset, and the finding that the address names, by default the first."""
    now = clock.now()
    with reading(engine()) as session:
        state = drift.state(session, dataset)
        listed = candidates.listed(session, now)
        finding = _finding(session, state)
    shown = {one.id or 0: Shown(one.name, one.position, one.is_champion) for one in (line.candidate for line in listed)}
    return View(state, finding, shown, now)


@access.guarded(access.Role.ANALYST)
def look_at(finding_id: int) -> None:
    """For callbacks: look at this finding closely; the charts run by run follow."""
    st.query_params[_FINDING] = str(finding_id)
    st.query_params.pop(_CANDIDATE, None)
    for chart in CHARTS:
        forget(chart)


def is_led_here() -> bool:
    """Whether somebody asked for the finding: a link, an alert, or a button."""
    return _FINDING in st.query_params or _CANDIDATE in st.query_params


def _datasets(session: Session) -> dict[str, list[int]]:
    """Those with a baseline first, of these the one with the newest responses; with the ids of their versions."""
    watched, answered = set(drift.datasets(session)), set(deciding.datasets(session))
    found = {name: ids for name, ids in responses.names(session).items() if name in answered}
    return dict(sorted(found.items(), key=lambda each: each[0] not in watched))


def _finding(session: Session, state: DriftState) -> FindingLine | None:
    """The one that the address names; of an earlier check the same change as the newest one left it, if it holds."""
    asked = st.query_params.get(_FINDING, "")
    id_ = int(asked) if asked.isdecimal() and len(asked) <= _MOST_DIGITS else None
    found = None if id_ is None else earlier.finding(session, state.dataset, id_)
    gone("change", [asked] if asked and found is None else [])
    say_gone()
    if found is None:
        return _of_candidate(state)
    return next((one for one in state.findings if one.id == id_ or _is_same(one, found)), found)


def _of_candidate(state: DriftState) -> FindingLine | None:
    """The first change of the candidate that an alert's link names; the first of all where none is named."""
    first = state.findings[0] if state.findings else None
    asked = st.query_params.get(_CANDIDATE)
    if asked is None or state.check is None:
        return first
    mine = next((one for one in (*state.findings, *state.check.closed) if one.candidate == asked), None)
    if mine is None:
        st.caption(f":material/check: Nothing of {frame.as_typed(asked)} is open any more.")
    return mine or first


def _is_same(one: FindingLine, other: FindingLine) -> bool:
    return (one.candidate_id, one.category, one.metric.name) == (
        other.candidate_id, other.category, other.metric.name,
    )  # fmt: skip
