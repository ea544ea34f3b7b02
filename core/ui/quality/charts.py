"""The charts of cost and quality: one line per candidate, the interval drawn, the figure written at its end."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from core.domain.latency import Quantile
from core.domain.words import seconds
from core.services.quality import CandidateRef, Times, words
from core.ui.shared import charts, colours

_WIDE_RANGE = 8.0
_LONGEST_NAME = 18
_WIDEST = 4.0
_ROOM = 7.2


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


def dots(
    rows: Sequence[DotRow],
    *,
    title: str,
    shown: frozenset[int],
    write: Callable[[float], str],
    key: str,
    bounds: tuple[float, float] | None = None,
) -> None:
    """One dot with its interval per candidate. ``bounds``: where the scale begins and ends; else as the values need."""
    figure = _figure(rows)
    scale = _Scale([each for row in rows for each in (row.value, row.lower, row.upper)], rows, bounds)
    for place, row in enumerate(rows):
        hue = _hue(row.candidate, shown)
        if row.value is not None:
            _interval(figure, place, row, scale, hue)
            _mark(figure, place, row.value, row.candidate, hue, detail=_hover(row))
        _written(figure, place, row.written, faint=row.value is None)
    _finish(figure, [row.candidate for row in rows], scale, shown, write)
    spoken = "; ".join(f"{row.candidate.name} {row.detail}" for row in rows[:5])
    more = f"; and {len(rows) - 5} more" if len(rows) > 5 else ""
    st.plotly_chart(figure, config=charts.CONFIG, key=key, alt=f"{title}: {spoken}{more}")


def spreads(rows: Sequence[tuple[CandidateRef, Times]], *, title: str, shown: frozenset[int], key: str) -> None:
    """Median, p95 and p99 of times per candidate on a line, the intervals of the first two as bands."""
    figure = _figure(rows)
    figure.update_layout(margin_r=_margin([words.median_and_p95(times) for _, times in rows]))
    known = [q.value for _, times in rows for q in (times.p50, times.p95, times.p99) if q is not None]
    scale = _Scale(known, [], None)
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
    spoken = "; ".join(f"{candidate.name} {words.quantiles(times)}" for candidate, times in rows[:5])
    st.plotly_chart(figure, config=charts.CONFIG, key=key, alt=f"{title}: {spoken}")


class _Scale:
    """From where to where an axis goes, and whether it is logarithmic: where values differ by more than 20 times."""

    def __init__(
        self, values: Sequence[float | None], rows: Sequence[DotRow], bounds: tuple[float, float] | None
    ) -> None:
        known = np.array([value for value in values if value is not None])
        centres = np.array([row.value for row in rows if row.value is not None]) if rows else known
        self.is_log = bool(
            bounds is None and len(centres) and centres.min() > 0 and centres.max() > _WIDE_RANGE * centres.min()
        )
        self.is_empty = not len(centres)
        if bounds is not None or self.is_empty:
            self.low, self.high = bounds or (0.0, 1.0)
            return
        reach = np.log10 if self.is_log else np.asarray
        low, high = (float(each) for each in (reach(centres.min()), reach(centres.max())))
        # Where every value is 0, what its interval reaches to says how wide the axis is.
        span = max(high - low, 0.3 if self.is_log else 0.3 * abs(high)) or float(known.max()) or 1.0
        ends = reach(known[known > 0] if self.is_log else known)
        self.low = max(float(ends.min()), low - _WIDEST / 4 * span)
        self.high = min(float(ends.max()), high + _WIDEST / 4 * span)
        if not self.is_log and self.low < 0.35 * self.high:
            self.low = min(0.0, self.low)
        if self.high <= self.low:
            self.high = self.low + span
        margin = 0.04 * max(self.high - self.low, 1e-12)
        self.low, self.high = self.low - margin, self.high + margin

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest value that can be seen."""
        return (10**self.low, 10**self.high) if self.is_log else (self.low, self.high)


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


def _line(figure: go.Figure, place: int, start: float, end: float, hue: str, *, width: float = 2.0) -> None:
    line = {"color": hue, "width": width}
    figure.add_scatter(x=[start, end], y=[place, place], mode="lines", line=line, hoverinfo="skip")


def _interval(figure: go.Figure, place: int, row: DotRow, scale: _Scale, hue: str) -> None:
    if row.lower is None or row.value is None:
        return
    least, most = scale.ends
    upper = most if row.upper is None else row.upper
    _line(figure, place, max(row.lower, least), min(upper, most), hue)
    for goes_on, at, symbol in ((row.lower < least, least, "left"), (row.upper is None or upper > most, most, "right")):
        if goes_on:
            arrow = {"symbol": f"triangle-{symbol}", "size": 9, "color": hue}
            figure.add_scatter(x=[at], y=[place], mode="markers", marker=arrow, hoverinfo="skip", cliponaxis=False)


def _mark(
    figure: go.Figure, place: int, value: float, candidate: CandidateRef, hue: str, *, detail: str, hollow: bool = False
) -> None:
    mark = {
        "symbol": colours.mark(candidate.position) if hue != colours.ink().grey else "circle",
        "size": 11,
        "color": colours.ink().paper if hollow else hue,
        "line": {"color": hue, "width": 2},
    }
    figure.add_scatter(
        x=[value], y=[place], mode="markers", marker=mark, hovertemplate=f"{detail}<extra></extra>", cliponaxis=False
    )


def _quantile(
    figure: go.Figure, place: int, candidate: CandidateRef, q: Quantile, hue: str, scale: _Scale, *,
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
    detail += f"<br>{of:,} responses"
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
    figure: go.Figure, candidates: Sequence[CandidateRef], scale: _Scale, shown: frozenset[int],
    write: Callable[[float], str],
) -> None:  # fmt: skip
    least, most = scale.ends
    at = _ticks(least, most, is_log=scale.is_log)
    figure.update_xaxes(
        visible=not scale.is_empty,
        type="log" if scale.is_log else "linear",
        range=[scale.low, scale.high],
        side="top" if len(candidates) > 16 else "bottom",
        tickvals=at,
        ticktext=[tick(write, value) for value in at],
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


def tick(write: Callable[[float], str], value: float) -> str:
    """A number of an axis: as it is written elsewhere, without zeros that say nothing."""
    found = re.fullmatch(r"(.*\d\.\d*?)0+(\D*)", write(value))
    return write(value) if found is None else f"{found[1].rstrip('.')}{found[2]}"


def _ticks(least: float, most: float, *, is_log: bool) -> list[float]:
    """Three or so round values, which fit beside each other on a phone."""
    if is_log:
        powers = range(int(np.floor(np.log10(least))), int(np.ceil(np.log10(most))) + 1)
        tens = [10.0**power for power in powers if least <= 10.0**power <= most]
        between = [step * 10.0**power for power in powers for step in (1, 2, 5) if least <= step * 10.0**power <= most]
        found = tens if len(tens) > 2 else between
        return found[:: max(-(-len(found) // 3), 1)]
    rough = (most - max(least, 0.0)) / 2.5
    size = 10.0 ** np.floor(np.log10(rough))
    step = next(size * nice for nice in (1, 2, 2.5, 5, 10) if size * nice >= rough)
    return [
        float(number * step) for number in range(max(int(np.ceil(least / step)), 0), int(np.floor(most / step)) + 1)
    ]
