"""The decisions that people took: on verdicts, with the predicted saving beside the actual one, and on tables."""

from datetime import datetime

import streamlit as st

from core.domain.words import n, percent, when
from core.services import routing
from core.services.deciding import taken
from core.services.deciding.taken import DecisionOutcome
from core.services.routing import Version, VersionState
from core.storage.engine import reading
from core.ui.decisions import page as decisions_page
from core.ui.overview import addresses, leading, money
from core.ui.overview.view import View
from core.ui.shared import frame
from core.ui.shared.resources import engine

_MOST = 3


def section(view: View) -> None:
    """The newest three; the others are on *Decisions*, and on *Routing*."""
    outcomes = decisions_page.kept("outcomes", view.dataset, view.as_of, taken.outcomes)
    with reading(engine()) as session:
        tables = [version for version in routing.listed(session, view.dataset) if version.decided_at is not None]
    with st.container(gap="xsmall", key="overview_record"):
        st.subheader("Decisions taken", anchor=False)
        if not outcomes and not tables:
            st.caption("None yet. What is accepted or declined stands here, with what it saved.")
            return
        both: list[DecisionOutcome | Version] = [*outcomes, *tables]
        for one in sorted(both, key=_taken_at, reverse=True)[:_MOST]:
            if isinstance(one, DecisionOutcome):
                leading.line(_said(one), addresses.record(view.dataset), icon=_icon(is_accepted=one.taken.is_accepted))
            else:
                is_accepted = one.state is not VersionState.DECLINED
                leading.line(_of_table(view, one), addresses.routes(view.dataset), icon=_icon(is_accepted=is_accepted))
        if len(outcomes) > _MOST:
            leading.line(f"All {len(outcomes):,} decisions", addresses.record(view.dataset))


def _taken_at(one: DecisionOutcome | Version) -> datetime:
    found = one.taken.created_at if isinstance(one, DecisionOutcome) else one.decided_at
    assert found is not None
    return found


def _icon(*, is_accepted: bool) -> str:
    return ":material/check_circle:" if is_accepted else ":material/do_not_disturb_on:"


def _of_table(view: View, version: Version) -> str:
    """Whom a table has answer what, and who decided on it."""
    who = {route.category: route.primary for route in version.table.routes if route.category is not None}
    word = "Declined" if version.state is VersionState.DECLINED else "Accepted"
    by = f":gray[{when(_taken_at(version))}, {frame.as_typed(version.decided_by or '–')}]"
    return f"**{word}**: routing table {version.id}: {money.who_answers(view, who)}. {by}"


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
