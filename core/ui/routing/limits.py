"""The limits that tables are compiled under. Admins set them; everybody reads them."""

import streamlit as st

from core.domain.people import Role
from core.domain.words import money, percent, seconds
from core.services.routing import View
from core.services.routing import settings as kept
from core.storage.tables import Person
from core.ui.routing import made_of, what_if
from core.ui.shared import doing, frame

_PLACE, _NO_LIMIT = "routing_limits", "no limit"


def section(found: View, person: Person) -> None:
    """What holds, and a form for admins."""
    st.subheader("Limits", anchor=False)
    st.markdown(_said(found))
    with st.container(key="routing_said-limits"):
        st.page_link(
            "decisions.py",
            label="Latency limits and answers a month stand among the settings of Decisions",
            icon=":material/tune:",
            query_params={"decisions_dataset": found.dataset},
        )
    if Role.of(person.role) >= Role.ADMIN:
        with st.expander("Settings: refusals, spending", icon=":material/tune:"):
            doing.problem(_PLACE)
            _form(found)


def _said(found: View) -> str:
    limits = found.limits
    rest = "in every other category" if len(limits.latency_ms) > 1 else "in every category"
    latency = [
        f"{seconds(ms)} {f'in {frame.as_typed(name)}' if name else rest}" for name, ms in limits.latency_ms.items()
    ]
    spend = _NO_LIMIT if limits.spend_usd_a_month is None else f"{money(limits.spend_usd_a_month)} a month"
    lines = [
        f"- latency, p95: {', '.join(latency) or _NO_LIMIT}",
        f"- refusals where an answer was wanted: {_NO_LIMIT if limits.refusals is None else percent(limits.refusals)}",
        f"- spending: {spend}{_spent(found)}",
    ]
    return frame.dollars("\n".join(lines))


def _spent(found: View) -> str:
    if found.limits.spend_usd_a_month is None:
        return ""
    usd = found.ifs.compiled.usd_a_month
    if usd is None:
        return ", which cannot be checked: enter answers a month for every category, and the prices that are missing"
    over = usd - found.limits.spend_usd_a_month
    return f"; the table above costs {made_of.marked(what_if.month(found, found.ifs.compiled))}" + (
        ", which is over it, and nobody cheaper is proven not worse" if over > 0 else ""
    )


def _form(found: View) -> None:
    limits = found.limits
    refusals = st.number_input(
        "Refusals at most, %", value=None if limits.refusals is None else 100 * limits.refusals, min_value=0.0,
        max_value=100.0, key="routing_refusals", placeholder="no limit",
        help="Of answers that were wanted. Nobody above it takes a category; who is surely above it leaves.",
    )  # fmt: skip
    spend = st.number_input(
        "Spending at most, $ a month", value=limits.spend_usd_a_month, min_value=0.0, key="routing_spend",
        placeholder="no limit", help="What raises spending above it does not come, however good it is.",
    )  # fmt: skip
    if st.button("Save the limits", type="primary", key="routing_save"):
        doing.do(
            lambda session: kept.save(
                session,
                refusals=None if refusals is None else refusals / 100,
                spend_usd_a_month=spend or None,
            ),
            done="Saved. Routes are compiled anew.",
            kept="The limits are as they were.",
            place=_PLACE,
        )
        st.rerun()
