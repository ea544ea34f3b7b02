"""The chart of share acceptable against cost per acceptable response: intervals as crosses, the Pareto front dotted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.domain.overview import on_front
from core.domain.words import money, percent
from core.ui.overview import labels
from core.ui.overview.labels import Box, Label, Sheet
from core.ui.shared import charts, colours, scale
from core.ui.shared.scale import Scale, ticks

THOUSAND = 1000.0
_HEIGHT = 360
_WIDTHS = (300, 360, 440, 560, 720)
_MARGIN = {"l": 44, "r": 12, "t": 12, "b": 48}
_MOST_NAMED, _FEW = 8, 12


@dataclass(frozen=True)
class Point:
    """A candidate with both figures. Bounds None: not known; cost in US dollars for each acceptable response."""

    name: str
    position: int
    cost: float
    cost_lower: float | None
    cost_upper: float | None
    share: float
    share_lower: float | None
    share_upper: float | None
    in_colour: bool
    detail: str
    """What hovering says."""


def figure(points: Sequence[Point], *, title: str) -> go.Figure:
    """The chart; ``points`` the most important first: they get their names before the others."""
    x_scale = Scale(
        [THOUSAND * each for p in points for each in (p.cost, p.cost_lower, p.cost_upper) if each is not None],
        [THOUSAND * p.cost for p in points],
        None,
    )
    low, high = _share_range(points)
    drawn = go.Figure(layout=_layout(x_scale, low, high, title))
    front = [points[place] for place in on_front([(p.cost, p.share) for p in points])]
    _front(drawn, front)
    for point in reversed(points):
        _point(drawn, point, x_scale, low, high, is_roomy=len(points) <= _FEW)
    _names(drawn, points, {p.position for p in front}, x_scale, low, high)
    return drawn


def _share_range(points: Sequence[Point]) -> tuple[float, float]:
    """All shares, and their intervals as far as they help; never beyond what a share can be."""
    shares = [p.share for p in points]
    least, most = min(shares), max(shares)
    reach = max(most - least, 0.1)
    lower = min(s if p.share_lower is None else p.share_lower for p, s in zip(points, shares, strict=True))
    upper = max(s if p.share_upper is None else p.share_upper for p, s in zip(points, shares, strict=True))
    low, high = max(lower, least - reach), min(upper, most + reach)
    pad = 0.08 * max(high - low, 0.05)
    return max(low - pad, -0.02), min(high + pad, 1.02)


def _layout(x_scale: Scale, low: float, high: float, title: str) -> go.Layout:
    ink, least, most = colours.ink(), *x_scale.ends
    at = ticks(least, most, is_log=x_scale.is_log)
    shares = _share_ticks(low, high)
    quiet = {"color": ink.quiet, "size": 12}
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "tickfont": quiet, "showline": True,
            "linecolor": ink.line, "ticks": "outside", "tickcolor": ink.line, "ticklen": 4, "tickangle": 0}  # fmt: skip
    return go.Layout(
        height=_HEIGHT, margin=_MARGIN, showlegend=False, dragmode=False, hovermode="closest",
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
        xaxis=axis | {
            "type": "log" if x_scale.is_log else "linear", "range": [x_scale.low, x_scale.high], "tickvals": at,
            "ticktext": scale.labels(money, at), "title": {"text": title, "font": quiet, "standoff": 8},
        },
        yaxis=axis | {"range": [low, high], "tickvals": shares, "ticktext": [percent(share) for share in shares]},
    )  # fmt: skip


def _share_ticks(low: float, high: float) -> list[float]:
    """Three to six round shares."""
    step = next(step for step in (0.02, 0.05, 0.1, 0.2, 0.25) if (high - low) / step <= 6)
    first = int(np.ceil(max(low, 0.0) / step - 1e-9))
    return [round(step * number, 4) for number in range(first, int(min(high, 1.0) / step + 1e-9) + 1)]


def _front(drawn: go.Figure, front: Sequence[Point]) -> None:
    line = {"color": colours.ink().quiet, "width": 1.5, "dash": "dot"}
    x, y = [THOUSAND * p.cost for p in front], [p.share for p in front]
    drawn.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip")


def _point(drawn: go.Figure, p: Point, x_scale: Scale, low: float, high: float, *, is_roomy: bool) -> None:
    hue = _hue(p)
    for x, y in _cross(p, x_scale, low, high) if p.in_colour or is_roomy else ():
        drawn.add_scatter(x=x, y=y, mode="lines", line={"color": hue, "width": 2}, opacity=0.45, hoverinfo="skip")
    mark = {"symbol": colours.mark(p.position) if p.in_colour else "circle", "size": 11, "color": hue}
    drawn.add_scatter(
        x=[THOUSAND * p.cost], y=[p.share], mode="markers", marker=mark, cliponaxis=False,
        hovertemplate=f"{charts.short(p.name, 60)}<br>{p.detail}<extra></extra>",
    )  # fmt: skip


def _cross(p: Point, x_scale: Scale, low: float, high: float) -> list[tuple[list[float], list[float]]]:
    """The two intervals, as far as the chart goes."""
    least, most = x_scale.ends
    lines = []
    if p.cost_lower is not None:
        upper = most if p.cost_upper is None else min(THOUSAND * p.cost_upper, most)
        lines.append(([max(THOUSAND * p.cost_lower, least), upper], [p.share, p.share]))
    if p.share_lower is not None and p.share_upper is not None:
        lines.append(([THOUSAND * p.cost] * 2, [max(p.share_lower, low), min(p.share_upper, high)]))
    return lines


def _hue(p: Point) -> str:
    return colours.colour(p.position) if p.in_colour else colours.ink().grey


def _names(drawn: go.Figure, points: Sequence[Point], front: set[int], x_scale: Scale, low: float, high: float) -> None:
    names = _named(points, front)
    places = labels.placed([_sheet(points, front, x_scale, low, high, width) for width in _WIDTHS], names)
    ink = colours.ink()
    for p, place in zip(points, places, strict=True):
        if place is not None:
            x = np.log10(THOUSAND * p.cost) if x_scale.is_log else THOUSAND * p.cost
            drawn.add_annotation(
                x=x, y=p.share, text=charts.short(place.text), **_at(place, _hue(p)), xanchor=place.anchor,
                yanchor="middle", bgcolor=ink.paper if len(points) > _FEW else None, borderpad=1,
                font={"color": ink.text if p.in_colour else ink.quiet, "size": 13},
            )  # fmt: skip


def _at(place: Label, hue: str) -> dict[str, object]:
    """Where a name stands, with a line to its point where it would be taken for another's."""
    if not place.is_led:
        return {"showarrow": False, "xshift": place.dx, "yshift": -place.dy}
    line = {"arrowhead": 0, "arrowwidth": 1, "arrowcolor": hue, "standoff": 7}
    return {"showarrow": True, "ax": place.dx, "ay": place.dy, **line}


def _sheet(points: Sequence[Point], front: set[int], x_scale: Scale, low: float, high: float, whole: float) -> Sheet:
    """Where everything is in a chart so many pixels wide."""
    width, height = whole - _MARGIN["l"] - _MARGIN["r"], _HEIGHT - _MARGIN["t"] - _MARGIN["b"]

    def across(value: float) -> float:
        place = np.log10(value) if x_scale.is_log else value
        return float((place - x_scale.low) / (x_scale.high - x_scale.low) * width)

    def down(share: float) -> float:
        return (high - share) / (high - low) * height

    crosses = [
        Box(across(min(x)) - 2, down(max(y)) - 2, across(max(x)) + 2, down(min(y)) + 2)
        for p in points if p.in_colour for x, y in _cross(p, x_scale, low, high)
    ]  # fmt: skip
    at = [(across(THOUSAND * p.cost), down(p.share)) for p in points]
    dotted = sorted(place for place, p in zip(at, points, strict=True) if p.position in front)
    marks = [labels.around(*place) for place, p in zip(at, points, strict=True) if p.in_colour or len(points) <= _FEW]
    return Sheet(at, [*marks, *crosses, *labels.along(dotted)], width, height)


def _named(points: Sequence[Point], front: set[int]) -> list[str | None]:
    """Who gets a name: those in colour or on the front, at most eight."""
    wanted = [place for place, p in enumerate(points) if p.in_colour or p.position in front][:_MOST_NAMED]
    return [p.name if place in wanted else None for place, p in enumerate(points)]
