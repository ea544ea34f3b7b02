"""The list of people: where everybody stands, a new link in one click, and what somebody may do."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st
from sqlmodel import Session

from core import clock
from core.domain.people import Role
from core.domain.words import n
from core.errors import EvenhandError
from core.services.people import people
from core.services.people.listing import PersonRow, list_people
from core.services.studies import inviting
from core.services.studies.inviting import Invited
from core.settings import AuthMode, get_settings
from core.storage.engine import reading
from core.storage.tables import Person
from core.ui.people import inviting as people_inviting
from core.ui.people import messages
from core.ui.shared import access, doing, frame
from core.ui.shared.resources import engine

T = TypeVar("T")
_PLACE, _CHOSEN = "people", "people_chosen"
_PER_PAGE = 25
_STATES = {
    "joined": "Joined · signed in until {until}",
    "returning": "Was here before · new link until {until}",
    "away": "Signed out · comes back with a new link",
    "invited": "Invited · link until {until}",
    "expired": "Link ended unused",
    "waiting": "No link yet",
    "revoked": "Access ended",
}


def table(me: Person) -> None:
    """Everybody who is here; or, where one person is chosen, that one and what can be changed about them."""
    doing.problem(_PLACE)
    with reading(engine()) as session:
        rows = list_people(session, clock.now())
    chosen = _choice(rows, me)
    if chosen is not None:
        _row(chosen, me)
        _change(chosen)
        return
    pages = -(-len(rows) // _PER_PAGE)
    page = st.pagination(pages, key="people_page") if pages > 1 else 1
    for row in rows[(page - 1) * _PER_PAGE : page * _PER_PAGE]:
        _row(row, me)


def _choice(rows: list[PersonRow], me: Person) -> PersonRow | None:
    by_id = {row.id: row for row in rows if row.id != me.id}
    if not by_id:
        st.caption("When somebody else is here, you can change their role, give them a new link or end their access.")
        return None
    if st.session_state.get(_CHOSEN) not in by_id:
        st.session_state[_CHOSEN] = None
    chosen = st.selectbox(
        "Find somebody",
        list(by_id),
        key=_CHOSEN,
        format_func=lambda id: by_id[id].name,
        placeholder="Type a name",
        width=360,
    )
    return None if chosen is None else by_id[chosen]


def _row(row: PersonRow, me: Person) -> None:
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", gap="small", key=f"people_row_{row.id}"
    ):
        with st.container(gap=None, width="stretch"):
            st.markdown(f"**{frame.as_typed(row.name)}** :gray[{row.role.word}]")
            st.caption(" · ".join(_facts(row, me)))
        with st.container(horizontal=True, gap="small", width="content"):
            if _has_links(row):
                st.button(
                    "Let back in" if row.state == "revoked" else "New link",
                    icon=":material/link:",
                    type="tertiary",
                    key=f"people_link_{row.id}",
                    on_click=_new_link,
                    args=(row.id,),
                )
            if row.id != me.id and st.session_state.get(_CHOSEN) != row.id:
                st.button(
                    "Change",
                    icon=":material/tune:",
                    key=f"people_change_{row.id}",
                    on_click=_choose,
                    args=(row.id,),
                )


def _has_links(row: PersonRow) -> bool:
    """Where people sign in by address there is nothing to renew, but the revoked can be let back in."""
    return row.state == "revoked" or get_settings().auth is not AuthMode.OIDC


def _facts(row: PersonRow, me: Person) -> list[str]:
    facts = ["This is you"] if row.id == me.id else []
    if row.email and row.email != row.name:
        facts.append(frame.as_typed(row.email))
    if row.id != me.id or get_settings().auth is AuthMode.LINK:
        facts.append(_standing(row))
    facts.append(n(row.votes, "vote"))
    if row.study:
        facts.append(f"invited to {frame.as_typed(row.study)}")
    return facts


def _standing(row: PersonRow) -> str:
    if get_settings().auth is AuthMode.OIDC and row.state != "revoked":
        return "Joined" if row.votes else "May sign in"
    until = "" if row.until is None else f"{row.until:%-d %b %Y}"
    return _STATES[row.state].format(until=until)


@access.guarded(access.Role.ADMIN)
def _choose(person_id: int) -> None:
    st.session_state[_CHOSEN] = person_id


@access.guarded(access.Role.ADMIN)
def _choose_nobody() -> None:
    st.session_state[_CHOSEN] = None


def _change(row: PersonRow) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Role",
            list(people_inviting.ROLES),
            index=list(people_inviting.ROLES).index(row.role.word),
            format_func=str.capitalize,
            key=f"people_role_{row.id}",
            on_change=_set_role,
            args=(row.id,),
            width=150,
        )
        if row.state != "revoked":
            _invite_to_study(row)
            if st.button("Revoke", icon=":material/block:", key=f"people_revoke_{row.id}"):
                _confirm_revoke(row)
    st.button(
        "Show everybody", icon=":material/arrow_back:", type="tertiary", key="people_everybody", on_click=_choose_nobody
    )


def _invite_to_study(row: PersonRow) -> None:
    offered = people_inviting.studies_to_choose()
    st.selectbox(
        "Invite to another study",
        list(offered),
        index=None,
        format_func=lambda id: people_inviting.study_label(offered.get(id)),
        placeholder=row.study or "Choose a study",
        key=f"people_study_{row.id}",
        on_change=_lead_to,
        args=(row.id,),
        width=300,
        help="They land there with their next click, and you get a message for them.",
    )


@access.guarded(access.Role.ADMIN)
def _set_role(person_id: int) -> None:
    role = Role.of(st.session_state[f"people_role_{person_id}"])
    _try(lambda session: people.change_role(session, person_id, role), "The role was not changed.")


@access.guarded(access.Role.ADMIN)
def _new_link(person_id: int) -> None:
    made = _try(lambda session: _renewed(session, person_id), "No link was made.")
    if made is not None:
        messages.show([made])


@access.guarded(access.Role.ADMIN)
def _lead_to(person_id: int) -> None:
    study_id = st.session_state[f"people_study_{person_id}"]
    made = _try(
        lambda session: _renewed(session, person_id, study_id=study_id, keeps_study=False), "Nothing was changed."
    )
    st.session_state[f"people_study_{person_id}"] = None
    if made is not None:
        messages.show([made])


def _renewed(session: Session, person_id: int, *, study_id: int | None = None, keeps_study: bool = True) -> Invited:
    settings = get_settings()
    return inviting.renew(
        session,
        person_id,
        base_url=settings.base_url,
        by_address=settings.auth is AuthMode.OIDC,
        now=clock.now(),
        study_id=study_id,
        keeps_study=keeps_study,
    )


@access.guarded(access.Role.ADMIN)
def _revoke(person_id: int) -> None:
    _try(lambda session: people.revoke(session, person_id, now=clock.now()), "Nothing was changed.")


@st.dialog("End this person's access?")
@access.guarded(access.Role.ADMIN)
def _confirm_revoke(row: PersonRow) -> None:
    st.text(
        f"{row.name} is signed out everywhere at once, and unused links end. Pairs in their hands go to others. "
        "Votes stay and still count."
    )
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
        doing.refuse(str(error), kept=unchanged, place=_PLACE)
        return None
