"""Who is signed in here, and the way out: in link mode it is said first what it takes to come back."""

import streamlit as st

from core import clock
from core.domain.people import Role
from core.services.people import joining
from core.settings import AuthMode, get_settings
from core.storage.tables import Person
from core.ui.shared import access, frame


def foot(person: Person) -> None:
    """Who is here, and the way out where there is one: in the sidebar, or below a rater's list of votes."""
    with st.sidebar if Role.of(person.role) > Role.RATER else st.container(border=False):
        frame.signed_in_as(person)
        auth = get_settings().auth
        if auth is AuthMode.LOCAL:
            return
        if st.button("Sign out", icon=":material/logout:", type="tertiary", key="shell_sign_out"):
            if auth is AuthMode.OIDC:
                st.logout()
            else:
                _ask(Role.of(person.role))


@st.dialog("Sign out of this browser?", icon=":material/logout:")
@access.guarded(Role.RATER)
def _ask(role: Role) -> None:
    st.markdown("You will need **a new join link** to come back: the one you came with is used up. Your votes stay.")
    st.markdown(
        "Make one for yourself on *People* before you go, or ask another admin for it."
        if role is Role.ADMIN
        else "Ask whoever invited you for one. To take a break, just close the page: you stay signed in."
    )
    with st.container(horizontal=True):
        if st.button("Sign out", type="primary", key="shell_sign_out_yes", on_click=_sign_out):
            st.rerun()
        if st.button("Stay signed in", key="shell_sign_out_no"):
            st.rerun()


@access.guarded(Role.RATER)
def _sign_out() -> None:
    token = st.context.cookies.get(access.SESSION_COOKIE)
    access.write_as(Role.RATER, lambda session: joining.sign_out(session, token, clock.now()))
