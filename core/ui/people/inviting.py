"""Inviting: the forms for one person and for several."""

import streamlit as st

from core import clock
from core.domain.invitees import read_invitees
from core.domain.people import Role
from core.errors import EvenhandError
from core.services.people import people
from core.services.studies import inviting, studies
from core.settings import AuthMode, get_settings
from core.storage.engine import reading
from core.storage.tables import Study
from core.ui.people import messages
from core.ui.shared import access, filters, frame
from core.ui.shared.resources import engine

ROLES = {
    "rater": "rates pairs, never learns which model wrote what",
    "analyst": "also sees candidates, leaderboard and responses",
    "admin": "also imports, sets up studies and invites people",
}
_INVITE, _STUDY, _REFUSED = "invite", "study", "_people_refused"
_HOW = ("One person", "Several people")
_FAULTS_SHOWN = 30
_ANY = "Whatever is open to them"


def is_open() -> bool:
    """Whether the address asks for the forms."""
    return _INVITE in st.query_params


def button() -> None:
    """The button that opens the forms."""
    st.button("Invite people", icon=":material/person_add:", type="primary", key="people_invite_open", on_click=_open)


def back_button() -> None:
    """The way back to the list."""
    st.button("All people", icon=":material/arrow_back:", type="tertiary", key="people_all", on_click=messages.close)


@access.guarded(access.Role.ADMIN)
def _open() -> None:
    st.query_params[_INVITE] = "yes"


def nobody_can_join_yet() -> None:
    """In local mode: say that links lead nobody in, and what would."""
    if get_settings().auth is AuthMode.LOCAL:
        st.info(
            "Evenhand runs for you alone now, so nobody can join. Others can come in once it is started with "
            "`EVENHAND_AUTH=link`; links made here work from then on.",
            icon=":material/person:",
        )


def forms() -> None:
    """One person, or a pasted list of them."""
    with frame.open_tab(_HOW, key="people_how") as how:
        if how == _HOW[0]:
            _one()
        else:
            _several()


def _one() -> None:
    by_address = get_settings().auth is AuthMode.OIDC
    with st.form("people_invite", border=False, width=760):
        name = st.text_input("Name", max_chars=people.LONGEST_NAME, key="people_invite_name")
        email = st.text_input("E-mail address", key="people_invite_email") if by_address else None
        role, study_id = _role_and_study("one")
        sent = st.form_submit_button("Invite" if by_address else "Make link", type="primary")
    if not sent:
        return
    try:
        made = access.write_as(
            Role.ADMIN,
            lambda session: inviting.invite_one(
                session, terms(role, study_id), name=name, email=email, now=clock.now()
            ),
        )
    except EvenhandError as error:
        frame.error_box(str(error), "Nobody was invited.", "")
        return
    messages.show([made])
    st.rerun()


def _several() -> None:
    by_address = get_settings().auth is AuthMode.OIDC
    with st.container(width=760):
        text = st.text_area(
            "Names or e-mail addresses" if not by_address else "E-mail addresses, with names where you have them",
            height=200,
            max_chars=inviting.LONGEST_LIST,
            key="people_invite_list",
            placeholder="Anna Weber <anna@example.org>\nBo Lind\ncy@example.org",
            help="One a line, or with commas or semicolons between them.",
        )
        role, study_id = _role_and_study("several")
        found = read_invitees(text)
        with reading(engine()) as session:
            faults = inviting.find_faults(session, found, by_address=by_address)
        if faults:
            _faults(faults)
        elif found:
            st.caption(f"{len(found):,} read: " + _some([messages.label(each.name, each.email) for each in found]))
        label = f"Invite {len(found):,} people" if len(found) > 1 else "Invite them"
        st.button(
            label,
            type="primary",
            key="people_invite_all",
            on_click=_invite_all,
            args=(role, study_id),
        )
        refused = st.session_state.pop(_REFUSED, None)
        if refused and not faults:
            frame.error_box(refused, "Nobody was invited.", "")


def _faults(faults: list[str]) -> None:
    lines = "\n".join(f"- {frame.as_typed(fault)}" for fault in faults[:_FAULTS_SHOWN])
    more = f"\n- and {len(faults) - _FAULTS_SHOWN:,} more" if len(faults) > _FAULTS_SHOWN else ""
    st.error(f"**Nobody is invited while these lines stand as they are.**\n{lines}{more}", icon=":material/error:")


def _some(words: list[str], most: int = 12) -> str:
    more = f" and {len(words) - most:,} more" if len(words) > most else ""
    return frame.as_typed(" · ".join(words[:most])) + more


@access.guarded(access.Role.ADMIN)
def _invite_all(role: Role, study_id: int | None) -> None:
    text = str(st.session_state.get("people_invite_list", ""))
    try:
        made = access.write_as(
            Role.ADMIN,
            lambda session: inviting.invite_all(session, text, terms(role, study_id), now=clock.now()),
        )
    except EvenhandError as error:
        st.session_state[_REFUSED] = str(error)
        return
    messages.show(made)


def terms(role: Role, study_id: int | None) -> inviting.Terms:
    """What people are invited to here, by link or by address as this installation has it."""
    settings = get_settings()
    return inviting.Terms(role, study_id, settings.base_url, settings.auth is AuthMode.OIDC)


def _role_and_study(key: str) -> tuple[Role, int | None]:
    """Fields for what people may do and which study they land in."""
    role = st.radio("Role", list(ROLES), format_func=str.capitalize, horizontal=True, key=f"people_invite_role_{key}")
    st.caption(" · ".join(f"**{word.capitalize()}** {what}" for word, what in ROLES.items()))
    offered = studies_to_choose()
    asked = st.query_params.get(_STUDY, "")
    before = next((id for id in offered if str(id) == asked), None)
    if asked and before is None:
        filters.gone("study", [asked], _ANY)
        filters.say_gone()
    study_id = st.selectbox(
        "Study",
        [None, *offered],
        index=[None, *offered].index(before),
        format_func=lambda id: study_label(offered.get(id)),
        key=f"people_invite_study_{key}",
        help="Where they land, and what the message tells them.",
    )
    if study_id is not None and offered[study_id].state != "open":
        st.caption(f"It is {_STATES[offered[study_id].state]}: until it opens they read that, and get no pairs.")
    return Role.of(str(role)), study_id


_STATES = {"draft": "a draft", "paused": "paused"}


def studies_to_choose() -> dict[int | None, Study]:
    """The studies that people can be invited to, by id: all but closed ones."""
    with reading(engine()) as session:
        return {study.id: study for study in studies.listed(session) if study.state != "closed"}


def study_label(study: Study | None) -> str:
    """A study as it is called in a choice."""
    if study is None:
        return _ANY
    return study.name if study.state == "open" else f"{study.name} ({study.state})"
