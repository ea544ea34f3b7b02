"""An import while it runs and after it: the bar, what was done, and what became of one that was stopped."""

import time
from collections.abc import Callable

import streamlit as st

from core import clock
from core.domain.words import percent
from core.services.candidates import candidates
from core.services.importing import ImportSummary, Kind, OnProgress
from core.storage.engine import reading
from core.ui.datasets.import_order import Order
from core.ui.shared import frame
from core.ui.shared.resources import engine

Work = Callable[[OnProgress], ImportSummary]
Step = tuple[str, str, str, dict[str, str]]
"""What the button says, its icon, the page, and what stands in the address."""
_RUNNING, _DONE = "_import_running", "_import_done"
_EVERY_S = 0.2


def wants_import(order: Order, *, key: str) -> bool:
    """The button; whether it was pressed."""
    return st.button(f"Import the {order.kind.value}", type="primary", icon=":material/upload:", key=key)


def run(name: str, kind: Kind, work: Work) -> ImportSummary:
    """Do ``work`` under a bar. Any click ends it, and then nothing of the file is kept: it is one transaction."""
    st.session_state[_RUNNING] = name
    st.session_state.pop(_DONE, None)
    place = st.empty()
    with place.container(border=True, gap="small"):
        bar = st.progress(0.0, text=f"Reading {frame.as_typed(name)} …")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Stop", icon=":material/stop:", key="datasets_import_stop")
            st.caption("Stay on this page until it is done. It comes in whole or not at all.")
    try:
        summary = work(_Bar(bar.progress, frame.as_typed(name), kind).show)
    except Exception:
        st.session_state.pop(_RUNNING, None)
        place.empty()
        raise
    st.session_state.pop(_RUNNING, None)
    return summary


class _Bar:
    """Shows progress a few times a second: what is read, what is left."""

    def __init__(self, draw: Callable[..., object], name: str, kind: Kind) -> None:
        self._draw, self._name, self._kind = draw, name, kind
        self._begun = self._drawn = time.monotonic()

    def show(self, fraction: float | None, records: int) -> None:
        """The import's ``on_progress``."""
        at = time.monotonic()
        if fraction != 1 and at - self._drawn < _EVERY_S:
            return
        self._drawn = at
        read = f" · {records:,} {self._kind.value}" if records else ""
        if fraction is None:
            self._draw(0.0, text=f"Reading {self._name}{read}")
        elif fraction == 1:
            self._draw(1.0, text=f"{self._name} is read{read} · counting and saving …")
        else:
            left = (at - self._begun) / fraction * (1 - fraction) if fraction > 0.02 else None
            rest = f" · {_time(left)} left" if left is not None else ""
            self._draw(fraction, text=f"Reading {self._name} · {percent(fraction)}{read}{rest}")


def _time(seconds: float) -> str:
    return f"about {max(1, round(seconds))} s" if seconds < 90 else f"about {round(seconds / 60)} min"


def remember(name: str, summary: ImportSummary) -> None:
    """Keep what was done, to be shown in the next run."""
    st.session_state[_DONE] = (name, summary)


def say_what_became_of_the_last() -> None:
    """What the last import did; or that it was stopped, and that nothing of it was kept."""
    stopped = st.session_state.pop(_RUNNING, None)
    if stopped is not None:
        st.warning(
            f"The import of **{frame.as_typed(stopped)}** was stopped. Nothing of it was kept; import it again when "
            "you like.",
            icon=":material/stop_circle:",
        )
    name, summary = st.session_state.get(_DONE, (None, None))
    if summary is not None:
        _done(name, summary)


def _done(name: str, summary: ImportSummary) -> None:
    with st.container(border=True, gap="small"):
        st.markdown(f":material/check_circle: **{frame.as_typed(name)}** · {_did(summary)}")
        places = [f"dataset '{summary.dataset}'"] if summary.dataset else []
        places += [f"study '{summary.study}'"] if summary.study else []
        if places:
            st.caption(f"In {frame.as_typed(' and '.join(places))}.")
        for note in summary.notes:
            st.caption(f":material/info: {frame.as_typed(note)}")
        _next_steps(summary)


def _did(summary: ImportSummary) -> str:
    what = summary.kind.value if summary.records != 1 else summary.kind.value[:-1]
    if summary.already_imported:
        return f"was imported before, so nothing changed ({summary.records:,} {what})."
    left = f" {summary.left_out:,} left out." if summary.left_out else ""
    if summary.unchanged == 0:
        return f"{summary.records:,} {what} came in, all of them new.{left}"
    return f"{summary.records:,} {what} read: {summary.created:,} new, {summary.unchanged:,} were here before.{left}"


def _next_steps(summary: ImportSummary) -> None:
    """Where to go from here, as buttons; the first is what most people want."""
    with st.container(horizontal=True):
        for number, (label, icon, page, address) in enumerate(_steps(summary)):
            if st.button(
                label, icon=icon, type="secondary" if number else "primary", key=f"datasets_import_next_{number}"
            ):
                st.session_state.pop(_DONE, None)
                st.switch_page(page, query_params=address)


def _steps(summary: ImportSummary) -> list[Step]:
    if summary.kind is Kind.PROMPTS:
        with reading(engine()) as session:
            lines = candidates.listed(session, clock.now())
        can_be_asked = any(line.why_not is None for line in lines)
        run: Step = ("Have candidates answer them", ":material/play_arrow:", "runs.py", {})
        define: Step = ("Define candidates", ":material/smart_toy:", "candidates.py", {})
        return [run, define] if can_be_asked else [define]
    if summary.kind is Kind.RESPONSES:
        compare: Step = ("Compare cost and quality", ":material/payments:", "cost.py", {})
        return [("Rate it", ":material/balance:", "rate.py", {}), compare]
    if summary.kind is Kind.VOTES:
        address = {"leaderboard_study": summary.study} if summary.study else {}
        return [("See the leaderboard", ":material/leaderboard:", "leaderboard.py", address)]
    see: Step = ("See them", ":material/smart_toy:", "candidates.py", {})
    return [("Run them", ":material/play_arrow:", "runs.py", {}), see]
