"""The list of runs, and which one is looked at."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core import clock
from core.domain.words import when
from core.services import runs
from core.services.runs import CandidateProgress, RunLine
from core.storage.engine import reading
from core.ui.runs import address, words
from core.ui.shared import access, frame
from core.ui.shared.filters import gone, say_gone
from core.ui.shared.resources import engine

_TABLE, _IDS, _CHOSEN = "runs_table", "_runs_in_table", "runs_chosen"


def nothing_yet() -> None:
    """What a run is, and how to begin one, where nothing was ever asked or imported."""
    frame.empty_state(
        "No runs yet",
        "A run puts the prompts of a dataset before candidates and keeps what they answer, how long that took, what "
        "it cost and how it scores. Press *Re-evaluate* in the sidebar: it says what a run takes before it begins. "
        "It needs prompts (*Data*) and candidates (*Candidates*).",
        icon=":material/play_circle:",
    )


@dataclass(frozen=True)
class Seen:
    """All runs, the one that is looked at, and its candidates, as they were at one moment."""

    lines: list[RunLine]
    chosen: RunLine
    candidates: list[CandidateProgress]


def look(known: Iterable[RunLine] = ()) -> Seen | None:
    """Read what the page shows; None where there is no run. ``known``: the runs as they were seen before."""
    with reading(engine()) as session:
        runs.at_one_moment(session)
        lines = runs.listed(session, now=clock.now(), known=known)
        if not lines:
            return None
        chosen = _chosen(lines)
        return Seen(lines, chosen, runs.per_candidate(session, chosen))


def _chosen(lines: list[RunLine]) -> RunLine:
    """The run that the address names, else the usual one."""
    asked = address.asked()
    return next((line for line in lines if str(line.id) == asked), None) or runs.usual(lines)


def choice(seen: Seen) -> None:
    """The drop-down of runs; one that is chosen there stands in the address."""
    asked = address.asked()
    if asked is not None and asked != str(seen.chosen.id):
        gone("run", [asked], f"run {seen.chosen.id}")
    say_gone()
    address.show(seen.chosen.id)
    by_id = {line.id: line for line in seen.lines}
    if len(by_id) > 1:
        st.session_state[_CHOSEN] = seen.chosen.id
        st.selectbox(
            "Run",
            list(by_id),
            format_func=lambda run_id: label(by_id[run_id]),
            key=_CHOSEN,
            on_change=_show_chosen,
            width=640,
        )


def label(line: RunLine) -> str:
    """A run in a drop-down: number, dataset, what became of it, how much of it there is, when."""
    done = f", {words.done(line)}" if line.is_evaluation else ""
    state = f"{words.state(line).word}{done}"
    return f"Run {line.id} · {line.dataset} · {state} · {when(line.created_at)}"


def table(lines: list[RunLine]) -> None:
    """All runs; a row that is clicked is looked at."""
    if len(lines) < 2:
        return
    st.subheader("All runs", anchor=False)
    number = st.column_config.NumberColumn(format="localized", width=84)
    st.dataframe(
        pd.DataFrame([_row(line) for line in lines]),
        hide_index=True,
        key=_TABLE,
        on_select=_choose_in_table,
        selection_mode="single-row",
        height="content" if len(lines) <= 12 else 460,
        column_config={
            "Run": st.column_config.NumberColumn(pinned=True, width=52),
            "State": st.column_config.TextColumn(width=110),
            "Dataset": st.column_config.TextColumn(width=190),
            "Candidates": number,
            "Done": st.column_config.ProgressColumn(format="%d %%", min_value=0, max_value=100, width=110),
            "Left": st.column_config.TextColumn(width=210),
            "Responses": number,
            "Calls": st.column_config.TextColumn(width=72, alignment="right"),
            "Given up": st.column_config.TextColumn(width=80, alignment="right"),
            "Spent": st.column_config.TextColumn(width=120),
            "Begun": st.column_config.DatetimeColumn(
                "Begun, UTC", format="D MMM YYYY, HH:mm", timezone="UTC", width=150
            ),
        },
        alt="Every run with its state, what is left, responses, calls, failures and cost",
    )
    st.session_state[_IDS] = [line.id for line in lines]


def _row(line: RunLine) -> dict[str, object]:
    asked = line.is_evaluation
    return {
        "Run": line.id,
        "State": words.state(line).word,
        "Dataset": line.dataset,
        "Candidates": len(line.candidate_ids),
        "Done": int(100 * line.share) if asked else None,
        "Left": words.left(line) if asked else "–",
        "Responses": line.responses,
        "Calls": f"{line.attempts:,}" if asked else "–",
        "Given up": f"{line.failed:,}" if asked else "–",
        "Spent": words.spent(line.cost_usd, line.unpriced) if asked else "–",
        "Begun": line.started_at or line.created_at,
    }


@access.guarded(access.Role.ANALYST)
def _show_chosen() -> None:
    address.show(st.session_state[_CHOSEN])


@access.guarded(access.Role.ANALYST)
def _choose_in_table() -> None:
    rows = st.session_state[_TABLE].selection.rows
    if rows:
        address.show(st.session_state[_IDS][rows[0]])
