"""The decisions that people took: on verdicts, with the predicted saving beside the actual one, and on tables."""

import streamlit as st

from core.domain.words import n, percent, spend, when
from core.services.deciding.taken import DecisionOutcome
from core.services.routing import Version
from core.ui.decisions import record
from core.ui.overview import addresses, money
from core.ui.overview.view import View
from core.ui.shared import frame, leading

_MOST = 3


def section(view: View) -> None:
    """The newest three; all are on *Decisions*."""
    found = record.newest(view.dataset, view.as_of)
    with st.container(gap="xsmall", key="overview_record"):
        st.subheader("Decisions taken", anchor=False)
        if not found:
            st.caption("None yet. What is accepted or declined stands here, with what it saved.")
            return
        for one in found[:_MOST]:
            icon = ":material/check_circle:" if record.is_accepted(one) else ":material/do_not_disturb_on:"
            if isinstance(one, DecisionOutcome):
                leading.line(_said(one), addresses.record(view.dataset), icon=icon)
            else:
                leading.line(_of_table(view, one), addresses.routes(view.dataset), icon=icon)
        if len(found) > _MOST:
            leading.line(f"All {len(found):,} decisions", addresses.record(view.dataset))


def _of_table(view: View, version: Version) -> str:
    """Whom a table has answer what, and who decided on it."""
    who = money.who_answers(view, version.table.primaries)
    by = f":gray[{when(record.taken_at(version))}, {frame.as_typed(version.decided_by or '–')}]"
    saved = version.saved_usd_a_month
    amount = "" if saved is None else frame.dollars(spend(abs(saved)))
    told = f" Predicted to {'save' if saved >= 0 else 'cost'} {amount} a month." if saved is not None else ""
    return f"**{record.word(version).capitalize()}**: routing table {version.id}: {who}.{told} {by}"


def _said(outcome: DecisionOutcome) -> str:
    row = outcome.taken
    where = frame.as_typed(row.category or "overall")
    former = f"{row.decision}, {outcome.challenger} for {outcome.champion}"
    what = frame.as_typed(record.head(outcome) or former)
    saving = f"predicted {_percent(outcome.predicted)}, {_actual(outcome)}"
    by = f":gray[{when(row.created_at)}, {frame.as_typed(outcome.by)}]"
    saved = f"Saved per automatically acceptable response: {saving}"
    return f"**{record.word(outcome).capitalize()}**: {what}, {where}. {saved}. {by}"


def _percent(share: float | None) -> str:
    return "unknown" if share is None else percent(share).replace("-", "−")


def _actual(outcome: DecisionOutcome) -> str:
    if outcome.actual is None:
        return "no run since" if not outcome.responses_since else "actual unknown"
    return f"actual {_percent(outcome.actual)} over {n(outcome.responses_since, 'response')}"
