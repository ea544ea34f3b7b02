"""The demo: what it is, whether its simulated votes count, taking it out and putting it back."""

import streamlit as st

from core import clock, demo
from core.domain.words import n
from core.services import workspace
from core.services.demo import opening as demo_service
from core.services.demo import removal
from core.services.demo.removal import DemoContent
from core.storage.engine import reading
from core.ui.shared import access, doing, frame
from core.ui.shared.resources import engine

_SWITCH = "datasets_count_simulated"


def section() -> None:
    """What of the demo is here, and what can be done with it."""
    with reading(engine()) as session:
        content = removal.demo_content(session)
        counted = workspace.counts_simulated(session)
    doing.problem("demo")
    if content is None:
        _absent()
        return
    with st.container(border=True, gap="small"):
        st.markdown(f"**{frame.as_typed(demo.DATASET_NAME)}**")
        st.markdown(frame.as_typed(demo.NOTICE))
        st.caption(
            f"{content.prompts:,} prompts · {content.responses:,} responses"
            f" · {content.simulated_votes:,} simulated votes"
            + (f" · {content.human_votes:,} votes by people" if content.human_votes else "")
        )
    st.session_state[_SWITCH] = counted
    st.toggle("Count simulated votes", key=_SWITCH, on_change=_switch)
    st.caption(
        "Simulated votes count on boards, and are labelled there."
        if counted
        else "Simulated votes count nowhere. They are kept, and come back when this is switched on again."
    )
    if st.button("Remove the demo", icon=":material/delete:", key="datasets_remove_demo"):
        _confirm_removal(content)


def _absent() -> None:
    frame.empty_state(
        "The demo is not here",
        "It shows every page with a story: 64 prompts of an invented helpline, three candidates whose answers were "
        "written for it over eight weeks, a very small model that really answered, simulated raters. It can be removed "
        "again at any time.",
        icon=":material/science:",
    )
    with st.container(horizontal=True, horizontal_alignment="center"):
        if st.button("Open the demo", icon=":material/science:", type="primary", key="datasets_open_demo"):
            with st.spinner("Putting in prompts, responses and simulated votes …"):
                demo_service.open_demo(engine(), now=clock.now())
            doing.say("The demo is here.")
            st.rerun()


@access.guarded(access.Role.ADMIN)
def _switch() -> None:
    count = bool(st.session_state[_SWITCH])
    doing.do(
        lambda session: workspace.count_simulated(session, count),
        done="Simulated votes count now." if count else "Simulated votes count nowhere now.",
        kept="The switch is as it was.",
        place="demo",
    )


@st.dialog("Remove the demo?", icon=":material/delete:")
@access.guarded(access.Role.ADMIN)
def _confirm_removal(content: DemoContent) -> None:
    st.markdown(
        f"Its {content.prompts:,} prompts, {content.responses:,} responses and {content.simulated_votes:,} simulated "
        "votes go for good, with its runs, checks for drift, alerts, prices and decisions, the candidates and "
        "simulated raters that nothing else uses, and the settings of decisions that it entered. Your own datasets, "
        "studies and votes stay."
    )
    if content.human_votes:
        st.warning(
            f"{n(content.human_votes, 'vote')} by people on the demo's responses go too. "
            "Export them first if you want them."
        )
    if len(content.studies) > 1:
        st.markdown(f"Studies over the demo go with it: {frame.as_typed(', '.join(content.studies))}.")
    with st.container(horizontal=True):
        if st.button(
            "Remove it", type="primary", icon=":material/delete:", key="datasets_remove_demo_yes", on_click=_remove
        ):
            st.rerun()
        if st.button("Keep it", key="datasets_remove_demo_no"):
            st.rerun()


@access.guarded(access.Role.ADMIN)
def _remove() -> None:
    doing.do(removal.remove_demo, done="The demo is gone.", kept="The demo is still here, whole.", place="demo")
