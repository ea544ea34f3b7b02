"""Two runs compared: what changed for each candidate, in words and in numbers."""

import pandas as pd
import streamlit as st

from core.domain.paired import Change
from core.errors import EvenhandError
from core.services import runs
from core.services.runs import CandidateChange, Comparison, RunLine
from core.storage.engine import reading
from core.ui import frame, run_comparison_words, run_words
from core.ui import runs as run_list
from core.ui.resources import engine

_BEFORE, _AFTER = "before", "after"
_FRESH_S = 20


def section(lines: list[RunLine]) -> None:
    """The two runs, the answer, the table, every evaluator, how it was computed."""
    usable = [line for line in lines if line.responses]
    after, earlier = _later(usable)
    if after is None:
        frame.empty_state(
            "Nothing to compare yet",
            "Two runs of one dataset with responses are needed. Press *Re-evaluate* in the sidebar and ask the same "
            "prompts again.",
            icon=":material/compare_arrows:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        later = [line for line in usable if _partners(line, usable)]
        after = _choose("Later run", later, _AFTER, after)
        earlier = _partners(after, usable)
        before = _choose("Earlier run", earlier, _BEFORE, earlier[0])
    try:
        found = _compared(str(engine().url), before.id, after.id, before.responses, after.responses)
    except EvenhandError as error:
        frame.error_box(str(error), "", "Choose two other runs.")
        return
    _answer(found)


def _partners(line: RunLine, usable: list[RunLine]) -> list[RunLine]:
    """The runs that a run can be compared with: of its dataset, earlier, and with a candidate in common."""
    mine = set(line.candidate_ids)
    return [
        other
        for other in usable
        if other.dataset_id == line.dataset_id and other.id < line.id and mine & set(other.candidate_ids)
    ]


def _later(usable: list[RunLine]) -> tuple[RunLine | None, list[RunLine]]:
    for line in usable:
        if partners := _partners(line, usable):
            return line, partners
    return None, []


def _choose(label: str, lines: list[RunLine], name: str, usual: RunLine) -> RunLine:
    by_id = {line.id: line for line in lines}
    asked = st.query_params.get(name, "")
    chosen = int(asked) if asked.isdecimal() and int(asked) in by_id else usual.id
    key = f"_compare_{name}"
    st.session_state[key] = chosen
    st.selectbox(
        label,
        list(by_id),
        format_func=lambda run_id: run_list.label(by_id[run_id]),
        key=key,
        on_change=lambda: st.query_params.update({name: str(st.session_state[key])}),
        width=440,
    )
    return by_id[chosen]


@st.cache_data(ttl=_FRESH_S, max_entries=16, show_spinner="Comparing the runs …")
def _compared(database: str, before: int, after: int, *counted: int) -> Comparison:
    """``database`` and ``counted`` tell cached comparisons apart."""
    del database, counted
    with reading(engine()) as session:
        return runs.compare(session, before, after)


def _answer(found: Comparison) -> None:
    if not found.lines:
        frame.empty_state(
            "No prompt in common", "These runs asked no candidate the same prompt.", icon=":material/compare_arrows:"
        )
        return
    with st.container(border=True, gap="small"):
        for line in run_comparison_words.answer(found):
            st.markdown(line)
    _table(found.lines)
    _scores(found.lines)
    for said in run_comparison_words.left_out(found):
        st.caption(said)
    st.caption(f":material/info: {run_comparison_words.METHOD}")


def _table(lines: list[CandidateChange]) -> None:
    words = run_comparison_words
    text = st.column_config.TextColumn
    st.dataframe(
        pd.DataFrame(
            {
                "Candidate": [line.name for line in lines],
                "Prompts": [line.prompts for line in lines],
                "Acceptable": [words.ends(line.acceptable, words.percent) for line in lines],
                "by": [words.difference(line.acceptable, words.points) for line in lines],
                "Median latency": [words.ends(line.latency, words.seconds) for line in lines],
                "times": [words.ratio(line.latency) for line in lines],
                "Cost a response": [words.ends(line.cost, run_words.dollars) for line in lines],
                "more by": [words.difference(line.cost, words.signed_dollars) for line in lines],
            }
        ),
        hide_index=True,
        height="content" if len(lines) <= 12 else 460,
        column_config={
            "Candidate": text(pinned=True, width=150),
            "Prompts": st.column_config.NumberColumn(format="localized", width=70),
            "Acceptable": text(width=120),
            "by": text("Change, points", width=180),
            "Median latency": text(width=130),
            "times": text("Ratio", width=170),
            "Cost a response": text(width=180),
            "more by": text("Change, $", width=220),
        },
        alt="What changed for each candidate: share acceptable, latency, cost, with intervals",
    )


def _scores(lines: list[CandidateChange]) -> None:
    rows = [(line, name, change) for line in lines for name, change in line.scores.items()]
    moved = [row for row in rows if row[2].value]
    if not rows:
        return
    clear = sum(change.is_clear for _, _, change in moved)
    title = f"Every evaluator: {clear:,} of {run_words.n(len(rows), 'score')} clearly changed"
    with st.expander(title, icon=":material/rule:", key="compare_scores"):
        if not moved:
            st.caption("No evaluator scored anything differently.")
            return
        _score_table(sorted(moved, key=lambda row: (not row[2].is_clear, -abs(row[2].value or 0.0))))


def _score_table(rows: list[tuple[CandidateChange, str, Change]]) -> None:
    words = run_comparison_words
    st.dataframe(
        pd.DataFrame(
            {
                "Candidate": [line.name for line, _, _ in rows],
                "Evaluator": [name for _, name, _ in rows],
                "Prompts": [change.n for _, _, change in rows],
                "Mean score": [words.ends(change, words.score) for _, _, change in rows],
                "Change": [words.difference(change, words.signed_score) for _, _, change in rows],
            }
        ),
        hide_index=True,
        height="content" if len(rows) <= 12 else 460,
        column_config={"Prompts": st.column_config.NumberColumn(format="localized", width=70)},
        alt="Mean scores before and after, by candidate and evaluator",
    )
