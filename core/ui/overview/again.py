"""While answers are being scored, or the demo is being opened, the page looks again by itself."""

import streamlit as st

from core.services import workspace
from core.storage.engine import reading
from core.ui.overview.view import View, how_far_scored
from core.ui.shared import access
from core.ui.shared.resources import engine

_EVERY_S = 3


def section(view: View) -> None:
    """Draw the page anew once something came since; where nothing is to come not at all.

    When all of the demo is scored its weeks are still to be checked for drift, and verdicts rest on that.
    """
    is_opening = _is_opening()
    if view.scored is not None or is_opening:
        scored = how_far_scored(view.dataset) if view.scored is None else view.scored
        st.fragment(_look, run_every=_EVERY_S)(view.dataset, (scored, is_opening))


@access.guarded(access.Role.ANALYST)
def _look(dataset: str, drawn: tuple[int, bool]) -> None:
    if (how_far_scored(dataset), _is_opening()) != drawn:
        st.rerun()


def _is_opening() -> bool:
    with reading(engine()) as session:
        return workspace.demo_is_opening(session)
