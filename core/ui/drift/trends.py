"""Trends: each candidate's figure run by run, with the band it keeps to by chance and what happened meanwhile."""

from collections.abc import Sequence

import streamlit as st

from core.domain.drift import Metric
from core.domain.words import n, when
from core.services.watching.drift import Annotation, DriftState, FindingLine, Trend
from core.ui.drift import plots, words
from core.ui.drift.choice import CHARTS, View
from core.ui.shared import charts, colours, frame
from core.ui.shared.filters import CATEGORY, candidates_choice, one_of, say_gone

_MOST_ANNOTATIONS = 12
_STATES = {"alarm": "red", "watch": "orange"}


def section(view: View) -> None:
    """The charts, a candidate each, of one metric in one category or over all."""
    state = view.state
    if not state.trends:
        return
    st.subheader("Run by run", anchor=False)
    st.caption(
        "Band: where a run would lie by chance (95 %) were nothing changed. Dotted: the baseline. A filled mark lies "
        "outside of the band, which once in a while is chance too; what counts stands above."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = _chosen(view)
    say_gone()
    if not chosen:
        st.caption("Nothing is known of this figure here: choose another one.")
        return
    listed = _numbered(state, {trend.candidate_id for trend in chosen})
    with st.grid(2, min_column_width=330, gap="medium"):
        for trend in chosen:
            with st.container(gap=None):
                _head(view, trend)
                _chart(view, trend, listed, key=f"drift_trend-{trend.candidate_id}")
    _annotations(view, listed)


def one_chart(view: View, one: FindingLine) -> None:
    """The trend of a finding's own figure; nothing where it is not known."""
    trend = next((trend for trend in view.state.trends if _is_of(trend, one)), None)
    if trend is not None:
        listed = _numbered(view.state, {one.candidate_id})
        _chart(view, trend, listed, key="drift_closely")
        for number, each in listed:
            st.caption(f"{number} · {_said(view, each)}")


def _chosen(view: View) -> list[Trend]:
    """What the filters leave: at most eight candidates, first those whose figure moved."""
    trends, first = view.state.trends, view.finding
    metrics = list(dict.fromkeys(trend.metric.title for trend in trends))
    if first is not None and first.metric.title in metrics:
        metrics = [first.metric.title, *(title for title in metrics if title != first.metric.title)]
    metric = one_of("Figure", metrics, key=CHARTS[0], within=view.dataset)
    there = list(dict.fromkeys(words.where(t.category) for t in trends if t.metric.title == metric))
    if first is not None and words.where(first.category) in there:
        there.sort(key=lambda name: name != words.where(first.category))
    category = one_of(
        "Category",
        there,
        key=CHARTS[1],
        within=metric,
        also={"Over all": words.OVER_ALL},
        carried=None if "finding" in st.query_params else CATEGORY,
    )
    found = [t for t in trends if t.metric.title == metric and words.where(t.category) == category]
    found.sort(key=lambda trend: _order(view, trend))
    return _among(found)


def _among(found: list[Trend]) -> list[Trend]:
    names = [trend.candidate for trend in found]
    if len(names) <= colours.MOST_COLOURED:
        return found
    picked = candidates_choice(
        "drift", {trend.candidate: trend.candidate_id for trend in found}, label="Candidates",
        placeholder=f"The first {colours.MOST_COLOURED} of {len(names):,}; choose others",
    )  # fmt: skip
    return [trend for trend in found if trend.candidate in picked] or found[: colours.MOST_COLOURED]


def _order(view: View, trend: Trend) -> tuple[bool, int, bool, int]:
    moved = list(_STATES).index(trend.state) if trend.state in _STATES else len(_STATES)
    shown = view.shown.get(trend.candidate_id)
    is_looked_at = view.finding is not None and view.finding.candidate_id == trend.candidate_id
    return not is_looked_at, moved, not (shown and shown.is_champion), view.position(trend.candidate_id)


def _head(view: View, trend: Trend) -> None:
    shown = view.shown.get(trend.candidate_id)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(words.candidate(view, trend.candidate_id, trend.candidate), width="content")
        if shown is not None and shown.is_champion:
            frame.champion_badge()
        if trend.state in _STATES:
            st.badge(trend.state, color="red" if trend.state == "alarm" else "orange")
        else:
            st.caption(trend.state, width="content")


def _chart(view: View, trend: Trend, listed: Sequence[tuple[int, Annotation]], *, key: str) -> None:
    position, metric = view.position(trend.candidate_id), trend.metric
    figure = plots.trend_figure(trend, position, [each for each in listed if _concerns(each[1], trend)])
    last = words.value(metric, trend.points[-1].value) if trend.points else words.UNKNOWN
    alt = (
        f"{_title(metric, trend.category)} of {trend.candidate}, run by run: {words.value(metric, trend.before)} in "
        f"the baseline, {last} in the newest of {n(len(trend.points), 'run')}"
    )
    st.plotly_chart(figure, config=charts.CONFIG, key=key, alt=alt)


def _title(metric: Metric, category: str | None) -> str:
    return f"{metric.title}, {words.where(category).lower() if category is None else category}"


def _is_of(trend: Trend, one: FindingLine) -> bool:
    return (trend.candidate_id, trend.category, trend.metric.name) == (
        one.candidate_id, one.category, one.metric.name,
    )  # fmt: skip


def _concerns(annotation: Annotation, trend: Trend) -> bool:
    return annotation.candidate_id in (None, trend.candidate_id)


def _numbered(state: DriftState, candidate_ids: set[int]) -> list[tuple[int, Annotation]]:
    """What happened to these candidates or to all, the newest of it, numbered in order of time as charts mark it."""
    about = [
        each
        for each in state.annotations
        if (each.candidate_id is None or each.candidate_id in candidate_ids) and not _is_later(state, each)
    ]
    return list(enumerate(about[-_MOST_ANNOTATIONS:], 1))


def _is_later(state: DriftState, one: Annotation) -> bool:
    """Whether it came after the newest run, so that charts have no place for it."""
    ended = [point.at for trend in state.trends for point in trend.points[-1:]]
    return bool(ended) and one.at > max(ended)


def _annotations(view: View, listed: Sequence[tuple[int, Annotation]]) -> None:
    later = [one for one in view.state.annotations if _is_later(view.state, one)][-_MOST_ANNOTATIONS:]
    if listed:
        lines = [f"{number}. {_said(view, one)}" for number, one in listed]
        st.markdown("**What happened meanwhile**\n\n" + "\n".join(lines))
    if later:
        lines = [f"- {_said(view, one)}" for one in later]
        st.markdown("**After the newest run, so in no chart**\n\n" + "\n".join(lines))
    elif view.state.annotations and not listed:
        st.caption("What happened meanwhile concerned other candidates.")


def _said(view: View, one: Annotation) -> str:
    shown = view.shown.get(one.candidate_id or 0)
    said = one.words if shown is None else f"{shown.name} {one.words}"
    return f"{when(one.at)} · {frame.as_typed(said)}"
