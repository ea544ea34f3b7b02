"""The field for a run's spending cap, the same where it is ordered and where it is resumed."""

from collections.abc import Callable

import streamlit as st


def cap_field(proposed: float, *, key: str, help: str, on_change: Callable[[], None] | None = None) -> float | None:
    """The field; US dollars, None without a cap. ``proposed``: what its steps and digits go by."""
    cap = st.number_input(
        "Spending cap, US$ (optional)",
        min_value=0.0,
        value=None,
        step=max(round(proposed / 10, 4), 0.0001),
        format="%.4f" if proposed < 1 else "%.2f",
        key=key,
        placeholder="No cap",
        width=230,
        help=help,
        on_change=on_change,
    )
    return None if cap is None else float(cap)
