"""What size of change can be seen at all with this dataset, and how often the statistics raise a false alarm on it."""

import streamlit as st

from core.domain.drift import Metric, Scale, Visible
from core.domain.words import n, percent
from core.services.watching.drift import Replay
from core.ui.drift import words
from core.ui.drift.choice import View
from core.ui.shared import grids

_NOTICEABLE = 1.15


def section(view: View) -> None:
    """A table, a line a metric; and the replay in a sentence."""
    if view.state.baseline is None:
        return
    st.subheader("What can be seen at all", anchor=False)
    sizes = view.state.smallest_visible
    if not sizes:
        st.caption("Not known yet: it is told from the spread of the first checked runs.")
    else:
        st.caption(
            "The change that an alarm can be had for within two checks, in nine cases out of ten, told from how much "
            "answers to these prompts vary. Smaller ones show later, or not at all: more prompts or more repetitions "
            "make them visible."
        )
        st.markdown(f"Overall: {_overall(sizes)}.")
        with st.expander("By category", icon=":material/table_rows:"):
            grids.show(_rows(sizes), alt="The smallest change that can be seen, by figure and category")
            never = dict.fromkeys(one.metric.title.lower() for one in sizes if one.metric.watch_only)
            if never:
                st.caption(f"Never an alarm, whatever their size, and on the watch list alone: {', '.join(never)}.")
    st.caption(f":material/replay: {_replayed(view.state.replay)}")


def _overall(sizes: tuple[Visible, ...]) -> str:
    known = [one for one in sizes if one.category is None and not one.metric.watch_only and one.size is not None]
    return "; ".join(f"{one.metric.title.lower()} {_size(one)}" for one in known) or "none, however large"


def _rows(sizes: tuple[Visible, ...]) -> list[dict[str, object]]:
    scopes = list(dict.fromkeys(words.where(one.category) for one in sizes))
    of = {(one.metric.title, words.where(one.category)): one for one in sizes}
    titles = dict.fromkeys(one.metric.title for one in sizes if not one.metric.watch_only)
    return [{"Figure": title, **{scope: _size(of.get((title, scope))) for scope in scopes}} for title in titles]


def _size(one: Visible | None) -> str:
    if one is None:
        return "–"
    if one.size is None:
        return "none, however large"
    written = _written(one.metric, one.size)
    if one.largest is None or one.largest < _NOTICEABLE * one.size:
        return written
    return f"{written}, up to {_written(one.metric, one.largest)}"


def _written(metric: Metric, size: float) -> str:
    return f"{100 * size:.0f} points" if metric.scale is Scale.SHARE else f"× {size:.2f}"


def _replayed(replay: Replay | None) -> str:
    if replay is None:
        return (
            "How often these statistics raise a false alarm on your own answers has not been measured yet; that "
            "happens in the background."
        )
    return (
        f"Measured on your own answers, drawn again as if nothing had changed: an alarm in {replay.alarm_years:,} of "
        f"{n(replay.years, 'year')} of checks ({percent(replay.alarm_years / max(replay.years, 1))}; meant: at most "
        f"5 %), something on the watch list in {percent(replay.watch_checks / max(replay.checks, 1))} of checks "
        f"(meant: at most 10 %), over {replay.series:,} figures."
    )
