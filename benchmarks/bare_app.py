"""The least that Streamlit itself needs for the rating page: two texts and four buttons with keys, in a fragment."""

import json
from pathlib import Path

import streamlit as st

TEXTS = [
    "\n\n".join(response.get("turns") or [response["text"]])
    for response in map(json.loads, (Path(__file__).parent.parent / "core/demo/responses.jsonl").open(encoding="utf-8"))
]


def _next() -> None:
    st.session_state["number"] = st.session_state.get("number", 0) + 1


@st.fragment
def pair() -> None:
    """Show the two texts, and the next two after every key press."""
    number = st.session_state.get("number", 0)
    for column, text in zip(st.columns(2), (2 * number, 2 * number + 1), strict=True):
        with column.container(border=True):
            st.text(TEXTS[text % len(TEXTS)])
    with st.bottom:
        for column, key in zip(st.columns(4), "1234", strict=True):
            column.button(f"Answer {key}", key=f"bare{number}-0-{int(key) - 1}", shortcut=key, on_click=_next)


st.set_page_config(layout="wide")
pair()
