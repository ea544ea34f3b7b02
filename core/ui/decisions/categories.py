"""One line a category on the Decisions page: who gets it, how sure that is and why."""

import streamlit as st

from core.domain.deciding import Comparison, Decision, Verdict
from core.domain.overview import Recommendation, Routed, recommended
from core.domain.overview import kept as kept_by_table
from core.services.deciding import Verdicts, words
from core.ui.decisions import page
from core.ui.shared import frame, grids

_MOST_WHOLE, _WHOLE_PX = 12, 2000
"""So many categories are never cut by a height."""


def section(found: Verdicts, routed: Routed | None) -> None:
    """One line a category: who gets it, how sure that is and why, and the figures of whom that speaks of."""
    listed = rows(found, routed)
    if not listed:
        return
    st.subheader("By category", anchor=False)
    whole = found.of(None)
    if whole is not None and whole.comparisons:
        first = whole.comparisons[0]
        pair = " beside ".join(frame.as_typed(found.names[of]) for of in (first.challenger, first.champion))
        st.caption(f"Quality and cost: {pair}, where no other name stands.")
    alt = "Who gets each category, how sure that is and why, with quality and cost"
    grids.show(listed, alt=alt, most_px=_WHOLE_PX if len(listed) <= _MOST_WHOLE else 460)


def rows(found: Verdicts, routed: Routed | None) -> list[dict[str, object]]:
    """A row for each category, where most answers go first."""
    whom = recommended(found.verdicts, routed)
    return [_row(found, verdict, whom, routed) for verdict in words.by_traffic(found)]


def _row(found: Verdicts, verdict: Verdict, whom: Recommendation | None, routed: Routed | None) -> dict[str, object]:
    one = words.spoken_of(found, verdict, routed) if verdict.comparisons else None
    use = None if whom is None else whom.by_category.get(verdict.category or "")
    is_open = verdict.decision is Decision.NOT_ENOUGH
    return {
        "Category": verdict.category,
        "Use": page.name_of(found, use) if use is not None and use in found.candidates else "–",
        "How sure": str(words.sure(found, verdict, routed)) if verdict.comparisons else "–",
        "Why": _why(found, verdict, routed) if is_open else _because(found, verdict),
        "Quality": "–" if one is None else f"{_whose(found, one)}{page.quality(one)}",
        "Cost": "–" if one is None else page.cost(one),
    }


def _why(found: Verdicts, verdict: Verdict, routed: Routed | None) -> str:
    head, reason = words.in_category(found, verdict, routed)
    return reason if kept_by_table(routed, verdict) is None else f"{head}. {reason}"


def _because(found: Verdicts, verdict: Verdict) -> str:
    """Why, with the name of whom the words speak of where that is not whom the row says to use."""
    whom = verdict.challenger if verdict.decision is Decision.KEEP else None
    return str(verdict.because) if whom is None else f"{found.names[whom]}: {verdict.because}"


def _whose(found: Verdicts, one: Comparison) -> str:
    """The name of a challenger that is another than the one of the verdict over all, before its figures."""
    whole = found.of(None)
    is_same = whole is not None and whole.comparisons and whole.comparisons[0].challenger == one.challenger
    return "" if is_same else f"{found.names[one.challenger]}: "
