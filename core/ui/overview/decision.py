"""The decision first: one line on all categories together and one a category, each leading to its comparison."""

from collections.abc import Mapping
from typing import Literal

import streamlit as st

from core.domain.deciding import Because, Comparison, Decision, Verdict
from core.domain.deciding.wording import head_and_reason
from core.domain.words import n
from core.services.deciding.text import notes, settling
from core.ui.decisions import page as decisions_page
from core.ui.overview import addresses, leading
from core.ui.overview.money import listed
from core.ui.overview.view import View
from core.ui.shared import colours, frame

_MARKS: dict[Decision, tuple[str, Literal["green", "blue", "violet", "orange"]]] = {
    Decision.SWITCH: ("swap_horiz", "green"),
    Decision.KEEP: ("verified", "blue"),
    Decision.PRACTICALLY_EQUAL: ("balance", "violet"),
    Decision.NOT_ENOUGH: ("hourglass_top", "orange"),
}
_LONGEST, _MOST_NAMED = 48, 3
_SAME_FOR_ALL = (Because.NO_CHAMPION, Because.NO_CHALLENGER)


def section(view: View) -> None:
    """What holds in all categories together, and how sure that is."""
    whole = view.verdicts.of(None)
    if whole is None:
        _not_yet(view)
        return
    with st.container(border=True, gap="small", key="overview_decision"):
        head, reason = head_and_reason(whole, view.names)
        st.header(f"{_mark(whole)} {frame.as_typed(head)}{_except(view, whole)}", anchor=False)
        said = frame.as_typed(_begun(reason, view.names))
        rests = f" :gray[{_rests(view, whole)}]" if whole.comparisons else ""
        leading.line(f"{said}{rests}", addresses.verdict(view.dataset, None))
        known = notes(view.verdicts)
        if whole.comparisons:
            with st.expander("How sure is that?", icon=":material/info:"):
                for note in (*known, decisions_page.margins(view.verdicts, whole)):
                    st.caption(note)
        else:
            for note in known:
                st.caption(f":material/info: {note}")


def has_categories(view: View) -> bool:
    """Whether there is more to say of categories than of all of them together."""
    whole = view.verdicts.of(None)
    return whole is not None and whole.because not in _SAME_FOR_ALL and len(_in_categories(view)) > 1


def categories(view: View) -> None:
    """A line for each category, leading to its comparison."""
    with st.container(gap="small", key="overview_categories"):
        for place, verdict in enumerate(_in_categories(view)):
            with st.container(horizontal=True, gap="small", key=f"overview_category-{place}"):
                st.markdown(f"{_mark(verdict)} {_cut(verdict.category or '')}{_who(view, verdict)}", width=168)
                leading.line(_row(view, verdict), addresses.verdict(view.dataset, verdict.category))


def _in_categories(view: View) -> list[Verdict]:
    return [verdict for verdict in view.verdicts.verdicts if verdict.category is not None]


def _not_yet(view: View) -> None:
    """Nothing has a verdict: answers are not scored yet, or there are none."""
    answered = sum(line.responses for line in view.report.overall())
    why = f"{n(answered, 'response')} not scored yet." if answered else "Nobody has answered these prompts."
    with st.container(border=True, gap="small", key="overview_decision"):
        st.header(":orange[:material/hourglass_top:] No verdict yet", anchor=False)
        leading.line(why, addresses.figures(view.label))


def _cut(name: str) -> str:
    return frame.as_typed(name if len(name) <= _LONGEST else f"{name[:_LONGEST].rstrip()}…")


def _who(view: View, verdict: Verdict) -> str:
    """Whom the verdicts recommend there, with the mark that it has in charts."""
    found = view.recommendation
    candidate = None if found is None else found.by_category.get(verdict.category or "")
    if candidate is None:
        return ""
    place = view.verdicts.candidates[candidate].position
    hue = colours.colour(place) if place in view.coloured else colours.ink().grey
    return f'  \n:small[:color[{colours.sign(place)}]{{foreground="{hue}"}} {_cut(view.names[candidate])}]'


def _row(view: View, verdict: Verdict) -> str:
    """What to do, in bold; why, or the figures where that is open; in grey what it rests on."""
    head, reason = head_and_reason(verdict, view.names)
    if not verdict.comparisons or verdict.decision is not Decision.NOT_ENOUGH:
        rests = f" :gray[{_rests(view, verdict)}]" if verdict.comparisons else ""
        return f"**{frame.as_typed(head)}** {frame.as_typed(_begun(reason, view.names))}{rests}"
    one = verdict.comparisons[0]
    said = f"{head}: quality {decisions_page.quality(one)} · cost {decisions_page.cost(one)}"
    bold = f"**{frame.as_typed(_until_then(view, verdict))}**"
    return f"{bold} {frame.as_typed(said)} :gray[· {frame.as_typed(_settles(one))}{_rests(view, verdict)}]"


def _until_then(view: View, verdict: Verdict) -> str:
    """What to do in a category as long as its own evidence is not enough."""
    found = view.recommendation
    candidate = verdict.champion if found is None else found.by_category.get(verdict.category or "")
    name = view.names.get(candidate or 0, "?")
    return f"Keep {name} for now." if candidate == verdict.champion else f"{name}, as overall."


def _except(view: View, whole: Verdict) -> str:
    """Where a switch over all does not reach."""
    found = view.recommendation
    if found is None or whole.decision is not Decision.SWITCH or whole.champion is None:
        return ""
    stays = found.categories_of(whole.champion)
    if not stays:
        return ""
    return f", but not in {listed(stays) if len(stays) <= _MOST_NAMED else n(len(stays), 'category', 'categories')}"


def _settles(one: Comparison) -> str:
    ways = settling(one.settlement)[:1] if one.settlement else []
    return f"{ways[0]} would settle it · " if ways else ""


def _begun(reason: str, names: Mapping[int, str]) -> str:
    """As the beginning of a sentence; a name that it begins with stays as it is."""
    return reason if reason.startswith(tuple(names.values())) else f"{reason[:1].upper()}{reason[1:]}"


def _mark(verdict: Verdict) -> str:
    icon, colour = _MARKS[verdict.decision]
    return f":{colour}[:material/{icon}:]"


def _rests(view: View, verdict: Verdict) -> str:
    """What a verdict rests on: 120 *send* votes by 6 raters · 128 responses, of champion and challenger."""
    found = view.verdicts.rests[verdict.category]
    votes = f"{n(found.votes, '*send* vote')} by {n(found.raters, 'rater')}" if found.votes else "no *send* votes"
    return f"{votes} · {n(found.responses, 'response')} of both"
