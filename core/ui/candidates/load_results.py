"""What load tests measured: a line per quantile over the arrival rates, and every number behind it."""

from collections.abc import Sequence
from math import log10
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.domain.words import money, seconds
from core.services.load_testing.results import LoadTestLine
from core.ui.shared import charts, colours, frame

_QUANTILES = ("p50", "p90", "p95", "p99")
_DASHES = {"p50": "solid", "p90": "dash", "p95": "dashdot", "p99": "dot"}
_MARGIN, _APART = 1.7, 0.06
_TICKS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0, 600.0)


def section(tests: list[LoadTestLine]) -> None:
    """One of the tests that were made, the newest first."""
    tests = [line for line in tests if line.test.results]
    if not tests:
        return
    st.subheader("What was measured", anchor=False)
    by_id = {line.test.id: line for line in tests}
    line = by_id[
        st.selectbox(
            "Test", list(by_id), format_func=lambda each: _called(by_id[each]), key="candidates_load_shown", width=520
        )
    ]
    results = line.test.results
    _said(line)
    chart(results, line.candidate.position, key=f"candidates_load_chart_{line.test.id}")
    _table(results)


def _called(line: LoadTestLine) -> str:
    rates = ", ".join(f"{result['rate_per_s']:g}" for result in line.test.results)
    return f"{line.candidate.name} · {line.test.started_at:%-d %b %Y, %H:%M} · {rates} per second"


def _said(line: LoadTestLine) -> None:
    """The highest rate that was kept up with, in words."""
    kept = [result for result in line.test.results if _keeps_up(result)]
    results = line.test.results
    if kept:
        best = max(kept, key=lambda result: float(result["rate_per_s"]))
        said = (
            f"**{frame.as_typed(line.candidate.name)} kept up with {best['rate_per_s']:g} a second**: nine "
            f"in ten were answered within {in_words(best['latency_ms']['p90'])}."
        )
    else:
        said = f"**{frame.as_typed(line.candidate.name)} did not keep up with any of these rates.**"
    failed = sum(sum(result["errors"].values()) + result["timeouts"] for result in results)
    calls = sum(result["calls"] for result in results)
    cost = frame.dollars(money(line.test.cost_usd))
    st.markdown(said)
    broken = [result for result in results if result["ended"] != "whole"]
    ended = f" · ended early: {broken[-1]['ended']}" if broken else "" if line.test.finished_at else " · not finished"
    st.caption(
        f"{calls:,} requests measured, {failed:,} without an answer · prompts of {frame.as_typed(line.dataset)} · "
        f"spent {cost}{ended}"
    )


def _keeps_up(result: dict[str, Any]) -> bool:
    """Whether answers came as fast as requests, and nearly all of them."""
    if not result["calls"] or result["latency_ms"]["p90"]["value"] is None:
        return False
    return bool(
        result["answered"] >= 0.99 * result["calls"]
        and (result["answered_per_s"] or 0.0) >= 0.9 * (result["sent_per_s"] or 0.0)
    )


def chart(results: Sequence[dict[str, Any]], position: int, *, key: str) -> None:
    """Latency quantiles over the arrival rates, with intervals; hollow where it is only known to be at least that."""
    shown = [result for result in results if result["calls"]]
    if not shown:
        return
    ink, hue = colours.ink(), colours.colour(position)
    figure = go.Figure()
    seconds: list[float] = []
    for name in _QUANTILES:
        seconds += _curve(figure, shown, name, hue)
    _label(figure, shown)
    low, high = min(seconds, default=0.1) / _MARGIN, max(seconds, default=1.0) * _MARGIN
    ticks = [tick for tick in _TICKS_S if low <= tick <= high]
    axis = {
        "showgrid": False, "zeroline": False, "fixedrange": True, "showline": True, "linecolor": ink.line,
        "ticks": "outside", "tickcolor": ink.line, "tickfont": {"color": ink.quiet, "size": 12},
    }  # fmt: skip
    figure.update_layout(
        height=360, margin={"l": 8, "r": 64, "t": 12, "b": 44}, showlegend=False, dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
    )  # fmt: skip
    places = list(range(len(shown)))
    title = {"font": {"color": ink.quiet, "size": 12}, "standoff": 8}
    figure.update_xaxes(
        **axis, tickvals=places, ticktext=[f"{result['rate_per_s']:g}" for result in shown],
        range=[-0.3, len(shown) - 0.7], title=title | {"text": "requests per second"},
    )  # fmt: skip
    figure.update_yaxes(
        **axis, type="log", tickvals=ticks, ticktext=[f"{tick:g} s" for tick in ticks], automargin=True,
        range=[log10(low), log10(high)],
    )  # fmt: skip
    st.plotly_chart(figure, config=charts.CONFIG, key=key, alt=_alt(shown))


def _curve(figure: go.Figure, shown: list[dict[str, Any]], name: str, hue: str) -> list[float]:
    """Draw one quantile; the seconds that it and its intervals reach to."""
    ink = colours.ink()
    found = [result["latency_ms"][name] for result in shown]
    points = [(place, at, _ms(at)) for place, at in enumerate(found) if _ms(at) is not None]
    if not points:
        return []
    values = [(ms or 0.0) / 1000 for _, _, ms in points]
    ups = [max(0.0, (at["upper"] or ms or 0.0) - (ms or 0.0)) / 1000 for _, at, ms in points]
    downs = [max(0.0, (ms or 0.0) - (at["lower"] if at["lower"] is not None else ms or 0.0)) / 1000
             for _, at, ms in points]  # fmt: skip
    figure.add_scatter(
        x=[place for place, _, _ in points], y=values, mode="lines+markers",
        line={"color": hue, "width": 2, "dash": _DASHES[name]},
        marker={
            "size": 9, "line": {"color": hue, "width": 2},
            "color": [hue if at["value"] is not None else ink.paper for _, at, _ in points],
        },
        error_y={"type": "data", "array": ups, "arrayminus": downs, "color": hue, "thickness": 1, "width": 3},
        hovertemplate=[f"{name} {in_words(at)}{_interval(at)}<extra></extra>" for _, at, _ in points],
    )  # fmt: skip
    return [*values, *(value + up for value, up in zip(values, ups, strict=True)),
            *(max(value - down, 1e-3) for value, down in zip(values, downs, strict=True))]  # fmt: skip


def _label(figure: go.Figure, shown: list[dict[str, Any]]) -> None:
    """Name the curves at their right ends; those that end at the same place share a label."""
    found = shown[-1]["latency_ms"]
    ends = sorted((log10(max(ms, 1.0) / 1000), name) for name in _QUANTILES if (ms := _ms(found[name])) is not None)
    groups: list[tuple[float, list[str]]] = []
    for at, name in ends:
        if groups and at - groups[-1][0] < _APART:
            groups[-1][1].append(name)
        else:
            groups.append((at, [name]))
    for at, names in groups:
        figure.add_annotation(
            x=len(shown) - 1, y=at, text=names[0] if len(names) == 1 else f"{names[0]}–{names[-1]}", xanchor="left",
            xshift=12, showarrow=False, font={"color": colours.ink().text, "size": 13},
        )  # fmt: skip


def _table(results: Sequence[dict[str, Any]]) -> None:
    rows = []
    for result in results:
        errors = sum(result["errors"].values())
        rows.append(
            {
                "Per second": f"{result['rate_per_s']:g}",
                **{name: f"{in_words(result['latency_ms'][name])}{_interval(result['latency_ms'][name])}"
                   for name in _QUANTILES},
                "First word, p50": in_words(result["first_visible_ms"]["p50"]),
                "Answered per second": _per(result["answered_per_s"]),
                "Requests": result["calls"],
                "Timed out": result["timeouts"],
                "Failed": errors,
                "Why": ", ".join(f"{n:,} {kind.replace('_', ' ')}" for kind, n in sorted(result["errors"].items())),
            }
        )  # fmt: skip
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={"Per second": st.column_config.TextColumn()},
        alt="Latency quantiles, throughput and errors for every arrival rate",
    )
    waited = max(float(result["timeout_s"]) for result in results)
    st.caption(
        f"Times from when a request was due to the end of its answer, with 95 % intervals. A request that was not "
        f"answered within {waited:g} s counts as *at least* that long, so a quantile among these reads ≥."
    )


def _alt(shown: Sequence[dict[str, Any]]) -> str:
    parts = [
        f"{result['rate_per_s']:g} per second: "
        + ", ".join(f"{name} {in_words(result['latency_ms'][name])}" for name in _QUANTILES)
        for result in shown
    ]
    return "Latency over arrival rates. " + "; ".join(parts)


def _ms(at: dict[str, Any]) -> float | None:
    found = at["value"] if at["value"] is not None else at["at_least"]
    return None if found is None else float(found)


def in_words(at: dict[str, Any]) -> str:
    """A quantile as people read it; one among timeouts is at least that long."""
    if at["value"] is not None:
        return seconds(at["value"])
    return f"≥ {seconds(at['at_least'])}" if at["at_least"] is not None else "–"


def _interval(at: dict[str, Any]) -> str:
    if at["value"] is None or (at["lower"] is None and at["upper"] is None):
        return ""
    lower = seconds(at["lower"]) if at["lower"] is not None else "?"
    return f" ({lower} – {seconds(at['upper']) if at['upper'] is not None else '?'})"


def _per(found: float | None) -> str:
    return "–" if found is None else f"{found:,.1f}"
