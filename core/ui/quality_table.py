"""The table of all figures, its downloads, and how they were computed."""

import io
from functools import partial

import pandas as pd
import streamlit as st

from core.services import exporting, quality_report
from core.services.quality import Line, QualityReport, Tokens, apart_in_words
from core.ui import access, colours, quality_behind, quality_words
from core.ui.quality import View

_KEY, _APART = "cost_figures", "cost_apart"
_WIDEST_NAME = 230


def table(view: View) -> None:
    """Every candidate with all its figures; a chosen cell leads to the responses behind it."""
    st.subheader("All figures", anchor=False)
    if view.lines:
        _figures(view, view.lines, key=_KEY)
    if view.apart:
        st.caption(":material/call_split: Asked too few of these prompts to be ranked among the others:")
        _figures(view, view.apart, key=_APART)
    st.caption("Choose a cell to see the responses behind it, below.")


def _figures(view: View, lines: list[Line], *, key: str) -> None:
    rows = pd.DataFrame([_row(view, line) for line in lines])
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    names = [names[0] for names in rows["Candidate"]]
    st.dataframe(
        rows,
        hide_index=True,
        height="content" if len(rows) <= 12 else 460,
        column_config={
            "Candidate": st.column_config.MultiselectColumn(
                "Candidate",
                pinned=True,
                width=min(40 + 7 * max(map(len, names)), _WIDEST_NAME),
                options=names,
                color=[_hue(view, line) for line in lines],
            ),
            "Prompts": text("Prompts", width=84, alignment="right"),
            **{name: number(name, format="localized") for name in _COUNTS},
            **{name: number(name, format="%.1f %%") for name in ("Acceptable",)},
            **{name: number(name, format="%.2f s") for name in _TIMES},
            **{name: number(name, format="%,.0f") for name in _TOKENS},
            **{name: number(name, format="%.2f") for name in view.report.evaluators},
        },
        placeholder="unknown",
        alt="Every candidate with cost, share acceptable, times, tokens, spend, errors and scores",
        key=key,
        on_select=access.guarded(access.Role.ANALYST)(partial(_chosen, view, lines, key)),
        selection_mode="single-cell",
    )


def _chosen(view: View, lines: list[Line], key: str) -> None:
    cells = st.session_state[key].selection.cells
    if cells:
        row, column = cells[0]
        quality_behind.choose(view, column, lines[row].candidate_id)


_COUNTS = ("Responses", "Errors", "Attempts", "Retries", "Refusals", "Incomplete", "Blocked", "No verdict")
_TIMES = ("Median", "p95", "p99", "First token")
_TOKENS = ("Tokens in", "Cached", "Tokens out", "Reasoning")


def _hue(view: View, line: Line) -> str:
    position = view.report.candidate(line.candidate_id).position
    return colours.colour(position) if position in view.coloured else colours.ink().grey


def _row(view: View, line: Line) -> dict[str, object]:
    candidate = view.report.candidate(line.candidate_id)
    share = line.acceptable
    return {
        "Candidate": [f"{candidate.name} · champion" if candidate.is_champion else candidate.name],
        "Per acceptable": quality_words.cost(line.cost_per_acceptable),
        "95 % interval": quality_words.span(line.cost_per_acceptable, quality_words.money),
        "Acceptable": None if share.value is None else 100 * share.value,
        "95 % interval ": quality_words.span(share, quality_words.percent),
        "Prompts": apart_in_words(line),
        "Responses": line.responses,
        "Errors": line.errors,
        "Refusals": line.refusals,
        "Incomplete": line.incomplete,
        "Blocked": line.blocked,
        "No verdict": line.open,
        "Median": _seconds(line, "p50"),
        "p95": _seconds(line, "p95"),
        "p99": _seconds(line, "p99"),
        "First token": None if line.ttft.p50 is None else _thousandth(line.ttft.p50.value),
        "Attempts": line.attempts,
        "Retries": line.retries,
        "Tokens in": _mean(line.input_tokens),
        "Cached": _mean(line.cached_tokens),
        "Tokens out": _mean(line.output_tokens),
        "Reasoning": _mean(line.reasoning_tokens),
        "Spent": quality_words.UNKNOWN if line.cost_usd is None else quality_words.money(line.cost_usd),
        "Judges": quality_words.UNKNOWN if line.judge_cost_usd is None else quality_words.money(line.judge_cost_usd),
        **{name: score.mean for name, score in line.scores.items()},
    }


def _seconds(line: Line, which: str) -> float | None:
    quantile = getattr(line.latency, which)
    return None if quantile is None else _thousandth(quantile.value)


def _thousandth(ms: float | None) -> float | None:
    return None if ms is None else ms / 1000


def _mean(tokens: Tokens) -> float | None:
    return tokens.mean


def foot(view: View) -> None:
    """How it was computed, and the downloads."""
    with st.expander("How this was computed", icon=":material/function:"):
        st.markdown(_method(view.report))
    stem = f"cost-and-quality-{view.choice.dataset}"
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
        st.caption("Every candidate, over all and by category.", width="content")


def file_of(report: QualityReport, format: str) -> bytes:
    """Every line of the report in one of exporting.FORMATS."""
    out = io.BytesIO()
    exporting.export_table(quality_report.report_rows(report), format, out)
    return out.getvalue()


def _method(report: QualityReport) -> str:
    gates = (
        ", ".join(f"*{gate.name}*{f' in {gate.category}' if gate.category else ''}" for gate in report.gates)
        or "none yet; an admin adds them on *Data*"
    )
    paragraphs = [
        "**Acceptable** is a response that is complete, not blocked, refuses where the prompt expects that and only "
        f"there, and passes every gate that applies to its prompt. Gates: {gates}. A response whose gate could not be "
        "scored has no verdict and counts on neither side; one that was given up counts as not acceptable.",
        "**Cost per acceptable response** is everything paid (failed attempts, retries and broken streams too) divided "
        "by the acceptable responses. Judges are paid apart. One attempt of unknown price makes the figure unknown.",
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
    return "\n\n".join(paragraphs)
