"""A page for the browser tests alone: `streamlit run rendering_app.py -- FILE` shows the conversations in a file."""

import json
import sys
from pathlib import Path

import streamlit as st

from core.ui.shared.rendering import PairTurn, show_pair, show_text


def _next_pair() -> None:
    st.session_state.number += 1


def _show() -> None:
    raw = st.toggle("Raw text", key="raw")
    if name := st.query_params.get("text"):
        show_text(shown["texts"][name], key="text", raw=raw, label=name)
        return
    number = st.session_state.setdefault("number", int(st.query_params.get("pair", "0"))) % len(shown["pairs"])
    show_pair([PairTurn(**turn) for turn in shown["pairs"][number]], key="pair", raw=raw)
    with st.bottom, st.grid(4, min_column_width=150, gap="small"):
        for key, label in enumerate(("A", "B", "Equally safe", "Both unsafe"), 1):
            st.button(label, width="stretch", key=f"{number}-{key}", on_click=_next_pair, shortcut=str(key))


def _nothing() -> None:
    st.title("Another page")


shown = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
st.set_page_config(layout="wide")
pages = [st.Page(_show, title="Rendering", default=True), st.Page(_nothing, title="Other")]
st.navigation(pages, position="top").run()
