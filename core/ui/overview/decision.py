"""The decision first: one line over all and one a category, each leading to its comparison."""

from typing import Literal

import streamlit as st

from core.domain.deciding import Because, Decision, Verdict
from core.domain.deciding.wording import head_and_reason
from core.domain.words import n
from core.services.deciding.text import notes
from core.ui.overview import addresses, links
from core.ui.overview.view import View
from core.ui.shared import frame

_MARKS: dict[Decision, tuple[str, Literal["green", "blue", "violet", "orange"]]] = {
    Decision.SWITCH: ("swap_horiz", "green"),
    Decision.KEEP: ("verified", "blue"),
    Decision.PRACTICALLY_EQUAL: ("balance", "violet"),
    Decision.NOT_ENOUGH: ("hourglass_top", "orange"),
}
_OVER_ALL = "Over all"
_SAME_FOR_ALL = (Because.NO_CHAMPION, Because.NO_CHALLENGER)


def section(view: View) -> None:
    """Over all, then the categories."""
    whole = view.verdicts.of(None)
    if whole is None:
        _not_yet(view)
        return
    with st.container(border=True, gap="small", key="overview_decision"):
        st.header(f"{_mark(whole)} {frame.as_typed(_head(view, whole))}", anchor=False)
        with st.container(gap="xsmall", key="overview_whole"):
            links.line(_reason(view, whole), addresses.verdict(view.dataset, None))
        for note in notes(view.verdicts):
            st.caption(f":material/info: {note}")
        if whole.because not in _SAME_FOR_ALL:
            _categories(view)


def _not_yet(view: View) -> None:
    """Nothing has a verdict: answers are not scored yet, or there are none."""
    waiting = sum(line.open for line in view.report.overall())
    why = f"{n(waiting, 'response')} not scored yet." if waiting else "Nobody has answered these prompts."
    with st.container(border=True, gap="small", key="overview_decision"):
        st.header(":orange[:material/hourglass_top:] No verdict yet", anchor=False)
        links.line(why, addresses.figures(view.label))


def _categories(view: View) -> None:
    rows = [verdict for verdict in view.verdicts.verdicts if verdict.category is not None]
    if len(rows) < 2:
        return
    with st.container(gap=None, key="overview_categories"):
        for verdict in rows:
            with st.container(horizontal=True, gap="small", key=f"overview_category-{verdict.category}"):
                st.markdown(f"{_mark(verdict)} {frame.as_typed(verdict.category or '')}", width=150)
                said = f"**{frame.as_typed(_head(view, verdict))}**: {_reason(view, verdict)}"
                links.line(said, addresses.verdict(view.dataset, verdict.category))


def _mark(verdict: Verdict) -> str:
    icon, colour = _MARKS[verdict.decision]
    return f":{colour}[:material/{icon}:]"


def _head(view: View, verdict: Verdict) -> str:
    return head_and_reason(verdict, view.names)[0]


def _reason(view: View, verdict: Verdict) -> str:
    """Why, and in grey what it rests on."""
    reason = frame.as_typed(head_and_reason(verdict, view.names)[1])
    return f"{reason} :gray[{rests(view, verdict)}]" if verdict.comparisons else reason


def rests(view: View, verdict: Verdict) -> str:
    """What a verdict rests on: 120 votes by 6 raters · 128 responses."""
    found = view.verdicts.rests[verdict.category]
    votes = f"{n(found.votes, 'vote')} by {n(found.raters, 'rater')}" if found.votes else "no votes"
    return f"{votes} · {n(found.responses, 'response')}"
