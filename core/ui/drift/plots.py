"""The charts of the Drift page: a figure run by run within its band, and figures by hour of day."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import plotly.graph_objects as go

from core.domain.drift import Hours, Metric, Scale
from core.domain.words import when
from core.services.watching.drift import Annotation, Trend
from core.ui.drift import words
from core.ui.shared import charts, colours

_HEIGHT = 210
_BAND = {"light": "rgba(94, 100, 106, 0.14)", "dark": "rgba(164, 172, 178, 0.18)"}
_AROUND = timedelta(hours=12)
_MS, _PERCENT = 1000.0, 100.0
_THOUSAND = 1_000.0
_ASIDE, _ROOM = 0.16, 7.2


@dataclass(frozen=True)
class HourLine:
    """One candidate's figure by hour of day."""

    name: str
    position: int
    hours: Hours


def trend_figure(trend: Trend, position: int, annotations: Sequence[tuple[int, Annotation]]) -> go.Figure:
    """The figure at each run, the band it would keep to by chance, the baseline's value, and what happened meanwhile.

    ``annotations``: with the number that each has in the list below the charts. A hollow mark lies within the band.
    """
    ink, hue = colours.ink(), colours.colour(position)
    figure = _figure(trend.metric)
    points = [point for point in trend.points if not math.isnan(point.value)]
    if not points:
        return figure
    scale = _scale(trend.metric)
    at = [point.at for point in points]
    _band(figure, trend, scale)
    figure.add_hline(trend.before * scale, line={"color": ink.quiet, "width": 1, "dash": "dot"}, layer="below")
    out = [not point.lower <= point.value <= point.upper for point in points]
    hover = [
        f"run {point.run_id}, {when(point.at)}<br>{words.value(trend.metric, point.value)} (by chance "
        f"{words.value(trend.metric, point.lower)} to {words.value(trend.metric, point.upper)})"
        for point in points
    ]
    figure.add_scatter(
        x=at,
        y=[point.value * scale for point in points],
        mode="lines+markers",
        line={"color": hue, "width": 2},
        marker={
            "symbol": colours.mark(position),
            "size": 9,
            "color": [hue if each else ink.paper for each in out],
            "line": {"color": hue, "width": 2},
        },
        text=hover,
        hovertemplate="%{text}<extra></extra>",
        cliponaxis=False,
    )
    last = words.value(trend.metric, points[-1].value)
    figure.update_layout(margin_r=round(16 + _ROOM * len(last)))
    _last(figure, last, points[-1].value * scale)
    for number, annotation in annotations:
        if at[0] - _AROUND <= annotation.at <= at[-1] + _AROUND:
            figure.add_vline(annotation.at, line={"color": ink.quiet, "width": 1, "dash": "dash"}, layer="below")
            figure.add_annotation(
                x=annotation.at, y=1, yref="paper", yanchor="bottom", text=str(number), showarrow=False,
                font={"color": ink.quiet, "size": 12},
            )  # fmt: skip
    return figure


def _band(figure: go.Figure, trend: Trend, scale: float) -> None:
    points = [point for point in trend.points if not math.isnan(point.lower) and not math.isnan(point.upper)]
    if not points:
        return
    # A single run would have a band of no width.
    at = [points[0].at - _AROUND, *(point.at for point in points), points[-1].at + _AROUND]
    padded = [points[0], *points, points[-1]]
    for name, fill in (("lower", None), ("upper", "tonexty")):
        figure.add_scatter(
            x=at,
            y=[getattr(point, name) * scale for point in padded],
            mode="lines",
            line={"width": 0, "color": colours.ink().grey},
            fill=fill,
            fillcolor=_BAND["dark" if colours.is_dark() else "light"],
            hoverinfo="skip",
        )


def hours_figure(lines: Sequence[HourLine], *, is_share: bool) -> go.Figure:
    """A line a candidate over the hours of the day, the intervals drawn thin; named at its end where there is room."""
    figure = _figure(None, height=280)
    ink = colours.ink()
    for place, line in enumerate(lines):
        known, aside = line.hours.hours, _ASIDE * (place - (len(lines) - 1) / 2)
        hue, scale = colours.colour(line.position), _PERCENT if is_share else 1 / _MS
        values = [hour.value * scale for hour in known]
        reach = [
            (0.0, 0.0)
            if hour.lower is None or hour.upper is None
            else ((hour.upper - hour.value) * scale, (hour.value - hour.lower) * scale)
            for hour in known
        ]
        written = [f"{value:.1f} %" if is_share else f"{value:.2f} s" for value in values]
        figure.add_scatter(
            x=[hour.hour + aside for hour in known],
            y=values,
            error_y={
                "array": [up for up, _ in reach],
                "arrayminus": [down for _, down in reach],
                "color": hue,
                "thickness": 1,
                "width": 0,
            },
            mode="lines+markers",
            line={"color": hue, "width": 1.5},
            marker={"symbol": colours.mark(line.position), "size": 8, "color": hue},
            text=[
                f"{charts.short(line.name, 60)}<br>{hour.hour:02d}:00 · {said} · {hour.responses:,} answers"
                for hour, said in zip(known, written, strict=True)
            ],
            hovertemplate="%{text}<extra></extra>",
        )
    figure.update_xaxes(
        range=[-1, 24], tickformat="", tickvals=[0, 6, 12, 18, 23], ticktext=["0:00", "6:00", "12:00", "18:00", "23:00"]
    )
    figure.update_yaxes(rangemode="tozero", ticksuffix=" %" if is_share else " s")
    figure.update_layout(margin_r=14)
    figure.update_yaxes(tickfont={"color": ink.quiet, "size": 12})
    return figure


def _figure(metric: Metric | None, *, height: int = _HEIGHT) -> go.Figure:
    figure = go.Figure(layout=charts.layout(3))
    ink = colours.ink()
    figure.update_layout(height=height, margin={"l": 8, "r": 64, "t": 22, "b": 30})
    figure.update_yaxes(nticks=4, tickfont={"color": ink.quiet, "size": 12}, zeroline=False)
    figure.update_xaxes(nticks=5, tickangle=0, tickformat="%-d %b")
    if metric is None:
        return figure
    if metric.scale is Scale.SHARE:
        figure.update_yaxes(ticksuffix=" %")
    elif metric.name.endswith("_ms"):
        figure.update_yaxes(ticksuffix=" s")
    elif metric.name.endswith("_usd"):
        figure.update_yaxes(tickprefix="$", exponentformat="none")
    return figure


def _scale(metric: Metric) -> float:
    """Times are kept in milliseconds and drawn in seconds, shares in per cent, costs for 1,000 responses."""
    if metric.scale is Scale.SHARE:
        return _PERCENT
    if metric.name.endswith("_usd"):
        return _THOUSAND
    return 1 / _MS if metric.name.endswith("_ms") else 1.0


def _last(figure: go.Figure, text: str, y: float) -> None:
    figure.add_annotation(
        x=1, xref="paper", xanchor="left", xshift=8, y=y, text=text, showarrow=False,
        font={"color": colours.ink().text, "size": 13},
    )  # fmt: skip
