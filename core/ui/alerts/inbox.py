"""The inbox: what needs somebody to look, open ones and the newest first, each with the page that proves it."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import streamlit as st

from core import clock
from core.domain.alerts import WORDS, AlertKind, Severity
from core.domain.people import Role
from core.domain.words import when
from core.services import alerts
from core.services.alerts import AlertState
from core.services.alerts.inbox import LISTED, Listed
from core.services.watching import drift
from core.storage.engine import reading
from core.storage.tables import Alert, Person
from core.ui.alerts.words import SEVERITIES, STATES, delivered, standing, title_of
from core.ui.shared import access, doing, frame, navigation
from core.ui.shared.acknowledging import acknowledge
from core.ui.shared.filters import one_of, say_gone
from core.ui.shared.resources import engine

_PLACE = "alerts_inbox"
_ANY_STATE, _ANY_KIND = "All", "All kinds"
_PER_PAGE = 20
_FIGURES_OF_THEN = frozenset({AlertKind.CHAMPION, AlertKind.ROUTES, AlertKind.AGREEMENT})
_SNOOZES = {"For a day": timedelta(days=1), "For a week": timedelta(weeks=1), "For a month": timedelta(days=30)}


def section(person: Person) -> None:
    """Filters, and the alerts that they leave."""
    state, kind = _filters()
    doing.problem(_PLACE)
    with reading(engine()) as session:
        kinds = None if kind is None else [kind]
        found = alerts.inbox.listing(session, now=clock.now(), state=state, kinds=kinds)
        open_ = alerts.inbox.count(session, now=clock.now())
    if not found:
        _nothing(state, kind, open_)
        return
    order = "The newest first" if state is not None else "Open ones first, then the others; of both the newest first"
    st.caption(f"{order}{f'; {LISTED} of them are listed' if len(found) == LISTED else ''}.")
    pages = -(-len(found) // _PER_PAGE)
    page = st.pagination(pages, key="alerts_page") if pages > 1 else 1
    for one in found[(page - 1) * _PER_PAGE : page * _PER_PAGE]:
        _card(one, person)


def _filters() -> tuple[AlertState | None, AlertKind | None]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state = one_of("State", [*STATES.values(), _ANY_STATE], key="alerts_state")
        kind = one_of("Kind", [_ANY_KIND, *(words.title for words in WORDS.values())], key="alerts_kind")
    say_gone()
    by_word = {word: each for each, word in STATES.items()}
    by_title = {words.title: each for each, words in WORDS.items()}
    return by_word.get(state), by_title.get(kind)


def _nothing(state: AlertState | None, kind: AlertKind | None, open_: int) -> None:
    if state is not AlertState.OPEN or kind is not None:
        others = f"There are {open_:,} open ones of all kinds." if open_ else "Nothing is open."
        frame.empty_state("No such alerts", others, icon=":material/filter_alt_off:")
        return
    with reading(engine()) as session:
        off = {kind for kind, row in alerts.rules.stored(session).items() if not row.is_on}
    frame.empty_state("Nothing needs you", "What Evenhand watches for is listed below.", icon=":material/check_circle:")
    told = [f"- {words.when}" for each, words in WORDS.items() if each not in off]
    st.markdown("\n".join(["You are told here when", "", *told]))


def _card(one: Listed, person: Person) -> None:
    alert = one.alert
    mark = SEVERITIES[Severity(alert.severity)]
    with st.container(border=True, gap="small", key=f"alerts_card_{alert.public_id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(mark.word, icon=mark.icon, color=mark.colour)
            st.caption(title_of(alert.kind), width="content")
        st.markdown(f"**{frame.as_typed(alert.title)}**")
        st.markdown(frame.as_typed(alert.text))
        said = [_now(alert), standing(one, clock.now()), *(delivered(each) for each in one.deliveries)]
        st.caption("  \n".join(frame.as_typed(each) for each in said if each))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _link(alert.link, person)
            if one.state is not AlertState.ACKNOWLEDGED:
                _buttons(alert.public_id)


def _now(alert: Alert) -> str:
    """How what is told stands today: the page behind shows what is so now, here stand messages."""
    if alert.kind in _FIGURES_OF_THEN:
        return f"Figures and verdicts here are of {when(alert.created_at)} UTC; the page behind the link has today's."
    if alert.kind != AlertKind.DRIFT:
        return ""
    with reading(engine()) as session:
        return drift.since_told(session, alert.data)


def _link(link: str, person: Person) -> None:
    """The page that proves it, for whoever may open that."""
    parts = urlsplit(link)
    entry = next((each for each in navigation.REGISTRY if f"/{each.url_path}" == parts.path), None)
    if entry is None or not entry.path.is_file():
        return
    if Role.of(person.role) < entry.role:
        st.caption(f"An admin can see to it on *{entry.title}*.", width="content")
        return
    st.page_link(
        entry.file,
        label=f"Open in {entry.title}",
        icon=f":material/{entry.icon}:",
        query_params=dict(parse_qsl(parts.query)),
        width="content",
    )


def _buttons(public_id: str) -> None:
    st.button(
        "Acknowledge",
        icon=":material/check:",
        key=f"alerts_acknowledge_{public_id}",
        on_click=acknowledge,
        args=((public_id,), _PLACE),
    )
    with st.popover("Snooze", icon=":material/snooze:", key=f"alerts_snooze_{public_id}"):
        for number, word in enumerate(_SNOOZES):
            st.button(
                word,
                type="tertiary",
                key=f"alerts_snooze_{number}_{public_id}",
                on_click=_snooze,
                args=(public_id, word),
            )


@access.guarded(access.Role.ANALYST)
def _snooze(public_id: str, word: str) -> None:
    until = clock.now() + _SNOOZES[word]
    doing.do(
        lambda session: alerts.inbox.snooze(session, public_id, until=until),
        done="Snoozed.",
        kept="It is still open.",
        place=_PLACE,
        role=access.Role.ANALYST,
    )
