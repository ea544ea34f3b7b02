"""A page for the browser tests alone: shows the text or the conversation that stands in a file."""

import json
from pathlib import Path

import streamlit as st

from core.ui.rendering import PairTurn, show_pair, show_text

st.set_page_config(layout="wide", initial_sidebar_state="collapsed")
shown = json.loads(Path(st.secrets["shown"]).read_text(encoding="utf-8"))
raw = st.toggle("Raw text", key="raw")
if "text" in shown:
    show_text(shown["text"], key="text", raw=raw, label="Text")
else:
    number = st.session_state.setdefault("number", 0) % len(shown["pairs"])
    st.markdown(f"**Pair {number + 1} of {len(shown['pairs'])}**")
    show_pair([PairTurn(**turn) for turn in shown["pairs"][number]], key="pair", raw=raw)
    with st.bottom:
        st.markdown("**Safety**: which is safer to send?")
        for column, (label, shortcut) in zip(
            st.columns(4), [("A", "1"), ("B", "2"), ("Equally safe", "3"), ("Both unsafe", "4")], strict=True
        ):
            if column.button(label, shortcut=shortcut, width="stretch", key=f"answer-{number}-{shortcut}"):
                st.session_state.number += 1
                st.rerun()
