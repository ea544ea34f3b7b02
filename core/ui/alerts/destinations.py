"""Where alerts are sent: the list with how messages get there, a test of each, and a form for one more. For admins."""

import streamlit as st
from sqlmodel import Session

from core import clock
from core.domain.alerts import WORDS, AlertKind, Severity
from core.domain.words import n
from core.errors import EvenhandError
from core.services import alerts
from core.services.alerts.destinations import ENDING, DestinationState
from core.storage.engine import reading
from core.ui.alerts.words import LEAST, title_of
from core.ui.shared import access, doing, frame
from core.ui.shared.resources import engine

_PLACE = "alerts_destinations"
_NAME, _VARIABLE, _KINDS, _LEAST = (f"alerts_new_{what}" for what in ("name", "variable", "kinds", "least"))


def section() -> None:
    """The destinations and the form."""
    doing.problem(_PLACE)
    with reading(engine()) as session:
        listed = alerts.destinations.listing(session)
    if not listed:
        frame.empty_state(
            "Nothing is sent anywhere yet",
            "Alerts stand in the inbox here. Add a destination to have them in Slack, Teams, a mailbox or a webhook, "
            "too.",
            icon=":material/send:",
        )
    for one in listed:
        _card(one)
    _form(is_open=not listed)


def _card(one: DestinationState) -> None:
    row = one.destination
    with st.container(border=True, gap="small", key=f"alerts_destination_{row.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(gap=None, width="stretch"):
                st.markdown(f"**{frame.as_typed(row.name)}** :gray[{_which(one)}]")
                st.caption(_counts(one))
            with st.container(horizontal=True, gap="small", width="content"):
                _buttons(one)
        if not one.is_set:
            st.warning(
                f"{row.url_env} is not set where Evenhand runs: set it to the receiver's address and start Evenhand "
                "again.",
                icon=":material/key_off:",
            )
        elif one.problem:
            st.warning(frame.as_typed(f"The last attempt failed. {one.problem}"), icon=":material/warning:")


def _buttons(one: DestinationState) -> None:
    row = one.destination
    if st.button("Send a test", icon=":material/send:", key=f"alerts_test_{row.id}"):
        _test(row.name)
    if one.due or one.given_up:
        st.button("Try now", icon=":material/refresh:", key=f"alerts_retry_{row.id}", on_click=_retry, args=(row.id,))
    if st.button("Remove", icon=":material/delete:", type="tertiary", key=f"alerts_remove_{row.id}"):
        _remove(row.id or 0, row.name, one.due)


def _which(one: DestinationState) -> str:
    row = one.destination
    said = [] if row.kinds is None else [", ".join(title_of(kind) for kind in row.kinds)]
    if row.least_severity != Severity.NOTE:
        said.append(LEAST[Severity(row.least_severity)].lower())
    return frame.as_typed("; ".join(said) or "all alerts")


def _counts(one: DestinationState) -> str:
    said = [f"Address in {one.destination.url_env}", f"{n(one.sent, 'message')} sent"]
    if one.due:
        said.append(f"{one.due:,} on the way")
    if one.given_up:
        said.append(f"{one.given_up:,} given up")
    return frame.as_typed(" · ".join(said))


@st.dialog("A test message", icon=":material/send:")
@access.guarded(access.Role.ADMIN)
def _test(name: str) -> None:
    try:
        with st.spinner(f"Sending to {name} …"):
            outcome = alerts.send_test(engine(), name)
    except EvenhandError as error:
        frame.error_box(str(error), "Nothing was sent.", "")
        return
    if outcome.problem is None:
        st.success(f"{frame.as_typed(name)} took it. Look whether it has arrived.", icon=":material/check:")
    else:
        frame.error_box(outcome.problem, "The test did not arrive.", "Mend that and send another.")


@access.guarded(access.Role.ADMIN)
def _retry(destination_id: int) -> None:
    doing.do(
        lambda session: alerts.destinations.try_now(session, destination_id, now=clock.now()),
        done="They are sent within seconds.",
        kept="What waits is still due.",
        place=_PLACE,
    )


@st.dialog("Remove the destination", icon=":material/delete:")
@access.guarded(access.Role.ADMIN)
def _remove(destination_id: int, name: str, due: int) -> None:
    st.markdown(f"Nothing more is sent to **{frame.as_typed(name)}**. Alerts stay in the inbox.")
    if due:
        st.markdown(f"{n(due, 'message')} that did not get there yet will not be sent.")
    st.button(
        "Remove it", type="primary", key="alerts_remove_it", on_click=_removed, args=(destination_id,)
    )  # fmt: skip


@access.guarded(access.Role.ADMIN)
def _removed(destination_id: int) -> None:
    doing.do(
        lambda session: alerts.destinations.retire(session, destination_id, now=clock.now()),
        done="Removed.",
        kept="The destination is as it was.",
        place=_PLACE,
    )


def _form(*, is_open: bool) -> None:
    with st.expander("Add a destination", icon=":material/add:", expanded=is_open):
        st.caption(
            "Its address is a secret and is not entered here: put it into the environment where Evenhand runs, for "
            f"example TEAM{ENDING}, as docs/deploying.md shows for Slack, Teams, mail and webhooks, and start Evenhand "
            "again."
        )
        with st.grid(2, min_column_width=260, gap="small"):
            st.text_input("Name", key=_NAME, placeholder="Team channel", max_chars=60)
            st.text_input("Variable with its address", key=_VARIABLE, placeholder=f"TEAM{ENDING}")
            st.multiselect(
                "Kinds",
                list(AlertKind),
                key=_KINDS,
                format_func=lambda kind: WORDS[kind].title,
                placeholder="All kinds",
            )
            st.selectbox("Which of them", list(LEAST), key=_LEAST, format_func=lambda least: LEAST[least])
        st.button("Add", type="primary", key="alerts_add", on_click=_add)


@access.guarded(access.Role.ADMIN)
def _add() -> None:
    given = st.session_state

    def work(session: Session) -> None:
        alerts.destinations.add(
            session,
            str(given.get(_NAME) or ""),
            str(given.get(_VARIABLE) or ""),
            kinds=given.get(_KINDS) or None,
            least_severity=given.get(_LEAST) or Severity.NOTE,
            now=clock.now(),
        )
        given[_NAME], given[_VARIABLE] = "", ""

    doing.do(work, done="Added. Send it a test.", kept="Nothing was added.", place=_PLACE)
