"""The tables of *Routing* on a bare Streamlit page: from a view at hand, with nothing to choose or look up."""

import sys

import streamlit as st

from benchmarks.left import left
from core.services.routing import View
from core.ui.routing import made_of, table, what_if
from core.ui.shared import grids

st.set_page_config(layout="wide")
kept: View = left(sys.argv[1])
grids.show(table.rows_of_moves(kept), alt="What would change")
grids.show(table.rows(kept, kept.table), alt="The whole table")
first, others = what_if.tables(kept)
grids.show(first, alt="What if")
grids.show(others, alt="More candidates")
grids.show(made_of.rows(kept, kept.table), alt="What figures are made of")
