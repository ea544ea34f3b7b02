"""The charts of *Cost & quality* on a bare Streamlit page: from a report at hand, with nothing to choose or look up."""

import sys

import streamlit as st

from benchmarks.left import left
from core.services.quality import QualityReport
from core.ui.quality import page
from core.ui.quality.choice import Choice

st.set_page_config(layout="wide")
kept: QualityReport = left(sys.argv[1])
everybody = frozenset(candidate.id for candidate in kept.candidates)
view = page.view(kept, Choice(kept.scope, "", None, kept.runs, everybody), ())
page.plots(view)
page.any_figure(view)
