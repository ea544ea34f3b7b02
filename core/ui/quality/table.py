"""The table of all figures, its downloads, and how they were computed."""

import io
from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.domain.acceptability import FEWEST_RATED
from core.services.datasets import exporting
from core.services.quality import Line, QualityReport, text
from core.services.quality.measure import Measure
from core.services.quality.measures import ACCEPTABLE, COST, shown
from core.services.quality.measures_human import HUMAN, HUMAN_COST
from core.services.quality.measures_summary import POINT_DEFINED
from core.ui.quality import behind, page
from core.ui.quality.page import View
from core.ui.quality.standing import rests_on_votes
from core.ui.shared import access, arriving, grids
from core.ui.shared.grids import Number

_KEY, _APART = "cost_figures", "cost_apart"
PLACE = "cost_at_table"
"""In an address: that it leads here."""


def table(view: View) -> None:
    """Every candidate with all its figures; a chosen cell leads to the responses behind it."""
    with arriving.place(PLACE, "All figures"):
        st.subheader("All figures", anchor=False)
        if view.lines:
            _figures(view, view.lines, key=_KEY)
        if view.apart:
            st.caption(":material/call_split: Asked too few of these prompts to be ranked among the others:")
            _figures(view, view.apart, key=_APART)
        st.caption(
            "Choose a figure to see the responses behind it, below; a column's head puts the candidates in order."
        )


def essentials(view: View) -> list[dict[str, object]]:
    """For a page of paper: the figures that an answer rests on, with their intervals, each candidate in a row."""
    human = any(rests_on_votes(line) for line in view.lines)
    wanted = (HUMAN_COST, HUMAN) if human else (COST, ACCEPTABLE)
    return [_row(view, line, wanted) | {"Responses": line.responses} for line in (*view.lines, *view.apart)]


def _figures(view: View, lines: list[Line], *, key: str) -> None:
    all_measures = shown(view.report)
    rows = [_row(view, line, all_measures) for line in lines]
    grids.choosable(
        rows,
        alt="Every candidate with cost, share acceptable, times, tokens, spend, errors and scores",
        key=key,
        on_choose=access.guarded(access.Role.ANALYST)(partial(_chosen, view, lines, rows, key)),
    )


def _chosen(view: View, lines: list[Line], rows: list[dict[str, object]], key: str) -> None:
    cell = grids.chosen(key, rows)
    if cell is not None:
        row, column = cell
        behind.choose(view, column, lines[row].candidate_id)


def _row(view: View, line: Line, all_measures: Sequence[Measure]) -> dict[str, object]:
    row: dict[str, object] = {"Candidate": page.name_of(view, line)}
    intervals = 0
    for measure in all_measures:
        row[measure.head] = Number(*measure.in_table(line))
        if measure.interval is not None:
            # Heads tell columns apart; all intervals have the same.
            row[f"95 % interval{' ' * intervals}"] = measure.interval(line)
            intervals += 1
    return row


def foot(view: View) -> None:
    """How it was computed, and the downloads."""
    with st.expander("How this was computed", icon=":material/function:"):
        st.markdown("\n\n".join(method(view.report)))
    stem = f"cost-and-quality-{view.choice.dataset.label}"
    with st.container(horizontal=True, vertical_alignment="center"):
        for format in exporting.FORMATS:
            st.download_button(
                format.upper() if format != "parquet" else "Parquet",
                partial(file_of, view.report, format),
                file_name=f"{stem}.{format}",
                mime=exporting.MEDIA_TYPES[format],
                icon=":material/download:",
                on_click="ignore",
                key=f"cost_download-{format}",
            )
        st.caption("Every candidate, overall and by category.", width="content")


def file_of(report: QualityReport, format: str) -> bytes:
    """Every line of the report in one of exporting.FORMATS."""
    out = io.BytesIO()
    exporting.export_table(text.report_rows(report), format, out)
    return out.getvalue()


def method(report: QualityReport) -> list[str]:
    """How the figures were computed, a paragraph each."""
    gates = (
        ", ".join(f"*{gate.name}*{f' in {gate.category}' if gate.category else ''}" for gate in report.gates)
        or "none yet; an admin adds them on *Data*"
    )
    return [
        "**Acceptable** is a response that is complete, not blocked, refuses where the prompt expects that and only "
        f"there, and passes every gate that applies to its prompt. Gates: {gates}. A response whose gate could not be "
        "scored has no verdict and counts on neither side; one that was given up counts as not acceptable, but for a "
        "refused key or want of credit. A response that no gate applies to is *unchecked*: it passes or fails on form "
        "alone, and is counted apart.",
        "**Humanly acceptable** is a response that experts would send. Raters see some; what holds of all is inferred: "
        "the automatic verdict on every response, corrected by its error on the rated ones (prediction-powered "
        "inference), so that gates narrow the interval and cannot bias it. Every opponent counts alike. Empty, cut and "
        f"given-up answers count as not sendable. Below {FEWEST_RATED} rated the automatic figure stands, named so; "
        "below six raters the interval holds for these raters only.",
        "**Cost per acceptable response** is everything paid (failed attempts, retries and broken streams too) divided "
        "by the acceptable responses, and written for 1,000 of them. Judges are paid apart. One attempt of unknown "
        "price makes the figure unknown. "
        f"**{POINT_DEFINED.replace(':', ':**', 1)} It has no interval, and takes half a point for worth half as much.",
        "**Intervals** (95 %) are clustered by prompt, because answers to one prompt resemble each other: a jackknife "
        "over prompts with Student's t for the cost, wider upward where costs have a long tail; Wilson's for shares. "
        "Fewer than three prompts give none. Two intervals that do not overlap are a clear difference; two that do "
        "may still differ.",
        "**Times** are those of responses that arrived; a prompt given up at a timeout counts as at least so long. "
        "**Which prompts and responses**: the prompts that the champion was asked (without one, the candidate that was "
        "asked the most), each in the newest run that asked it, finished ones first, with all repetitions; imports are "
        "taken together. A candidate that was asked less than 80 % of them stands apart. Another run, all runs, or the "
        "prompts alone that all were asked can be chosen above.",
    ]
