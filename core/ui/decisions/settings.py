"""The settings of decisions: margins, answers a month, latency limits, the price of a rater's hour. For admins."""

from typing import Any

import streamlit as st

from core.domain.people import Role
from core.services.deciding import Verdicts
from core.services.deciding import settings as kept
from core.storage.tables import Person
from core.ui.shared import arriving, doing

PLACE = "decisions_at_settings"
"""In an address: that it leads here."""
_PLACE = "decisions_settings"
_ALL = "all together"


def section(found: Verdicts, person: Person) -> None:
    """A form, for admins alone."""
    if Role.of(person.role) < Role.ADMIN:
        return
    is_led_here = arriving.leads_to(PLACE)
    with (
        arriving.place(PLACE, "Settings"),
        st.expander("Settings: margins, traffic, limits", icon=":material/tune:", expanded=is_led_here),
    ):
        doing.problem(_PLACE)
        _form(found)


def _form(found: Verdicts) -> None:
    s, m = found.settings, found.settings.margins
    with st.grid(3, min_column_width=220, gap="small"):
        over_all = _number("Margin overall, points", 100 * m.over_all, "A loss of quality up to it is *not worse*.")
        in_category = _number("Margin in a category, points", 100 * m.in_category, "The same in one category.")
        cost = _number("Margin of cost, %", 100 * m.cost, "A saving from it on matters.")
        hour = _number("A rater's hour, $", s.rater_hour_usd, "For what more votes would cost; empty: not known.")
        pairs = _number("Pairs an hour", s.pairs_an_hour, "How many pairs a rater rates in an hour.")
        error = _number("False switches, % of years", 100 * s.error_a_year, "Half overall, half for the categories.")
    categories = [category for category in found.costs_usd if category is not None]
    rows = [
        {
            "Category": name or _ALL,
            "Answers a month": s.answers_a_month.get(name) if name else None,
            "p95 limit, s": _seconds(s.latency_limit_ms.get(name or None)),
        }
        for name in ("", *categories)
    ]
    number = st.column_config.NumberColumn
    edited = st.data_editor(
        rows, key="decisions_by_category", hide_index=True, disabled=["Category"], width="stretch",
        placeholder=_NOT_SET, alt="Answers a month and the limit of latency in every category",
        column_config={
            "Answers a month": number(min_value=0, format="localized", help="Weights *overall*; empty: by prompts"),
            "p95 limit, s": number(min_value=0, format="localized", help="No switch to who is slower; empty: none"),
        },
    )  # fmt: skip
    if st.button("Save the settings", type="primary", key="decisions_save"):
        params = {
            "margin_over_all": (over_all or 0) / 100,
            "margin_in_category": (in_category or 0) / 100,
            "margin_of_cost": (cost or 0) / 100,
            "rater_hour_usd": hour,
            "pairs_an_hour": pairs or 0.0,
            "error_a_year": (error or 0) / 100,
        }
        _save(params, _column(edited, "p95 limit, s", 1000.0), _column(edited, "Answers a month", 1.0))


_NOT_SET = "not set"


def _number(label: str, value: float | None, help_: str) -> float | None:
    key = f"decisions_{label.split(',', maxsplit=1)[0].replace(' ', '_').lower()}"
    return st.number_input(label, value=value, min_value=0.0, key=key, help=help_, placeholder=_NOT_SET)


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else ms / 1000


def _column(rows: list[dict[str, Any]], name: str, factor: float) -> dict[str, float]:
    given = {row["Category"]: row[name] for row in rows if row[name]}
    return {"" if category == _ALL else category: factor * value for category, value in given.items()}


def _save(params: dict[str, Any], limits: dict[str, float], answers: dict[str, float]) -> None:
    doing.do(
        lambda session: kept.save(session, params, latency_limit_ms=limits, answers_a_month=answers),
        done="Saved. Verdicts are decided anew.",
        kept="The settings are as they were.",
        place=_PLACE,
    )
    st.rerun()
