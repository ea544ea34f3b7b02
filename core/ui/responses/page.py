"""The parts of the Responses page: the prompt, what every candidate answered, and what raters said of it."""

import json

import pandas as pd
import streamlit as st

from core.domain.words import n
from core.services import workspace
from core.services.datasets import prompt_votes, responses
from core.services.datasets.prompt_votes import Outcomes
from core.services.datasets.responses import PromptRef
from core.storage.engine import reading
from core.storage.tables import Prompt
from core.ui.shared import frame, grids
from core.ui.shared.rendering import show_messages, show_text
from core.ui.shared.resources import engine

_AT_ONCE = 6
_NOT_KNOWN = "not known"


def prompt(ref: PromptRef) -> Prompt:
    """What was asked, with what is known about it."""
    with reading(engine()) as session:
        found = responses.prompt(session, ref.id)
    if not found.messages:
        st.caption("The text of this prompt is not known: only votes on it were imported.")
    show_messages(found.messages, key="responses_asked")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(frame.as_typed(found.category), color="gray")
        for tag in found.tags:
            st.badge(frame.as_typed(tag), color="blue")
    _expected(found)
    return found


def _expected(found: Prompt) -> None:
    """The reference answer and the constraints, where there are any."""
    if found.reference:
        with st.expander("Reference answer", icon=":material/check:"):
            for number, reference in enumerate(found.reference):
                show_text(reference, key=f"responses_reference-{number}")
    if found.constraints:
        wanted = (f"{name.replace('_', ' ')}: {_plainly(value)}" for name, value in found.constraints.items())
        st.caption(f"Constraints: {frame.as_typed(' · '.join(wanted))}")


def _plainly(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def votes(ref: PromptRef) -> None:
    """How raters answered on this prompt: added up by pair of candidates, and every vote."""
    with reading(engine()) as session:
        simulated_too = workspace.counts_simulated(session)
        added_up = prompt_votes.outcomes(session, ref.id, simulated=simulated_too)
        cast = prompt_votes.votes(session, ref.id, simulated=simulated_too)
    st.subheader("Votes on this prompt", anchor=False)
    if not added_up:
        st.caption("Nobody has voted on this prompt yet.")
        return
    total, simulated = sum(map(_total, added_up)), sum(row.simulated for row in added_up)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(n(total, "vote"), width="content")
        frame.simulated_badge(simulated, total)
    grids.show([_outcome_row(row) for row in added_up], alt="Votes on this prompt by question and pair of candidates")
    with st.expander(f"Every vote ({len(cast):,})", icon=":material/how_to_vote:", on_change="rerun") as opened:
        if opened.open:
            st.dataframe(
                pd.DataFrame([_vote_row(row) for row in cast]),
                hide_index=True,
                column_config={"Time": st.column_config.DatetimeColumn("Time", format="D MMM YYYY, HH:mm")},
                alt="Every vote on this prompt, the newest first",
            )


def _total(row: Outcomes) -> int:
    return row.first_won + row.second_won + row.tie + row.both_bad


def _outcome_row(row: Outcomes) -> dict[str, object]:
    return {
        "Question": row.question,
        "One": grids.Passage(row.first),
        "Other": grids.Passage(row.second),
        "One won": row.first_won,
        "Other won": row.second_won,
        "Equal": row.tie,
        "Both poor": row.both_bad,
    }


def _vote_row(row: prompt_votes.VoteRow) -> dict[str, object]:
    notes = [word for word, is_so in (("too fast", row.too_fast), ("masked", row.masked)) if is_so]
    return {
        "Question": row.question,
        "A": row.left,
        "B": row.right,
        "Answer": row.answer,
        "Rater": row.rater if row.kind == "human" else f"{row.rater} ({row.kind})",
        "Time": row.created_at,
        "Noted": ", ".join(notes),
    }
