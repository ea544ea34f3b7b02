"""The charts of *Overview* on a bare Streamlit page: from a view at hand, with nothing to choose or look up."""

import pickle
import sys
from functools import lru_cache
from pathlib import Path

import streamlit as st

from core.ui.overview import evidence
from core.ui.overview.view import View


@lru_cache
def view(file: str) -> View:
    """What the benchmark left there."""
    found: View = pickle.loads(Path(file).read_bytes())
    return found


st.set_page_config(layout="wide")
kept = view(sys.argv[1])
evidence.cost_chart(kept)
evidence.latency_chart(kept)
