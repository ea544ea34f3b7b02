"""The hour of the day: what it does to latency and failures, where repetitions were spread over the day."""

from collections.abc import Sequence
from zoneinfo import available_timezones

import streamlit as st

from core.domain.drift import Hours
from core.domain.words import percent
from core.services.watching import drift
from core.services.watching.drift import HoursOfDay
from core.storage.engine import reading
from core.ui.drift import plots, words
from core.ui.drift.choice import View
from core.ui.shared import charts, colours, frame, grids
from core.ui.shared.kept import KEPT
from core.ui.shared.resources import engine

_FRESH_S = 120
_FEWEST_HOURS = 2


def section(view: View) -> None:
    """Two charts and a table; where all came in one hour, how to have it otherwise."""
    with st.expander("Hour of the day", icon=":material/schedule:", on_change="rerun", key="drift_hours") as opened:
        if opened.open:
            _section(view)


def _section(view: View) -> None:
    zone = _zone()
    found = _found(view, zone)
    told = [one for one in found if len(one.latency.hours) >= _FEWEST_HOURS or len(one.failures.hours) >= _FEWEST_HOURS]
    if not told:
        st.markdown(
            "All answers came in the same hour of the day, so nothing can be said. Have a schedule spread its "
            "repetitions over the day: on *Schedules*, *spread over the day*."
        )
        return
    told.sort(key=lambda one: view.position(one.candidate_id))
    drawn = told[: colours.MOST_COLOURED]
    st.caption(
        f"By the hour in {frame.as_typed(zone)} at which a candidate was asked, as if every hour had had the same "
        "prompts. Lines: 95 % intervals. The share of the variance is of what varies from answer to answer to the "
        "same prompt."
    )
    if len(told) > len(drawn):
        st.caption(f"Charts show the first {len(drawn)} of {len(told):,} candidates; the table has all.")
    with st.grid(2, min_column_width=330, gap="medium"):
        _chart(view, drawn, "Latency", "latency")
        _chart(view, drawn, "Tries that failed", "failures")
    grids.show([_row(view, one) for one in told], alt="Which share of the variance the hour of the day makes")


def _chart(view: View, drawn: Sequence[HoursOfDay], title: str, name: str) -> None:
    with st.container(gap="xsmall"):
        st.markdown(f"**{title}**")
        lines = [plots.HourLine(one.candidate, view.position(one.candidate_id), getattr(one, name)) for one in drawn]
        figure = plots.hours_figure(lines, is_share=name == "failures")
        said = "; ".join(f"{one.candidate}: {_share(getattr(one, name))}" for one in drawn[:5])
        alt = f"{title} by hour of the day; share of the variance that the hour makes: {said}"
        st.plotly_chart(figure, config=charts.CONFIG, key=f"drift_hours-{name}", alt=alt)


def _row(view: View, one: HoursOfDay) -> dict[str, object]:
    shown = view.shown.get(one.candidate_id)
    name = grids.Name(one.candidate, view.position(one.candidate_id), True, bool(shown and shown.is_champion))
    slow = max(one.latency.hours, key=lambda hour: hour.value, default=None)
    return {
        "Candidate": name,
        "Of latency's variance": _share(one.latency),
        "Of failures' variance": _share(one.failures),
        "Slowest at": "–" if slow is None else f"{slow.hour:02d}:00",
        "Answers": sum(hour.responses for hour in one.latency.hours),
    }


def _share(hours: Hours) -> str:
    if hours.share is None:
        return words.UNKNOWN
    if hours.lower is None or hours.upper is None:
        return percent(hours.share)
    return f"{percent(hours.share)} ({100 * hours.lower:.0f} to {100 * hours.upper:.0f})"


def _found(view: View, zone: str) -> list[HoursOfDay]:
    newest = None if view.state.check is None else view.state.check.id
    baseline = None if view.state.baseline is None else view.state.baseline.id

    def compute() -> list[HoursOfDay]:
        with reading(engine()) as session:
            return drift.hours_of_day(session, view.dataset, zone=zone)

    key = ("drift_hours", str(engine().url), view.dataset, newest, baseline, zone)
    return KEPT.get(key, compute, fresh_s=_FRESH_S)


def _zone() -> str:
    """The reader's own time zone, as the browser says; UTC where it says none that is known."""
    found = st.context.timezone
    return found if isinstance(found, str) and found in available_timezones() else "UTC"
