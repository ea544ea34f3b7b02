"""Re-evaluate: from the sidebar of every analyst's page, a dialog that says what a run takes before it begins."""

import streamlit as st

from core import clock
from core.domain.words import ago, n
from core.errors import EvenhandError
from core.services import runs
from core.services.candidates import candidates
from core.services.candidates.candidates import CandidateLine
from core.services.datasets import datasets
from core.services.datasets.datasets import DatasetLine
from core.services.runs import Newest, workers
from core.storage.engine import reading
from core.storage.tables import Person
from core.ui.runs import address, re_evaluate_order, words
from core.ui.runs.re_evaluate_order import Ordered
from core.ui.shared import access, frame
from core.ui.shared.resources import engine

_OPEN, _PROBLEM, _BEGUN = "_re_evaluate_open", "_re_evaluate_problem", "_re_evaluate_begun"
_LOOK_EVERY_S = 5.0
_RATING = frozenset({"rate", "my_votes"})


def in_sidebar(person: Person, url_path: str) -> None:
    """The button, one quiet line on the newest run, and the dialog while it is open.

    Not on the rating pages: nothing may stand between a key and its answer there, whoever rates.
    """
    _follow()
    if url_path in _RATING:
        return
    with st.sidebar:
        st.button(
            "Re-evaluate",
            icon=":material/refresh:",
            type="primary",
            width="stretch",
            key="re_evaluate",
            on_click=open_dialog,
            help="Ask candidates again. You see what it takes before it begins.",
        )
        _newest()
    if st.session_state.get(_OPEN):
        _dialog(person)


@access.guarded(access.Role.ANALYST)
def open_dialog() -> None:
    """For callbacks: open the dialog in the run that follows."""
    st.session_state[_OPEN] = True
    for name in (_PROBLEM, re_evaluate_order.CAP_TOUCHED):
        st.session_state.pop(name, None)


@access.guarded(access.Role.ANALYST)
def _close() -> None:
    st.session_state.pop(_OPEN, None)


def _read() -> Newest | None:
    with reading(engine()) as session:
        return runs.newest(session)


def _newest() -> None:
    found = _read()
    if found is None:
        return
    if found.is_going:
        st.fragment(_going, run_every=_LOOK_EVERY_S)([found])
    else:
        _last(found)


def _last(found: Newest) -> None:
    spent = words.spent(found.cost_usd, found.unpriced)
    line = f"Last run {ago(found.at, clock.now())} · {n(found.candidates, 'candidate')} · {spent}"
    st.caption(frame.as_typed(line))


@access.guarded(access.Role.ANALYST)
def _going(seen: list[Newest]) -> None:
    """How far the run is; looks again by itself, and says so when it has ended. ``seen``: what need not be read."""
    found = seen.pop() if seen else _read()
    if found is None:
        return
    if not found.is_going:
        _last(found)
        return
    ended = found.responses + found.failed
    others = f" · {found.going - 1:,} more" if found.going > 1 else ""
    share = min(1.0, ended / found.planned) if found.planned else 0.0
    st.progress(share, text=f":small[:gray[Run {found.id} · {ended:,} of {found.planned:,}{others}]]")


@st.dialog("Re-evaluate", width="medium", icon=":material/refresh:", on_dismiss=_close)
@access.guarded(access.Role.ANALYST)
def _dialog(person: Person) -> None:
    with reading(engine()) as session:
        sets = [line for line in datasets.listed(session) if line.prompts > line.textless]
        lines = [line for line in candidates.listed(session, clock.now()) if not line.candidate.is_retired]
    ready = [line for line in lines if line.why_not is None]
    if not sets or not ready:
        _nothing_to_ask(sets, lines)
        return
    ordered = re_evaluate_order.fields(sets, lines, person)
    if problem := st.session_state.pop(_PROBLEM, None):
        frame.error_box(problem, "Nothing was begun, and your choices are as they were.", "")
    _buttons(ordered)


def _nothing_to_ask(sets: list[DatasetLine], lines: list[CandidateLine]) -> None:
    if not sets:
        st.markdown("There are no prompts to ask yet. An admin imports them on *Data*.")
    elif not lines:
        st.markdown("There is no candidate to ask yet. An admin defines them on *Candidates*.")
    else:
        st.markdown("No candidate can be asked as things are:")
        re_evaluate_order.why_not(lines)


def _buttons(ordered: Ordered) -> None:
    calls = ordered.estimate.calls if ordered.estimate is not None else 0
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            f"Run {n(calls, 'call')}" if calls else "Run",
            type="primary",
            icon=":material/play_arrow:",
            key="re_evaluate_run",
            disabled=not calls,
            on_click=_begin,
            args=(ordered,),
        )
        if st.button("Not now", type="tertiary", key="re_evaluate_close", on_click=_close):
            st.rerun()
    _follow()


def _follow() -> None:
    """Go to the run that was begun."""
    begun = st.session_state.pop(_BEGUN, None)
    if begun is not None:
        address.go_to(begun)


@access.guarded(access.Role.ANALYST)
def _begin(ordered: Ordered) -> None:
    """Queue the run, once: a doubled press finds the dialog closed."""
    if not st.session_state.get(_OPEN):
        return
    try:
        run = access.write_as(access.Role.ANALYST, lambda session: runs.plan(session, ordered.order, now=clock.now()))
    except EvenhandError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    _close()
    st.session_state[_BEGUN] = run.id
    workers.ensure(engine())
