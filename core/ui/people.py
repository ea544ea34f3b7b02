"""The parts of the People page: inviting, the list, and changing what somebody may do."""

from collections.abc import Callable
from typing import TypeVar

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core.domain.people import Role
from core.errors import BadInput, EvenhandError
from core.services import access as people
from core.services.access import PersonRow
from core.settings import AuthMode, get_settings
from core.storage.engine import reading
from core.storage.tables import Person
from core.ui import access, frame
from core.ui.resources import engine, now

T = TypeVar("T")
_LINK, _PROBLEM, _CHOSEN, _TABLE = "_new_link", "_people_problem", "people_chosen", "people_table"
_ROLES = {
    "rater": "rates pairs, never learns which model wrote what",
    "analyst": "also sees candidates, leaderboard and responses",
    "admin": "also imports, sets up studies and invites people",
}
_STATES = {
    "joined": "Joined",
    "invited": "Invited",
    "expired": "Link ended unused",
    "waiting": "Not joined",
    "revoked": "Revoked",
}


def invite_form() -> None:
    """The form that adds a person and gives the link for them, once."""
    by_mail = get_settings().auth is AuthMode.OIDC
    if get_settings().auth is AuthMode.LOCAL:
        st.info(
            "Evenhand runs for you alone now. Others can come in once it is started with `EVENHAND_AUTH=link`; "
            "links made here work from then on.",
            icon=":material/person:",
        )
    with st.form("people_invite", clear_on_submit=True, border=True):
        st.markdown("**Invite somebody**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input("Name", max_chars=people.LONGEST_NAME, key="people_invite_name", width=300)
            email = st.text_input("E-mail address", key="people_invite_email", width=300) if by_mail else None
            role = st.radio("Role", list(_ROLES), format_func=str.capitalize, horizontal=True, key="people_invite_role")
            sent = st.form_submit_button("Invite" if by_mail else "Make link", type="primary")
        st.caption(" · ".join(f"**{word.capitalize()}** {what}" for word, what in _ROLES.items()))
    if sent:
        _invite(name, Role.of(str(role)), email)
    _show_link()


def table(me: Person) -> None:
    """Everybody who is here, and below it what can be changed about one of them."""
    if problem := st.session_state.pop(_PROBLEM, None):
        happened, unchanged = problem
        frame.error_box(happened, unchanged, "")
    with reading(engine()) as session:
        rows = people.list_people(session, now())
    shown = pd.DataFrame(
        {
            "Name": [row.name for row in rows],
            "Role": [row.role.word.capitalize() for row in rows],
            "Access": [_standing(row, me) for row in rows],
            "Votes": [row.votes for row in rows],
        }
    )
    st.dataframe(
        shown,
        hide_index=True,
        key=_TABLE,
        on_select=_choose_in_table,
        selection_mode="single-row",
        column_config={"Votes": st.column_config.NumberColumn(format="localized")},
    )
    st.session_state["_people_ids"] = [row.id for row in rows]
    _change(rows, me)


def _invite(name: str, role: Role, email: str | None) -> None:
    try:
        if email is not None and not email.strip():
            raise BadInput("The e-mail address is empty. It is what the person signs in with.")
        person, token = access.write_as(
            Role.ADMIN, lambda session: people.invite(session, name=name, role=role, now=now(), email=email)
        )
    except EvenhandError as error:
        frame.error_box(str(error), "Nobody was invited.", "")
        return
    st.session_state[_LINK] = (person.name, None if email else token)


def _show_link() -> None:
    """The link stands here until it is put away; the database has only its hash, so it cannot be shown again."""
    name, token = st.session_state.get(_LINK, (None, None))
    if name is None:
        return
    with st.container(border=True, gap="small"):
        if token is None:
            st.text(f"{name} can sign in now with that address.")
        else:
            st.text(f"Send this link to {name}. It works once, within 14 days, and is not shown again.")
            st.code(f"{get_settings().base_url.rstrip('/')}/join/{token}", language=None, wrap_lines=True)
        st.button("Done", on_click=_put_away, key="people_link_done")


@access.guarded(access.Role.ADMIN)
def _put_away() -> None:
    st.session_state.pop(_LINK, None)


def _standing(row: PersonRow, me: Person) -> str:
    word = "This is you" if row.id == me.id else _STATES[row.state]
    if row.until is None or row.state in ("revoked", "expired"):
        return word
    return f"{word} · until {row.until:%-d %b %Y}"


@access.guarded(access.Role.ADMIN)
def _choose_in_table() -> None:
    chosen = st.session_state[_TABLE].selection.rows
    if chosen:
        st.session_state[_CHOSEN] = st.session_state["_people_ids"][chosen[0]]


def _change(rows: list[PersonRow], me: Person) -> None:
    by_id = {row.id: row for row in rows if row.id != me.id}
    if not by_id:
        st.caption("When somebody else is here, you can change their role, give them a new link or end their access.")
        return
    if st.session_state.get(_CHOSEN) not in by_id:
        st.session_state[_CHOSEN] = None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Change",
            list(by_id),
            key=_CHOSEN,
            format_func=lambda id: by_id[id].name,
            placeholder="Choose a person",
            width=300,
        )
        if chosen is None:
            return
        row = by_id[chosen]
        st.selectbox(
            "Role",
            list(_ROLES),
            index=list(_ROLES).index(row.role.word),
            format_func=str.capitalize,
            key=f"people_role_{row.id}",
            on_change=_set_role,
            args=(row.id,),
            width=150,
        )
        if get_settings().auth is not AuthMode.OIDC:
            label = "Let back in" if row.state == "revoked" else "New link"
            st.button(label, icon=":material/link:", on_click=_new_link, args=(row,), key=f"people_link_{row.id}")
        if row.state != "revoked" and st.button("Revoke", icon=":material/block:", key=f"people_revoke_{row.id}"):
            _confirm_revoke(row)


@access.guarded(access.Role.ADMIN)
def _set_role(person_id: int) -> None:
    role = Role.of(st.session_state[f"people_role_{person_id}"])
    _try(lambda session: people.change_role(session, person_id, role), "The role was not changed.")


@access.guarded(access.Role.ADMIN)
def _new_link(row: PersonRow) -> None:
    token = _try(lambda session: people.new_link(session, row.id, now=now()), "No link was made.")
    if token is not None:
        st.session_state[_LINK] = (row.name, token)


@access.guarded(access.Role.ADMIN)
def _revoke(person_id: int) -> None:
    _try(lambda session: people.revoke(session, person_id, now=now()), "Nothing was changed.")


@st.dialog("End this person's access?")
@access.guarded(access.Role.ADMIN)
def _confirm_revoke(row: PersonRow) -> None:
    st.text(f"{row.name} is signed out everywhere at once, and unused links end. Votes stay and still count.")
    with st.container(horizontal=True):
        if st.button("Revoke access", type="primary", key="people_revoke_yes", on_click=_revoke, args=(row.id,)):
            st.rerun()
        if st.button("Keep", key="people_revoke_no"):
            st.rerun()


def _try(work: Callable[[Session], T], unchanged: str) -> T | None:
    """Do it in a transaction, or say at the top of the list why it could not be done."""
    try:
        return access.write_as(Role.ADMIN, work)
    except EvenhandError as error:
        st.session_state[_PROBLEM] = (str(error), unchanged)
        return None
