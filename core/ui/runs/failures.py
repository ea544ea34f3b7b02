"""What failed in a run: by kind, with what to do about it, and what the endpoint said."""

import pandas as pd
import streamlit as st

from core.domain.words import n
from core.services import runs
from core.services.runs import FailureLine, RunLine
from core.storage.engine import reading
from core.ui.runs import words
from core.ui.shared import frame
from core.ui.shared.resources import engine

_MOST_NAMED = 3


def section(line: RunLine) -> None:
    """Every kind of failure in words, then each candidate's."""
    if not line.is_evaluation:
        return
    with reading(engine()) as session:
        found = runs.failures(session, line.id)
    if not found:
        return
    st.subheader("What failed", anchor=False)
    kinds: dict[str, list[FailureLine]] = {}
    for each in found:
        kinds.setdefault(each.kind, []).append(each)
    for kind, lines in kinds.items():
        st.markdown(_in_words(kind, lines))
    with st.expander("What the endpoints said", icon=":material/terminal:", key=f"runs_failures_{line.id}"):
        _table(found)


def _in_words(kind: str, lines: list[FailureLine]) -> str:
    word, to_do = words.fault(kind)
    names = [frame.as_typed(each.candidate) for each in lines]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    given_up = sum(each.given_up for each in lines)
    tries = n(sum(each.attempts for each in lines), "call")
    ended = f"**{given_up:,} given up**" if given_up else "all tried again"
    return f"**{word}** · {tries} by {', '.join(names[:_MOST_NAMED])}{more}, {ended}. :gray[{to_do}]"


def _table(found: list[FailureLine]) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                "Candidate": [each.candidate for each in found],
                "What": [words.fault(each.kind)[0] for each in found],
                "Calls": [each.attempts for each in found],
                "Given up": [each.given_up for each in found],
                "The last message": [each.message for each in found],
            }
        ),
        hide_index=True,
        height="content" if len(found) <= 10 else 400,
        column_config={
            "Candidate": st.column_config.TextColumn(pinned=True, width=150),
            "What": st.column_config.TextColumn(width=110),
            "Calls": st.column_config.NumberColumn(format="localized", width=64),
            "Given up": st.column_config.NumberColumn(format="localized", width=76),
            "The last message": st.column_config.TextColumn(width=620),
        },
        alt="Failed calls by candidate and kind, with the last message of each",
    )
