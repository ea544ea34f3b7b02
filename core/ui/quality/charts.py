"""The charts of cost and quality: one line per candidate, the interval drawn, the figure written at its end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from core.domain.latency import Quantile
from core.domain.words import n, seconds
from core.services.quality import CandidateRef, Times, words
from core.ui.shared import charts, colours
from core.ui.shared.scale import Scale, labels, ticks

_LONGEST_NAME = 18
_ROOM = 7.2
_APART = 0.16


@dataclass(frozen=True)
class DotRow:
    """A candidate's figure.

    ``value`` None: ``written`` says why. Bounds None: not known; ``upper`` None with a ``lower``: it goes on.
    """

    candidate: CandidateRef
    value: float | None
    lower: float | None
    upper: float | None
    written: str
    detail: str
    """What hovering says."""
    is_hollow: bool = False
    beside: "DotRow | None" = None
    """Another figure of the candidate, drawn below this one and more quietly."""


def dots_figure(
    rows: Sequence[DotRow],
    *,
    shown: frozenset[int],
    write: Callable[[float], str],
    bounds: tuple[float, float] | None = None,
) -> go.Figure:
    """One dot with its interval per candidate. ``bounds``: where the scale begins and ends; else as the values need."""
    figure = _figure(rows)
    drawn = [*rows, *(row.beside for row in rows if row.beside is not None)]
    reach = [each for row in drawn for each in (row.value, row.lower, row.upper)]
    scale = Scale(reach, [row.value for row in drawn], bounds)
    for place, row in enumerate(rows):
        hue = _hue(row.candidate, shown)
        _dot(figure, place - _APART if row.beside else place, row, scale, hue)
        if row.beside:
            _dot(figure, place + _APART, row.beside, scale, hue, size=8, width=1.0)
        _written(figure, place, row.written, faint=row.value is None)
    _finish(figure, [row.candidate for row in rows], scale, shown, write)
    return figure


def show_dots(figure: go.Figure, rows: Sequence[DotRow], *, title: str, key: str) -> None:
    """Show what ``dots_figure`` drew of ``rows``."""
    spoken = "; ".join(f"{row.candidate.name} {row.detail}" for row in rows[:5])
    more = f"; and {len(rows) - 5} more" if len(rows) > 5 else ""
    st.plotly_chart(figure, config=charts.CONFIG, key=key, alt=f"{title}: {spoken}{more}")


def spreads(
    rows: Sequence[tuple[CandidateRef, Times]], *, title: str, shown: frozenset[int], key: str,
    limit_ms: float | None = None,
) -> None:  # fmt: skip
    """Median, p95 and p99 of times per candidate on a line, the intervals of the first two as bands.

    ``limit_ms``: what p95 has to stay below, a vertical line.
    """
    figure = _figure(rows)
    figure.update_layout(margin_r=_margin([words.median_and_p95(times) for _, times in rows]))
    known = [q.value for _, times in rows for q in (times.p50, times.p95, times.p99) if q is not None]
    known += [limit_ms] if limit_ms is not None else []
    scale = Scale(known, [], None)
    for place, (candidate, times) in enumerate(rows):
        hue = _hue(candidate, shown)
        found = [q for q in (times.p50, times.p95, times.p99) if q is not None]
        ends = [q.value for q in found if q.value is not None]
        if ends:
            _line(figure, place, min(ends), max(ends), hue, width=1.5)
        for q, is_median in zip(found, (True, False, False), strict=False):
            _quantile(figure, place, candidate, q, hue, scale, is_median=is_median, of=times.n)
        _written(figure, place, words.median_and_p95(times), faint=not ends)
    _finish(figure, [candidate for candidate, _ in rows], scale, shown, seconds)
    if limit_ms is not None:
        _limit(figure, limit_ms, scale)
    spoken = "; ".join(f"{candidate.name} {words.quantiles(times)}" for candidate, times in rows[:5])
    st.plotly_chart(figure, config=charts.CONFIG, key=key, alt=f"{title}: {spoken}")


def _limit(figure: go.Figure, at: float, scale: Scale) -> None:
    ink = colours.ink()
    figure.add_vline(at, line={"color": ink.quiet, "width": 1.5, "dash": "dash"}, layer="below")
    figure.add_annotation(
        x=np.log10(at) if scale.is_log else at, y=1, yref="paper", yanchor="bottom", text="limit", showarrow=False,
        font={"color": ink.quiet, "size": 12},
    )  # fmt: skip
    figure.update_layout(margin_t=max(figure.layout.margin.t, 24))


def _dot(
    figure: go.Figure, at: float, row: DotRow, scale: Scale, hue: str, *, size: int = 11, width: float = 2.0
) -> None:
    if row.value is not None:
        _interval(figure, at, row, scale, hue, width=width)
        _mark(figure, at, row.value, row.candidate, hue, detail=_hover(row), hollow=row.is_hollow, size=size)


def _figure(rows: Sequence[object]) -> go.Figure:
    figure = go.Figure(layout=charts.layout(len(rows)))
    written = [row.written for row in rows if isinstance(row, DotRow)]
    figure.update_layout(margin_r=_margin(written))
    return figure


def _margin(written: Sequence[str]) -> int:
    return round(14 + _ROOM * max(map(len, written), default=6))


def _hue(candidate: CandidateRef, shown: frozenset[int]) -> str:
    return colours.colour(candidate.position) if candidate.position in shown else colours.ink().grey


def _hover(row: DotRow) -> str:
    return f"{charts.short(row.candidate.name, 60)}<br>{row.detail}"


def _line(figure: go.Figure, place: float, start: float, end: float, hue: str, *, width: float = 2.0) -> None:
    line = {"color": hue, "width": width}
    figure.add_scatter(x=[start, end], y=[place, place], mode="lines", line=line, hoverinfo="skip")


def _interval(figure: go.Figure, place: float, row: DotRow, scale: Scale, hue: str, *, width: float) -> None:
    if row.lower is None or row.value is None:
        return
    least, most = scale.ends
    upper = most if row.upper is None else row.upper
    _line(figure, place, max(row.lower, least), min(upper, most), hue, width=width)
    for goes_on, at, symbol in ((row.lower < least, least, "left"), (row.upper is None or upper > most, most, "right")):
        if goes_on:
            arrow = {"symbol": f"triangle-{symbol}", "size": 9, "color": hue}
            figure.add_scatter(x=[at], y=[place], mode="markers", marker=arrow, hoverinfo="skip", cliponaxis=False)


def _mark(
    figure: go.Figure, place: float, value: float, candidate: CandidateRef, hue: str, *, detail: str,
    hollow: bool = False, size: int = 11,
) -> None:  # fmt: skip
    mark = {
        "symbol": colours.mark(candidate.position) if hue != colours.ink().grey else "circle",
        "size": size,
        "color": colours.ink().paper if hollow else hue,
        "line": {"color": hue, "width": 2},
    }
    figure.add_scatter(
        x=[value], y=[place], mode="markers", marker=mark, hovertemplate=f"{detail}<extra></extra>", cliponaxis=False
    )


def _quantile(
    figure: go.Figure, place: int, candidate: CandidateRef, q: Quantile, hue: str, scale: Scale, *,
    is_median: bool, of: int,
) -> None:  # fmt: skip
    if q.value is None:
        return
    least, most = scale.ends
    detail = f"{charts.short(candidate.name, 60)}<br>p{100 * q.q:.0f} {seconds(q.value)}"
    if q.lower is not None and q.upper is not None:
        detail += f" ({seconds(q.lower)} to {seconds(q.upper)})"
        band = {"color": hue, "width": 8}
        figure.add_scatter(
            x=[max(q.lower, least), min(q.upper, most)],
            y=[place, place],
            mode="lines",
            line=band,
            opacity=0.28,
            hoverinfo="skip",
        )
    detail += f"<br>{n(of, 'response')}"
    if q.q > 0.98:
        tick = {"symbol": "line-ns", "size": 12, "line": {"color": hue, "width": 2.5}}
        hover = f"{detail}<extra></extra>"
        figure.add_scatter(x=[q.value], y=[place], mode="markers", marker=tick, hovertemplate=hover, cliponaxis=False)
    else:
        _mark(figure, place, q.value, candidate, hue, detail=detail, hollow=not is_median)


def _written(figure: go.Figure, place: int, text: str, *, faint: bool) -> None:
    ink = colours.ink()
    figure.add_annotation(
        x=1,
        xref="paper",
        xanchor="left",
        xshift=10,
        y=place,
        text=text,
        showarrow=False,
        font={"color": ink.quiet if faint else ink.text, "size": 13},
    )


def _finish(
    figure: go.Figure, candidates: Sequence[CandidateRef], scale: Scale, shown: frozenset[int],
    write: Callable[[float], str],
) -> None:  # fmt: skip
    least, most = scale.ends
    at = ticks(least, most, is_log=scale.is_log)
    figure.update_xaxes(
        visible=not scale.is_empty,
        type="log" if scale.is_log else "linear",
        range=[scale.low, scale.high],
        side="top" if len(candidates) > 16 else "bottom",
        tickvals=at,
        ticktext=labels(write, at),
        tickangle=0,
    )
    some_grey = any(candidate.position not in shown for candidate in candidates)
    names = [
        f"<b>{charts.short(each.name, _LONGEST_NAME)}</b>"
        if some_grey and each.position in shown
        else charts.short(each.name, _LONGEST_NAME)
        for each in candidates
    ]
    rows = len(candidates)
    figure.update_yaxes(tickvals=list(range(rows)), ticktext=names, range=[rows - 0.4, -0.6])
