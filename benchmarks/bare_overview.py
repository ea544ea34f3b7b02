"""The charts of *Overview* on a bare Streamlit page: from a view at hand, with nothing to choose or look up."""

import sys

import streamlit as st

from benchmarks.left import left
from core.ui.overview import evidence
from core.ui.overview.view import View

st.set_page_config(layout="wide")
kept: View = left(sys.argv[1])
evidence.cost_chart(kept)
evidence.latency_chart(kept)
