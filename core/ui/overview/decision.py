"""The decision first: one line on all categories together and one a category, each leading to its comparison."""

from typing import Literal

import streamlit as st

from core.domain.deciding import Because, Comparison, Decision, Verdict
from core.domain.overview import by_candidate, kept
from core.domain.words import listed, n
from core.services.deciding import words
from core.services.deciding.text import notes, safety, settling
from core.ui.decisions import page as decisions_page
from core.ui.overview import addresses
from core.ui.overview.view import View
from core.ui.shared import frame, leading

_MARKS: dict[Decision, tuple[str, Literal["green", "blue", "violet", "orange"]]] = {
    Decision.SWITCH: ("swap_horiz", "green"),
    Decision.KEEP: ("verified", "blue"),
    Decision.PRACTICALLY_EQUAL: ("balance", "violet"),
    Decision.NOT_ENOUGH: ("hourglass_top", "orange"),
}
_LONGEST = 48
_SAME_FOR_ALL = (Because.NO_CHAMPION, Because.NO_CHALLENGER)


def section(view: View) -> None:
    """What holds in all categories together, and how sure that is."""
    whole = view.verdicts.of(None)
    if whole is None:
        _not_yet(view)
        return
    with st.container(border=True, gap="small", key="overview_decision"):
        head, reason = words.parts(view.verdicts, whole)
        sure = decisions_page.how_sure(view.verdicts, whole) if whole.comparisons else ""
        told = words.with_table(view.verdicts, head, whole, view.routed)
        st.header(f"{_mark(whole)} {frame.as_typed(told)} {sure}".rstrip(), anchor=False)
        said = frame.as_typed(words.begun(view.verdicts, reason))
        on = (
            words.begun(view.verdicts, decisions_page.rests(view.verdicts, whole, whole.comparisons[0]))
            if whole.comparisons
            else ""
        )
        rests = f" :gray[{on}]" if on else ""
        leading.line(f"{said}{rests}", addresses.verdict(view.dataset, None))
        _routed(view)
        known = notes(view.verdicts)
        if whole.comparisons:
            with st.expander("How sure is that?", icon=":material/info:"):
                unsafe = [f"{words.begun(view.verdicts, each)}." for each in safety(whole.comparisons[0], view.names)]
                for note in (decisions_page.margins(view.verdicts, whole), *map(frame.as_typed, unsafe), *known):
                    st.caption(note)
        else:
            for note in known:
                st.caption(f":material/info: {note}")


def _routed(view: View) -> None:
    """Who answers today by the table in force, for verdicts speak of the champion alone."""
    if view.routed is None or view.verdicts.champion is None:
        return
    others = by_candidate(view.routed.by_category).items()
    who = "; ".join(f"{view.called(of)} answers {frame.as_typed(listed(where))}" for of, where in others)
    said = (
        f"By routing table {view.routed.version}, which is in force, {who}. Verdicts compare with the champion, "
        f"{view.called(view.verdicts.champion)}, in every category."
    )
    leading.line(said, addresses.routes(view.dataset), icon=":material/alt_route:")


def has_categories(view: View) -> bool:
    """Whether there is more to say of categories than of all of them together."""
    whole = view.verdicts.of(None)
    return whole is not None and whole.because not in _SAME_FOR_ALL and len(words.by_traffic(view.verdicts)) > 1


def categories(view: View) -> None:
    """A line for each category, leading to its comparison; where most answers go first."""
    with st.container(gap="small", key="overview_categories"):
        for place, verdict in enumerate(words.by_traffic(view.verdicts)):
            with st.container(horizontal=True, gap="small", key=f"overview_category-{place}"):
                st.markdown(f"{_mark_in(view, verdict)} {_cut(verdict.category or '')}", width=168)
                leading.line(_row(view, verdict), addresses.verdict(view.dataset, verdict.category))


def _not_yet(view: View) -> None:
    """Nothing has a verdict: answers are not scored yet, or there are none."""
    answered = sum(line.responses for line in view.report.overall())
    why = f"{n(answered, 'response')} not scored yet." if answered else "Nobody has answered these prompts."
    with st.container(border=True, gap="small", key="overview_decision"):
        st.header(":orange[:material/hourglass_top:] No verdict yet", anchor=False)
        leading.line(why, addresses.figures(view.label))


def _cut(name: str) -> str:
    return frame.as_typed(name if len(name) <= _LONGEST else f"{name[:_LONGEST].rstrip()}…")


def _row(view: View, verdict: Verdict) -> str:
    """Whom to use, in bold; why in plain words; in grey the figures where that is open, and what they rest on."""
    head, reason = words.in_category(view.verdicts, verdict, view.routed)
    why = frame.as_typed(words.begun(view.verdicts, reason))
    if not verdict.comparisons:
        return f"**{frame.as_typed(head)}.** {why}"
    said = f"**{frame.as_typed(head)} ({words.sure(view.verdicts, verdict, view.routed)}).** {why}"
    one = words.spoken_of(view.verdicts, verdict, view.routed)
    if kept(view.routed, verdict) is not None and not _is_kept_surely(view, verdict):
        said += "".join(f" {frame.as_typed(each)}." for each in safety(one, view.verdicts.names))
    is_open = verdict.decision is Decision.NOT_ENOUGH and not _is_kept_surely(view, verdict)
    figures = _figures(view, one) if is_open else ""
    rests = decisions_page.rests(view.verdicts, verdict, one, after_figures=bool(figures))
    return f"{said} :gray[{figures}{rests if figures else words.begun(view.verdicts, rests)}]"


def _figures(view: View, one: Comparison) -> str:
    """The figures that do not settle it yet, and what would."""
    figures = f"quality {decisions_page.quality(one)} · cost {decisions_page.cost(one)} · {_settles(one)}"
    return f"{view.called(one.challenger)}: {frame.as_typed(figures)}"


def _settles(one: Comparison) -> str:
    ways = settling(one.settlement)[:1] if one.settlement else []
    return f"{ways[0]} would settle it · " if ways else ""


def _mark(verdict: Verdict) -> str:
    icon, colour = _MARKS[verdict.decision]
    return f":{colour}[:material/{icon}:]"


def _is_kept_surely(view: View, verdict: Verdict) -> bool:
    """Whether the table in force keeps a category from the champion, and that is proven to be right."""
    is_kept = kept(view.routed, verdict) is not None
    return is_kept and words.sure(view.verdicts, verdict, view.routed) is words.Sure.PROVEN


def _mark_in(view: View, verdict: Verdict) -> str:
    """What is done in a category as its sign, and in its colour whether that is proven there; while open it stays."""
    found = view.recommendation
    if _is_kept_surely(view, verdict):
        icon, colour = _MARKS[Decision.KEEP]
        return f":{colour}[:material/{icon}:]"
    if found is None or verdict.decision is not Decision.NOT_ENOUGH or not verdict.comparisons:
        return _mark(verdict)
    category = verdict.category or ""
    stays = found.by_category.get(category) == found.today.get(category)
    icon, _ = _MARKS[Decision.NOT_ENOUGH if stays else Decision.SWITCH]
    return f":orange[:material/{icon}:]"
