"""The charts of *Cost & quality* on a bare Streamlit page: from a report at hand, with nothing to choose or look up."""

import pickle
import sys
from functools import lru_cache
from pathlib import Path

import streamlit as st

from core.services.quality import QualityReport
from core.ui.quality import page
from core.ui.quality.choice import Choice


@lru_cache
def report(file: str) -> QualityReport:
    """What the benchmark left there."""
    found: QualityReport = pickle.loads(Path(file).read_bytes())
    return found


st.set_page_config(layout="wide")
kept = report(sys.argv[1])
everybody = frozenset(candidate.id for candidate in kept.candidates)
view = page.view(kept, Choice(kept.scope, "", None, kept.runs, everybody), ())
page.plots(view)
page.any_figure(view)
