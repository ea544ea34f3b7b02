"""The rules: what is told, from which threshold on; admins switch them and set the thresholds."""

import streamlit as st
from sqlmodel import Session

from core import clock
from core.domain.alerts import WORDS, AlertKind
from core.domain.people import Role
from core.services import alerts
from core.services.watching.rules import RULES, Parameter, Rule
from core.storage.engine import reading
from core.storage.tables import AlertRule, Person
from core.ui.shared import access, doing
from core.ui.shared.resources import engine

_PLACE = "alerts_rules"


def section(person: Person) -> None:
    """One line a rule."""
    doing.problem(_PLACE)
    is_admin = Role.of(person.role) is Role.ADMIN
    if not is_admin:
        st.caption("An admin can switch rules and set their thresholds.")
    with reading(engine()) as session:
        rows = alerts.rules.stored(session)
    by_kind = {rule.kind: rule for rule in RULES}
    for kind, words in WORDS.items():
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"alerts_rule_{kind}"):
            _switch(kind, rows.get(kind), is_admin)
            with st.container(gap=None, width="stretch"):
                st.markdown(f"**{words.title}**")
                st.caption(f"Told when {words.when}.{_thresholds(by_kind.get(kind), rows.get(kind))}")
            if is_admin and kind in by_kind and by_kind[kind].parameters:
                _change(by_kind[kind], rows.get(kind))


def _switch(kind: AlertKind, row: AlertRule | None, is_admin: bool) -> None:
    is_on = row is None or row.is_on
    key = f"alerts_is_on_{kind}"
    # What another admin did meanwhile shows, too.
    st.session_state[key] = is_on
    st.toggle(
        WORDS[kind].title,
        key=key,
        label_visibility="collapsed",
        disabled=not is_admin,
        on_change=_switched,
        args=(kind,),
    )


@access.guarded(access.Role.ADMIN)
def _switched(kind: AlertKind) -> None:
    is_on = bool(st.session_state.get(f"alerts_is_on_{kind}"))
    doing.do(
        lambda session: alerts.rules.switch(session, kind, is_on=is_on, now=clock.now()),
        done=f"{WORDS[kind].title}: {'told from now on' if is_on else 'not told any more'}.",
        kept="The rule is as it was.",
        place=_PLACE,
    )


def _thresholds(rule: Rule | None, row: AlertRule | None) -> str:
    if rule is None or not rule.parameters:
        return ""
    now = rule.thresholds({} if row is None else row.parameters)
    said = [f"{each.title.lower()} {_shown(each, now[each.name]):g} {each.unit}".strip() for each in rule.parameters]
    return f" Now: {', '.join(said)}."


def _change(rule: Rule, row: AlertRule | None) -> None:
    now = rule.thresholds({} if row is None else row.parameters)
    with st.popover("Thresholds", icon=":material/tune:", key=f"alerts_thresholds_{rule.kind}"):
        for each in rule.parameters:
            st.number_input(
                f"{each.title}, {each.unit}" if each.unit else each.title,
                value=_shown(each, now[each.name]),
                min_value=_shown(each, each.least),
                max_value=_shown(each, each.most),
                key=_key(rule, each),
                help=each.help or None,
            )
        st.button(
            "Save", type="primary", key=f"alerts_save_{rule.kind}", on_click=_save, args=(rule.kind,)
        )  # fmt: skip


@access.guarded(access.Role.ADMIN)
def _save(kind: AlertKind) -> None:
    rule = next(rule for rule in RULES if rule.kind == kind)
    given = {each.name: float(st.session_state.get(_key(rule, each), each.usual)) for each in rule.parameters}
    stored = {each.name: given[each.name] / _factor(each) for each in rule.parameters}

    def work(session: Session) -> None:
        alerts.rules.set_parameters(session, kind, stored, now=clock.now())

    doing.do(work, done="Saved. It holds from the next look on.", kept="The thresholds are as they were.", place=_PLACE)


def _key(rule: Rule, parameter: Parameter) -> str:
    return f"alerts_{rule.kind}_{parameter.name}"


def _shown(parameter: Parameter, value: float) -> float:
    """Shares are shown in per cent."""
    return float(round(value * _factor(parameter), 6))


def _factor(parameter: Parameter) -> float:
    return 100.0 if parameter.unit == "%" else 1.0
