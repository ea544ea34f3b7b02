"""A table of which one row can be chosen, for the buttons below it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st


def choose_row(
    rows: pd.DataFrame, *, key: str, columns: Mapping[str, Any], alt: str, whole_up_to: int, tallest_px: int
) -> int | None:
    """Show ``rows``; the place of the chosen one, None where none is.

    ``columns``: how Streamlit shows each; ``alt``: what the table is of. With more rows than ``whole_up_to`` it scrolls
    within ``tallest_px``.
    """
    found = st.dataframe(
        rows,
        hide_index=True,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
        height="content" if len(rows) <= whole_up_to else tallest_px,
        column_config=columns,
        alt=alt,
    )
    return next((row for row in found.selection.rows if row < len(rows)), None)
