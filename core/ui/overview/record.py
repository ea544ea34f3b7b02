"""The decisions that people took: the predicted saving beside the actual one."""

import streamlit as st

from core.domain.words import n, percent, when
from core.services.deciding import taken
from core.services.deciding.taken import DecisionOutcome
from core.ui.decisions import page as decisions_page
from core.ui.overview import addresses, leading
from core.ui.overview.view import View
from core.ui.shared import frame

_MOST = 3


def section(view: View) -> None:
    """The newest three; the others are on *Decisions*."""
    outcomes = decisions_page.kept("outcomes", view.dataset, view.as_of, taken.outcomes)
    with st.container(gap="xsmall", key="overview_record"):
        st.subheader("Decisions taken", anchor=False)
        if not outcomes:
            st.caption("None yet. What is accepted or declined stands here, with what it saved.")
            return
        for outcome in outcomes[:_MOST]:
            leading.line(_said(outcome), addresses.record(view.dataset), icon=_icon(outcome))
        if len(outcomes) > _MOST:
            leading.line(f"All {len(outcomes):,} decisions", addresses.record(view.dataset))


def _icon(outcome: DecisionOutcome) -> str:
    return ":material/check_circle:" if outcome.taken.is_accepted else ":material/do_not_disturb_on:"


def _said(outcome: DecisionOutcome) -> str:
    row = outcome.taken
    word = "Accepted" if row.is_accepted else "Declined"
    where = frame.as_typed(row.category or "overall")
    what = f"{row.decision}, {frame.as_typed(outcome.challenger)} for {frame.as_typed(outcome.champion)}"
    saving = f"predicted {_percent(outcome.predicted)}, {_actual(outcome)}"
    by = f":gray[{when(row.created_at)}, {frame.as_typed(outcome.by)}]"
    return f"**{word}**: {what}, {where}. Saved per acceptable response: {saving}. {by}"


def _percent(share: float | None) -> str:
    return "unknown" if share is None else percent(share).replace("-", "−")


def _actual(outcome: DecisionOutcome) -> str:
    if outcome.actual is None:
        return "no run since" if not outcome.responses_since else "actual unknown"
    return f"actual {_percent(outcome.actual)} over {n(outcome.responses_since, 'response')}"
