"""The evidence in two charts: share acceptable against cost, and latency against its limit."""

from collections.abc import Iterator
from math import inf

import plotly.graph_objects as go
import streamlit as st

from core.domain.acceptability import CostState
from core.domain.deciding import Source
from core.domain.words import money, seconds
from core.services.quality import Line
from core.services.quality.words import cost_and_span, quantile, share_and_span
from core.ui.overview import addresses, scatter
from core.ui.overview.scatter import Point
from core.ui.overview.view import View
from core.ui.quality import charts as quality_charts
from core.ui.shared import charts, frame, leading

_MOST_PLOTTED, _MOST_TIMED, _MOST_SAID = 60, 12, 4


def section(view: View) -> None:
    """Side by side where there is room."""
    with st.grid(2, min_column_width=330, gap="medium"):
        with st.container(gap="xsmall"):
            st.subheader("Acceptable, and at what cost", anchor=False)
            plotted = cost_chart(view)
            leading.line(_left_out(view, plotted), addresses.figures(view.label))
        with st.container(gap="xsmall"):
            st.subheader("Latency", anchor=False)
            latency_chart(view)
            _limit(view)


def _weights(view: View) -> str:
    """Why a chart may tell another story than the verdict over all: other weights, or another judge."""
    whole = view.verdicts.of(None)
    if not view.weighed or whole is None:
        return ""
    quality = whole.comparisons[0].quality if whole.comparisons else None
    is_other = quality is not None and (quality.source is Source.HUMAN) is not view.by.is_human
    by = "by automatic verdicts" if view.by.is_human else "in the eyes of raters"
    judge = f" The verdict's points are {by}." if is_other else ""
    return f" {view.weighed}{judge}"


def cost_chart(view: View) -> int:
    """Share against cost of those who have both; of how many that is. A chart of nothing is a sentence."""
    points, drawn = list(_points(view)), cost_figure(view)
    who = "what experts would send" if view.by.is_human else "by gates alone"
    if drawn is None:
        st.caption(f"Acceptable: {who}.{_weights(view)}")
        _instead(view, points)
        return len(points)
    said = f"Share acceptable ({who}) against cost. Lines: 95 % intervals. Dotted: nobody is cheaper and better."
    st.caption(f"{said}{_weights(view)}")
    alt = "Share acceptable against cost per 1,000 acceptable responses: " + "; ".join(
        f"{point.name}, {point.detail}" for point in points[:_MOST_SAID]
    )
    st.plotly_chart(drawn, config=charts.CONFIG, key="overview_chart-cost", alt=alt)
    return len(points)


def cost_figure(view: View) -> go.Figure | None:
    """What ``cost_chart`` draws; None where there are no two points, or nothing is acceptable."""
    points = list(_points(view))
    if len(points) < 2 or not any(point.share for point in points):
        return None
    return scatter.figure(points, title="US$ per 1,000 acceptable responses")


def _points(view: View) -> Iterator[Point]:
    """The most important first: who is in colour, then the cheapest."""
    for line in sorted(view.lines, key=lambda line: view.candidate(line).position not in view.coloured)[:_MOST_PLOTTED]:
        cost, share, candidate = view.by.cost(line), view.by.share(line), view.candidate(line)
        if cost.value is None or not cost.value or share.value is None:
            continue
        yield Point(
            candidate.name, candidate.position, cost.value, cost.lower, cost.upper, share.value, share.lower,
            share.upper, candidate.position in view.coloured,
            f"{share_and_span(share)} acceptable<br>{cost_and_span(cost)} per acceptable response",
        )  # fmt: skip


def _instead(view: View, points: list[Point]) -> None:
    """A chart of nothing is a sentence."""
    if not points:
        why = "no response has a verdict yet"
        if any(view.by.share(line).value is not None for line in view.lines):
            none = all(view.by.cost(line).state is CostState.NONE for line in view.lines)
            why = "no response is acceptable, so none has a cost" if none else "no cost is known"
        st.markdown(f"There is nothing to draw: {why}.")
        return
    one = points[0]
    at = frame.dollars(f"{money(scatter.THOUSAND * one.cost)} per 1,000 acceptable responses")
    st.markdown(f"Only {frame.as_typed(one.name)} has both figures: {100 * one.share:.0f} % acceptable at {at}.")


def _left_out(view: View, plotted: int) -> str:
    missing = len(view.lines) - plotted
    if not missing:
        return "All figures, in the same scope"
    return f"All figures, in the same scope; {missing:,} without a known cost or any acceptable response"


def latency_chart(view: View) -> None:
    """Median and p95 of the first, beside the limit where there is one."""
    lines = _timed(view)
    if not lines:
        st.markdown("No latency was measured here.")
        return
    st.caption("Filled: median. Hollow: p95. Tick: p99. Bands: 95 % intervals. In figures: median · p95.")
    rows = [(view.candidate(line), line.latency) for line in lines]
    quality_charts.spreads(
        rows, title="Latency", shown=view.coloured, key="overview_chart-latency", limit_ms=_limit_ms(view)
    )


def _limit_ms(view: View) -> float | None:
    """The longest p95 allowed over all."""
    return view.verdicts.settings.latency_limit_ms.get(None)


def _limit(view: View) -> None:
    """Who is over the limit, or that there is none."""
    limit, lines = _limit_ms(view), _timed(view)
    if limit is None:
        leading.line("No limit is set. An admin enters one on Decisions.", addresses.settings(view.dataset))
    elif lines:
        leading.line(_against(view, lines, limit), addresses.figures(view.label, at="cost_at_latency"))


def _timed(view: View) -> list[Line]:
    """Who is in colour before all others; of these the quickest first."""
    measured = [line for line in view.lines if line.latency.n]
    first = sorted(measured, key=lambda line: view.candidate(line).position not in view.coloured)[:_MOST_TIMED]
    return sorted(first, key=_median)


def _median(line: Line) -> float:
    found = line.latency.p50
    return inf if found is None or found.value is None else found.value


def _against(view: View, lines: list[Line], limit: float) -> str:
    """Whose p95 is over the limit."""
    slow = [line for line in lines if line.latency.p95 and (line.latency.p95.value or limit + 1) > limit]
    if not slow:
        return f"All p95 are within the limit of {seconds(limit)}{_beyond(view, lines, limit)}"
    names = ", ".join(f"{view.called(line.candidate_id)} {quantile(line.latency.p95)}" for line in slow[:_MOST_SAID])
    more = f" and {len(slow) - _MOST_SAID:,} more" if len(slow) > _MOST_SAID else ""
    return f"Over the limit of {seconds(limit)} at p95: {names}{more}"


def _beyond(view: View, lines: list[Line], limit: float) -> str:
    """Whose p99 is over the limit, which is one of p95: the chart shows it there."""
    slow = [line for line in lines if line.latency.p99 and (line.latency.p99.value or 0.0) > limit]
    names = ", ".join(f"{view.called(line.candidate_id)} {quantile(line.latency.p99)}" for line in slow[:_MOST_SAID])
    return f", which holds for p95 alone; beyond it at p99: {names}" if slow else ""
