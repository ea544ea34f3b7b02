"""Who sits in front of this page, and what they may see and do.

Every page file begins with ``access.require(Role.…)``. Every callback, fragment and dialog is ``guarded``: Streamlit
runs them before and without the page, and keeps the callbacks of widgets that it no longer draws, so a forged event
finds them. Both read the person from the database, however long the browser tab has been open.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import streamlit as st
from sqlmodel import Session
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import RunLocation, ThreadState

from core import clock
from core.domain.people import Role
from core.errors import NotAllowed
from core.services.people import joining, people
from core.services.people.loopback import is_loopback_address, is_loopback_host
from core.settings import AuthMode, get_settings
from core.storage.engine import reading, write
from core.storage.tables import Person
from core.ui.shared import frame
from core.ui.shared.resources import engine

__all__ = [
    "SESSION_COOKIE",
    "Role",
    "current_person",
    "forget_others",
    "guarded",
    "guarded_file",
    "require",
    "require_somebody",
    "write_as",
]

P = ParamSpec("P")
T = TypeVar("T")
SESSION_COOKIE = "evenhand_session"
_OWNER = "_person_id"


def current_person() -> Person | None:
    """The person of this browser, as the database has it now; None for a stranger."""
    mode = get_settings().auth
    if mode is AuthMode.LOCAL:
        return _local_person()
    if mode is AuthMode.LINK:
        with reading(engine()) as session:
            return joining.person_of(session, st.context.cookies.get(SESSION_COOKIE), clock.now())
    return _oidc_person()


def require(role: Role) -> Person:
    """The person, who has at least ``role``; otherwise the script ends with a calm page that says so."""
    person = require_somebody()
    if Role.of(person.role) < role:
        frame.no_access("This page is not part of your work here", "If you need it, ask an admin to change your role.")
        st.stop()
    return person


def require_somebody() -> Person:
    """The person, with whatever role; otherwise the script ends with the page for strangers."""
    try:
        person = current_person()
    except NotAllowed as error:
        frame.no_access("Not from here", str(error))
        st.stop()
    if person is None:
        _stranger()
        st.stop()
    return person


def guarded(role: Role) -> Callable[[Callable[P, T]], Callable[P, T | None]]:
    """Let a callback, fragment or dialog do its work only for somebody who has at least ``role`` at that moment.

    For anybody else it does nothing, and the page they get says why. ``role`` is at most that of the page.
    """

    def decorate(work: Callable[P, T]) -> Callable[P, T | None]:
        @wraps(work)
        def asked_first(*args: P.args, **kwargs: P.kwargs) -> T | None:
            if _may(role):
                return work(*args, **kwargs)
            _turn_away(role)
            return None

        return asked_first

    return decorate


def _may(role: Role) -> bool:
    """Whether whoever is here has the role, and is the one whom this session belongs to."""
    try:
        person = current_person()
    except NotAllowed:
        return False
    if person is None or Role.of(person.role) < role:
        return False
    return bool(st.session_state.get(_OWNER, person.id) == person.id)


def _turn_away(role: Role) -> None:
    """Have the shell say what became of this person; on a full run, say so here."""
    context = get_script_run_ctx()
    if context is not None and not context.fragment_ids_this_run and not _is_in_callback():
        require(role)
    st.rerun()


def _is_in_callback() -> bool:
    return ThreadState.get().run_location is RunLocation.CALLBACK


def guarded_file(role: Role, make: Callable[[], T]) -> Callable[[], T]:
    """``make`` for a download button; refuses with NotAllowed once the person of now has lost the ``role``.

    Streamlit makes such a file when it is asked for, outside the script, where nobody's cookies are at hand.
    """
    person = require(role)
    token = st.context.cookies.get(SESSION_COOKIE) if get_settings().auth is AuthMode.LINK else None

    def made() -> T:
        with reading(engine()) as session:
            people.require_still(session, person.id or 0, role)
            if token is not None and joining.person_of(session, token, clock.now()) is None:
                raise NotAllowed("You are signed out.")
        return make()

    return made


def write_as(role: Role, work: Callable[[Session], T]) -> T:
    """Run ``work`` in a write transaction in which the person of now is seen to have at least ``role``.

    Raises NotAllowed, and nothing is written, where they were revoked or demoted meanwhile.
    """
    person = current_person()

    def allowed(session: Session) -> T:
        if person is None:
            raise NotAllowed("You are not signed in any more. Nothing was changed.")
        people.require_still(session, person.id or 0, role)
        return work(session)

    return write(engine(), allowed)


def forget_others(person: Person) -> None:
    """Clear what a former person of this browser tab left in the session, when somebody else has signed in."""
    if st.session_state.setdefault(_OWNER, person.id) != person.id:
        st.session_state.clear()
        st.session_state[_OWNER] = person.id


def _local_person() -> Person:
    # core.web.headers refuses such requests already; this holds when a script is run without it. AppTest has
    # stand-ins here that are no text.
    host, client = st.context.headers.get("Host"), st.context.ip_address
    if (isinstance(host, str) and not is_loopback_host(host)) or (
        isinstance(client, str) and not is_loopback_address(client)
    ):
        raise NotAllowed(
            "This Evenhand is set up for one person on one machine. To let others in, its owner starts it with "
            "EVENHAND_AUTH=link and sends them join links."
        )
    with reading(engine()) as session:
        person = people.find_local_admin(session)
    return person or write(engine(), lambda session: people.local_admin(session, clock.now()))


def _oidc_person() -> Person | None:
    if not st.user.get("is_logged_in") or st.user.get("email_verified") is not True or not st.user.get("email"):
        return None
    email = str(st.user.get("email"))
    with reading(engine()) as session:
        person = people.person_by_email(session, email)
    if person is None and email.strip().lower() == (get_settings().admin_email or "").strip().lower():
        return write(engine(), lambda session: people.admit_admin(session, email, clock.now()))
    return person


def _stranger() -> None:
    if get_settings().auth is AuthMode.LINK:
        frame.no_access(
            "You are not signed in",
            "Open the join link that you were sent. If it no longer works, ask the person who sent it for a new one.",
        )
    elif "is_logged_in" not in st.user:
        frame.no_access(
            "Sign-in is not set up yet",
            "Whoever runs this Evenhand adds the identity provider to `.streamlit/secrets.toml`, section `[auth]`.",
        )
    elif not st.user.is_logged_in:
        box = frame.no_access("Sign in to go on", "Evenhand knows you by the e-mail address of your organisation.")
        box.button("Sign in", type="primary", on_click=st.login)
    else:
        box = frame.no_access("You have no access yet", "Ask an admin of this Evenhand to invite your e-mail address.")
        box.button("Sign in as somebody else", on_click=st.logout)
