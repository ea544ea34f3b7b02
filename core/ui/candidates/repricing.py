"""Pricing old runs again: which, and what that changed."""

import pandas as pd
import streamlit as st

from core import clock
from core.domain.words import money, n
from core.errors import BadInput
from core.services import prices
from core.services.prices import PricedRun, RepriceSummary
from core.ui.shared import frame
from core.ui.shared.resources import engine

_DONE = "_repriced"


def section(runs: list[PricedRun]) -> None:
    """Choose runs, price them again, and see what changed; those with unknown prices are chosen from the start."""
    by_id = {run.id: run for run in runs}
    st.markdown(
        "A run keeps the prices it was made with. This computes its cost again from the tokens that were stored, with "
        "the prices known now for the day each call was sent. No model is called."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect(
            "Runs", list(by_id), [run.id for run in runs if run.unpriced], key="candidates_reprice_runs", width=520,
            format_func=lambda run_id: _called(by_id[run_id]), placeholder="Choose runs",
        )  # fmt: skip
        if st.button("Price them again", icon=":material/calculate:", key="candidates_reprice", disabled=not chosen):
            st.session_state[_DONE] = _reprice(chosen)
            st.rerun()
    done = st.session_state.get(_DONE)
    if done:
        _changed(done, by_id)


def _called(run: PricedRun) -> str:
    said = f"Run {run.id} · {run.dataset} · {run.created_at:%-d %b %Y} · {money(run.cost_usd)}"
    return said + (f" · {n(run.unpriced, 'call')} of unknown price" if run.unpriced else "")


def _reprice(run_ids: list[int]) -> dict[int, RepriceSummary | str]:
    done: dict[int, RepriceSummary | str] = {}
    bar = st.progress(0.0, text="Pricing …")
    for number, run_id in enumerate(run_ids, 1):
        try:
            done[run_id] = prices.reprice(engine(), run_id, now=clock.now())
        except BadInput as error:
            done[run_id] = str(error)
        bar.progress(number / len(run_ids), text=f"{number} of {len(run_ids)} runs")
    return done


def _changed(done: dict[int, RepriceSummary | str], by_id: dict[int, PricedRun]) -> None:
    for problem in (found for found in done.values() if isinstance(found, str)):
        frame.error_box(problem, "Its cost is as it was.", "")
    rows = [
        {
            "Run": f"Run {run_id} · {by_id[run_id].dataset}" if run_id in by_id else f"Run {run_id}",
            "Calls": found.attempts,
            "Changed": found.changed,
            "Before": money(found.before_usd),
            "Now": money(found.after_usd),
            "Still unknown": found.unpriced,
        }
        for run_id, found in done.items()
        if isinstance(found, RepriceSummary)
    ]
    if rows:
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt="What pricing again changed, run by run")
