"""While answers are being scored the page looks again by itself."""

import streamlit as st

from core.ui.overview.view import View, how_far_scored
from core.ui.shared import access

_EVERY_S = 3


def section(view: View) -> None:
    """Draw the page anew once something was scored since; of nothing that waits for a score not at all."""
    if view.scored is not None:
        st.fragment(_look, run_every=_EVERY_S)(view.dataset, view.scored)


@access.guarded(access.Role.ANALYST)
def _look(dataset: str, drawn: int) -> None:
    if how_far_scored(dataset) != drawn:
        st.rerun()
