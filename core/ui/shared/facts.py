"""A short list of facts, each with its name: quiet names on the left, what is the case on the right."""

from collections.abc import Mapping
from html import escape

import streamlit as st

from core.ui.shared import colours


def show(facts: Mapping[str, str]) -> None:
    """Show ``facts``, plain text as it stands, in their order; empty ones are left out."""
    quiet = colours.ink().quiet
    rows = "".join(
        f'<dt style="color: {quiet}; margin: 0; font-weight: 400">{escape(name)}</dt>'
        f'<dd style="margin: 0; overflow-wrap: anywhere">{escape(found)}</dd>'
        for name, found in facts.items()
        if found
    )
    style = (
        "display: grid; grid-template-columns: minmax(4.5em, max-content) 1fr; gap: 0.3em 1em; margin: 0; padding: 0"
    )
    st.html(f'<dl style="{style}">{rows}</dl>')
