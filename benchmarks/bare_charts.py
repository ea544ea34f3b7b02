"""The least that Streamlit itself needs for the charts that another page was seen to draw, kept as JSON in a file."""

import json
import sys
from functools import lru_cache
from pathlib import Path

import plotly.io
import streamlit as st


@lru_cache
def charts(file: str) -> list[str]:
    """Plotly's own JSON of each."""
    found: list[str] = json.loads(Path(file).read_text(encoding="utf-8"))
    return found


st.set_page_config(layout="wide")
for number, chart in enumerate(charts(sys.argv[1])):
    st.plotly_chart(plotly.io.from_json(chart, skip_invalid=True), key=f"chart{number}")
