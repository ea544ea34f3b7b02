"""The next best step: what to do now, why, for how much, and one button that does it."""

import streamlit as st

from core import clock
from core.domain.overview import Step, StepKind, next_step
from core.domain.people import Role
from core.services import overview
from core.services.deciding import Verdicts
from core.services.quality import QualityReport
from core.storage.engine import reading
from core.storage.tables import Person
from core.ui.datasets.datasets import VIEW
from core.ui.overview import addresses
from core.ui.overview.view import View
from core.ui.runs import re_evaluate
from core.ui.shared import frame
from core.ui.shared.leading import Address, Query
from core.ui.shared.navigation import REGISTRY
from core.ui.shared.resources import engine

_PAGES = {
    StepKind.IMPORT_PROMPTS: "datasets.py",
    StepKind.ADD_CANDIDATES: "candidates.py",
    StepKind.NAME_CHAMPION: "candidates.py",
    StepKind.ENTER_PRICES: "candidates.py",
    StepKind.INVITE: "people.py",
    StepKind.RATE: "rate.py",
}
_HERE = (StepKind.EVALUATE, StepKind.WATCH)


def section(view: View, person: Person) -> None:
    """For a dataset that somebody answered."""
    _card(_step(view.dataset, view.verdicts, view.report), person, view.dataset)


def first(person: Person) -> None:
    """For a workspace in which nothing was asked yet."""
    _card(_step(None, None, None), person, None)


def _step(dataset: str | None, verdicts: Verdicts | None, report: QualityReport | None) -> Step:
    with reading(engine()) as session:
        return next_step(overview.situation(session, dataset, verdicts, report, now=clock.now()))


def _card(step: Step, person: Person, dataset: str | None) -> None:
    with st.container(border=True, gap="small", height="stretch", key="overview_step"):
        st.caption("Next best step")
        st.subheader(frame.as_typed(step.title), anchor=False)
        st.markdown(frame.as_typed(step.why))
        st.caption(f":material/payments: {frame.as_typed(step.price)}")
        if step.kind in _HERE:
            st.button(
                step.button,
                type="primary",
                icon=":material/refresh:",
                key="overview_re_evaluate",
                on_click=re_evaluate.open_dialog,
            )
            return
        if step.kind is StepKind.WAIT:
            st.button(step.button, icon=":material/refresh:", key="overview_look_again")
            return
        _way(step, _address(step, dataset), person)


def _way(step: Step, to: Address, person: Person) -> None:
    """To the page where it is done; whoever may not open that is told who may."""
    entry = next((entry for entry in REGISTRY if entry.file == to.page and entry.path.is_file()), None)
    least = Role.ADMIN if step.kind is StepKind.ENTER_TRAFFIC else Role.RATER
    if entry is None or max(entry.role, least) > Role.of(person.role):
        st.markdown(f"An admin does this{'' if entry is None else f' on *{entry.title}*'}.")
        return
    if st.button(step.button, type="primary", icon=":material/arrow_forward:", key="overview_go"):
        st.switch_page(to.page, query_params=to.query)


def _address(step: Step, dataset: str | None) -> Address:
    if dataset is not None:
        there = {
            StepKind.DECIDE: addresses.decisions(dataset),
            StepKind.ENTER_TRAFFIC: addresses.settings(dataset),
            StepKind.LOOK_AT_DRIFT: addresses.finding(dataset, step.finding_id),
            StepKind.LOOK_AT_ROUTE: addresses.routes(dataset),
        }
        if step.kind in there:
            return there[step.kind]
    query: Query = {VIEW: "Import"} if step.kind is StepKind.IMPORT_PROMPTS else {}
    return Address(_PAGES[step.kind], query)
