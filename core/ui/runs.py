"""The list of runs, and which one is looked at."""

import pandas as pd
import streamlit as st

from core.services import runs
from core.services.runs import RunLine
from core.storage.engine import reading
from core.ui import access, frame, run_words, runs_address
from core.ui.resources import engine, now

_TABLE, _IDS, _CHOSEN = "runs_table", "_runs_in_table", "runs_chosen"


def listed() -> list[RunLine]:
    """The runs, newest first."""
    with reading(engine()) as session:
        return runs.listed(session, now=now())


def nothing_yet() -> None:
    """What a run is, and how to begin one, where nothing was ever asked or imported."""
    frame.empty_state(
        "No runs yet",
        "A run puts the prompts of a dataset before candidates and keeps what they answer, how long that took, what "
        "it cost and how it scores. Press *Re-evaluate* in the sidebar: it says what a run takes before it begins. "
        "It needs prompts (*Data*) and candidates (*Candidates*).",
        icon=":material/play_circle:",
    )


def choice(lines: list[RunLine]) -> RunLine:
    """The run that is looked at: the one the address names, else one that goes on, else the newest."""
    by_id = {line.id: line for line in lines}
    going = [line.id for line in lines if line.is_active]
    asked = runs_address.asked_for()
    chosen = asked if asked in by_id else (going or [lines[0].id])[0]
    if asked is not None and asked not in by_id:
        st.caption(f"There is no run {asked} here any more; this is another one.")
    if len(lines) > 1:
        st.session_state[_CHOSEN] = chosen
        st.selectbox(
            "Run",
            list(by_id),
            format_func=lambda run_id: label(by_id[run_id]),
            key=_CHOSEN,
            on_change=_show_chosen,
            width=560,
        )
    return by_id[chosen]


def label(line: RunLine) -> str:
    """A run in a drop-down: number, dataset, what became of it, when."""
    return f"Run {line.id} · {line.dataset} · {run_words.state(line).word} · {run_words.when(line.created_at)}"


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
            "Responses": number,
            "Given up": st.column_config.TextColumn(width=80, alignment="right"),
            "Spent": st.column_config.TextColumn(width=120),
            "Begun": st.column_config.DatetimeColumn(
                "Begun, UTC", format="D MMM YYYY, HH:mm", timezone="UTC", width=150
            ),
        },
        alt="Every run with its state, responses, failures and cost",
    )
    st.session_state[_IDS] = [line.id for line in lines]


def _row(line: RunLine) -> dict[str, object]:
    asked = line.is_evaluation
    return {
        "Run": line.id,
        "State": run_words.state(line).word,
        "Dataset": line.dataset,
        "Candidates": len(line.candidate_ids),
        "Done": int(100 * line.share) if asked else None,
        "Responses": line.responses,
        "Given up": f"{line.failed:,}" if asked else "–",
        "Spent": run_words.spent(line.cost_usd, line.unpriced) if asked else "–",
        "Begun": line.started_at or line.created_at,
    }


@access.guarded(access.Role.ANALYST)
def _show_chosen() -> None:
    runs_address.show(st.session_state[_CHOSEN])


@access.guarded(access.Role.ANALYST)
def _choose_in_table() -> None:
    rows = st.session_state[_TABLE].selection.rows
    if rows:
        runs_address.show(st.session_state[_IDS][rows[0]])
