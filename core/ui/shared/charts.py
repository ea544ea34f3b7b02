"""Charts: drawn with Plotly, labelled directly, still under a thumb, legible from 390 px on, light and dark."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from core.ui.shared import colours
from core.ui.shared.scale import ticks

CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showAxisDragHandles": False}
_LONGEST_NAME = 22
_WIDEST = 2.5


@dataclass(frozen=True)
class Dot:
    """One line of a dot plot: a value with its interval."""

    name: str
    value: float
    lower: float
    upper: float
    position: int
    """Of the candidate, for colour and mark."""
    in_colour: bool
    """Else it is grey."""
    filled: bool
    """Else the mark is hollow."""
    detail: str = ""
    """What hovering says beside the numbers."""


def dot_plot(dots: Sequence[Dot], *, unit: str, alt: str, key: str, reference: float | None = None) -> None:
    """Draw one line per dot, the first on top: name, interval, mark, number. ``reference``: a faint vertical line.

    Intervals far longer than most are cut, with an arrow where they go on.
    """
    st.plotly_chart(dot_figure(dots, unit=unit, reference=reference), config=CONFIG, key=key, alt=alt)


def dot_figure(dots: Sequence[Dot], *, unit: str, reference: float | None) -> go.Figure:
    """What ``dot_plot`` draws."""
    figure = go.Figure(layout=layout(len(dots)))
    low, high = window(dots)
    for row, dot in enumerate(dots):
        _line(figure, row, dot, low, high)
    if reference is not None and low < reference < high:
        figure.add_vline(reference, line={"color": colours.ink().line, "width": 1}, layer="below")
    at = ticks(low, high, is_log=False)
    figure.update_xaxes(tickvals=at, ticktext=[f"{value:,g}" for value in at])
    figure.update_xaxes(range=[low, high], side="top" if len(dots) > 16 else "bottom", title=unit)
    some_grey = not all(dot.in_colour for dot in dots)
    names = [f"<b>{short(dot.name)}</b>" if some_grey and dot.in_colour else short(dot.name) for dot in dots]
    figure.update_yaxes(tickvals=list(range(len(dots))), ticktext=names, range=[len(dots) - 0.4, -0.6])
    return figure


def window(dots: Sequence[Dot]) -> tuple[float, float]:
    """From where to where the axis reaches: all values, and intervals as far as most of them go."""
    values = np.array([dot.value for dot in dots])
    down = values - np.array([dot.lower for dot in dots])
    up = np.array([dot.upper for dot in dots]) - values
    reach = _WIDEST * float(np.median(np.maximum(down, up)))
    low = float((values - np.minimum(down, reach)).min())
    high = float((values + np.minimum(up, reach)).max())
    margin = 0.04 * max(high - low, 1.0)
    return low - margin, high + margin


def _line(figure: go.Figure, row: int, dot: Dot, low: float, high: float) -> None:
    ink = colours.ink()
    colour = colours.colour(dot.position) if dot.in_colour else ink.grey
    ends = [max(dot.lower, low), min(dot.upper, high)]
    hover = f"{short(dot.name, 60)}<br>{dot.value:,.0f} ({dot.lower:,.0f} to {dot.upper:,.0f})"
    figure.add_scatter(x=ends, y=[row, row], mode="lines", line={"color": colour, "width": 2}, hoverinfo="skip")
    for end, limit, symbol in ((dot.lower, low, "triangle-left"), (dot.upper, high, "triangle-right")):
        if (end < limit) if limit == low else (end > limit):
            arrow = {"symbol": symbol, "size": 9, "color": colour}
            figure.add_scatter(x=[limit], y=[row], mode="markers", marker=arrow, hoverinfo="skip", cliponaxis=False)
    mark = {
        "symbol": colours.mark(dot.position) if dot.in_colour else "circle",
        "size": 11,
        "color": colour if dot.filled else ink.paper,
        "line": {"color": colour, "width": 2},
    }
    detail = f"<br>{dot.detail}" if dot.detail else ""
    figure.add_scatter(
        x=[dot.value], y=[row], mode="markers", marker=mark, hovertemplate=f"{hover}{detail}<extra></extra>"
    )
    figure.add_annotation(
        x=1,
        xref="paper",
        xanchor="left",
        xshift=10,
        y=row,
        text=f"{dot.value:,.0f}",
        showarrow=False,
        font={"color": ink.text if dot.in_colour else ink.quiet, "size": 13},
    )


def cut(name: str, longest: int) -> str:
    """``name``, cut in the middle where it is too long, for names often differ at the end."""
    if len(name) <= longest:
        return name
    tail = longest // 3
    return f"{name[: longest - tail - 1].rstrip()}…{name[-tail:].lstrip()}"


def short(name: str, longest: int = _LONGEST_NAME) -> str:
    """``name`` cut to fit; what Plotly would read as markup is shown as typed."""
    return cut(name, longest).replace("&", "&amp;").replace("<", "&lt;")


def layout(rows: int) -> go.Layout:
    """What a chart of one line per candidate has in common: height by ``rows``, quiet axes, no grid."""
    ink = colours.ink()
    height = 38 if rows <= 12 else 30 if rows <= 24 else 24
    quiet = {"color": ink.quiet, "size": 12}
    return go.Layout(
        height=rows * height + 64,
        margin={"l": 8, "r": 48, "t": 36 if rows > 16 else 8, "b": 8 if rows > 16 else 44},
        showlegend=False,
        dragmode=False,
        hovermode="closest",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        xaxis={
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "ticks": "outside",
            "tickcolor": ink.line,
            "ticklen": 4,
            "tickfont": quiet,
            "title": {"font": quiet, "standoff": 8},
            "separatethousands": True,
            "showline": True,
            "linecolor": ink.line,
        },
        yaxis={
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "automargin": True,
            "tickfont": {"color": ink.text, "size": 13},
            "ticklabelstandoff": 6,
        },
    )
